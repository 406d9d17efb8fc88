// SPDX-License-Identifier: MIT OR Apache-2.0
//! Encryption of single records with a key in a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::{Zeroize, Zeroizing};

/// Bytes of the key.
const KEY: usize = 32;

/// Why the key or a record could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key file cannot be read or made.
    #[error("cannot use {path}")]
    File {
        /// The key file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The kernel gives no random bytes.
    #[error("no random bytes")]
    Random,
    /// The record was not written with this key, or was changed.
    #[error("the record does not open with this key")]
    Broken,
}

/// Seals records: ChaCha20-Poly1305 (RFC 8439), a random nonce per record in front of it. A device
/// would have to write 2³² records before nonces are likely enough to meet.
pub struct Sealer {
    key: LessSafeKey,
    random: SystemRandom,
}

impl Sealer {
    /// Reads `queue.key` in `directory`, or makes it. A file of the wrong size is set aside: what
    /// it sealed is lost either way, and the reader must go on.
    ///
    /// # Errors
    /// [`SealError::File`], [`SealError::Random`].
    pub fn open(directory: &Path) -> Result<Self, SealError> {
        let path = directory.join("queue.key");
        let file = |source| SealError::File {
            path: path.clone(),
            source,
        };
        let random = SystemRandom::new();
        let mut key = Zeroizing::new([0; KEY]);
        match read(&path, &mut key) {
            Ok(true) => {}
            Ok(false) => {
                set_aside(&path).map_err(file)?;
                make(&path, &random, &mut key)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(&path, &random, &mut key)?;
                tracing::info!("no TPM in use: the key of the queue lies in a file beside it");
            }
            Err(error) => return Err(file(error)),
        }
        let key = UnboundKey::new(&CHACHA20_POLY1305, &*key).expect("the key has the right size");
        Ok(Self {
            key: LessSafeKey::new(key),
            random,
        })
    }

    /// Seals `plain` so that it opens only together with `place` (where it is stored: a record
    /// moved to another session does not open).
    ///
    /// # Errors
    /// [`SealError::Random`].
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        self.random
            .fill(&mut nonce)
            .map_err(|_| SealError::Random)?;
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + CHACHA20_POLY1305.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place),
                &mut sealed[NONCE_LEN..],
            )
            .expect("a record is far below the limit of the cipher");
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`Self::seal`] made for the same `place`.
    ///
    /// # Errors
    /// [`SealError::Broken`].
    pub fn open_record(
        &self,
        place: &str,
        mut sealed: Vec<u8>,
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (nonce, body) = sealed
            .split_first_chunk_mut::<NONCE_LEN>()
            .ok_or(SealError::Broken)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self
            .key
            .open_in_place(nonce, Aad::from(place), body)
            .map_err(|_| SealError::Broken)?;
        let opened = Zeroizing::new(plain.to_vec());
        sealed.zeroize();
        Ok(opened)
    }
}

/// `Ok(false)` when the file has another size than a key.
fn read(path: &Path, key: &mut [u8; KEY]) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() != KEY as u64 {
        return Ok(false);
    }
    file.read_exact(key)?;
    Ok(true)
}

/// Writes a new key beside its place and renames it: a power cut leaves a whole key or none.
fn make(path: &Path, random: &SystemRandom, key: &mut [u8; KEY]) -> Result<(), SealError> {
    random.fill(key).map_err(|_| SealError::Random)?;
    let fresh = path.with_extension("key.new");
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(key)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|source| SealError::File {
        path: path.to_owned(),
        source,
    })
}

/// Renames a damaged file so that a person can look at it and a fresh one can take its place.
///
/// # Errors
/// When it cannot be renamed.
pub fn set_aside(path: &Path) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".damaged-{}", uketsuke_link::now()));
    fs::rename(path, &name)?;
    tracing::error!(path = %path.display(), kept = %PathBuf::from(&name).display(),
        "a damaged file was set aside; what it held must be recovered by hand");
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_record_opens_only_with_its_key_at_its_place_unchanged() {
        let directory = tempfile::tempdir().unwrap();
        let sealer = Sealer::open(directory.path()).unwrap();
        let sealed = sealer.seal("a", b"consents").unwrap();
        assert!(!sealed.windows(8).any(|w| w == b"consents"));
        let again = Sealer::open(directory.path()).unwrap();
        assert_eq!(
            &*again.open_record("a", sealed.clone()).unwrap(),
            b"consents"
        );
        assert!(again.open_record("b", sealed.clone()).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(again.open_record("a", changed).is_err());
            assert!(again.open_record("a", sealed[..at].to_vec()).is_err());
        }
        let elsewhere = tempfile::tempdir().unwrap();
        let other = Sealer::open(elsewhere.path()).unwrap();
        assert!(other.open_record("a", sealed).is_err());
    }

    #[test]
    fn the_key_is_for_its_owner_only_and_a_damaged_one_is_set_aside() {
        let directory = tempfile::tempdir().unwrap();
        Sealer::open(directory.path()).unwrap();
        let key = directory.path().join("queue.key");
        assert_eq!(
            fs::metadata(&key).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::write(&key, b"short").unwrap();
        Sealer::open(directory.path()).unwrap();
        assert_eq!(fs::metadata(&key).unwrap().len(), KEY as u64);
        let kept = fs::read_dir(directory.path())
            .unwrap()
            .filter(|e| {
                e.as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .contains("damaged")
            })
            .count();
        assert_eq!(kept, 1);
    }
}
