// SPDX-License-Identifier: MIT OR Apache-2.0
//! One thing that goes wrong, once, at a chosen command.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The card is taken away before the command reaches it: nothing happens on the card.
    LiftBefore,
    /// The card is taken away after it has worked, before the answer gets out.
    LiftAfter,
    /// The card is taken away after it has worked, while the answer gets out: its first half is on
    /// the wire.
    LiftDuring,
    /// The card does nothing and answers nothing; the reader gives up after its waiting time.
    Mute,
    /// The card works; the status word comes out as `BADD`.
    Garbled,
    /// The card works; the second half of the answer, status word and all, is missing.
    Short,
    /// The card works; 512 bytes nobody asked for stand between data and status word.
    Long,
    /// The card works and answers 5 s later.
    Delay,
}

/// Waiting time of [`Kind::Mute`]: the longest frame waiting time seen on these cards (FWI 13).
pub const MUTE_WAIT: Duration = Duration::from_millis(2_474);

/// Extra time of [`Kind::Delay`].
pub const DELAY: Duration = Duration::from_secs(5);

/// A fault waiting for its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Armed {
    at_apdu: u32,
    kind: Kind,
    /// Commands since the power-on that began the count; `None` before it.
    seen: Option<u32>,
}

impl Armed {
    /// A fault at command `at_apdu`, counted from 1, beginning with the next power-on.
    pub fn new(at_apdu: u32, kind: Kind) -> Self {
        Self {
            at_apdu,
            kind,
            seen: None,
        }
    }

    /// Tells of a power-on. A later one does not begin the count again, so that a fault can also hit
    /// the second session of a card.
    pub fn power_on(&mut self) {
        self.seen.get_or_insert(0);
    }

    /// Tells of a command; the fault, if this is the one.
    pub fn command(&mut self) -> Option<Kind> {
        let seen = self.seen.as_mut()?;
        *seen += 1;
        (*seen == self.at_apdu).then_some(self.kind)
    }
}

/// The answer as it gets out under this fault.
pub fn spoil(kind: Kind, mut answer: Vec<u8>) -> Vec<u8> {
    let data_length = answer.len().saturating_sub(2);
    match kind {
        Kind::Garbled => {
            answer.truncate(data_length);
            answer.extend([0xBA, 0xDD]);
        }
        Kind::Short => answer.truncate((answer.len() / 2).max(1)),
        Kind::Long => {
            let status = answer.split_off(data_length);
            answer.extend([0xA5; 512]);
            answer.extend(status);
        }
        Kind::LiftBefore | Kind::LiftAfter | Kind::LiftDuring | Kind::Mute | Kind::Delay => {}
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_strikes_once_at_its_command_counted_from_the_next_power_on() {
        let mut fault = Armed::new(2, Kind::Mute);
        assert_eq!(fault.command(), None, "not powered on yet");
        fault.power_on();
        assert_eq!(fault.command(), None);
        fault.power_on();
        assert_eq!(fault.command(), Some(Kind::Mute));
        assert_eq!(fault.command(), None);
    }

    #[test]
    fn answers_are_spoilt_as_their_names_say() {
        let answer = || vec![1, 2, 3, 4, 0x90, 0x00];
        assert_eq!(spoil(Kind::Garbled, answer()), [1, 2, 3, 4, 0xBA, 0xDD]);
        assert_eq!(spoil(Kind::Short, answer()), [1, 2, 3]);
        assert_eq!(spoil(Kind::Short, vec![0x90, 0x00]), [0x90]);
        let long = spoil(Kind::Long, answer());
        assert_eq!(long.len(), 6 + 512);
        assert_eq!(long[long.len() - 2..], [0x90, 0x00]);
        assert_eq!(spoil(Kind::Delay, answer()), answer());
    }
}
