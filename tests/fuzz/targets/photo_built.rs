// SPDX-License-Identifier: MIT OR Apache-2.0
//! A photo whose headers are built to agree, so that what stands behind them is reached.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uketsuke_fuzz::input::Input;
use uketsuke_fuzz::picture::{holds, photo};

fuzz_target!(|bytes: &[u8]| {
    let taken = holds(&photo(&mut Input::over(bytes)));
    assert!(taken || !bytes.is_empty(), "the plainest is refused");
});
