// SPDX-License-Identifier: MIT OR Apache-2.0
//! A machine with everything around it, and the hand and eye of a patient.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::image::{Flavour, Image};
use super::{Run, updating};
use crate::disk;
use crate::hardware::{Hardware, Parts};
use crate::machine::{Machine, MachineError};
use crate::outside::{FACILITY, Outside};
use crate::report::Report;
use crate::screen::{Expected, Glass, Picture};
use crate::shell::Shell;

/// Longest wait for a boot under emulation on a busy machine: six minutes were seen with two at once.
pub const BOOT: Duration = Duration::from_secs(1500);
/// Longest wait for the next view.
pub const VIEW: Duration = Duration::from_secs(120);
/// Longest wait for a command of the shell.
pub const COMMAND: Duration = Duration::from_secs(120);
/// Longest wait for the shell of a machine that has failed.
const JOURNAL: Duration = Duration::from_secs(30);
/// Pause between two looks at the glass: a look takes QEMU some 50 ms.
const LOOK: Duration = Duration::from_millis(500);

/// A machine that stands still, with all that it was doing.
pub struct Saved {
    /// Its disk, variables and TPM.
    pub hardware: Hardware,
    /// Its memory and devices.
    pub state: PathBuf,
}

/// Everything of one scenario.
pub struct Stage {
    /// Centre, reader, cards, update server.
    pub outside: Outside,
    /// How views look on this reader.
    pub glass: Glass,
    /// The image.
    pub image: Image,
    pictures: PathBuf,
    kept: u32,
}

impl Stage {
    /// Starts what is outside; makes no machine yet.
    ///
    /// # Errors
    /// What could not be started.
    pub async fn start(run: &Run, flavour: Flavour) -> anyhow::Result<Self> {
        let mut image = Image::of(run, flavour)?;
        // Of an earlier run: a queue at the centre or a blocked card would change this one.
        if run.directory.exists() {
            std::fs::remove_dir_all(&run.directory)
                .with_context(|| format!("cannot remove {}", run.directory.display()))?;
        }
        std::fs::create_dir_all(&run.directory)
            .with_context(|| format!("cannot make {}", run.directory.display()))?;
        image.hold(&run.directory.join("image.raw"))?;
        let directory = run.directory.join("outside");
        let outside = Outside::start(&run.tools, &directory, &image.bundles).await?;
        Ok(Self {
            outside,
            glass: Glass::new(FACILITY),
            image,
            pictures: run.directory.clone(),
            kept: 0,
        })
    }

    /// A provisioned machine without power, in a directory of its own.
    ///
    /// # Errors
    /// What could not be made.
    pub async fn hardware(&self, run: &Run, name: &str) -> anyhow::Result<Hardware> {
        let parts = Parts {
            second_disk: Some(self.outside.provision.clone()),
            forwards: self.outside.forwards(),
            shell: self.image.flavour == Flavour::Development,
            ..run.parts.clone()
        };
        let directory = run.directory.join(name);
        Ok(Hardware::new(&run.tools, &directory, &self.image.disk, parts).await?)
    }

    /// Switches on, with the reader plugged in.
    ///
    /// # Errors
    /// What did not start.
    pub async fn power_on(&self, hardware: &Hardware) -> anyhow::Result<Machine> {
        let machine = hardware.power_on().await?;
        self.outside.reader.attach(&machine.card_socket()).await?;
        Ok(machine)
    }

    /// Waits until the glass shows exactly this, and keeps the picture.
    ///
    /// # Errors
    /// What was seen instead; its picture is kept beside the expected one.
    pub async fn expect(
        &mut self,
        machine: &mut Machine,
        expected: &Expected,
        limit: Duration,
    ) -> anyhow::Result<()> {
        self.expect_one(machine, &[expected], limit).await.map(drop)
    }

    /// Waits until the glass shows one of these, and tells which.
    ///
    /// # Errors
    /// What was seen instead; [`MachineError::Lost`] at once.
    pub async fn expect_one(
        &mut self,
        machine: &mut Machine,
        expected: &[&Expected],
        limit: Duration,
    ) -> anyhow::Result<usize> {
        let end = Instant::now() + limit;
        loop {
            let seen = machine.look().await?;
            let found = expected.iter().position(|view| seen.differing(view) == 0);
            if let Some(found) = found {
                self.keep(&seen, &expected[found].name)?;
                return Ok(found);
            }
            machine.alive()?;
            if Instant::now() > end {
                let error = self.disappointed(&seen, expected, limit)?;
                let Err(lost) = self.journal(machine).await else {
                    return Err(error);
                };
                return Err(error.context(format!("no journal ({lost:#})")));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn keep(&mut self, picture: &Picture, name: &str) -> anyhow::Result<()> {
        self.kept += 1;
        let name = name.replace(' ', "-");
        let path = self.pictures.join(format!("{:02}-{name}.png", self.kept));
        Ok(picture.save(&path)?)
    }

    fn disappointed(
        &mut self,
        seen: &Picture,
        expected: &[&Expected],
        limit: Duration,
    ) -> anyhow::Result<anyhow::Error> {
        let names: Vec<_> = expected.iter().map(|view| view.name.as_str()).collect();
        let names = names.join(" or ");
        self.keep(seen, "seen")?;
        for view in expected {
            self.keep(&view.picture, &format!("{} expected", view.name))?;
        }
        let (nearest, off) = self.glass.nearest(seen);
        let differing = expected.iter().map(|view| seen.differing(view)).min();
        Ok(anyhow::anyhow!(
            "waited {limit:?} in vain for {names}: {} of {} pixels differ; nearest is {nearest} ({off} differ)",
            differing.unwrap_or(0),
            seen.pixels.len(),
        ))
    }

    /// Keeps the machine's own journal, where it has a shell to print it.
    async fn journal(&self, machine: &Machine) -> anyhow::Result<()> {
        if self.image.flavour != Flavour::Development {
            return Ok(());
        }
        let mut shell = Shell::open(&machine.shell_socket()).await?;
        shell.ready(JOURNAL).await?;
        let command = "systemctl --failed --no-pager; journalctl -b --no-pager -o short-monotonic";
        let said = shell.run(command, COMMAND).await?;
        Ok(std::fs::write(self.pictures.join("journal.log"), said)?)
    }

    /// Presses what does `action` on a view that is shown.
    ///
    /// # Errors
    /// When the view has no such button, or the machine is gone.
    pub async fn press(
        &self,
        machine: &mut Machine,
        shown: &Expected,
        action: &str,
    ) -> anyhow::Result<()> {
        let at = shown.button(action)?;
        let size = (shown.picture.width, shown.picture.height);
        Ok(machine.touch(at, size).await?)
    }

    /// Boots to the idle screen; tells the time since power-on. A start that the emulator lost before
    /// anything of the product ran is made again, once; the report says so.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn boot(
        &mut self,
        report: &mut Report,
        hardware: &Hardware,
    ) -> anyhow::Result<Machine> {
        // The firmware's one-time choice is spent by the start that is lost.
        let variables = hardware.directory().join("variables.before");
        disk::copy(&hardware.variables(), &variables)?;
        let mut machine = self.power_on(hardware).await?;
        let idle = self.glass.idle();
        let mut came = self.expect(&mut machine, &idle, BOOT).await;
        if let Err(error) = &came
            && let Some(MachineError::Lost(lost)) = error.downcast_ref()
            && lost.early
            // The logs of a recorded machine go over one power-on.
            && !hardware.parts.recorded
        {
            let line = lost.line.clone();
            machine.cut().await?;
            disk::copy(&variables, &hardware.variables())?;
            report.figure("start lost by the emulator, made again", line);
            machine = self.power_on(hardware).await?;
            came = self.expect(&mut machine, &idle, BOOT).await;
        }
        came?;
        report.step("power on, idle screen");
        Ok(machine)
    }

    /// A machine that has booted and whose slot is confirmed, saved as it stands: to be gone on
    /// with as often as needed, in seconds instead of minutes.
    ///
    /// # Errors
    /// What was seen instead of the idle screen, or what could not be saved.
    pub async fn ready(&mut self, run: &mut Run) -> anyhow::Result<Saved> {
        let hardware = self.hardware(run, "machine").await?;
        let machine = self.boot(&mut run.report, &hardware).await?;
        let mut shell = self.shell(&machine).await?;
        updating::wait_confirmed(&mut shell, BOOT).await?;
        drop(shell);
        let (hardware, state) = machine.save().await?;
        run.report.step("slot confirmed, state saved");
        Ok(Saved { hardware, state })
    }

    /// Goes on with a saved machine, in a directory of its own.
    ///
    /// # Errors
    /// What could not be copied or restored.
    pub async fn wake(&self, saved: &Saved, directory: &Path) -> anyhow::Result<Machine> {
        let twin = saved.hardware.twin(directory)?;
        let mut machine = twin.restore(&saved.state).await?;
        self.outside.reader.attach(&machine.card_socket()).await?;
        machine.go_on().await?;
        Ok(machine)
    }

    /// The root shell, awake.
    ///
    /// # Errors
    /// When there is none.
    pub async fn shell(&self, machine: &Machine) -> anyhow::Result<Shell> {
        if self.image.flavour != Flavour::Development {
            bail!("the release flavour has no shell");
        }
        let mut shell = Shell::open(&machine.shell_socket()).await?;
        shell.ready(BOOT).await?;
        Ok(shell)
    }
}
