// SPDX-License-Identifier: MIT OR Apache-2.0
//! A machine with power: QEMU, its TPM, its reader's socket, its screen and its touch panel.

mod plugs;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::process::Child;

use crate::console::{Console, Lost};
use crate::disk::{DiskError, failed};
use crate::hardware::Hardware;
use crate::qmp::{Event, Mark, Qmp, QmpError};
use crate::screen::{Picture, PictureError};
use crate::tools::ToolsError;

/// Longest wait for QEMU or swtpm to open their sockets, on a busy host.
const START: Duration = Duration::from_secs(60);
/// Pause between two looks for a socket, or at the progress of saving.
const LOOK: Duration = Duration::from_millis(50);
/// Longest time to save or restore a state.
const SAVE: Duration = Duration::from_secs(300);
/// Full range of an axis of the touch panel (`INPUT_EVENT_ABS_MAX` of QEMU).
const AXIS: u32 = 0x7fff;
/// How long a finger stays.
const FINGER: Duration = Duration::from_millis(120);
/// Name of a saved state beside the machine's other things.
const STATE: &str = "state.zst";

/// Why a machine did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// A tool cannot be started.
    #[error(transparent)]
    Tools(#[from] ToolsError),
    /// A file.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Its control.
    #[error(transparent)]
    Qmp(#[from] QmpError),
    /// Its screen.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// A process that should run has ended.
    #[error("{program} ended ({status}):\n{said}")]
    Ended {
        /// Which.
        program: &'static str,
        /// How.
        status: String,
        /// The end of its own log.
        said: String,
    },
    /// A process did not open its socket.
    #[error("{program} did not come up within {START:?}")]
    Late {
        /// Which.
        program: &'static str,
    },
    /// The emulator has lost a timer of its guest, which stands still for it.
    #[error("the emulator lost a timer, which no board does; run it again ({})", .0.line)]
    Lost(Lost),
    /// A state could not be saved or restored.
    #[error("the state could not be moved: {0}")]
    State(String),
}

/// A running machine. Dropping it is a power cut.
pub struct Machine {
    hardware: Hardware,
    qmp: Qmp,
    qemu: Child,
    tpm: Option<Child>,
    since: Instant,
    pub(crate) console: Console,
    contact: u32,
}

impl Hardware {
    /// Switches the power on.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn power_on(&self) -> Result<Machine, MachineError> {
        self.start(None).await
    }

    /// Goes on where [`Machine::save`] left this machine, or the one it is a twin of. The guest's
    /// clock goes on where it stood. Paused until [`Machine::go_on`].
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn restore(&self, state: &Path) -> Result<Machine, MachineError> {
        let command = format!("zstd -dc {}", self.tools.inside(state)?.display());
        let mut machine = self.start(Some(&command)).await?;
        let end = Instant::now() + SAVE;
        loop {
            let status = machine.ask("query-status", &json!({})).await?;
            match status["status"].as_str() {
                Some("inmigrate") if Instant::now() < end => tokio::time::sleep(LOOK).await,
                Some("paused" | "postmigrate" | "prelaunch") => return Ok(machine),
                other => return Err(MachineError::State(format!("status {other:?}"))),
            }
        }
    }

    async fn start(&self, incoming: Option<&str>) -> Result<Machine, MachineError> {
        for name in ["qmp", "shell", "card", "tpm"] {
            let socket = self.socket(name);
            if socket.exists() {
                fs::remove_file(&socket).map_err(failed("remove", &socket))?;
            }
        }
        let mut tpm = None;
        if self.parts.tpm {
            let mut child = self.spawn("swtpm", self.tpm_arguments()?)?;
            self.wait_socket("swtpm", &mut child, "tpm").await?;
            tpm = Some(child);
        }
        let console =
            Console::from_here(&self.console()).map_err(failed("measure", &self.console()))?;
        let since = Instant::now();
        let program = self.board().program;
        let mut qemu = self.spawn(program, self.arguments(incoming)?)?;
        self.wait_socket(program, &mut qemu, "qmp").await?;
        let qmp = Qmp::connect(&self.socket("qmp")).await?;
        Ok(Machine {
            hardware: self.clone(),
            qmp,
            qemu,
            tpm,
            since,
            console,
            contact: 0,
        })
    }

    fn spawn(
        &self,
        program: &'static str,
        arguments: Vec<std::ffi::OsString>,
    ) -> Result<Child, MachineError> {
        let log = self.directory.join(format!("{program}.log"));
        let open = || fs::File::options().create(true).append(true).open(&log);
        let (out, error) = open()
            .and_then(|file| Ok((file.try_clone()?, file)))
            .map_err(failed("open", &log))?;
        let mut command = self.tools.command(program);
        command.args(arguments);
        command.stdout(Stdio::from(out)).stderr(Stdio::from(error));
        let started = command.spawn().map_err(|source| ToolsError::Start {
            program: program.to_owned(),
            source,
        });
        Ok(started?)
    }

    async fn wait_socket(
        &self,
        program: &'static str,
        child: &mut Child,
        name: &str,
    ) -> Result<(), MachineError> {
        let end = Instant::now() + START;
        while !self.socket(name).exists() {
            let ended = child
                .try_wait()
                .map_err(failed("ask", Path::new(program)))?;
            if let Some(status) = ended {
                return Err(self.ended(program, status.to_string()));
            }
            if Instant::now() > end {
                return Err(MachineError::Late { program });
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// The emulator itself has ended.
    fn ended_as(&self, status: std::process::ExitStatus) -> MachineError {
        self.ended(self.board().program, status.to_string())
    }

    fn ended(&self, program: &'static str, status: String) -> MachineError {
        let log = self.directory.join(format!("{program}.log"));
        let said = fs::read_to_string(&log).unwrap_or_else(|error| format!("(no log: {error})"));
        MachineError::Ended {
            program,
            status,
            said,
        }
    }
}

impl Machine {
    /// The machine as it is without power.
    #[must_use]
    pub fn hardware(&self) -> &Hardware {
        &self.hardware
    }

    /// Time since the power came on.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Where the reader is plugged in; see [`crate::reader::Reader::attach`].
    #[must_use]
    pub fn card_socket(&self) -> PathBuf {
        self.hardware.socket("card")
    }

    /// Where the root shell listens; see [`crate::shell::Shell::open`].
    #[must_use]
    pub fn shell_socket(&self) -> PathBuf {
        self.hardware.socket("shell")
    }

    /// Any command of QEMU; its end is told with its log.
    ///
    /// # Errors
    /// [`MachineError::Qmp`], [`MachineError::Ended`].
    pub async fn ask(&mut self, command: &str, arguments: &Value) -> Result<Value, MachineError> {
        let answer = self.qmp.execute(command, arguments).await;
        self.explain(answer)
    }

    /// The place after the last event.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.qmp.mark()
    }

    /// Every event since the mark.
    #[must_use]
    pub fn events(&self, mark: Mark) -> Vec<Event> {
        self.qmp.since(mark)
    }

    /// Waits for an event, as `RESET`, `SHUTDOWN`, `GUEST_PANICKED`, `WATCHDOG`.
    ///
    /// # Errors
    /// [`MachineError::Qmp`], [`MachineError::Ended`].
    pub async fn event(
        &mut self,
        mark: Mark,
        names: &[&str],
        limit: Duration,
    ) -> Result<Event, MachineError> {
        let event = self.qmp.event(mark, names, limit).await;
        self.explain(event)
    }

    fn explain<T>(&mut self, result: Result<T, QmpError>) -> Result<T, MachineError> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        match self.qemu.try_wait() {
            Ok(Some(status)) => Err(self.hardware.ended_as(status)),
            _ => Err(error.into()),
        }
    }

    /// What the display shows now; kept as `screen.png` until the next look.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn look(&mut self) -> Result<Picture, MachineError> {
        let path = self.hardware.directory.join("screen.png");
        let inside = self.hardware.tools.inside(&path)?;
        let arguments = json!({ "filename": inside, "format": "png" });
        self.ask("screendump", &arguments).await?;
        Ok(Picture::load(&path)?)
    }

    /// Touches the panel of `size` pixels at a pixel, and lets go.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn touch(
        &mut self,
        (x, y): (u32, u32),
        (width, height): (u32, u32),
    ) -> Result<(), MachineError> {
        self.contact += 1;
        let id = self.contact;
        let contact = |kind: &str, id: i64, axis: &str, value: u32| {
            json!({ "type": "mtt", "data": {
                "type": kind, "slot": 0, "tracking-id": id, "axis": axis, "value": value } })
        };
        let id = i64::from(id);
        let down = [
            contact("begin", id, "x", 0),
            contact("data", id, "x", scale(x, width)),
            contact("data", id, "y", scale(y, height)),
        ];
        self.ask("input-send-event", &json!({ "events": down }))
            .await?;
        tokio::time::sleep(FINGER).await;
        let up = [contact("end", -1, "x", 0)];
        self.ask("input-send-event", &json!({ "events": up }))
            .await?;
        Ok(())
    }

    /// The reset button.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn reset(&mut self) -> Result<(), MachineError> {
        self.ask("system_reset", &json!({})).await.map(drop)
    }

    /// The power button, pressed and let go (ACPI).
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn press_power(&mut self) -> Result<(), MachineError> {
        self.ask("system_powerdown", &json!({})).await.map(drop)
    }

    /// Stops the guest's processors.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn pause(&mut self) -> Result<(), MachineError> {
        self.ask("stop", &json!({})).await.map(drop)
    }

    /// Lets them run again.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn go_on(&mut self) -> Result<(), MachineError> {
        self.ask("cont", &json!({})).await.map(drop)
    }

    /// Saves the whole state and ends; the machine's disk, variables and TPM belong to it. Returns
    /// the machine without power and the file of the state.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn save(mut self) -> Result<(Hardware, PathBuf), MachineError> {
        self.pause().await?;
        let state = self.hardware.directory.join(STATE);
        let inside = self.hardware.tools.inside(&state)?;
        let uri = format!("exec:zstd -q -1 > {}", inside.display());
        self.ask("migrate", &json!({ "uri": uri })).await?;
        let end = Instant::now() + SAVE;
        loop {
            let answer = self.ask("query-migrate", &json!({})).await?;
            match answer["status"].as_str() {
                Some("completed") => break,
                Some("failed" | "cancelled") => {
                    return Err(MachineError::State(answer.to_string()));
                }
                _ if Instant::now() > end => {
                    return Err(MachineError::State(format!("not within {SAVE:?}")));
                }
                _ => tokio::time::sleep(LOOK).await,
            }
        }
        // Its end closes the connection before the answer, or after.
        match self.qmp.execute("quit", &json!({})).await {
            Ok(_) | Err(QmpError::Gone) => {}
            Err(error) => return Err(error.into()),
        }
        self.gone(SAVE).await?;
        Ok((self.hardware.clone(), state))
    }

    /// Waits until the machine has switched itself off, and returns it without power.
    ///
    /// # Errors
    /// [`MachineError::State`] when it does not.
    pub async fn off(mut self, limit: Duration) -> Result<Hardware, MachineError> {
        self.gone(limit).await?;
        Ok(self.hardware.clone())
    }

    /// Cuts the power at once.
    ///
    /// # Errors
    /// [`MachineError::State`] when the process cannot be ended.
    pub async fn cut(mut self) -> Result<Hardware, MachineError> {
        let ended = self.qemu.kill().await;
        ended.map_err(|error| MachineError::State(error.to_string()))?;
        if let Some(tpm) = &mut self.tpm {
            let ended = tpm.kill().await;
            ended.map_err(|error| MachineError::State(error.to_string()))?;
        }
        Ok(self.hardware.clone())
    }

    async fn gone(&mut self, limit: Duration) -> Result<(), MachineError> {
        let ended = tokio::time::timeout(limit, self.qemu.wait()).await;
        match ended {
            Ok(Ok(status)) if status.success() => {}
            Ok(Ok(status)) => {
                return Err(self.hardware.ended_as(status));
            }
            Ok(Err(error)) => return Err(MachineError::State(error.to_string())),
            Err(_) => return Err(MachineError::State(format!("still on after {limit:?}"))),
        }
        if let Some(tpm) = &mut self.tpm {
            let ended = tokio::time::timeout(limit, tpm.wait()).await;
            ended
                .map_err(|_| MachineError::State("the TPM does not end".to_owned()))?
                .map_err(|error| MachineError::State(error.to_string()))?;
        }
        Ok(())
    }
}

/// The value of an axis that the screen takes for this pixel.
fn scale(pixel: u32, pixels: u32) -> u32 {
    let last = u64::from(pixels.saturating_sub(1).max(1));
    let value = (u64::from(pixel) * u64::from(AXIS) + last / 2) / last;
    u32::try_from(value).map_or(AXIS, |value| value.min(AXIS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_has_a_value_that_means_it() {
        for pixels in [800u32, 1280] {
            for pixel in 0..pixels {
                let value = u64::from(scale(pixel, pixels));
                // As the screen's tracker turns it back.
                let last = u64::from(pixels - 1);
                let back = (value * last + u64::from(AXIS) / 2) / u64::from(AXIS);
                assert_eq!(back, u64::from(pixel));
            }
        }
    }
}
