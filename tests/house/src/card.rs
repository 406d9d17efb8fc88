// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual card's control socket: one JSON line asked, one answered.

use std::io;
use std::path::PathBuf;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

/// Why the card did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// It cannot be asked.
    #[error("the virtual card does not answer")]
    Away(#[source] io::Error),
    /// It answered something that is no JSON object.
    #[error("the virtual card answered {0:?}")]
    Strange(String),
    /// It refused.
    #[error("{0}")]
    Refused(String),
}

/// Grip on the virtual card.
#[derive(Clone, Debug)]
pub struct CardControl {
    socket: PathBuf,
}

impl CardControl {
    /// A card that listens, or will listen, on `socket`.
    #[must_use]
    pub fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Sends a request, as `{"do":"lift"}`, and returns the answer's object.
    ///
    /// # Errors
    /// [`CardError`].
    pub async fn ask(&self, request: &Value) -> Result<Value, CardError> {
        let line = self
            .exchange(&request.to_string())
            .await
            .map_err(CardError::Away)?;
        let answer: Value =
            serde_json::from_str(&line).map_err(|_| CardError::Strange(line.clone()))?;
        if let Some(error) = answer.get("error") {
            let words = error
                .as_str()
                .map_or_else(|| error.to_string(), str::to_owned);
            return Err(CardError::Refused(words));
        }
        Ok(answer)
    }

    async fn exchange(&self, request: &str) -> io::Result<String> {
        let mut stream = BufReader::new(UnixStream::connect(&self.socket).await?);
        stream.write_all(format!("{request}\n").as_bytes()).await?;
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        Ok(line)
    }
}
