// SPDX-License-Identifier: MIT OR Apache-2.0
//! The staff passcode (目視確認用パスコード): four digits that never expire, on a public counter. They
//! survive by counting alone.
//!
//! ```text
//! try ─► wait over? ─no────────────────────────────► so many seconds, or closed
//!           └yes─► one of the last five wrong? ─yes─► wrong, nothing counted
//!                    └no─► counted as wrong, on disk
//!                            └─► verified ─yes───────► the count taken back, on disk; opened
//!                                  ├─no────────────► wrong
//!                                  └─no answer─────► the count taken back; no answer
//! ```
//!
//! One count serves the whole reader, whichever account a code belongs to: with N accounts a guess
//! meets one of N codes, and what is bounded is that somebody gets in.
//!
//! - [`counts`]: how often wrong, how long to wait. Pure; time is what the caller says it is.
//! - [`kept`]: counts and codes as one file, so that neither is there without the other.
//! - [`verifier`]: which account a code belongs to, from what is kept; it needs the device's pepper.
//! - [`gate`]: the order of it all.

pub mod code;
pub mod counts;
pub mod gate;
pub mod kept;
mod recent;
pub mod verifier;

pub use code::Code;
pub use gate::{Gate, Tried};
