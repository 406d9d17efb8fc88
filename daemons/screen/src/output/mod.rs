// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the picture goes.

pub mod png;
