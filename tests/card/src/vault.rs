// SPDX-License-Identifier: MIT OR Apache-2.0
//! The state directory: roots, keys, certificates and memories of all cards, made when first needed
//! and kept, mode 0600 in a directory 0700.
//!
//! ```text
//!   lock                 held while a program uses the directory
//!   identities.json      serial numbers, names and dates, made for all cards at the first start
//!   registry.json        the public part of it, for the centre
//!   trusted/ other/      the roots: auth.key auth.der sign.key sign.der
//!   <profile>/           auth.key auth-<serial>.der sign.key sign-<serial>.der memory.json
//! ```

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use nix::fcntl::{Flock, FlockArg};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::rand::rand_bytes;
use openssl::x509::X509;
use serde::{Deserialize, Serialize};

use crate::calendar::Day;
use crate::card::{Behaviour, Card, Parts};
use crate::certificates::{self, Holder, Purpose, Root};
use crate::files::{self, Credentials};
use crate::memory::{FOR_ALL, FOR_OWNER, Memory, MemoryError, replace};
use crate::pin::{Pin, Rule};
use crate::profile::{Chain, Kind, PASSWORD, PROFILES, Profile, Validity};
use crate::registry;

/// Format of `identities.json`.
const FORMAT: u32 = 1;

/// Certificates older than this are made anew at start, so that "expired a month ago" stays true.
const REISSUE_AFTER_DAYS: i64 = 30;

/// Why the state directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A file or directory could not be read or written.
    #[error("cannot use {path}")]
    Io {
        /// The path concerned.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another program works in the directory.
    #[error("{0} is in use by another virtual card")]
    InUse(PathBuf),
    /// A file has not the content this version writes.
    #[error("{path} is damaged or of another version: {reason}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// OpenSSL failed.
    #[error("cannot make {what}")]
    Crypto {
        /// What was to be made.
        what: &'static str,
        /// What OpenSSL said.
        #[source]
        source: ErrorStack,
    },
    /// A card's memory failed.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

fn crypto(what: &'static str) -> impl Fn(ErrorStack) -> VaultError {
    move |source| VaultError::Crypto { what, source }
}

fn io_at(path: &Path) -> impl Fn(io::Error) -> VaultError {
    let path = path.to_owned();
    move |source| VaultError::Io {
        path: path.clone(),
        source,
    }
}

/// What the certificates of one card say. No `Debug`: it stands for a person.
#[derive(Clone, Serialize, Deserialize)]
struct Identity {
    made: i64,
    from: i64,
    until: i64,
    birth: i64,
    auth_serial: u32,
    auth_name: String,
    sign_serial: u32,
    sign_name: String,
}

#[derive(Serialize, Deserialize)]
struct Identities {
    format: u32,
    cards: BTreeMap<String, Identity>,
}

/// The state directory, opened.
pub struct Vault {
    dir: PathBuf,
    identities: BTreeMap<String, Identity>,
    memories: HashMap<&'static str, Arc<Mutex<Memory>>>,
    _lock: Flock<File>,
}

impl Vault {
    /// Opens the directory, making it and the identities of all cards if they are missing, and
    /// writes the registry.
    pub fn open(dir: &Path) -> Result<Self, VaultError> {
        make_dir(dir)?;
        let lock = lock(dir)?;
        let identities = load_identities(dir, Day::today())?;
        let vault = Self {
            dir: dir.to_owned(),
            identities,
            memories: HashMap::new(),
            _lock: lock,
        };
        for purpose in [Purpose::Authentication, Purpose::Signature] {
            vault.root(Chain::Trusted, purpose)?;
        }
        vault.write_registry()?;
        Ok(vault)
    }

    /// PEM of the roots everybody is told of: 利用者証明用, then 署名用.
    pub fn trusted_roots(&self) -> Result<String, VaultError> {
        let mut pem = Vec::new();
        for purpose in [Purpose::Authentication, Purpose::Signature] {
            let root = self.root(Chain::Trusted, purpose)?;
            pem.extend(
                root.certificate
                    .to_pem()
                    .map_err(crypto("the PEM of a root"))?,
            );
        }
        String::from_utf8(pem).map_err(|error| VaultError::Format {
            path: self.dir.join("trusted"),
            reason: error.to_string(),
        })
    }

    /// The memory of a card; `None` for one that has no secrets.
    pub fn memory(&mut self, profile: &'static Profile) -> Result<Arc<Mutex<Memory>>, VaultError> {
        if let Some(memory) = self.memories.get(profile.name) {
            return Ok(Arc::clone(memory));
        }
        let dir = self.dir.join(profile.name);
        make_dir(&dir)?;
        let memory = Arc::new(Mutex::new(Memory::open(
            dir.join("memory.json"),
            secrets(profile),
        )?));
        self.memories.insert(profile.name, Arc::clone(&memory));
        Ok(memory)
    }

    /// The card, without power. Makes its keys and certificates at the first call.
    pub fn card(
        &mut self,
        profile: &'static Profile,
        behaviour: Behaviour,
    ) -> Result<Card, VaultError> {
        let memory = self.memory(profile)?;
        let mut applications = Vec::new();
        let mut data_objects = Vec::new();
        if let Some(identity) = self.identities.get(profile.name) {
            let credentials = self.credentials(profile, identity)?;
            applications.push(files::jpki(profile.kind, credentials, profile.filler));
            // A card lives about twice as long as its certificates.
            data_objects = files::data_objects(&Day(identity.until).plus(5 * 365).digits());
        }
        Ok(Card::new(Parts {
            applications,
            master: if profile.has_jpki() {
                files::master()
            } else {
                Vec::new()
            },
            has_isd: profile.kind == Kind::MyNumber,
            data_objects,
            memory,
            behaviour,
        }))
    }

    fn credentials(
        &self,
        profile: &Profile,
        identity: &Identity,
    ) -> Result<Credentials, VaultError> {
        let dir = self.dir.join(profile.name);
        let auth_root = self.root(profile.chain, Purpose::Authentication)?;
        let sign_root = self.root(profile.chain, Purpose::Signature)?;
        let auth_key = key(&dir.join("auth.key"))?;
        let sign_key = key(&dir.join("sign.key"))?;
        Ok(Credentials {
            auth_certificate: certificate(&dir, &auth_root, &auth_key, profile, identity)?,
            auth_root: encoded(&auth_root.certificate)?,
            auth_key: if profile.forged {
                key(&dir.join("forged.key"))?
            } else {
                auth_key
            },
            sign_certificate: certificate(&dir, &sign_root, &sign_key, profile, identity)?,
            sign_root: encoded(&sign_root.certificate)?,
            sign_key,
        })
    }

    fn root(&self, chain: Chain, purpose: Purpose) -> Result<Root, VaultError> {
        let dir = self.dir.join(match chain {
            Chain::Trusted => "trusted",
            Chain::Other => "other",
        });
        make_dir(&dir)?;
        let name = match purpose {
            Purpose::Authentication => "auth",
            Purpose::Signature => "sign",
        };
        let key = key(&dir.join(format!("{name}.key")))?;
        let path = dir.join(format!("{name}.der"));
        if let Some(certificate) = read_certificate(&path)? {
            return Ok(Root {
                purpose,
                certificate,
                key,
            });
        }
        // Older than every certificate it may have signed.
        let from = Day::today().plus(-7 * 365);
        let root = certificates::new_root(purpose, key, random_serial()?, from)
            .map_err(crypto("a root"))?;
        replace(&path, &encoded(&root.certificate)?, FOR_OWNER).map_err(io_at(&path))?;
        Ok(root)
    }

    fn write_registry(&self) -> Result<(), VaultError> {
        let entries = self
            .identities
            .iter()
            .map(|(profile, identity)| registry::Entry {
                profile: profile.clone(),
                serial_hex: format!("{:06X}", identity.auth_serial),
                subject_cn: identity.auth_name.clone(),
            });
        let path = self.dir.join(registry::FILE);
        write_json(&path, &entries.collect::<Vec<_>>(), FOR_ALL)
    }
}

fn secrets(profile: &Profile) -> BTreeMap<u16, Pin> {
    if !profile.has_jpki() {
        return BTreeMap::new();
    }
    let pin = Pin::new(
        profile.pin,
        Rule::FourDigits,
        files::AUTH_PIN_TRIES,
        profile.tries,
    );
    let tries = files::SIGN_PASSWORD_TRIES;
    let password = Pin::new(PASSWORD, Rule::Password, tries, tries);
    BTreeMap::from([(files::AUTH_PIN, pin), (files::SIGN_PASSWORD, password)])
}

fn make_dir(dir: &Path) -> Result<(), VaultError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(io_at(dir))
}

fn lock(dir: &Path) -> Result<Flock<File>, VaultError> {
    let path = dir.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(io_at(&path))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| match error {
        nix::errno::Errno::EWOULDBLOCK => VaultError::InUse(dir.to_owned()),
        error => io_at(&path)(error.into()),
    })
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, VaultError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_at(path)(error)),
    }
}

fn write_json(path: &Path, value: &impl Serialize, mode: u32) -> Result<(), VaultError> {
    let bytes = serde_json::to_vec_pretty(value).map_err(|error| VaultError::Format {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    replace(path, &bytes, mode).map_err(io_at(path))
}

fn damaged(path: &Path) -> impl Fn(ErrorStack) -> VaultError {
    let path = path.to_owned();
    move |error| VaultError::Format {
        path: path.clone(),
        reason: error.to_string(),
    }
}

/// The key in this file; a new one if there is no file.
fn key(path: &Path) -> Result<PKey<Private>, VaultError> {
    if let Some(pem) = read(path)? {
        return PKey::private_key_from_pem(&pem).map_err(damaged(path));
    }
    let key = certificates::new_key().map_err(crypto("a key"))?;
    let pem = key
        .private_key_to_pem_pkcs8()
        .map_err(crypto("the PEM of a key"))?;
    replace(path, &pem, FOR_OWNER).map_err(io_at(path))?;
    Ok(key)
}

fn read_certificate(path: &Path) -> Result<Option<X509>, VaultError> {
    read(path)?
        .map(|bytes| X509::from_der(&bytes).map_err(damaged(path)))
        .transpose()
}

fn encoded(certificate: &X509) -> Result<Vec<u8>, VaultError> {
    certificate
        .to_der()
        .map_err(crypto("the DER of a certificate"))
}

/// The certificate of this card for what `root` signs; a new one if none is kept, or if the one that
/// is kept does not belong to this root and key.
fn certificate(
    dir: &Path,
    root: &Root,
    key: &PKey<Private>,
    profile: &Profile,
    identity: &Identity,
) -> Result<Vec<u8>, VaultError> {
    let (kind, serial, common_name) = match root.purpose {
        Purpose::Authentication => ("auth", identity.auth_serial, &identity.auth_name),
        Purpose::Signature => ("sign", identity.sign_serial, &identity.sign_name),
    };
    let path = dir.join(format!("{kind}-{serial:06X}.der"));
    if let Some(kept) = read_certificate(&path)? {
        let certified = kept.public_key().map_err(damaged(&path))?;
        if kept.verify(&root.key).map_err(damaged(&path))? && certified.public_eq(key) {
            return encoded(&kept);
        }
    }
    let holder = Holder {
        purpose: root.purpose,
        serial,
        common_name,
        from: Day(identity.from),
        until: Day(identity.until),
        name: profile.holder,
        birth: Day(identity.birth),
    };
    let made =
        certificates::new_certificate(root, key, &holder).map_err(crypto("a certificate"))?;
    let bytes = encoded(&made)?;
    replace(&path, &bytes, FOR_OWNER).map_err(io_at(&path))?;
    Ok(bytes)
}

fn load_identities(dir: &Path, today: Day) -> Result<BTreeMap<String, Identity>, VaultError> {
    let path = dir.join("identities.json");
    let wrong = |reason| VaultError::Format {
        path: path.clone(),
        reason,
    };
    let mut cards = match read(&path)? {
        None => BTreeMap::new(),
        Some(bytes) => {
            let kept: Identities =
                serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
            if kept.format != FORMAT {
                return Err(wrong(format!("it is of format {}", kept.format)));
            }
            kept.cards
        }
    };
    cards.retain(|_, identity| (0..=REISSUE_AFTER_DAYS).contains(&(today.0 - identity.made)));
    for profile in PROFILES.iter().filter(|profile| profile.has_jpki()) {
        if !cards.contains_key(profile.name) {
            let taken: Vec<u32> = cards
                .values()
                .map(|identity| identity.auth_serial)
                .collect();
            cards.insert(
                profile.name.to_owned(),
                new_identity(profile, today, &taken)?,
            );
        }
    }
    write_json(
        &path,
        &Identities {
            format: FORMAT,
            cards: cards.clone(),
        },
        FOR_OWNER,
    )?;
    Ok(cards)
}

fn new_identity(profile: &Profile, today: Day, taken: &[u32]) -> Result<Identity, VaultError> {
    let (year, month, day) = profile.birth;
    let (from, until, birth) = match profile.validity {
        Validity::Current => {
            let from = today.plus(-400);
            (
                from,
                from.nth_birthday_after(5, month, day),
                Day::from_date(year, month, day),
            )
        }
        Validity::ExpiredFor(days) => {
            let until = today.plus(-days);
            let (_, month, day) = until.date();
            // Less than five years, so that it was the fifth birthday after the issue.
            (
                until.plus(-1_700),
                until,
                Day::from_date(year, month, day.min(28)),
            )
        }
    };
    let mut auth_serial = random_serial()?;
    while taken.contains(&auth_serial) {
        auth_serial = random_serial()?;
    }
    Ok(Identity {
        made: today.0,
        from: from.0,
        until: until.0,
        birth: birth.0,
        auth_serial,
        auth_name: format!("{}13221003A", random_text(14)?),
        sign_serial: random_serial()?,
        sign_name: format!("{}1726000013413221003A", from.digits()),
    })
}

/// A positive number of exactly three bytes, as on the cards.
fn random_serial() -> Result<u32, VaultError> {
    let [a, b, c] = random::<3>()?;
    Ok(u32::from_be_bytes([0, 0x20 | (a & 0x1F), b, c]))
}

fn random_text(length: usize) -> Result<String, VaultError> {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNPQRSTUVW";
    (0..length)
        .map(|_| Ok(char::from(LETTERS[usize::from(random::<1>()?[0] & 0x1F)])))
        .collect()
}

fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    rand_bytes(&mut bytes).map_err(crypto("a random number"))?;
    Ok(bytes)
}
