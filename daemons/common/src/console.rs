// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the terminal answers to `uketsukectl first-account`, as JSON, on a socket of its runtime
//! directory.

use serde::{Deserialize, Serialize};

/// The terminal's runtime directory on a reader.
pub const DIRECTORY: &str = "/run/uketsuke-terminal";
/// Name of the socket in it.
pub const SOCKET: &str = "console.socket";

/// The answer.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "first-code")]
pub enum FirstCode {
    /// A code was drawn; those before are good for nothing.
    Drawn {
        /// To be typed at the console.
        code: String,
        /// How long it is good.
        minutes: u32,
        /// Where.
        page: String,
    },
    /// There is an account already: its administrators make the others.
    Exists,
    /// The terminal's log says why not.
    Failed,
}
