// SPDX-License-Identifier: MIT OR Apache-2.0
//! How far both logs of a machine are, at any time of a recording: they have no clock of their own.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::hardware::Hardware;

/// Pause between two looks at the logs.
const LOOK: Duration = Duration::from_millis(10);

/// An instant of a recording: the lengths of the logs. What begins after it was taken has its place
/// behind it in both; what lies before it had begun before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Bytes of the disk's log.
    pub disk: u64,
    /// Bytes of the flash's log.
    pub flash: u64,
}

/// A recording that goes on.
pub struct Tape {
    logs: [PathBuf; 2],
    seen: Arc<Mutex<Vec<Mark>>>,
    looking: JoinHandle<()>,
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

impl Tape {
    /// Watches the logs of a machine that records.
    #[must_use]
    pub fn of(hardware: &Hardware) -> Self {
        let logs = [hardware.disk_log(), hardware.variables_log()];
        let seen = Arc::new(Mutex::new(vec![Mark::default()]));
        let (watched, notes) = (logs.clone(), Arc::clone(&seen));
        let looking = tokio::spawn(async move {
            loop {
                // A log that cannot be looked at now fails the next mark, which says why.
                if let Ok(mark) = look(&watched) {
                    note(&notes, mark);
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        Self {
            logs,
            seen,
            looking,
        }
    }

    /// This instant.
    ///
    /// # Errors
    /// When a log is not there.
    pub fn mark(&self) -> io::Result<Mark> {
        let mark = look(&self.logs)?;
        note(&self.seen, mark);
        Ok(mark)
    }

    /// Every instant at which something was new, the first before everything.
    #[must_use]
    pub fn seen(&self) -> Vec<Mark> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }
}

fn look([disk, flash]: &[PathBuf; 2]) -> io::Result<Mark> {
    Ok(Mark {
        disk: std::fs::metadata(disk)?.len(),
        flash: std::fs::metadata(flash)?.len(),
    })
}

fn note(seen: &Mutex<Vec<Mark>>, mark: Mark) {
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.last() != Some(&mark) {
        seen.push(mark);
    }
}

/// The last instant at which the disk's log was not yet longer than `place`.
#[must_use]
pub fn at(seen: &[Mark], place: u64) -> Mark {
    let later = seen.partition_point(|mark| mark.disk <= place);
    seen[..later].last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_of_the_disk_leads_to_the_flash_of_that_time() {
        let mark = |disk, flash| Mark { disk, flash };
        let seen = [
            mark(0, 0),
            mark(512, 512),
            mark(512, 1024),
            mark(2048, 1024),
        ];
        for (place, flash) in [(0, 0), (511, 0), (512, 1024), (2047, 1024), (9000, 1024)] {
            assert_eq!(at(&seen, place).flash, flash, "{place}");
        }
        assert_eq!(at(&[], 5), Mark::default());
    }
}
