// SPDX-License-Identifier: MIT OR Apache-2.0
//! What several test suites share. A dev-dependency only; nothing shipped may use it.

pub mod bench;
mod bus;
pub mod paths;
pub mod postgres;
pub mod tpm;

pub use bus::PrivateBus;
