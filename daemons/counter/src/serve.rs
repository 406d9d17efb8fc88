// SPDX-License-Identifier: MIT OR Apache-2.0
//! One question, one answer.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::Tpm;
use crate::counter::{self, CounterError};
use crate::wire::{Answer, Cause, Question};

/// Why there was no number. Whoever asked was told the cause, where he could still be told.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The connection.
    #[error("the connection of whoever asked")]
    Connection(#[source] io::Error),
    /// What was asked.
    #[error("asked {0:#04x}, which is no question")]
    Question(u8),
    /// The device.
    #[error("cannot open {}", device.display())]
    Device {
        /// Which.
        device: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The counter.
    #[error("the counter")]
    Counter(#[from] CounterError),
}

impl ServeError {
    fn cause(&self) -> Cause {
        match self {
            Self::Question(_) => Cause::Question,
            Self::Connection(_) | Self::Device { .. } => Cause::Device,
            Self::Counter(error) => error.cause(),
        }
    }
}

/// Reads a question, asks the TPM that `open` leads to at `device`, answers.
///
/// # Errors
/// [`ServeError`].
pub fn serve<L: Read + Write>(
    stream: &mut (impl Read + Write),
    device: &Path,
    open: impl FnOnce(&Path) -> io::Result<Option<L>>,
) -> Result<(), ServeError> {
    let mut byte = [0];
    stream
        .read_exact(&mut byte)
        .map_err(ServeError::Connection)?;
    let outcome = answer(byte[0], device, open);
    let answer = match &outcome {
        Ok(answer) => *answer,
        Err(error) => Answer::Failed(error.cause()),
    };
    let told = stream.write_all(&answer.to_bytes());
    // What kept it from a number is worth more than that nobody heard it.
    outcome?;
    told.map_err(ServeError::Connection)
}

fn answer<L: Read + Write>(
    byte: u8,
    device: &Path,
    open: impl FnOnce(&Path) -> io::Result<Option<L>>,
) -> Result<Answer, ServeError> {
    let question = Question::from_byte(byte).ok_or(ServeError::Question(byte))?;
    let link = open(device).map_err(|source| ServeError::Device {
        device: device.to_owned(),
        source,
    })?;
    let Some(link) = link else {
        return Ok(Answer::NoTpm);
    };
    let mut tpm = Tpm::new(link);
    let says = match question {
        Question::Value => counter::value(&mut tpm)?,
        Question::Step => counter::step(&mut tpm)?,
    };
    Ok(Answer::Says(says))
}
