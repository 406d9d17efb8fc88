// SPDX-License-Identifier: MIT OR Apache-2.0
//! The mode manager.
pub mod domain;
