// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the console tells of a start that the emulator lost, and not the product.
//!
//! A few starts in a hundred stand still before the service manager: the emulator has lost the
//! timer of a processor, and the kernel says so at every look for what it waits for. No board does
//! that, so such a start counts for nothing and is made again.
//!
//! Told by the development flavour alone: a release says nothing on its console.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::disk::failed;
use crate::machine::{Machine, MachineError};

/// The kernel's words for a timer that was set and never went off (`rcu_check_gp_kthread_expired_fqs_timer`
/// in `kernel/rcu/tree_stall.h`).
const LOST: &str = "kthread timer wakeup didn't happen for";
/// How often they must have been said: once is a host that stood still itself, and the kernel goes on.
/// It looks after 21 s, and then every 66.
const OFTEN: usize = 2;
/// The service manager's first words, and those of every unit that has started.
const MANAGER: [&str; 2] = ["Welcome to ", "  OK  "];

/// What the console has said since a moment.
#[derive(Debug)]
pub struct Console {
    path: PathBuf,
    from: u64,
}

/// A start that the emulator lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The kernel's last words about it.
    pub line: String,
    /// Nothing but firmware and kernel has run: to switch off now undoes nothing.
    pub early: bool,
}

impl Console {
    /// Of the log at `path`, which need not be there yet, from its end on.
    ///
    /// # Errors
    /// When it cannot be measured.
    pub fn from_here(path: &Path) -> io::Result<Self> {
        let from = match fs::metadata(path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Self {
            path: path.to_owned(),
            from,
        })
    }

    /// Whether the emulator has lost this start.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn lost(&self) -> io::Result<Option<Lost>> {
        let mut file = fs::File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.from))?;
        let mut said = Vec::new();
        file.read_to_end(&mut said)?;
        Ok(lost(&String::from_utf8_lossy(&said)))
    }
}

impl Machine {
    /// Fails where the emulator has lost this start.
    ///
    /// # Errors
    /// [`MachineError::Lost`].
    pub fn alive(&self) -> Result<(), MachineError> {
        let lost = self.console.lost();
        match lost.map_err(failed("read", &self.hardware().console()))? {
            None => Ok(()),
            Some(lost) => Err(MachineError::Lost(lost)),
        }
    }
}

fn lost(said: &str) -> Option<Lost> {
    let lines: Vec<_> = said.lines().filter(|line| line.contains(LOST)).collect();
    let last = lines.last().filter(|_| lines.len() >= OFTEN)?;
    Some(Lost {
        line: last.trim().to_owned(),
        early: !MANAGER.iter().any(|word| said.contains(word)),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const STALL: &str = "\
[   24.531174] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\r
[   24.531174] rcu: \t(detected by 1, t=5252 jiffies, g=-959, q=11 ncpus=2)\r
[   24.531174] rcu: rcu_preempt kthread timer wakeup didn't happen for 5251 jiffies! g-959 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x402\r
[   24.531174] rcu: \tPossible timer handling issue on cpu=0 timer-softirq=3\r
";
    const AGAIN: &str = "\
[   90.561321] rcu: rcu_preempt kthread timer wakeup didn't happen for 21008 jiffies! g-959 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x402\r
";

    #[test]
    fn a_timer_that_stays_lost_is_the_emulators_fault_and_one_that_was_late_is_not() {
        assert_eq!(
            lost("[    0.5] rcu: Hierarchical RCU implementation.\r\n"),
            None
        );
        assert_eq!(lost(STALL), None, "it may go on");
        let found = lost(&format!("{STALL}{AGAIN}")).unwrap();
        assert!(
            found.line.starts_with("[   90.561321] rcu: rcu_preempt"),
            "{found:?}"
        );
        assert!(
            found.line.ends_with("->state=0x402") && found.early,
            "{found:?}"
        );
    }

    #[test]
    fn once_the_service_manager_runs_switching_off_is_no_longer_for_nothing() {
        for words in [
            "\r\nWelcome to \x1b[0;1;31mDebian GNU/Linux 13 (trixie)\x1b[0m!\r\n",
            "[\x1b[0;32m  OK  \x1b[0m] Reached target \x1b[0;1;39mlocal-fs-pre.target\x1b[0m.\r\n",
        ] {
            assert!(!lost(&format!("{words}{STALL}{AGAIN}")).unwrap().early);
        }
    }

    #[test]
    fn what_was_said_before_this_power_on_is_not_heard() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("console.log");
        let first = Console::from_here(&path).unwrap();
        fs::write(&path, format!("{STALL}{AGAIN}")).unwrap();
        assert!(first.lost().unwrap().is_some());
        let second = Console::from_here(&path).unwrap();
        assert_eq!(second.lost().unwrap(), None);
    }
}
