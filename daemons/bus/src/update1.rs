// SPDX-License-Identifier: MIT OR Apache-2.0
//! `jp.uketsuke.Update1`: the only door to the installer (RAUC).

use serde::{Deserialize, Serialize};
use zbus::Type;

/// Where an update stands. On the wire in kebab-case; clients tolerate values they do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum UpdateState {
    /// Nothing is going on, nothing is pending.
    Idle,
    /// The bundle is looked at; nothing is written.
    Checking,
    /// The other slot is being written.
    Installing,
    /// The other slot holds an update that waits for a quiet time or for `Activate`.
    Installed,
    /// The other slot is the firmware's next choice; the restart is coming.
    Activating,
    /// The running slot has not been confirmed yet.
    Unconfirmed,
    /// The last thing that happened: the running slot was confirmed.
    Confirmed,
    /// The last thing that happened: an update was given up and the old slot runs again.
    RolledBack,
}

/// What is known of the slot that does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum SlotState {
    /// Nothing: it was never written from here.
    Unknown,
    /// Being written, or the writing was cut off.
    Incomplete,
    /// Written whole, not confirmed.
    Installed,
    /// It ran and was confirmed.
    Good,
    /// It was tried and given up.
    Bad,
}

/// How the last job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[zbus(signature = "s")]
#[serde(rename_all = "kebab-case")]
pub enum LastResult {
    /// There was none yet.
    None,
    /// The other slot was written whole.
    Installed,
    /// It failed; `LastError` says why.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// The running slot was confirmed.
    Confirmed,
    /// The update was given up; `LastError` says why.
    RolledBack,
}

/// What the boot check writes to [`VERDICT_FILE`] when the running slot is not fit for service,
/// before it restarts the machine: JSON, in a file that replaces an earlier one whole.
///
/// Without it a return to the old slot counts as a power cut, and the update is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Format of this file: 1.
    pub format: u32,
    /// `IMAGE_VERSION` of the system that was judged.
    pub version: String,
    /// Its slot, `a` or `b`.
    pub slot: String,
    /// Whether it is fit for service.
    pub good: bool,
    /// What was wrong, for the log; nothing about a patient.
    #[serde(default)]
    pub reason: String,
}

/// Where a [`Verdict`] lies.
pub const VERDICT_FILE: &str = "/var/lib/uketsuke/boot-ok/verdict";
/// Format number of [`Verdict`].
pub const VERDICT_FORMAT: u32 = 1;

/// Why a call was refused or a job failed. `LastError` holds the same names.
#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "jp.uketsuke.Update1.Error")]
pub enum Update1Error {
    /// The bus itself failed.
    #[zbus(error)]
    ZBus(zbus::Error),
    /// Another job is going on, or a patient is at the reader.
    Busy(String),
    /// The running slot is not confirmed yet.
    Unconfirmed(String),
    /// The address is none of `[update] servers`.
    NotAllowed(String),
    /// The address is no `http` or `https` address without a user name.
    BadAddress(String),
    /// There is no bundle there.
    NoBundle(String),
    /// The stick holds more than one bundle.
    SeveralBundles(String),
    /// The server does not answer, or not as a server of bundles must.
    Unreachable(String),
    /// What is there is no whole bundle.
    BadBundle(String),
    /// The bundle is of a kind that is not taken: format, slots or programs of its own.
    WrongFormat(String),
    /// The signature is not of a key this reader trusts.
    WrongSignature(String),
    /// The signer's certificate has expired.
    CertificateExpired(String),
    /// The signer's certificate is not valid yet; mostly the reader's clock is behind.
    CertificateNotYetValid(String),
    /// The bundle is for another kind of reader.
    WrongCompatible(String),
    /// The bundle's version is not of the form 1.2.3.
    BadVersion(String),
    /// The bundle's version runs already.
    SameVersion(String),
    /// Older than what runs, or than the floor.
    Downgrade(String),
    /// Another bundle than the one that was looked at.
    Replaced(String),
    /// A slot or the state could not be read or written.
    StorageFailed(String),
    /// The power or a program was cut off in the middle.
    Interrupted(String),
    /// The running system is not the one that was installed.
    WrongVersion(String),
    /// No update waits for its activation.
    NothingPending(String),
    /// The other slot holds nothing older that was good.
    NothingToRollBack(String),
    /// The job cannot be stopped any more.
    NotCancellable(String),
    /// The installer (RAUC) does not run or does not answer.
    InstallerDown(String),
    /// The system of the update ran and was found unfit (only in `LastError`).
    Unhealthy(String),
    /// The system of the update was started as often as allowed and never confirmed (only in
    /// `LastError`).
    NeverConfirmed(String),
    /// A defect of ours; the log says more.
    Internal(String),
}

/// For field engineers, the stick service and the boot check.
#[zbus::proxy(
    interface = "jp.uketsuke.Update1",
    default_service = "jp.uketsuke.Update1",
    default_path = "/jp/uketsuke/Update1"
)]
pub trait Update1 {
    /// Where an update stands.
    #[zbus(property)]
    fn state(&self) -> Result<UpdateState, zbus::fdo::Error>;

    /// What the installer is doing, in its own words.
    #[zbus(property)]
    fn phase(&self) -> Result<String, zbus::fdo::Error>;

    /// How far the installation is, 0 to 100.
    #[zbus(property)]
    fn percent(&self) -> Result<u32, zbus::fdo::Error>;

    /// Name of the last error, or empty.
    #[zbus(property)]
    fn last_error(&self) -> Result<String, zbus::fdo::Error>;

    /// How the last job ended.
    #[zbus(property)]
    fn last_result(&self) -> Result<LastResult, zbus::fdo::Error>;

    /// The running version.
    #[zbus(property)]
    fn version(&self) -> Result<String, zbus::fdo::Error>;

    /// The running slot, `a` or `b`; empty until the installer has said it.
    #[zbus(property)]
    fn slot(&self) -> Result<String, zbus::fdo::Error>;

    /// Version in the other slot, or empty.
    #[zbus(property)]
    fn other_version(&self) -> Result<String, zbus::fdo::Error>;

    /// What is known of the other slot.
    #[zbus(property)]
    fn other_state(&self) -> Result<SlotState, zbus::fdo::Error>;

    /// Version that is being installed, waits, or is on trial; or empty.
    #[zbus(property)]
    fn pending_version(&self) -> Result<String, zbus::fdo::Error>;

    /// How often the pending version was started.
    #[zbus(property)]
    fn tries(&self) -> Result<u32, zbus::fdo::Error>;

    /// Lowest version a rollback may lead to, or empty.
    #[zbus(property)]
    fn floor(&self) -> Result<String, zbus::fdo::Error>;

    /// Whether the running slot is confirmed.
    #[zbus(property)]
    fn confirmed(&self) -> Result<bool, zbus::fdo::Error>;

    /// Starts an installation from a server of `[update] servers`; `State` tells the rest.
    ///
    /// Errors: `BadAddress`, `NotAllowed`, `Busy`, `Unconfirmed`, `InstallerDown`, `StorageFailed`.
    fn install(&self, url: &str) -> Result<(), Update1Error>;

    /// Starts an installation of the one bundle the stick service has copied; `State` tells the
    /// rest.
    ///
    /// Errors: `NoBundle`, `SeveralBundles`, `Busy`, `Unconfirmed`, `InstallerDown`,
    /// `StorageFailed`.
    fn install_stick(&self) -> Result<(), Update1Error>;

    /// Restarts into the pending version now.
    ///
    /// Errors: `Busy`, `Unconfirmed`, `NothingPending`, `InstallerDown`, `StorageFailed`.
    fn activate(&self) -> Result<(), Update1Error>;

    /// The running slot is fit for service; for the boot check alone.
    ///
    /// Errors: `Downgrade`, `WrongVersion`, `InstallerDown`, `StorageFailed`.
    fn confirm(&self) -> Result<(), Update1Error>;

    /// Restarts into the other slot, if it holds an older version that was good.
    ///
    /// Errors: `Busy`, `Unconfirmed`, `NothingToRollBack`, `Downgrade`, `InstallerDown`,
    /// `StorageFailed`.
    fn rollback(&self) -> Result<(), Update1Error>;

    /// Gives up a check, or the update that waits for its activation.
    ///
    /// Errors: `NothingPending`, `NotCancellable`, `StorageFailed`.
    fn cancel(&self) -> Result<(), Update1Error>;
}
