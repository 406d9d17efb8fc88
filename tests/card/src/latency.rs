// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long the card takes, counted from the command's arrival to the answer's leaving.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Instruction of PERFORM SECURITY OPERATION, under which signatures are made.
const SIGN: u8 = 0x2A;

/// Times per instruction, in milliseconds; 0 is as fast as the machine can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// Every instruction but a signature. 12 is what a desktop contactless reader shows.
    pub ins_ms: u64,
    /// A signature. 600 is an assumption; nothing is published.
    pub sign_ms: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            ins_ms: 12,
            sign_ms: 600,
        }
    }
}

impl Latency {
    /// No waiting at all.
    pub const NONE: Self = Self {
        ins_ms: 0,
        sign_ms: 0,
    };

    /// Time for this command.
    pub fn of(&self, command: &[u8]) -> Duration {
        let signs = command.get(1) == Some(&SIGN);
        Duration::from_millis(if signs { self.sign_ms } else { self.ins_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_signatures_take_the_longer_time() {
        let latency = Latency::default();
        assert_eq!(
            latency.of(&[0x80, 0x2A, 0, 0x80]),
            Duration::from_millis(600)
        );
        assert_eq!(
            latency.of(&[0x00, 0xB0, 0, 0, 0]),
            Duration::from_millis(12)
        );
        assert_eq!(latency.of(&[]), Duration::from_millis(12));
        assert_eq!(Latency::NONE.of(&[0x80, 0x2A]), Duration::ZERO);
    }
}
