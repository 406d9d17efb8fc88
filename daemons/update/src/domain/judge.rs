// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether a bundle is for this reader, and newer.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use semver::Version;

use super::{Bundle, Fault, Here, Refusal, below};

/// Slot classes a bundle has to bring, all of them and no other: a bundle of the root alone would
/// leave a slot of two halves that do not belong together.
pub const CLASSES: [&str; 3] = ["efi", "rootfs", "verity"];

/// What RAUC says of a bundle whose signature it has checked, and of the reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// What the reader is, as `system.conf` says.
    pub reader: String,
    /// What the bundle is for.
    pub compatible: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the manifest, in hexadecimal digits.
    pub hash: String,
    /// Format: `verity` is the one that is taken.
    pub format: String,
    /// Slot classes of its images.
    pub classes: Vec<String>,
    /// Whether it would run programs of its own (hooks, handlers).
    pub programs: bool,
}

impl Manifest {
    /// What is to be installed, if it may be.
    pub(super) fn judge(self, here: &Here, floor: Option<&Version>) -> Result<Bundle, Refusal> {
        let refuse = |fault, text: String| Err(Refusal::new(fault, text));
        if self.compatible != self.reader {
            let text = format!("it is for {:?}; this is {:?}", self.compatible, self.reader);
            return refuse(Fault::WrongCompatible, text);
        }
        if self.format != "verity" {
            let text = format!("format {:?}; only verity is taken", self.format);
            return refuse(Fault::WrongFormat, text);
        }
        let classes: BTreeSet<&str> = self.classes.iter().map(String::as_str).collect();
        if self.classes.len() != CLASSES.len() || classes != BTreeSet::from(CLASSES) {
            let text = format!("images for {:?}; wanted are {CLASSES:?}", self.classes);
            return refuse(Fault::WrongFormat, text);
        }
        if self.programs {
            let text = "it brings programs of its own to be run".into();
            return refuse(Fault::WrongFormat, text);
        }
        if self.hash.len() != 64 || !self.hash.bytes().all(|b| b.is_ascii_hexdigit()) {
            let text = "the installer does not say its manifest hash".into();
            return refuse(Fault::BadBundle, text);
        }
        let version = Version::parse(&self.version).map_err(|error| {
            let text = format!("version {:?}: {error}", self.version);
            Refusal::new(Fault::BadVersion, text)
        })?;
        match version.cmp_precedence(&here.version) {
            Ordering::Less => {
                let text = format!("{version} is older than {}", here.version);
                return refuse(Fault::Downgrade, text);
            }
            Ordering::Equal => return refuse(Fault::SameVersion, format!("{version} runs")),
            Ordering::Greater => {}
        }
        below(floor, &version)?;
        Ok(Bundle {
            version,
            hash: self.hash,
        })
    }
}
