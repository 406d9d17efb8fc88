// SPDX-License-Identifier: MIT OR Apache-2.0
//! A house for a test: the bench binary, started, driven over its control API, ended on drop.

mod console;
mod hand;

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Method, StatusCode};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::api::{House, Life, Line, LogLine, Orientation, Process, Profile, Screen, Traffic};
use crate::console::{Console, ConsoleError};
use crate::http::{self, HttpError};
use crate::options::Options;

/// Limit of every wait: for an event, never for a time.
pub const LIMIT: Duration = Duration::from_secs(30);

pub use hand::SAME_KEY;

/// Why the house did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The bench binary is not there.
    #[error("{0} is missing; build it with: cargo build --workspace --bins")]
    NoBinary(PathBuf),
    /// It cannot be started or spoken to.
    #[error("the bench cannot be reached")]
    Reach(#[source] std::io::Error),
    /// It ended instead of coming up.
    #[error("the bench did not come up:\n{0}")]
    NotUp(String),
    /// HTTP failed.
    #[error("the bench broke off")]
    Http(#[from] HttpError),
    /// It refused.
    #[error("{path}: {status}: {text}")]
    Refused {
        /// What was asked.
        path: String,
        /// HTTP status.
        status: StatusCode,
        /// The reason in words.
        text: String,
    },
    /// Its answer is not what the caller takes.
    #[error("{path}: {source}")]
    Answer {
        /// What was asked.
        path: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The terminal's console.
    #[error(transparent)]
    Console(#[from] ConsoleError),
    /// Nothing of the kind within [`LIMIT`].
    #[error("waited in vain for {what}; last seen: {last}\n{log}")]
    Waited {
        /// What for.
        what: String,
        /// What was seen last.
        last: String,
        /// The end of the log.
        log: String,
    },
}

/// A running house.
pub struct HouseClient {
    bench: Child,
    address: SocketAddr,
    console: OnceCell<Console>,
}

impl HouseClient {
    /// Starts a house and waits until all of it is ready.
    ///
    /// # Errors
    /// [`ClientError::NoBinary`], [`ClientError::NotUp`] with its output.
    pub fn start(options: &Options) -> Result<Self, ClientError> {
        let binary = beside("uketsuke-bench").map_err(ClientError::Reach)?;
        if !binary.is_file() {
            return Err(ClientError::NoBinary(binary));
        }
        let mut bench = Command::new(&binary)
            .args(options.arguments())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(ClientError::Reach)?;
        let errors = bench.stderr.take().map(|errors| {
            std::thread::spawn(move || {
                let mut text = String::new();
                // What could be read until the pipe ended is all there is to show.
                let _ = BufReader::new(errors).read_to_string(&mut text);
                text
            })
        });
        let address = bench.stdout.take().and_then(|out| {
            let mut lines = BufReader::new(out).lines().map_while(Result::ok);
            let found = lines.find_map(|line| address_in(&line));
            // Keep the pipe drained: a bench that prints must not meet a closed one.
            std::thread::spawn(move || lines.for_each(drop));
            found
        });
        if let Some(address) = address {
            let console = OnceCell::new();
            return Ok(Self {
                bench,
                address,
                console,
            });
        }
        let _ = bench.wait();
        let said = errors
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default();
        Err(ClientError::NotUp(said))
    }

    /// Address of the page, as `http://127.0.0.1:8080/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Everything at a glance.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn state(&self) -> Result<House, ClientError> {
        self.get("/api/state").await
    }

    /// Places a card by the name of its profile.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn place(&self, profile: &str) -> Result<(), ClientError> {
        self.card(&json!({ "do": "place", "profile": profile }))
            .await
            .map(drop)
    }

    /// Places a card or phone on slot 0 (cards) or 1 (phones).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn place_on(&self, slot: u8, profile: &str) -> Result<(), ClientError> {
        self.card(&json!({ "do": "place", "profile": profile, "slot": slot }))
            .await
            .map(drop)
    }

    /// Lifts what lies on slot 0 (cards) or 1 (phones).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn lift_from(&self, slot: u8) -> Result<(), ClientError> {
        self.card(&json!({ "do": "lift", "slot": slot }))
            .await
            .map(drop)
    }

    /// The cards of the tray.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn profiles(&self) -> Result<Vec<Profile>, ClientError> {
        let mut answer: Value = self.get("/api/profiles").await?;
        let path = "/api/profiles".to_owned();
        serde_json::from_value(answer["profiles"].take())
            .map_err(|source| ClientError::Answer { path, source })
    }

    /// Lifts the card.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn lift(&self) -> Result<(), ClientError> {
        self.card(&json!({ "do": "lift" })).await.map(drop)
    }

    /// Asks the virtual card anything its control protocol knows.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn card(&self, request: &Value) -> Result<Value, ClientError> {
        self.post("/api/card", request).await
    }

    /// Sends a signal, as `KILL`, `STOP` or `TERM`, to a process of the house.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn kill(&self, process: &str, signal: &str) -> Result<(), ClientError> {
        let path = format!("/api/processes/{process}/signal");
        self.post(&path, &json!({ "signal": signal })).await
    }

    /// Cuts or mends a stretch: `terminal` or `centre`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn line(&self, stretch: &str, line: Line) -> Result<(), ClientError> {
        self.post(
            &format!("/api/stretches/{stretch}"),
            &json!({ "line": line }),
        )
        .await
    }

    /// Puts something else before the cameras: a word of [`crate::face::WORDS`].
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn before(&self, word: &str) -> Result<(), ClientError> {
        self.post("/api/before", &json!({ "before": word })).await
    }

    /// Takes pcscd away or brings it back.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn pcscd(&self, present: bool) -> Result<(), ClientError> {
        self.post("/api/pcscd", &json!({ "present": present }))
            .await
    }

    /// Turns the panel and sets its language; the screen starts anew.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn panel(&self, orientation: Orientation, language: &str) -> Result<(), ClientError> {
        let request = json!({ "orientation": orientation, "language": language });
        self.post("/api/panel", &request).await
    }

    /// What the screen shows.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn screen(&self) -> Result<Screen, ClientError> {
        self.get("/api/screen").await
    }

    /// Waits until the screen satisfies `wanted`; `what` names it for the error.
    ///
    /// # Errors
    /// [`ClientError::Waited`] after [`LIMIT`].
    pub async fn wait_screen(
        &self,
        what: &str,
        wanted: impl Fn(&Screen) -> bool,
    ) -> Result<Screen, ClientError> {
        let end = tokio::time::Instant::now() + LIMIT;
        let mut after = 0;
        loop {
            let screen: Screen = self.get(&format!("/api/screen?after={after}")).await?;
            if wanted(&screen) {
                return Ok(screen);
            }
            after = screen.change;
            if tokio::time::Instant::now() > end {
                let labels: Vec<&str> = screen
                    .picture
                    .tree
                    .iter()
                    .map(|n| n.label.as_str())
                    .collect();
                let last = format!("{} {labels:?}", screen.picture.view);
                return Err(self.waited(what, last).await);
            }
        }
    }

    /// Waits for a view, as `P-02`, on a connected screen.
    ///
    /// # Errors
    /// [`ClientError::Waited`] after [`LIMIT`].
    pub async fn wait_view(&self, view: &str) -> Result<Screen, ClientError> {
        self.wait_screen(view, |s| s.connected && s.picture.view == view)
            .await
    }

    /// Waits until the house satisfies `wanted`; asks again every 20 ms.
    ///
    /// # Errors
    /// [`ClientError::Waited`] after [`LIMIT`].
    pub async fn wait_state(
        &self,
        what: &str,
        wanted: impl Fn(&House) -> bool,
    ) -> Result<House, ClientError> {
        let end = tokio::time::Instant::now() + LIMIT;
        loop {
            let state = self.state().await?;
            if wanted(&state) {
                return Ok(state);
            }
            if tokio::time::Instant::now() > end {
                return Err(self.waited(what, format!("{state:?}")).await);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until `process` has been started again `restarts` times by itself and is ready.
    ///
    /// # Errors
    /// [`ClientError::Waited`] after [`LIMIT`].
    pub async fn wait_restarted(&self, process: &str, restarts: u32) -> Result<(), ClientError> {
        let ready =
            |p: &Process| p.name == process && p.restarts >= restarts && p.life == Life::Ready;
        let what = format!("{process} to be back");
        self.wait_state(&what, |s| s.processes.iter().any(ready))
            .await
            .map(drop)
    }

    /// The log after line number `after`, of one process or of all.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn logs(
        &self,
        after: u64,
        process: Option<&str>,
    ) -> Result<Vec<LogLine>, ClientError> {
        let process = process.map(|p| format!("&process={p}")).unwrap_or_default();
        self.get(&format!("/api/logs?after={after}{process}")).await
    }

    /// The bus traffic after number `after`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn traffic(&self, after: u64) -> Result<Vec<Traffic>, ClientError> {
        self.get(&format!("/api/traffic?after={after}")).await
    }

    /// Any GET of the control API.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.request(Method::GET, path, Bytes::new()).await
    }

    /// Any POST of the control API.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, ClientError> {
        self.request(Method::POST, path, Bytes::from(body.to_string()))
            .await
    }

    /// Any PUT of the control API.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, ClientError> {
        self.request(Method::PUT, path, Bytes::from(body.to_string()))
            .await
    }

    async fn waited(&self, what: &str, last: String) -> ClientError {
        let lines = self.logs(0, None).await.unwrap_or_default();
        let from = lines.len().saturating_sub(60);
        let tail = lines[from..]
            .iter()
            .map(|l| format!("{:>9} {}", l.process, l.text));
        let log = tail.collect::<Vec<_>>().join("\n");
        ClientError::Waited {
            what: what.into(),
            last,
            log,
        }
    }

    async fn request<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<T, ClientError> {
        let (status, bytes) = http::request(self.address, method, path, body).await?;
        if !status.is_success() {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            return Err(ClientError::Refused {
                path: path.into(),
                status,
                text,
            });
        }
        let bytes: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(bytes).map_err(|source| ClientError::Answer {
            path: path.into(),
            source,
        })
    }
}

impl Drop for HouseClient {
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.bench.id()) {
            // It tidies up and ends; both calls fail only when it has ended already.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        let _ = self.bench.wait();
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let rest = line.strip_prefix("Bench: http://")?;
    rest.trim_end().trim_end_matches('/').parse().ok()
}

/// A binary of the same build: beside this program, or one folder up for a test in `deps`.
fn beside(name: &str) -> std::io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let mut folder = own.parent().unwrap_or(Path::new("/"));
    if folder.file_name().is_some_and(|f| f == "deps") {
        folder = folder.parent().unwrap_or(folder);
    }
    Ok(folder.join(name))
}
