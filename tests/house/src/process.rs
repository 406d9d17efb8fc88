// SPDX-License-Identifier: MIT OR Apache-2.0
//! One process of the house: started, watched and started again as its unit says.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::api::{Life, Process};
use crate::logs::Logs;
use crate::notify::{NotifySocket, Told};

/// How long a process may take to end after SIGTERM before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// How long a process may take to become ready before [`Handle::ready`] gives up.
const READY_LIMIT: Duration = Duration::from_secs(30);

/// How a process shows that it is ready.
pub enum Ready {
    /// `READY=1` on this socket.
    Notify(NotifySocket),
    /// The first line on its standard output.
    FirstLine,
}

/// What to run.
pub struct Spec {
    /// Name, as `card`.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its whole environment, but for `PATH`, `LANG` and the log filter.
    pub env: Vec<(String, OsString)>,
    /// User and group number.
    pub user: u32,
    /// How it becomes ready.
    pub ready: Ready,
    /// `WatchdogSec=`.
    pub watchdog: Option<Duration>,
    /// Delay before it is started again; none: an end is final.
    pub restart_after: Option<Duration>,
    /// Exit codes after which it is not started again.
    pub never_restart_on: Vec<i32>,
}

/// Why a process is not there.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It did not become ready.
    #[error("{name} did not become ready: {why}\n{log}")]
    NotReady {
        /// Which.
        name: String,
        /// What was seen.
        why: String,
        /// The end of its log.
        log: String,
    },
    /// It is not running, so it cannot be sent a signal.
    #[error("{0} is not running")]
    NotRunning(String),
    /// The kernel refused the signal.
    #[error("cannot signal {name}")]
    Signal {
        /// Which.
        name: String,
        /// The kernel's answer.
        #[source]
        source: nix::errno::Errno,
    },
}

enum Order {
    /// End it; it stays ended.
    Stop,
    /// End it and start it again at once, uncounted.
    Renew,
}

/// Grip on a process. Dropping it ends the process.
pub struct Handle {
    name: String,
    orders: mpsc::Sender<Order>,
    status: watch::Receiver<Process>,
    logs: Logs,
}

impl Handle {
    /// Starts `spec` and watches it from a task of its own.
    #[must_use]
    pub fn start(spec: Spec, logs: &Logs) -> Self {
        let (orders, inbox) = mpsc::channel(4);
        let (sender, status) = watch::channel(Process {
            name: spec.name.clone(),
            life: Life::Starting,
            pid: None,
            restarts: 0,
            ended: None,
            status: None,
            rss_kib: None,
            busy_us: None,
        });
        let name = spec.name.clone();
        let keeper = Keeper {
            spec,
            logs: logs.clone(),
            inbox,
            status: sender,
        };
        tokio::spawn(keeper.keep());
        Self {
            name,
            orders,
            status,
            logs: logs.clone(),
        }
    }

    /// Its name, as `card`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    /// [`ProcessError::NotReady`] when it ends for good first, or 30 s pass.
    pub async fn ready(&self) -> Result<(), ProcessError> {
        let mut status = self.status.clone();
        let settled = status.wait_for(|p| matches!(p.life, Life::Ready | Life::Stopped));
        let why = match tokio::time::timeout(READY_LIMIT, settled).await {
            Ok(Ok(process)) if process.life == Life::Ready => return Ok(()),
            Ok(Ok(process)) => process.ended.clone().unwrap_or_default(),
            Ok(Err(_)) => "its keeper ended".into(),
            Err(_) => format!("nothing within {} s", READY_LIMIT.as_secs()),
        };
        let lines = self.logs.after(0, Some(&self.name));
        let tail: Vec<String> = lines
            .iter()
            .rev()
            .take(20)
            .rev()
            .map(|l| l.text.clone())
            .collect();
        Err(ProcessError::NotReady {
            name: self.name.clone(),
            why,
            log: tail.join("\n"),
        })
    }

    /// Its state now, with its memory.
    #[must_use]
    pub fn process(&self) -> Process {
        let mut process = self.status.borrow().clone();
        process.rss_kib = process.pid.and_then(rss_kib);
        process.busy_us = process.pid.and_then(busy_us);
        process
    }

    /// Tells of every change of state.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Process> {
        self.status.clone()
    }

    /// Sends it a signal; what follows is its unit's matter.
    ///
    /// # Errors
    /// [`ProcessError::NotRunning`], [`ProcessError::Signal`].
    pub fn signal(&self, signal: Signal) -> Result<(), ProcessError> {
        let pid = self.status.borrow().pid.and_then(|p| i32::try_from(p).ok());
        let pid = pid.ok_or_else(|| ProcessError::NotRunning(self.name.clone()))?;
        kill(Pid::from_raw(pid), signal).map_err(|source| ProcessError::Signal {
            name: self.name.clone(),
            source,
        })
    }

    /// Ends it and waits until it has ended.
    pub async fn stop(&self) {
        // A keeper that is gone has ended its process.
        let _ = self.orders.send(Order::Stop).await;
        let mut status = self.status.clone();
        let _ = status.wait_for(|p| p.life == Life::Stopped).await;
    }

    /// Ends it and starts it again with what now stands in its configuration.
    pub async fn renew(&self) {
        let _ = self.orders.send(Order::Renew).await;
    }
}

fn rss_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn busy_us(pid: u32) -> Option<u64> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let nanoseconds = threads.map(|thread| {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Some(nanoseconds.sum::<Option<u64>>()? / 1000)
}

/// Owner of one process: the only one that starts, ends and reaps it.
struct Keeper {
    spec: Spec,
    logs: Logs,
    inbox: mpsc::Receiver<Order>,
    status: watch::Sender<Process>,
}

/// Why one life of the process was over.
enum End {
    Itself(ExitStatus),
    Ordered(Option<Order>),
    NotStarted(io::Error),
}

impl Keeper {
    async fn keep(mut self) {
        loop {
            let end = self.live().await;
            let life = match &end {
                End::Ordered(Some(Order::Renew)) => Life::Restarting,
                End::Ordered(_) | End::NotStarted(_) => Life::Stopped,
                End::Itself(status) if self.restarts_after(*status) => Life::Restarting,
                End::Itself(_) => Life::Stopped,
            };
            let words = match &end {
                End::Ordered(_) => "asked to".to_owned(),
                End::NotStarted(error) => format!("cannot be started: {error}"),
                End::Itself(status) => in_words(*status),
            };
            self.logs
                .add("house", &format!("{} ended: {words}", self.spec.name));
            self.status.send_modify(|p| {
                p.life = life;
                p.pid = None;
                p.ended = Some(words);
                p.status = None;
            });
            match end {
                End::Ordered(Some(Order::Renew)) => {}
                _ if life == Life::Stopped => return,
                _ => {
                    if self.pause().await {
                        self.status.send_modify(|p| p.life = Life::Stopped);
                        return;
                    }
                    self.status.send_modify(|p| p.restarts += 1);
                }
            }
        }
    }

    fn restarts_after(&self, status: ExitStatus) -> bool {
        let prevented = status
            .code()
            .is_some_and(|c| self.spec.never_restart_on.contains(&c));
        // Restart=on-failure: a clean end is meant.
        self.spec.restart_after.is_some() && !status.success() && !prevented
    }

    /// Waits for the restart delay; true when it was ordered to stop meanwhile.
    async fn pause(&mut self) -> bool {
        let delay = self.spec.restart_after.unwrap_or_default();
        tokio::select! {
            () = tokio::time::sleep(delay) => false,
            order = self.inbox.recv() => !matches!(order, Some(Order::Renew)),
        }
    }

    async fn live(&mut self) -> End {
        if let Ready::Notify(socket) = &self.spec.ready {
            // Last words of the life before must not make this one ready.
            socket.forget();
        }
        let mut child = match self.spawn() {
            Ok(child) => child,
            Err(error) => return End::NotStarted(error),
        };
        self.status.send_modify(|p| {
            p.life = Life::Starting;
            p.pid = child.id();
        });
        let first_line = self.collect(&mut child);
        let mut waits_for_line = matches!(self.spec.ready, Ready::FirstLine);
        tokio::pin!(first_line);
        // As systemd does: the watchdog runs from READY=1 on.
        let mut due = match self.spec.ready {
            Ready::Notify(_) => None,
            Ready::FirstLine => self.spec.watchdog.map(|limit| Instant::now() + limit),
        };
        loop {
            tokio::select! {
                status = child.wait() => return match status {
                    Ok(status) => End::Itself(status),
                    Err(error) => End::NotStarted(error),
                },
                order = self.inbox.recv() => {
                    self.end(&mut child).await;
                    return End::Ordered(order);
                }
                line = &mut first_line, if waits_for_line => {
                    waits_for_line = false;
                    if line.is_ok() {
                        self.status.send_modify(|p| p.life = Life::Ready);
                    }
                }
                told = told(&self.spec.ready) => {
                    if told.contains(&Told::Alive) || told.contains(&Told::Ready) {
                        due = self.spec.watchdog.map(|limit| Instant::now() + limit);
                    }
                    self.hear(told);
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.logs.add("house", &format!("{}: watchdog, killed", self.spec.name));
                    due = None;
                    // It ends through child.wait(), as any other death.
                    let _ = child.start_kill();
                }
            }
        }
    }

    fn hear(&self, told: Vec<Told>) {
        for told in told {
            match told {
                Told::Ready => self.status.send_modify(|p| p.life = Life::Ready),
                Told::Status(line) => self.status.send_modify(|p| p.status = Some(line)),
                Told::Alive | Told::Stopping => {}
            }
        }
    }

    async fn end(&self, child: &mut Child) {
        if let Some(pid) = child.id().and_then(|p| i32::try_from(p).ok()) {
            // SIGCONT too: a stopped process (fault test) would not hear SIGTERM.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            let _ = kill(Pid::from_raw(pid), Signal::SIGCONT);
        }
        if tokio::time::timeout(STOP_LIMIT, child.wait())
            .await
            .is_err()
        {
            self.logs
                .add("house", &format!("{}: did not end, killed", self.spec.name));
            let _ = child.kill().await;
        }
    }

    fn spawn(&self) -> io::Result<Child> {
        let spec = &self.spec;
        let mut command = Command::new(&spec.program);
        command
            .args(&spec.args)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LANG", "C.UTF-8")
            .envs(spec.env.iter().map(|(k, v)| (k, v)))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .uid(spec.user)
            .gid(spec.user)
            .kill_on_drop(true);
        if let Some(filter) = std::env::var_os("UKETSUKE_LOG") {
            command.env("UKETSUKE_LOG", filter);
        }
        if let Ready::Notify(socket) = &spec.ready {
            command.env("NOTIFY_SOCKET", socket.path());
        }
        if let Some(limit) = spec.watchdog {
            command.env("WATCHDOG_USEC", limit.as_micros().to_string());
        }
        command.spawn().map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", spec.program.display()))
        })
    }

    /// Sends its output to the log; resolves at the first line of its standard output.
    fn collect(&self, child: &mut Child) -> tokio::sync::oneshot::Receiver<()> {
        let (first, seen) = tokio::sync::oneshot::channel();
        let log = |name: &str| (self.logs.clone(), name.to_owned());
        if let Some(output) = child.stdout.take() {
            let (logs, name) = log(&self.spec.name);
            tokio::spawn(read_lines(output, logs, name, Some(first)));
        }
        if let Some(output) = child.stderr.take() {
            let (logs, name) = log(&self.spec.name);
            tokio::spawn(read_lines(output, logs, name, None));
        }
        seen
    }
}

async fn told(ready: &Ready) -> Vec<Told> {
    let Ready::Notify(socket) = ready else {
        return std::future::pending().await;
    };
    match socket.next().await {
        Ok(told) => told,
        // The socket is ours and bound: it fails only when the house is coming down.
        Err(_) => std::future::pending().await,
    }
}

async fn read_lines(
    output: impl AsyncRead + Unpin,
    logs: Logs,
    name: String,
    mut first: Option<tokio::sync::oneshot::Sender<()>>,
) {
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    // An error is the end of the pipe, as the end itself.
    while reader
        .read_until(b'\n', &mut line)
        .await
        .is_ok_and(|n| n > 0)
    {
        logs.add(&name, String::from_utf8_lossy(&line).trim_end());
        line.clear();
        if let Some(first) = first.take() {
            // Nobody waits for it unless the process is made ready by it.
            let _ = first.send(());
        }
    }
}

fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => Signal::try_from(signal)
            .map_or_else(|_| format!("signal {signal}"), |s| s.as_str().to_owned()),
        (None, None) => "unknown".into(),
    }
}

#[cfg(test)]
mod tests;
