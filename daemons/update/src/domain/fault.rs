// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why something was refused or failed: one name per cause, the same on the bus and on disk.

use serde::{Deserialize, Serialize};
use uketsuke_bus::update1::Update1Error;

macro_rules! faults {
    ($($name:ident,)+) => {
        /// A cause; `Update1Error` says what each means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[allow(missing_docs)]
        pub enum Fault { $($name,)+ }

        impl Fault {
            /// Every cause.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name on the bus.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// The error a caller gets.
            #[must_use]
            pub fn error(self, text: String) -> Update1Error {
                match self { $(Self::$name => Update1Error::$name(text),)+ }
            }
        }
    };
}

faults! {
    Busy,
    Unconfirmed,
    NotAllowed,
    BadAddress,
    NoBundle,
    SeveralBundles,
    Unreachable,
    BadBundle,
    WrongFormat,
    WrongSignature,
    CertificateExpired,
    CertificateNotYetValid,
    WrongCompatible,
    BadVersion,
    SameVersion,
    Downgrade,
    Replaced,
    StorageFailed,
    Interrupted,
    WrongVersion,
    NothingPending,
    NothingToRollBack,
    NotCancellable,
    InstallerDown,
    Unhealthy,
    NeverConfirmed,
    Internal,
}

/// A cause with what is to be said about this case; the text goes to the caller and the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {text}", fault.as_str())]
pub struct Refusal {
    /// The cause.
    pub fault: Fault,
    /// The case.
    pub text: String,
}

impl Refusal {
    /// A refusal for `fault`.
    #[must_use]
    pub fn new(fault: Fault, text: impl Into<String>) -> Self {
        Self {
            fault,
            text: text.into(),
        }
    }
}

impl From<Refusal> for Update1Error {
    fn from(refusal: Refusal) -> Self {
        refusal.fault.error(refusal.text)
    }
}
