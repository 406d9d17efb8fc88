// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every reason for which a bundle is not used, by name.

use std::io;
use std::path::PathBuf;

use super::Role;

/// Why a bundle is refused.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each says what it says")]
pub enum Refusal {
    #[error("cannot read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is neither a plain file nor a folder")]
    NotPlain { path: PathBuf },
    #[error("{path} has {bytes} bytes, at most {most} are taken")]
    TooLarge {
        path: PathBuf,
        bytes: u64,
        most: u64,
    },
    #[error("more than {most} files")]
    TooMany { most: usize },
    #[error("the signature has {bytes} bytes; it takes 64")]
    SignatureLength { bytes: u64 },
    #[error("no trusted key has signed this manifest")]
    NotSigned,
    #[error("the manifest: {0}")]
    Manifest(String),
    #[error("format {format}; this reader knows {known}")]
    Format { format: u32, known: u32 },
    #[error("a bundle of synthetic people, and the reader does not demonstrate")]
    Synthetic,
    #[error("epoch {epoch}: {least} was in use already")]
    Older { epoch: u64, least: u64 },
    #[error("runtime: {0}")]
    Runtime(String),
    #[error("{name:?} is no name of a file inside a bundle")]
    FileName { name: String },
    #[error("{name} is listed twice")]
    Twice { name: String },
    #[error("{name} is not listed in the manifest")]
    Unlisted { name: String },
    #[error("{name} is listed and not there")]
    Missing { name: String },
    #[error("{name} has {has} bytes, the manifest says {wanted}")]
    Length { name: String, has: u64, wanted: u64 },
    #[error("{name} is not the file that was signed: its SHA-256 is another")]
    Altered { name: String },
    #[error("{role:?}: {what}")]
    Model { role: Role, what: String },
    #[error("operating point {point:?}: {what}")]
    OperatingPoint { point: String, what: String },
    #[error("pad: {0}")]
    Pad(String),
    #[error("known answer of {role:?}: {what}")]
    TestVector { role: Role, what: String },
}
