// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much memory a call takes.

use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Runs `act`. Fails when it holds more than `most` bytes at once on top of what was there before.
pub fn within<T>(most: usize, act: impl FnOnce() -> T) -> T {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let result = act();
    let taken = HEAP.peak_usage().saturating_sub(before);
    assert!(taken <= most, "{taken} bytes taken, {most} are the limit");
    result
}
