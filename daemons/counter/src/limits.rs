// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is enough for a few commands of a slow TPM, and for nothing else.

use std::time::Duration;

use uketsuke_once::Limits;

/// What the process may take.
pub const PROCESS: Limits = Limits {
    // It holds one command and one answer.
    address_space: 64 << 20,
    // Some milliseconds are needed.
    processor_seconds: 1,
    // Twice what a busy TPM is asked again for. The longest it can be asked for, the first question of
    // all, is four commands, two of which write.
    wall_seconds: 6,
};
/// What a client should wait: the process's life, and its start.
pub const CLIENT_WAIT: Duration = Duration::from_secs(8);
/// How long a TPM that says "not now" is asked again.
pub const BUSY: Duration = Duration::from_secs(3);
/// Between two such questions.
pub const BUSY_PAUSE: Duration = Duration::from_millis(50);
/// Longest answer of a TPM that is read; the longest of ours has 62 bytes.
pub const MOST_ANSWER: usize = 4096;
