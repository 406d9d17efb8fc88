// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other end of the socket.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::limits::CLIENT_WAIT;
use crate::wire::{ANSWER, Answer, Cause, Question};

/// Where systemd listens for the counter (`uketsuke-counter.socket`).
pub const SOCKET: &str = "/run/uketsuke/counter.socket";

/// Why there is no number.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody can be asked.
    #[error("cannot reach the counter at {path}")]
    Unreachable {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The process ended without an answer.
    #[error("the counter's process ended before it answered")]
    Gone(#[source] io::Error),
    /// No answer in time.
    #[error("the counter has not answered within {limit:?}")]
    Late {
        /// What was waited.
        limit: Duration,
    },
    /// What it answered is none.
    #[error("the counter answered with no answer")]
    Answer,
    /// It could not.
    #[error("the counter has no number: {0}")]
    Failed(Cause),
    /// There was a TPM, and is none now.
    #[error("the TPM has left")]
    NoTpm,
}

/// Asks for the counter's number. Blocks, for [`CLIENT_WAIT`] at most.
#[derive(Clone, Debug)]
pub struct Client {
    socket: PathBuf,
    limit: Duration,
}

impl Client {
    /// The counter behind `socket`; none on a machine without a TPM, and where nothing listens for it.
    ///
    /// # Errors
    /// When there is one and it gives no number.
    pub fn find(socket: &Path) -> Result<Option<Self>, ClientError> {
        Self::find_within(socket, CLIENT_WAIT)
    }

    /// The same, with another limit for every answer.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn find_within(socket: &Path, limit: Duration) -> Result<Option<Self>, ClientError> {
        let client = Self {
            socket: socket.to_owned(),
            limit,
        };
        match client.value() {
            Ok(_) => Ok(Some(client)),
            Err(ClientError::NoTpm) => Ok(None),
            Err(ClientError::Unreachable { source, .. })
                if source.kind() == ErrorKind::NotFound =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// What it says.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn value(&self) -> Result<u64, ClientError> {
        self.ask(Question::Value)
    }

    /// Makes it one more, and gives what it says then.
    ///
    /// # Errors
    /// [`ClientError`]. It may be one more all the same.
    pub fn step(&self) -> Result<u64, ClientError> {
        self.ask(Question::Step)
    }

    fn ask(&self, question: Question) -> Result<u64, ClientError> {
        let until = Instant::now() + self.limit;
        let unreachable = |source| ClientError::Unreachable {
            path: self.socket.clone(),
            source,
        };
        let mut stream = UnixStream::connect(&self.socket).map_err(unreachable)?;
        stream
            .write_all(&[question as u8])
            .map_err(ClientError::Gone)?;
        let mut answer = [0; ANSWER];
        let mut have = 0;
        while have < ANSWER {
            let left = until.saturating_duration_since(Instant::now());
            let late = || ClientError::Late { limit: self.limit };
            if left.is_zero() {
                return Err(late());
            }
            stream
                .set_read_timeout(Some(left))
                .map_err(ClientError::Gone)?;
            match stream.read(&mut answer[have..]) {
                Ok(0) => return Err(ClientError::Gone(ErrorKind::UnexpectedEof.into())),
                Ok(more) => have += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(late()),
                Err(error) => return Err(ClientError::Gone(error)),
            }
        }
        match Answer::from_bytes(answer) {
            Some(Answer::Says(value)) => Ok(value),
            Some(Answer::NoTpm) => Err(ClientError::NoTpm),
            Some(Answer::Failed(cause)) => Err(ClientError::Failed(cause)),
            None => Err(ClientError::Answer),
        }
    }
}
