// SPDX-License-Identifier: MIT OR Apache-2.0
//! Firmware variables: the files, the load options in them, and the order of booting.
//!
//! Written here rather than taken from a crate: `efivar` 2 brings a second `thiserror` and the
//! Windows bindings, works on the real `/sys` only (so no test could run it), and leaves the device
//! path, which is what these options are about, to the caller.

pub mod option;
pub mod order;
pub mod vars;
