// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual My Number Card.
pub mod network;
pub mod pcscd;
