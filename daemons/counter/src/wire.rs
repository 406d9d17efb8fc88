// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes over the socket. One question, one answer, and the connection ends.
//!
//! ```text
//! question: 1 byte       1: what does it say?  2: one more, and what does it say then?
//! answer:   9 bytes      0 | value u64         what it says
//!                        1 | 0 u64             no TPM on this machine
//!                        2 | cause u64         it could not; the causes are listed in Cause
//! ```
//! Numbers are big-endian.

/// Bytes of an answer.
pub const ANSWER: usize = 9;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Question {
    /// What does it say?
    Value = 1,
    /// One more, and what does it say then?
    Step = 2,
}

impl Question {
    /// The question with this byte.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        [Self::Value, Self::Step]
            .into_iter()
            .find(|question| *question as u8 == byte)
    }
}

/// Why there is no number. The process's own log says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[repr(u64)]
pub enum Cause {
    /// No question that it knows.
    #[error("it was asked for something else")]
    Question = 1,
    /// The device cannot be opened, written or read.
    #[error("the TPM cannot be reached")]
    Device = 2,
    /// A response code other than success.
    #[error("the TPM refused")]
    Refused = 3,
    /// The TPM's answer is none.
    #[error("the TPM's answer makes no sense")]
    Answer = 4,
    /// The index is not a counter of ours.
    #[error("the TPM's index is not our counter")]
    Foreign = 5,
    /// One more was asked of a counter that is not there.
    #[error("the TPM has no such counter any more")]
    Absent = 6,
}

impl Cause {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::Question,
        Self::Device,
        Self::Refused,
        Self::Answer,
        Self::Foreign,
        Self::Absent,
    ];
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The counter's value.
    Says(u64),
    /// There is no TPM.
    NoTpm,
    /// It could not.
    Failed(Cause),
}

impl Answer {
    /// As bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; ANSWER] {
        let (kind, number) = match self {
            Self::Says(value) => (0, value),
            Self::NoTpm => (1, 0),
            Self::Failed(cause) => (2, cause as u64),
        };
        let mut bytes = [kind; ANSWER];
        bytes[1..].copy_from_slice(&number.to_be_bytes());
        bytes
    }

    /// From bytes; none for what is no answer.
    #[must_use]
    pub fn from_bytes(bytes: [u8; ANSWER]) -> Option<Self> {
        let [kind, number @ ..] = bytes;
        let number = u64::from_be_bytes(number);
        match kind {
            0 => Some(Self::Says(number)),
            1 if number == 0 => Some(Self::NoTpm),
            2 => Cause::ALL
                .into_iter()
                .find(|cause| *cause as u64 == number)
                .map(Self::Failed),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_answer_comes_back_as_it_was_and_nothing_else_is_one() {
        let mut answers = vec![Answer::Says(0), Answer::Says(u64::MAX), Answer::NoTpm];
        answers.extend(Cause::ALL.map(Answer::Failed));
        for answer in answers {
            assert_eq!(Answer::from_bytes(answer.to_bytes()), Some(answer));
        }
        for bytes in [
            [1, 0, 0, 0, 0, 0, 0, 0, 1],
            [2, 0, 0, 0, 0, 0, 0, 0, 0],
            [2, 0, 0, 0, 0, 0, 0, 0, 7],
            [3, 0, 0, 0, 0, 0, 0, 0, 0],
            [0xFF; ANSWER],
        ] {
            assert_eq!(Answer::from_bytes(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_question_is_one_of_two_bytes() {
        let known: Vec<u8> = (0..=u8::MAX)
            .filter(|byte| Question::from_byte(*byte).is_some())
            .collect();
        assert_eq!(known, [1, 2]);
        assert_eq!(Question::from_byte(2).unwrap(), Question::Step);
    }
}
