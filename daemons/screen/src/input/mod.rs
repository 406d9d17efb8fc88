// SPDX-License-Identifier: MIT OR Apache-2.0
//! Touch: from the kernel's events to one finger on the glass.

pub mod devices;
pub mod tracker;
