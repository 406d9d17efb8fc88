// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-card --power-down`: takes the power off every card, behind a daemon that could not.
//!
//! The unit runs it whenever the daemon has ended (`ExecStopPost=`). A daemon that was killed leaves
//! its card to pcscd, which resets it and takes the power off about five seconds later; a presented
//! PIN survives the reset (measured on real cards by the authors of `myna-card`), so that in between
//! anybody who may talk to pcscd could sign with it.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use pcsc::{Context, Disposition, Error, Protocols, Scope, ShareMode};

/// Longest wait for a command of the dead daemon to end: the longest configurable signature takes
/// 30 s, and pcscd lets go of a dead client's card only behind it.
const PATIENCE: Duration = Duration::from_secs(40);
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// Powers every card down; 1 when one may still have power.
#[must_use]
pub fn run() -> ExitCode {
    match all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "a card may still have power");
            ExitCode::FAILURE
        }
    }
}

fn all() -> Result<(), Error> {
    let context = match Context::establish(Scope::System) {
        Ok(context) => context,
        // Without pcscd no reader has power for its card.
        Err(Error::NoService | Error::ServiceStopped) => return Ok(()),
        Err(error) => return Err(error),
    };
    let readers = match context.list_readers_owned() {
        Ok(readers) => readers,
        Err(Error::NoReadersAvailable) => return Ok(()),
        Err(error) => return Err(error),
    };
    let until = Instant::now() + PATIENCE;
    for reader in readers {
        loop {
            match context.connect(&reader, ShareMode::Exclusive, Protocols::ANY) {
                Ok(card) => {
                    card.disconnect(Disposition::UnpowerCard)
                        .map_err(|(_, error)| error)?;
                    tracing::info!(?reader, "powered down");
                    break;
                }
                Err(Error::SharingViolation) if Instant::now() < until => thread::sleep(PAUSE),
                // Nothing there, or nothing that takes power.
                Err(
                    Error::NoSmartcard
                    | Error::RemovedCard
                    | Error::UnpoweredCard
                    | Error::UnresponsiveCard
                    | Error::ReaderUnavailable
                    | Error::UnknownReader,
                ) => break,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}
