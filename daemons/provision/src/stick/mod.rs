// SPDX-License-Identifier: MIT OR Apache-2.0
//! A service stick, from the moment it is plugged in.
//!
//! ```text
//! uketsuke/service.grant     without a valid one nothing else is read
//! uketsuke/*.raucb           exactly one update bundle (`._*` does not count)
//! uketsuke/provision/        a provisioning set
//! uketsuke/logs.tgz          written by the reader, when the grant allows it: a log bundle
//! uketsuke/result.txt        written by the reader: what came of it, nothing of a patient
//! ```
//!
//! Everything lies in one folder, so that a stick may be anybody's, and the reader writes nowhere
//! else on it.

mod install;
#[cfg(test)]
mod tests;
mod visit;

pub use install::Installer;
pub use visit::{Hands, Visit, Visited};

/// The one folder that is looked into.
pub const FOLDER: &str = "uketsuke";
/// The grant in it.
pub const GRANT: &str = "service.grant";
/// The provisioning set in it.
pub const SET: &str = "provision";
/// What is written into it.
pub const RESULT: &str = "result.txt";
/// The log bundle, written into it.
pub const LOGS: &str = "logs.tgz";
/// Largest log bundle.
pub const MAX_LOGS: u64 = 8 * 1024 * 1024;
/// Largest bundle that is copied.
pub const MAX_BUNDLE: u64 = 512 * 1024 * 1024;
/// The copy's name in the stick's state directory.
pub const COPY: &str = "bundle.raucb";
