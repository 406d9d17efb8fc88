// SPDX-License-Identifier: MIT OR Apache-2.0
//! Hashes as people read them.

/// Lower-case hex.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
