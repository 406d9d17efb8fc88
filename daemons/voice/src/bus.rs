// SPDX-License-Identifier: MIT OR Apache-2.0
//! The served object. It decides nothing: calls become letters to the owning task.

use tokio::sync::{mpsc, oneshot};
use uketsuke_bus::voice1::{Loudness, VoiceError};
use zbus::interface;

use crate::order::Failure;

/// Where the owning task answers.
pub type Reply = oneshot::Sender<Result<(), Failure>>;

/// A call.
pub enum Call {
    /// `Say`.
    Say {
        /// Names of recordings, unchecked.
        recordings: Vec<String>,
        /// How loud.
        loudness: Loudness,
        /// Where the answer goes.
        reply: Reply,
    },
    /// `Hush`.
    Hush {
        /// Where the answer goes.
        reply: Reply,
    },
}

impl From<Failure> for VoiceError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unknown(unknown) => Self::NoRecording(unknown.to_string()),
            Failure::Broken(_) => Self::NoRecording(failure.to_string()),
            Failure::NoSound(_) | Failure::File { .. } | Failure::TooSlow | Failure::Ending => {
                Self::NoSound(failure.to_string())
            }
        }
    }
}

/// `jp.uketsuke.Voice1`.
pub struct Voice1 {
    output: String,
    recordings: u32,
    calls: mpsc::Sender<Call>,
}

impl Voice1 {
    /// An object that hands calls to `calls`.
    #[must_use]
    pub fn new(output: String, recordings: u32, calls: mpsc::Sender<Call>) -> Self {
        Self {
            output,
            recordings,
            calls,
        }
    }

    async fn ask(&self, call: impl FnOnce(Reply) -> Call) -> Result<(), VoiceError> {
        let (reply, answer) = oneshot::channel();
        let ended = |_| Failure::Ending;
        self.calls
            .send(call(reply))
            .await
            .map_err(|_| Failure::Ending)?;
        Ok(answer.await.map_err(ended)??)
    }
}

/// The voice: plays recordings made at build time, and nothing else. What is ordered takes the place
/// of what is being said.
#[interface(name = "jp.uketsuke.Voice1")]
impl Voice1 {
    /// Says recordings one after the other, from now on; answers when the first can be heard, or when
    /// a newer order or `Hush` came first. 1 to 32 names, each of 1 to 40 lower case letters, digits
    /// and `-`. How loud: `normal`, `loud` (6 dB more) or `loudest` (12 dB more).
    ///
    /// Errors: `NoRecording` (and goes on with what is being said, unless it is the file that is
    /// broken), `NoSound`.
    async fn say(&self, recordings: Vec<String>, loudness: Loudness) -> Result<(), VoiceError> {
        self.ask(|reply| Call::Say {
            recordings,
            loudness,
            reply,
        })
        .await
    }

    /// Says no more.
    async fn hush(&self) -> Result<(), VoiceError> {
        self.ask(|reply| Call::Hush { reply }).await
    }

    /// Where it sounds, in words: the kind of sink, and its device.
    #[zbus(property(emits_changed_signal = "const"))]
    fn output(&self) -> String {
        self.output.clone()
    }

    /// How many recordings there are.
    #[zbus(property(emits_changed_signal = "const"))]
    fn recordings(&self) -> u32 {
        self.recordings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uketsuke_bus::contract::assert_contract;
    use zbus::object_server::Interface;

    #[test]
    fn served_interface_is_the_committed_contract() {
        let mut served = String::new();
        let voice = Voice1::new("alsa default".into(), 0, mpsc::channel(1).0);
        voice.introspect_to_writer(&mut served, 0);
        assert_contract("jp.uketsuke.Voice1.xml", &served);
    }
}
