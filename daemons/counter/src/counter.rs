// SPDX-License-Identifier: MIT OR Apache-2.0
//! The counter: where it lies, what it must look like, how it comes to be.
//!
//! ```text
//! value: index there? ─no──► defined ─┐
//!          └yes─► ours? ─no─► Foreign │
//!                  └yes─► written? ─no┴─► stepped once ─┐
//!                           └yes────────────────────────┴─► read
//! step:  there, ours and written, else refused ─► stepped ─► read
//! ```
//! A power cut anywhere leaves a state that this picture has.

use std::io::{Read, Write};

use crate::tpm::{Tpm, TpmError, WRITTEN};
use crate::wire::Cause;

/// The NV index. The TCG's "Registry of Reserved TPM 2.0 Handles and Localities" gives 0x01800000 to
/// 0x01BFFFFF to the platform's owner; systemd has 0x01800400 to 0x018005FF of it. Ours is of no
/// meaning, only far away from where others begin to count.
pub const INDEX: u32 = 0x0182_5541;

/// `TPMA_NV`: counter (0x10), written and read by its own, empty password (0x4, 0x40000), out of reach
/// of the lockout after wrong passwords (0x2000000), with which somebody else could bar it. Not
/// "orderly": such a counter is kept in memory and jumps ahead by up to 255 after a power cut. No lock of
/// any kind, so nobody can stop it.
pub const ATTRIBUTES: u32 = 0x0204_0014;

/// Why there is no number.
#[derive(Debug, thiserror::Error)]
pub enum CounterError {
    /// The TPM.
    #[error(transparent)]
    Tpm(#[from] TpmError),
    /// Somebody else's index, or ours made otherwise.
    #[error(
        "index {INDEX:#010x} has the attributes {attributes:#010x}, or a policy or size, that we never gave it"
    )]
    Foreign {
        /// What it says.
        attributes: u32,
    },
    /// It was there when the value was asked, and is not now.
    #[error("index {INDEX:#010x} is not there, or was never stepped")]
    Absent,
}

impl CounterError {
    /// As it is told on the wire.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::Tpm(TpmError::Io { .. }) => Cause::Device,
            Self::Tpm(TpmError::Refused { .. }) => Cause::Refused,
            Self::Tpm(TpmError::Answer { .. }) => Cause::Answer,
            Self::Foreign { .. } => Cause::Foreign,
            Self::Absent => Cause::Absent,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    NeverStepped,
    Counts,
}

/// What it says. Made here where it is not there.
///
/// # Errors
/// [`CounterError`], never [`CounterError::Absent`].
pub fn value<L: Read + Write>(tpm: &mut Tpm<L>) -> Result<u64, CounterError> {
    let found = look(tpm)?;
    if found == Found::Nothing {
        tpm.define_counter(INDEX, ATTRIBUTES)?;
    }
    if found != Found::Counts {
        // Before this it cannot be read. It begins above every counter that this TPM ever had.
        tpm.increment(INDEX)?;
    }
    Ok(tpm.read_counter(INDEX)?)
}

/// Makes it one more, and says what it says then.
///
/// # Errors
/// [`CounterError`].
pub fn step<L: Read + Write>(tpm: &mut Tpm<L>) -> Result<u64, CounterError> {
    if look(tpm)? != Found::Counts {
        return Err(CounterError::Absent);
    }
    tpm.increment(INDEX)?;
    Ok(tpm.read_counter(INDEX)?)
}

fn look<L: Read + Write>(tpm: &mut Tpm<L>) -> Result<Found, CounterError> {
    let Some(public) = tpm.read_public(INDEX)? else {
        return Ok(Found::Nothing);
    };
    if !public.plain || public.attributes & !WRITTEN != ATTRIBUTES {
        return Err(CounterError::Foreign {
            attributes: public.attributes,
        });
    }
    Ok(if public.attributes & WRITTEN == 0 {
        Found::NeverStepped
    } else {
        Found::Counts
    })
}
