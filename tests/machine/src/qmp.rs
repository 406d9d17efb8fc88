// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU's control socket (QMP): one JSON object per line each way.
//!
//! Spoken directly, not through the `qapi` crates: their types are generated from one release of
//! QEMU, and an event or a value that a later release adds is an error there. What is asked here
//! is a dozen commands.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::patient::connect;

/// Longest wait for the answer to one command: QEMU's main loop is busy while emulation is.
const ANSWER: Duration = Duration::from_secs(120);

/// Why QEMU did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum QmpError {
    /// The socket cannot be reached.
    #[error("cannot reach QEMU at {path}")]
    Connect {
        /// The socket.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The connection failed.
    #[error("the connection to QEMU failed")]
    Io(#[from] std::io::Error),
    /// QEMU has ended.
    #[error("QEMU has ended")]
    Gone,
    /// No answer.
    #[error("QEMU did not answer {0} within {ANSWER:?}")]
    Silent(String),
    /// QEMU refused.
    #[error("QEMU refused {command}: {text}")]
    Refused {
        /// What was asked.
        command: String,
        /// Its reason.
        text: String,
    },
    /// An event did not come.
    #[error("waited {limit:?} in vain for {names}; since then: {seen}")]
    NoEvent {
        /// Which.
        names: String,
        /// How long.
        limit: Duration,
        /// What came instead.
        seen: String,
    },
}

/// Something QEMU tells.
#[derive(Clone, Debug)]
pub struct Event {
    /// As `RESET`.
    pub name: String,
    /// What goes with it.
    pub data: Value,
    /// When it arrived here.
    pub at: Instant,
}

/// Place in the sequence of events: everything after it is news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(usize);

impl Mark {
    /// Before the first event.
    pub const START: Self = Self(0);
}

/// A connection to one QEMU.
pub struct Qmp {
    writer: OwnedWriteHalf,
    answers: mpsc::UnboundedReceiver<Value>,
    events: Arc<Mutex<Vec<Event>>>,
    /// Counts events; closed when QEMU has ended.
    count: watch::Receiver<usize>,
    number: u64,
    reading: JoinHandle<()>,
}

impl Drop for Qmp {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

impl Qmp {
    /// Connects and agrees on capabilities.
    ///
    /// # Errors
    /// [`QmpError`].
    pub async fn connect(path: &Path) -> Result<Self, QmpError> {
        let stream = connect(path).await.map_err(|source| QmpError::Connect {
            path: path.to_owned(),
            source,
        })?;
        let (read, writer) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        // The greeting, whose version nobody asks for.
        tokio::time::timeout(ANSWER, lines.next_line())
            .await
            .map_err(|_| QmpError::Silent("the greeting".to_owned()))??
            .ok_or(QmpError::Gone)?;
        let (send_answer, answers) = mpsc::unbounded_channel();
        let (send_count, count) = watch::channel(0);
        let events = Arc::default();
        let reading = tokio::spawn(read_all(
            lines,
            send_answer,
            Arc::clone(&events),
            send_count,
        ));
        let mut qmp = Self {
            writer,
            answers,
            events,
            count,
            number: 0,
            reading,
        };
        qmp.execute("qmp_capabilities", &json!({})).await?;
        Ok(qmp)
    }

    /// Runs a command and returns its answer.
    ///
    /// # Errors
    /// [`QmpError::Refused`] with QEMU's words, [`QmpError::Gone`], [`QmpError::Silent`].
    pub async fn execute(&mut self, command: &str, arguments: &Value) -> Result<Value, QmpError> {
        self.number += 1;
        let request =
            json!({ "execute": command, "arguments": arguments, "id": self.number }).to_string();
        self.writer
            .write_all(format!("{request}\n").as_bytes())
            .await?;
        let end = tokio::time::Instant::now() + ANSWER;
        loop {
            let answer = tokio::time::timeout_at(end, self.answers.recv())
                .await
                .map_err(|_| QmpError::Silent(command.to_owned()))?
                .ok_or(QmpError::Gone)?;
            // The answer to an earlier command whose caller gave up.
            if answer["id"] != json!(self.number) {
                continue;
            }
            return match answer.get("error") {
                None => Ok(answer["return"].clone()),
                Some(error) => Err(QmpError::Refused {
                    command: command.to_owned(),
                    text: error["desc"].as_str().unwrap_or_default().to_owned(),
                }),
            };
        }
    }

    /// The place after the last event that has come.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(lock(&self.events).len())
    }

    /// Everything since the mark.
    #[must_use]
    pub fn since(&self, mark: Mark) -> Vec<Event> {
        let events = lock(&self.events);
        events
            .get(mark.0..)
            .map(<[Event]>::to_vec)
            .unwrap_or_default()
    }

    /// Waits for the first event after the mark that has one of the names.
    ///
    /// # Errors
    /// [`QmpError::NoEvent`] with what came instead, [`QmpError::Gone`].
    pub async fn event(
        &mut self,
        mark: Mark,
        names: &[&str],
        limit: Duration,
    ) -> Result<Event, QmpError> {
        let end = tokio::time::Instant::now() + limit;
        loop {
            let seen = self.since(mark);
            if let Some(event) = seen.iter().find(|e| names.contains(&e.name.as_str())) {
                return Ok(event.clone());
            }
            match tokio::time::timeout_at(end, self.count.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(QmpError::Gone),
                Err(_) => {
                    let seen: Vec<_> = seen.into_iter().map(|e| e.name).collect();
                    return Err(QmpError::NoEvent {
                        names: names.join(" or "),
                        limit,
                        seen: seen.join(", "),
                    });
                }
            }
        }
    }
}

/// The events, whole after every push.
fn lock(events: &Mutex<Vec<Event>>) -> MutexGuard<'_, Vec<Event>> {
    events.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sorts what comes into answers and events until QEMU ends.
async fn read_all(
    mut lines: Lines<BufReader<OwnedReadHalf>>,
    answers: mpsc::UnboundedSender<Value>,
    events: Arc<Mutex<Vec<Event>>>,
    count: watch::Sender<usize>,
) {
    // A broken connection is seen by the next caller, as a QEMU that is gone.
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(value) = serde_json::from_str::<Value>(&line) else {
            return;
        };
        let Some(name) = value["event"].as_str() else {
            // Nobody to answer means that the machine is being dropped.
            let _ = answers.send(value);
            continue;
        };
        let event = Event {
            name: name.to_owned(),
            data: value["data"].clone(),
            at: Instant::now(),
        };
        lock(&events).push(event);
        count.send_modify(|n| *n += 1);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::net::UnixListener;

    /// A QEMU that answers each command after sending it an event.
    async fn qemu(listener: UnixListener) {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        write.write_all(b"{\"QMP\":{}}\n").await.unwrap();
        let mut lines = BufReader::new(read).lines();
        while let Some(line) = lines.next_line().await.unwrap() {
            let asked: Value = serde_json::from_str(&line).unwrap();
            let answer = match asked["execute"].as_str().unwrap() {
                "quit" => return,
                "bad" => json!({ "id": asked["id"], "error": { "desc": "no such thing" } }),
                _ => json!({ "id": asked["id"], "return": { "status": "running" } }),
            };
            let lines = format!("{}\n{answer}\n", json!({ "event": "RESET", "data": {} }));
            write.write_all(lines.as_bytes()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn answers_and_events_are_told_apart_and_an_end_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("qmp");
        tokio::spawn(qemu(UnixListener::bind(&path).unwrap()));
        let mut qmp = Qmp::connect(&path).await.unwrap();
        let mark = qmp.mark();
        let limit = Duration::from_millis(20);
        let error = qmp.event(mark, &["RESET"], limit).await.unwrap_err();
        assert!(matches!(error, QmpError::NoEvent { .. }), "{error}");
        let answer = qmp.execute("query-status", &json!({})).await.unwrap();
        assert_eq!(answer["status"], "running");
        let limit = Duration::from_secs(10);
        let event = qmp
            .event(mark, &["SHUTDOWN", "RESET"], limit)
            .await
            .unwrap();
        assert_eq!(event.name, "RESET");
        let error = qmp.execute("bad", &json!({})).await.unwrap_err();
        assert!(error.to_string().ends_with("no such thing"), "{error}");
        let error = qmp.execute("quit", &json!({})).await.unwrap_err();
        assert!(matches!(error, QmpError::Gone), "{error}");
    }
}
