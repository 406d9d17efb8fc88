// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one task that owns what is being said.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use uketsuke_common::Beat;
use uketsuke_common::config::VoiceConfig;

use crate::bus::{Call, Reply};
use crate::order::{Failure, News, Order};
use crate::recordings::Recordings;

/// Calls that wait. More than the screen makes while one is answered.
pub const INBOX: usize = 16;
/// Longest wait for the first sound. A device that takes longer to open does not come any more.
const FIRST_SOUND: Duration = Duration::from_secs(3);

/// Says one order at a time.
pub struct Speaker {
    config: VoiceConfig,
    recordings: Recordings,
    saying: Option<Saying>,
}

struct Saying {
    order: Order,
    /// Who waits to hear it, and until when.
    waiting: Option<(Reply, Instant)>,
}

impl Speaker {
    /// One that is silent.
    #[must_use]
    pub fn new(config: VoiceConfig, recordings: Recordings) -> Self {
        Self {
            config,
            recordings,
            saying: None,
        }
    }

    /// Takes calls until nobody can make any. `alive` is called once a turn.
    ///
    /// # Errors
    /// When the beat cannot be had.
    pub async fn run(
        mut self,
        mut calls: mpsc::Receiver<Call>,
        beat: Option<Duration>,
        alive: impl Fn(),
    ) -> std::io::Result<()> {
        let beat = beat.map(Beat::every).transpose()?;
        loop {
            tokio::select! {
                call = calls.recv() => match call {
                    Some(call) => self.take(call),
                    None => return Ok(()),
                },
                news = next(&mut self.saying) => self.hear(news),
                turn = turn(beat.as_ref()) => turn?,
            }
            alive();
        }
    }

    fn take(&mut self, call: Call) {
        match call {
            Call::Say {
                recordings,
                loudness,
                reply,
            } => {
                let files = match self.recordings.files(&recordings) {
                    Ok(files) => files,
                    Err(unknown) => return answer(reply, Err(unknown.into())),
                };
                self.silence();
                match Order::start(&self.config, &files, loudness) {
                    Ok(order) => {
                        let waiting = Some((reply, Instant::now() + FIRST_SOUND));
                        self.saying = Some(Saying { order, waiting });
                    }
                    Err(failure) => {
                        tracing::warn!(%failure, "nothing is said");
                        answer(reply, Err(failure));
                    }
                }
            }
            Call::Hush { reply } => {
                self.silence();
                answer(reply, Ok(()));
            }
        }
    }

    /// Ends what is being said. Who waited for it is told that it was taken: it was, and what came
    /// next was wanted more.
    fn silence(&mut self) {
        if let Some(Saying { order, waiting }) = self.saying.take() {
            // A sound device may have one user alone: it is given back before the next order.
            drop(order);
            if let Some((reply, _)) = waiting {
                answer(reply, Ok(()));
            }
        }
    }

    fn hear(&mut self, news: News) {
        let waiting = self
            .saying
            .as_mut()
            .and_then(|saying| saying.waiting.take());
        match news {
            News::Heard => {
                if let Some((reply, _)) = waiting {
                    answer(reply, Ok(()));
                }
            }
            News::Ended => {
                self.saying = None;
                if let Some((reply, _)) = waiting {
                    answer(reply, Ok(()));
                }
            }
            News::Failed(failure) => {
                self.saying = None;
                match waiting {
                    Some((reply, _)) => {
                        tracing::warn!(%failure, "nothing is said");
                        answer(reply, Err(failure));
                    }
                    None => tracing::warn!(%failure, "not all was said"),
                }
            }
        }
    }
}

fn answer(reply: Reply, result: Result<(), Failure>) {
    // Whoever hung up does not wait for an answer.
    let _ = reply.send(result);
}

/// What becomes of the order, which fails when it should have been heard and was not; never, without
/// an order.
async fn next(saying: &mut Option<Saying>) -> News {
    match saying {
        Some(Saying {
            order,
            waiting: Some((_, until)),
        }) => tokio::time::timeout_at(*until, order.next())
            .await
            .unwrap_or(News::Failed(Failure::TooSlow)),
        Some(saying) => saying.order.next().await,
        None => std::future::pending().await,
    }
}

async fn turn(beat: Option<&Beat>) -> std::io::Result<()> {
    match beat {
        Some(beat) => beat.turn().await,
        None => std::future::pending().await,
    }
}
