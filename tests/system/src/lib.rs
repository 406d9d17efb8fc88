// SPDX-License-Identifier: MIT OR Apache-2.0
//! Steps that the tests of the whole system share: what a patient does, and what must be true.

pub mod patient;
pub mod staff;

/// Times a daemon is killed at different points of a check-in, per daemon. `make soak` sets more.
#[must_use]
pub fn kill_points() -> usize {
    std::env::var("UKETSUKE_KILL_POINTS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(10)
}
