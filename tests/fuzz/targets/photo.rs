// SPDX-License-Identifier: MIT OR Apache-2.0
//! A photo, byte by byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uketsuke_fuzz::picture::holds;

fuzz_target!(|photo: &[u8]| {
    holds(photo);
});
