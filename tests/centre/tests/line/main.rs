// SPDX-License-Identifier: MIT OR Apache-2.0
//! The line between reader and terminal against peers that are not who they should be, or do not
//! behave.
#![allow(clippy::unwrap_used, missing_docs)]

mod hostile;
mod refused;
