// SPDX-License-Identifier: MIT OR Apache-2.0
//! LiteRT behind safe types: the pinned library, and models in it.
//!
//! Only the worker process and the bench use this; everybody else asks [`crate::engine`].

mod library;
mod model;
mod probe;
mod symbols;

use std::io;
use std::path::PathBuf;

pub use library::{Build, KNOWN, Runtime};
pub use model::Model;

/// Why nothing can be computed.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The library's file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The library.
        path: PathBuf,
        /// The system's word.
        #[source]
        source: io::Error,
    },
    /// It is none of [`KNOWN`].
    #[error("{path} is no LiteRT that this program knows (SHA-256 {sha256})")]
    UnknownBuild {
        /// The library.
        path: PathBuf,
        /// Its hash, hex.
        sha256: String,
    },
    /// The system's loader refuses it.
    #[error("cannot load {path}")]
    Load {
        /// The library.
        path: PathBuf,
        /// The loader's word.
        #[source]
        source: libloading::Error,
    },
    /// A function is not there.
    #[error("the library has no {name}")]
    Symbol {
        /// Its name.
        name: String,
        /// The loader's word.
        #[source]
        source: libloading::Error,
    },
    /// A call failed.
    #[error("{act}: status {status}")]
    Status {
        /// What was called for.
        act: &'static str,
        /// `LiteRtStatus`.
        status: u32,
    },
    /// A call succeeded and gave nothing.
    #[error("{act}: nothing came of it")]
    Nothing {
        /// What was called for.
        act: &'static str,
    },
    /// The model is not what was said of it.
    #[error("{what}: the model has {has}, {wanted} were said")]
    Disagrees {
        /// What was compared.
        what: &'static str,
        /// In the model.
        has: String,
        /// In the manifest.
        wanted: String,
    },
    /// The known answer was not given.
    #[error("the known answer was not given: {got:?} instead of {wanted:?}")]
    WrongAnswer {
        /// What came out.
        got: Vec<f32>,
        /// What must.
        wanted: Vec<f32>,
    },
    /// Bytes of a length that no tensor of this model has.
    #[error("tensor {index} has {wanted} bytes, {got} were brought")]
    Length {
        /// Which tensor.
        index: usize,
        /// Its bytes.
        wanted: usize,
        /// What was brought.
        got: usize,
    },
}
