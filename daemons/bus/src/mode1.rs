// SPDX-License-Identifier: MIT OR Apache-2.0
//! `jp.uketsuke.Mode1`: the mode manager, where every decision is made.

use serde::{Deserialize, Serialize};
use zbus::OwnedFd;
use zeroize::Zeroize;

use crate::consent::{Categories, ConsentAnswer};
use crate::day::Day;
pub use crate::staff::Keeping;
pub use crate::view::{Action, Form, Hop, Operation, Phone, View, ViewId};

/// The personal part of the current view, in a sealed memory file as JSON; never on the bus.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// カナ氏名, for P-13.
    pub name_kana: Option<String>,
    /// What was agreed earlier, for P-08.
    pub earlier: Option<(Categories, Vec<ConsentAnswer>)>,
    /// Last day of the certificate, for P-14.
    pub expires: Option<Day>,
    /// Referral letters, for P-12.
    pub letters: Option<Letters>,
}

impl Details {
    /// Forgets everything, and wipes what names somebody.
    pub fn wipe(&mut self) {
        self.name_kana.zeroize();
        *self = Self::default();
    }
}

/// One page of P-12.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letters {
    /// From the top, one for each of `tick-1`, `tick-2`, …
    pub rows: Vec<LetterRow>,
    /// Letters ticked, on all pages.
    pub ticked: u16,
}

/// One letter on P-12.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterRow {
    /// 発行日.
    pub issued: Day,
    /// 医療機関 that issued it.
    pub facility: String,
    /// 診療科 there.
    pub department: String,
    /// Whether it is to be submitted.
    pub ticked: bool,
}

impl Drop for LetterRow {
    fn drop(&mut self) {
        self.facility.zeroize();
        self.department.zeroize();
    }
}

/// Most bytes of [`Details`] as JSON.
pub const DETAILS_BYTES: usize = 4096;

/// Why a call was refused.
#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "jp.uketsuke.Mode1.Error")]
pub enum Mode1Error {
    /// The bus itself failed.
    #[zbus(error)]
    ZBus(zbus::Error),
    /// The view has changed since; the touch was meant for another one.
    StaleView(String),
    /// No such action exists.
    UnknownAction(String),
    /// The current view does not offer this.
    NotOffered(String),
    /// The descriptor is no sealed memory file.
    BadSecret(String),
    /// The current view has nothing personal.
    NothingPersonal(String),
    /// A defect of ours; the log says more.
    Internal(String),
}

/// For the screen (all methods) and for whoever may watch the state (properties).
#[zbus::proxy(
    interface = "jp.uketsuke.Mode1",
    default_service = "jp.uketsuke.Mode1",
    default_path = "/jp/uketsuke/Mode1"
)]
pub trait Mode1 {
    /// The operation mode (運転モード) that the terminal holds this reader in.
    #[zbus(property)]
    fn operation(&self) -> Result<Operation, zbus::fdo::Error>;

    /// How the staff passcodes are kept.
    #[zbus(property)]
    fn passcodes(&self) -> Result<Keeping, zbus::fdo::Error>;

    /// The facility profile (環境設定情報) in force: its id, and its TOML. Without one
    /// [`crate::staff::OWN_PROFILE`] and nothing.
    #[zbus(property)]
    fn profile(&self) -> Result<(String, String), zbus::fdo::Error>;

    /// Id of the profile that is kept, and in force from the next patient on.
    #[zbus(property)]
    fn profile_kept(&self) -> Result<String, zbus::fdo::Error>;

    /// The one thing to show.
    #[zbus(property)]
    fn view(&self) -> Result<View, zbus::fdo::Error>;

    /// Something on the view with this number was pressed.
    ///
    /// Errors: `StaleView`, `UnknownAction`, `NotOffered`.
    fn act(&self, view: u64, action: &str) -> Result<(), Mode1Error>;

    /// Four digits were typed on the pad of the view with this number. The descriptor goes to the
    /// card daemon unread.
    ///
    /// Errors: `StaleView`, `NotOffered`, `BadSecret`.
    fn enter_pin(&self, view: u64, pin: OwnedFd) -> Result<(), Mode1Error>;

    /// The personal part of the view with this number, as a sealed memory file holding JSON
    /// ([`Details`]).
    ///
    /// Errors: `StaleView`, `NothingPersonal`.
    fn details(&self, view: u64) -> Result<OwnedFd, Mode1Error>;
}
