// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[uplink]`: the way to the terminal.

use serde::Deserialize;

use super::Problems;

/// `[uplink]` of `reader.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UplinkConfig {
    /// Longest wait for one answer of the terminal; 1 to 30 s.
    pub request_s: u32,
    /// Time between two heart-beats; 1 to 60 s.
    pub heartbeat_s: u32,
    /// Longest pause between two attempts to deliver; 1 to 900 s.
    pub retry_max_s: u32,
}

impl Default for UplinkConfig {
    fn default() -> Self {
        Self {
            request_s: 8,
            heartbeat_s: 3,
            retry_max_s: 60,
        }
    }
}

impl UplinkConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        problems.range("uplink.request_s", self.request_s, 1..=30, "s");
        problems.range("uplink.heartbeat_s", self.heartbeat_s, 1..=60, "s");
        problems.range("uplink.retry_max_s", self.retry_max_s, 1..=900, "s");
    }
}
