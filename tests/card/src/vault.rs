// SPDX-License-Identifier: MIT OR Apache-2.0
//! The state directory: roots, keys, certificates and memories of all cards, made when first needed
//! and kept, mode 0600 in a directory 0700.
//!
//! ```text
//!   lock                 held while a program uses the directory
//!   identities.json      serial numbers, names and dates, made for all cards at the first start
//!   registry.json        the public part of it, for the centre
//!   trusted/ other/      the roots: auth.key auth.der sign.key sign.der; of card faces:
//!                        surface-root.key, and surface.key, which signs the records, delivery.key;
//!                        terminals.key, which certifies terminals; terminal.key, the test terminal's
//!   <profile>/           auth.key auth-<serial>.der sign.key sign-<serial>.der surface.key
//!                        support.key common.key memory.json
//! ```

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use nix::fcntl::{Flock, FlockArg};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private, Public};
use openssl::x509::X509;
use serde::Serialize;

use crate::calendar::Day;
use crate::card::{Behaviour, Card, Parts};
use crate::certificates::{self, Holder, Purpose, Root};
use crate::files::{self, About, Application, Content, Credentials, OwnKey, Shape};
use crate::identity::{self, Identity};
use crate::issuer::{Issuer, MASTER, terminal_certificate};
use crate::memory::{FOR_ALL, FOR_OWNER, Memory, MemoryError, replace};
use crate::official;
use crate::printed::{card_expiry, number_b, secrets};
use crate::profile::{Chain, Kind, NUMBER_A, Profile};
use crate::register;
use crate::registry;
use crate::support::{self, Text};
use crate::surface::{self, Face};

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

pub(crate) fn crypto(what: &'static str) -> impl Fn(ErrorStack) -> VaultError {
    move |source| VaultError::Crypto { what, source }
}

fn io_at(path: &Path) -> impl Fn(io::Error) -> VaultError {
    let path = path.to_owned();
    move |source| VaultError::Io {
        path: path.clone(),
        source,
    }
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
        let identities = identity::load(dir, Day::today())?;
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
            secrets(profile, self.identities.get(profile.name)),
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
        let shape = Shape {
            kind: profile.kind,
            filler: profile.filler,
            signature: profile.signature,
            pinless: profile.pinless,
            behaviour,
        };
        let identity = self.identities.get(profile.name);
        let (applications, about) = match (profile.kind, identity) {
            (Kind::Official, _) => (official::applications(&shape), Some(official::about())),
            (Kind::MyNumber, Some(identity)) => self.whole(profile, identity, &shape)?,
            (_, Some(identity)) => {
                let credentials = self.credentials(profile, identity)?;
                (vec![files::jpki(&shape, credentials)], None)
            }
            (_, None) => (Vec::new(), None),
        };
        Ok(Card::new(Parts {
            applications,
            master: if matches!(profile.kind, Kind::MyNumber | Kind::Juki | Kind::Official) {
                files::master()
            } else {
                Vec::new()
            },
            has_isd: matches!(
                profile.kind,
                Kind::MyNumber | Kind::Official | Kind::NextGeneration
            ),
            knows_last_command: profile.kind == Kind::IPhone,
            data_objects: about.map(files::data_objects).unwrap_or_default(),
            memory,
            behaviour,
        }))
    }

    /// All five applications of a card of ours, and what it says in its data objects.
    fn whole(
        &self,
        profile: &Profile,
        identity: &Identity,
        shape: &Shape,
    ) -> Result<(Vec<Application>, Option<About>), VaultError> {
        let jpki = files::jpki(shape, self.credentials(profile, identity)?);
        let issuer = self.issuer(profile.chain)?;
        let keys = self.keys(profile)?;
        let birth = Day(identity.birth).digits();
        let expiry = card_expiry(profile, identity);
        let face = Face {
            birth: birth.clone(),
            expiry: expiry.clone(),
            sex: profile.sex,
            key: key(&keys.join("surface.key"))?,
            photo: profile.photo,
            damage: profile.damage,
        };
        let text = Text {
            number: NUMBER_A,
            name: profile.holder,
            address: certificates::ADDRESS,
            birth: &birth,
            sex: profile.sex,
            key: key(&keys.join("support.key"))?,
        };
        let pin_blocked = profile.pinless && shape.behaviour.pinless_blocks_other_pins;
        let support_shape = support::Shape {
            b_opens_digests: shape.behaviour.b_opens_digests,
            pin_blocked,
        };
        let surface =
            surface::records(&issuer, &face).map_err(crypto("the records of a card face"))?;
        let records =
            support::records(&issuer, &text).map_err(crypto("the records of a card's text"))?;
        // As long as on the official test card, and another one on each card.
        let serial = format!("4{:014}", identity.auth_serial);
        let named = Some(register::NAMED_KEY.to_vec());
        let proves = Content::Authentication(key(&keys.join("common.key"))?);
        let applications = vec![
            jpki,
            surface::application(surface, OwnKey::Signs(face.key)),
            support::application(records, support_shape, OwnKey::Signs(text.key)),
            register::common(
                register::card_record(&serial, &expiry),
                named.clone(),
                proves,
                pin_blocked,
            ),
            register::register(named, pin_blocked),
        ];
        let made = crypto("a card-verifiable certificate");
        let about = About {
            expiry,
            number: serial.into_bytes(),
            keys: [MASTER[0], MASTER[1]],
            upper: issuer.upper().map_err(&made)?,
            lower: profile
                .lower_certificate
                .then(|| issuer.lower())
                .transpose()
                .map_err(&made)?,
        };
        Ok((applications, Some(about)))
    }

    /// Folder of the card's keys.
    fn keys(&self, profile: &Profile) -> Result<PathBuf, VaultError> {
        let dir = self.dir.join(profile.keys());
        make_dir(&dir)?;
        Ok(dir)
    }

    fn credentials(
        &self,
        profile: &Profile,
        identity: &Identity,
    ) -> Result<Credentials, VaultError> {
        let dir = self.dir.join(profile.name);
        let auth_root = self.root(profile.chain, Purpose::Authentication)?;
        let sign_root = self.root(profile.chain, Purpose::Signature)?;
        let keys = self.keys(profile)?;
        let auth_key = key(&keys.join("auth.key"))?;
        let sign_key = key(&keys.join("sign.key"))?;
        Ok(Credentials {
            auth_certificate: certificate(&dir, &auth_root, &auth_key, profile, identity)?,
            auth_root: encoded(&auth_root.certificate)?,
            auth_key: Some(if profile.forged {
                key(&keys.join("forged.key"))?
            } else {
                auth_key
            }),
            sign_certificate: certificate(&dir, &sign_root, &sign_key, profile, identity)?,
            sign_root: encoded(&sign_root.certificate)?,
            sign_key: Some(sign_key),
            terminals: Some(self.terminals(profile.chain)?),
        })
    }

    /// 照合番号B of a card that has one.
    pub fn number_b(&self, profile: &Profile) -> Option<String> {
        if profile.kind == Kind::Official {
            return Some(official::NUMBER_B.to_owned());
        }
        let identity = self.identities.get(profile.name)?;
        Some(number_b(profile, identity))
    }

    /// The issuer of the records of card faces.
    pub fn issuer(&self, chain: Chain) -> Result<Issuer, VaultError> {
        let dir = self.chain(chain)?;
        Ok(Issuer {
            root: key(&dir.join("surface-root.key"))?,
            key: key(&dir.join("surface.key"))?,
            delivery: key(&dir.join("delivery.key"))?,
        })
    }

    /// PEM of the key that trusted records of card faces go back to.
    pub fn surface_root(&self) -> Result<String, VaultError> {
        let root = self.issuer(Chain::Trusted)?.root;
        let pem = root
            .public_key_to_pem()
            .map_err(crypto("the PEM of the card face's root"))?;
        String::from_utf8(pem).map_err(|error| VaultError::Format {
            path: self.dir.join("trusted"),
            reason: error.to_string(),
        })
    }

    /// What cards of this chain check terminals with.
    fn terminals(&self, chain: Chain) -> Result<PKey<Public>, VaultError> {
        let private = key(&self.chain(chain)?.join("terminals.key"))?;
        let made = crypto("the key for terminals");
        let pem = private.public_key_to_pem().map_err(&made)?;
        PKey::public_key_from_pem(&pem).map_err(made)
    }

    /// The test terminal that trusted cards know: certificate, and key as PEM.
    pub fn terminal(&self) -> Result<(Vec<u8>, Vec<u8>), VaultError> {
        let dir = self.chain(Chain::Trusted)?;
        let terminal = key(&dir.join("terminal.key"))?;
        let made = crypto("the test terminal's certificate");
        let certificate = terminal_certificate(&key(&dir.join("terminals.key"))?, &terminal);
        Ok((
            certificate.map_err(&made)?,
            terminal.private_key_to_pem_pkcs8().map_err(made)?,
        ))
    }

    fn chain(&self, chain: Chain) -> Result<PathBuf, VaultError> {
        let dir = self.dir.join(match chain {
            Chain::Trusted => "trusted",
            Chain::Other => "other",
        });
        make_dir(&dir)?;
        Ok(dir)
    }

    fn root(&self, chain: Chain, purpose: Purpose) -> Result<Root, VaultError> {
        let dir = self.chain(chain)?;
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
        let root = certificates::new_root(purpose, key, identity::random_serial()?, from)
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

pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, VaultError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_at(path)(error)),
    }
}

pub(crate) fn write_json(path: &Path, value: &impl Serialize, mode: u32) -> Result<(), VaultError> {
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
