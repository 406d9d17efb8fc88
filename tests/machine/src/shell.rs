// SPDX-License-Identifier: MIT OR Apache-2.0
//! The root shell of the development flavour, on the second serial port.
//!
//! Each command is put between two marks of its own. The command's text never contains a mark
//! whole, so the echo of a terminal is not taken for an answer.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::Instant;

/// Pause between two attempts to wake a shell that is not there yet.
const WAKE: Duration = Duration::from_secs(3);

/// Ctrl-C.
const INTERRUPT: &[u8] = b"\x03";

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// The socket cannot be reached.
    #[error("cannot reach the shell at {path}")]
    Connect {
        /// The socket.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The connection failed, or the machine is off.
    #[error("the line to the shell failed")]
    Line(#[from] std::io::Error),
    /// Nothing answered in time.
    #[error("{what}: no answer within {limit:?}; last heard: {heard:?}")]
    Silent {
        /// What was asked.
        what: String,
        /// How long it was waited.
        limit: Duration,
        /// The end of what was heard.
        heard: String,
    },
    /// The command failed.
    #[error("{command} ended with {status}: {said}")]
    Failed {
        /// Which.
        command: String,
        /// Its exit status.
        status: i32,
        /// What it printed.
        said: String,
    },
}

/// A connection to the shell.
pub struct Shell {
    line: UnixStream,
    heard: Vec<u8>,
    number: u64,
}

impl Shell {
    /// Connects; the shell itself may come up later.
    ///
    /// # Errors
    /// [`ShellError::Connect`].
    pub async fn open(socket: &Path) -> Result<Self, ShellError> {
        let line = UnixStream::connect(socket)
            .await
            .map_err(|source| ShellError::Connect {
                path: socket.to_owned(),
                source,
            })?;
        Ok(Self {
            line,
            heard: Vec::new(),
            number: 0,
        })
    }

    /// Waits until the shell answers, and makes it quiet.
    ///
    /// # Errors
    /// [`ShellError::Silent`], [`ShellError::Line`].
    pub async fn ready(&mut self, limit: Duration) -> Result<(), ShellError> {
        let end = Instant::now() + limit;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            // What was typed to a shell that did not listen may be run late: its marks are of
            // another number and are skipped.
            match self.run("stty -echo", left.min(WAKE)).await {
                Ok(_) => return Ok(()),
                // A line that a restart cut in two may have left the shell inside a quote, which every
                // further command would open again: Ctrl-C begins anew.
                Err(ShellError::Silent { .. }) if Instant::now() < end => {
                    self.line.write_all(INTERRUPT).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Runs a command, as `sh` takes it, and returns what it printed.
    ///
    /// # Errors
    /// [`ShellError::Failed`] with its words when it ends with anything but 0.
    pub async fn run(&mut self, command: &str, limit: Duration) -> Result<String, ShellError> {
        let (status, said) = self.status(command, limit).await?;
        if status == 0 {
            return Ok(said);
        }
        Err(ShellError::Failed {
            command: command.to_owned(),
            status,
            said,
        })
    }

    /// Runs a command and returns its exit status and what it printed.
    ///
    /// # Errors
    /// [`ShellError::Silent`], [`ShellError::Line`].
    pub async fn status(
        &mut self,
        command: &str,
        limit: Duration,
    ) -> Result<(i32, String), ShellError> {
        self.number += 1;
        let number = self.number;
        let line = format!(
            "\nprintf '%s%s\\n' '@@' 'from-{number}'; {{ {command}\n}} 2>&1; \
             printf '%s%s:%s@\\n' '@@' 'to-{number}' \"$?\"\n"
        );
        self.line.write_all(line.as_bytes()).await?;
        let end = Instant::now() + limit;
        loop {
            if let Some(found) = answer(&self.heard, number) {
                return Ok(found);
            }
            let mut bytes = [0; 4096];
            match tokio::time::timeout_at(end, self.line.read(&mut bytes)).await {
                Ok(Ok(0)) => {
                    return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
                }
                Ok(count) => self.heard.extend(&bytes[..count?]),
                Err(_) => {
                    let tail = self.heard.len().saturating_sub(400);
                    return Err(ShellError::Silent {
                        what: command.to_owned(),
                        limit,
                        heard: String::from_utf8_lossy(&self.heard[tail..]).into_owned(),
                    });
                }
            }
        }
    }
}

/// The answer between the marks of this number, once both have come.
fn answer(heard: &[u8], number: u64) -> Option<(i32, String)> {
    let text = String::from_utf8_lossy(heard);
    let (_, rest) = text
        .rsplit_once(&format!("@@from-{number}\r\n"))
        .or_else(|| {
            // A terminal that does not turn line ends.
            text.rsplit_once(&format!("@@from-{number}\n"))
        })?;
    let (said, status) = rest.split_once(&format!("@@to-{number}:"))?;
    let (status, _) = status.split_once('@')?;
    Some((status.parse().ok()?, said.replace("\r\n", "\n")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::process::Stdio;
    use tokio::net::UnixListener;
    use tokio::process::Command;

    const LIMIT: Duration = Duration::from_secs(20);

    /// A real shell behind a socket, as a serial port would carry it.
    async fn shell(listener: UnixListener) {
        behind(listener, Command::new("/bin/sh")).await;
    }

    async fn behind(listener: UnixListener, mut sh: Command) {
        let (mut line, _) = listener.accept().await.unwrap();
        let mut sh = sh
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (mut into, mut out) = (sh.stdin.take().unwrap(), sh.stdout.take().unwrap());
        let (mut read, mut write) = line.split();
        tokio::select! {
            _ = tokio::io::copy(&mut read, &mut into) => {}
            _ = tokio::io::copy(&mut out, &mut write) => {}
        }
    }

    #[tokio::test]
    async fn commands_come_back_with_status_and_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shell");
        tokio::spawn(shell(UnixListener::bind(&path).unwrap()));
        let mut shell = Shell::open(&path).await.unwrap();
        assert_eq!(
            shell.run("echo one; echo two", LIMIT).await.unwrap(),
            "one\ntwo\n"
        );
        assert_eq!(shell.status("(exit 3)", LIMIT).await.unwrap().0, 3);
        let error = shell.run("echo why >&2; false", LIMIT).await.unwrap_err();
        assert!(error.to_string().contains("why"), "{error}");
        let silent = shell.run("sleep 5", Duration::from_millis(20)).await;
        assert!(matches!(silent, Err(ShellError::Silent { .. })));
        // The late end of that one is not taken for this one's.
        assert_eq!(shell.run("echo late", LIMIT).await.unwrap(), "late\n");
        let error = shell.run("exit 0", LIMIT).await.unwrap_err();
        assert!(matches!(error, ShellError::Line(_)), "{error}");
    }

    #[tokio::test]
    async fn a_shell_that_was_left_inside_a_quote_is_ready_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shell");
        // On a terminal, where Ctrl-C is a signal, as on the machine's serial port.
        // Whoever runs tests in the background has them ignore it.
        let mut terminal = Command::new("env");
        terminal.args(["--default-signal=INT", "script", "--quiet"]);
        terminal.args(["--command", "sh -i", "/dev/null"]);
        tokio::spawn(behind(UnixListener::bind(&path).unwrap(), terminal));
        let mut shell = Shell::open(&path).await.unwrap();
        shell.ready(LIMIT).await.unwrap();
        shell.line.write_all(b"echo 'cut\n").await.unwrap();
        shell.ready(LIMIT).await.unwrap();
        assert_eq!(shell.run("echo well", LIMIT).await.unwrap(), "well\n");
    }

    #[test]
    fn an_echoed_command_is_no_answer() {
        let echo = b"printf '%s%s\\n' '@@' 'from-1'; { id\r\n} 2>&1\r\n";
        assert_eq!(answer(echo, 1), None);
        let mut heard = echo.to_vec();
        heard.extend(b"@@from-1\r\nuid=0\r\n@@to-1:0@\r\n# ");
        assert_eq!(answer(&heard, 1), Some((0, "uid=0\n".to_owned())));
        assert_eq!(answer(&heard, 2), None);
        assert_eq!(answer(b"@@from-1\nx@@to-1:1", 1), None, "half a status");
    }
}
