// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why a house does not stand, or does not do as asked.

use std::io;

use uketsuke_virtual_card::pcscd::PcscdError;

use crate::outside::OutsideError;
use crate::pinless::PinlessError;
use crate::process::ProcessError;
use crate::space::SpaceError;
use crate::unit::UnitError;

/// Why a house does not stand.
#[derive(Debug, thiserror::Error)]
pub enum HouseError {
    /// A file or mount.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// A unit file.
    #[error(transparent)]
    Unit(#[from] UnitError),
    /// A unit names a user that is not ours.
    #[error("no user {0:?} in sysusers.d")]
    NoUser(String),
    /// A process.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// pcscd.
    #[error(transparent)]
    Pcscd(#[from] PcscdError),
    /// The stand-in centre and its certificates.
    #[error(transparent)]
    Outside(#[from] OutsideError),
    /// The kernel gives no random bytes.
    #[error("no random bytes")]
    Random(#[source] io::Error),
    /// A socket.
    #[error("cannot listen")]
    Listen(#[source] io::Error),
    /// The private bus.
    #[error("the private bus")]
    Bus(#[from] zbus::Error),
    /// What photos of cards need.
    #[error(transparent)]
    Decoder(#[from] crate::decoder::DecoderError),
    /// The simulated service for signatures without PIN.
    #[error(transparent)]
    Pinless(#[from] PinlessError),
    /// `uketsukectl first-account` failed.
    #[error("uketsukectl first-account: {0}")]
    FirstAccount(String),
    /// There is no such process or stretch.
    #[error("no {0:?} here")]
    Unknown(String),
    /// A thread of ours ended early.
    #[error("a thread of the house ended early")]
    Thread,
}
