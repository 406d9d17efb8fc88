// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a box keeps its staff passcodes under: drawn once on the box, sealed to it, and never anywhere
//! else. A spare box that takes over has its own, and passcodes are issued to it anew.

use std::io;
use std::path::Path;

use anyhow::Context;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::files::{Files, replace};
use crate::seal::{Sealer, Worth};

/// Name of the credential; `uketsuke-mode` imports it.
pub const NAME: &str = "passcode.pepper";
/// Bytes of it.
const BYTES: usize = 32;
/// Largest file that is read; a sealed one has some hundred bytes.
const MAX_SEALED: u64 = 16 * 1024;

/// The sealed pepper kept at `path`; drawn and kept where there is none yet.
///
/// # Errors
/// When it cannot be read, drawn, sealed or kept. One that is there is never replaced.
pub fn sealed(files: &dyn Files, path: &Path, sealer: &dyn Sealer) -> anyhow::Result<Vec<u8>> {
    match files.read(path, MAX_SEALED) {
        Ok(sealed) => return Ok(sealed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
    let mut pepper = Zeroizing::new([0; BYTES]);
    SystemRandom::new()
        .fill(&mut *pepper)
        .ok()
        .context("the kernel gives no random bytes")?;
    let sealed = sealer.seal(NAME, Worth::Secret, &*pepper)?;
    replace(files, path, &sealed).with_context(|| format!("cannot keep {}", path.display()))?;
    Ok(sealed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::files::RealFiles;
    use crate::seal::SystemdCreds;

    #[test]
    fn a_box_draws_it_once_and_another_box_another() {
        let dir = tempfile::tempdir().unwrap();
        let sealer = SystemdCreds::with_host_key(dir.path().join("key"));
        let path = dir.path().join(NAME);
        let first = sealed(&RealFiles, &path, &sealer).unwrap();
        assert_eq!(sealed(&RealFiles, &path, &sealer).unwrap(), first);
        let pepper = sealer.open(NAME, &first).unwrap();
        assert_eq!(pepper.len(), BYTES);
        assert!(!first.windows(BYTES).any(|w| w == pepper.as_slice()));
        let other = sealed(&RealFiles, &dir.path().join("other"), &sealer).unwrap();
        assert_ne!(*sealer.open(NAME, &other).unwrap(), *pepper);
    }
}
