// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a data partition comes to be usable: tried, and made anew where it cannot be mended.
//!
//! | found | on a confirmed slot | on trial |
//! | --- | --- | --- |
//! | no partition | made | made |
//! | file system, sound or mended | used | used |
//! | no unlock, no file system, beyond repair, full beyond cleaning, garbage | made anew, cause kept | left alone; the trial fails |
//! | erased by a factory reset | made anew | made anew |
//! | the kernel lacks what our mount needs, or the partition table cannot be read | left alone | left alone |
//!
//! An update on trial must never destroy what the old slot can still open (an image signed with
//! another key cannot unlock it): it fails its trial instead, and the old slot comes back.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Why a data partition was made (anew), or could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// There was none: the first start of this disk.
    Missing,
    /// A factory reset erased it.
    Reset,
    /// Neither LUKS2 nor ext4.
    Garbage,
    /// The TPM did not give the key: other firmware settings, other board, other signer.
    Locked,
    /// The file system is beyond repair.
    Broken,
    /// It cannot be mounted or written.
    Unusable,
    /// Full, and nothing could be cleared away.
    Full,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::Missing => "there was none",
            Cause::Reset => "factory reset",
            Cause::Garbage => "held neither LUKS2 nor ext4",
            Cause::Locked => "could not be unlocked by the TPM",
            Cause::Broken => "file system beyond repair",
            Cause::Unusable => "could not be mounted or written",
            Cause::Full => "full, nothing to clear away",
        })
    }
}

impl Cause {
    /// Whether making anew destroys nothing that anybody could still read.
    fn is_empty(self) -> bool {
        matches!(self, Cause::Missing | Cause::Reset)
    }
}

/// How the data is protected, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// LUKS2, the key sealed to TPM PCR 7 and to PCR 11 values signed with the image.
    Sealed,
    /// LUKS2, the key sealed to something less than that.
    SealedWeakly,
    /// Plain ext4: whoever holds the disk reads it.
    Plain,
}

/// How to make a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// LUKS2 with the TPM.
    Sealed,
    /// Plain ext4.
    Plain,
}

/// A file system that can be mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usable {
    /// The block device that holds it.
    pub device: PathBuf,
    /// How it is protected.
    pub form: Form,
    /// What was mended on the way, in words.
    pub mended: Vec<String>,
}

/// Why opening failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Making anew helps.
    Remake(Cause),
    /// It does not: the fault is not in the partition.
    Leave(String),
}

/// The disk, as the order of things needs it.
pub trait Storage {
    /// Whether a TPM 2.0 is there.
    fn has_tpm(&self) -> bool;
    /// Opens, checks and tries the partition that is there.
    fn open(&mut self) -> Result<Usable, Failure>;
    /// Makes the partition because of `cause`; one that is there is erased.
    fn make(&mut self, make: Make, cause: Cause) -> Result<(), String>;
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The file system, if there is one.
    pub usable: Option<Usable>,
    /// Why it was made (anew), in the order in which causes were met.
    pub causes: Vec<Cause>,
    /// What failed, in words.
    pub failures: Vec<String>,
}

/// Brings the data partition into use. `trial`: the slot that runs is not confirmed.
pub fn prepare(storage: &mut impl Storage, trial: bool) -> Prepared {
    let mut prepared = Prepared {
        usable: None,
        causes: Vec::new(),
        failures: Vec::new(),
    };
    // A TPM that seals but does not unseal must not keep the patients waiting: the second time the
    // weaker form is made, which the self-test shows.
    let sealed = storage.has_tpm().then_some(Make::Sealed);
    for make in sealed.into_iter().chain([Make::Plain]) {
        match storage.open() {
            Ok(usable) => {
                prepared.usable = Some(usable);
                return prepared;
            }
            Err(Failure::Leave(why)) => {
                prepared.failures.push(why);
                return prepared;
            }
            Err(Failure::Remake(cause)) => {
                let own = !prepared.causes.is_empty();
                prepared.causes.push(cause);
                if trial && !cause.is_empty() && !own {
                    let why = format!("data partition: {cause}; left alone on an unconfirmed slot");
                    prepared.failures.push(why);
                    return prepared;
                }
                if let Err(why) = storage.make(make, cause) {
                    prepared.failures.push(why);
                }
            }
        }
    }
    match storage.open() {
        Ok(usable) => prepared.usable = Some(usable),
        Err(Failure::Remake(cause)) => prepared.failures.push(format!("just made, but {cause}")),
        Err(Failure::Leave(why)) => prepared.failures.push(why),
    }
    prepared
}

#[cfg(test)]
#[path = "prepare_tests.rs"]
mod tests;
