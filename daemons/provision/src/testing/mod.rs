// SPDX-License-Identifier: MIT OR Apache-2.0
//! What several tests need: a good set, a box in a folder, a sealer without a machine.
#![allow(clippy::unwrap_used)]

pub mod disk;
pub mod image;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use uketsuke_centre::pki;
use zeroize::Zeroizing;

use crate::boot::Boot;
use crate::files::RealFiles;
use crate::places::Places;
use crate::seal::{SealError, Sealer, Worth};
use crate::set::{Clock, Set};

/// Files of a set by path.
pub type Files = BTreeMap<String, Vec<u8>>;

/// `reader.toml` of a box with its own terminal.
pub const HERE: &str = "[facility]\nname = \"うけつけ診療所\"\n\n[terminal]\nplace = \"here\"\n\
                        centre = \"https://centre.example/\"\n";
/// `reader.toml` of a box whose terminal is elsewhere.
pub const ELSEWHERE: &str = "[facility]\nname = \"うけつけ薬局\"\n\n[terminal]\nplace = \"https://terminal.example:8443/\"\n";

/// A good set of a box with its own terminal.
pub fn good() -> Files {
    static MADE: OnceLock<Files> = OnceLock::new();
    MADE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        pki::make(dir.path()).unwrap();
        let mut files = Files::new();
        files.insert("reader.toml".into(), HERE.into());
        for credential in &crate::set::CREDENTIALS {
            let path = credential.path.strip_prefix("credentials/").unwrap();
            let content = std::fs::read(dir.path().join(path)).unwrap();
            files.insert(credential.path.into(), content);
        }
        files
    })
    .clone()
}

/// A good set of a box whose terminal is elsewhere.
pub fn good_elsewhere() -> Files {
    let mut files = good();
    files.retain(|path, _| !path.starts_with("credentials/terminal/"));
    files.insert("reader.toml".into(), ELSEWHERE.into());
    files
}

/// Lays files out below `folder`.
pub fn lay(folder: &Path, files: &Files) {
    for (path, content) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

/// The same in memory.
pub fn set(files: &Files) -> Set {
    let mut set = Set::default();
    for (path, content) in files {
        set.insert(path, Zeroizing::new(content.clone())).unwrap();
    }
    set
}

/// Every file and link below a folder.
pub fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found
}

/// Now, relied upon.
pub fn clock() -> Clock {
    Clock {
        now: crate::clock::now(),
        certain: true,
    }
}

/// Binds to a name, not to a machine: what is under test is who calls it, not the cipher.
pub struct FakeSealer;

const FAKE: &[u8] = b"sealed for ";

impl Sealer for FakeSealer {
    fn seal(&self, name: &str, _worth: Worth, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut sealed = [FAKE, name.as_bytes(), b"\n"].concat();
        sealed.extend(secret.iter().map(|b| !b));
        Ok(sealed)
    }

    fn open(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let begin = [FAKE, name.as_bytes(), b"\n"].concat();
        let inverted = sealed.strip_prefix(begin.as_slice());
        let inverted = inverted.ok_or_else(|| SealError::Refused {
            verb: "decrypt",
            name: name.into(),
            said: "another name".into(),
        })?;
        Ok(Zeroizing::new(inverted.iter().map(|b| !b).collect()))
    }

    fn bound_to(&self) -> &str {
        "nothing"
    }
}

/// A box in a folder of its own.
pub struct TestBox {
    _dir: tempfile::TempDir,
    pub places: Places,
}

const MACHINE: &str = "4d4f6c4e35b2425d9b8d3d4d0c8a7e11\n";

impl TestBox {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut places = Places::under(dir.path());
        places.witnesses.clear();
        for folder in [
            "data",
            "run",
            "etc/uketsuke/service-keys",
            "dev",
            "sys",
            "var/lib/systemd",
        ] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        std::fs::create_dir_all(&places.stick).unwrap();
        std::fs::write(&places.machine, MACHINE).unwrap();
        Self { _dir: dir, places }
    }

    pub fn boot(&self) -> Boot<'_> {
        Boot {
            places: &self.places,
            files: &RealFiles,
            sealer: &FakeSealer,
        }
    }

    /// Every file and link below a folder, with content or target.
    pub fn contents(&self, folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let content = |path: &PathBuf| match std::fs::read_link(path) {
            Ok(target) => target.into_os_string().into_encoded_bytes(),
            Err(_) => std::fs::read(path).unwrap(),
        };
        let paths = walk(folder).into_iter();
        paths.map(|path| (path.clone(), content(&path))).collect()
    }

    /// The generations and the link, without reports and records.
    pub fn generations(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = self.contents(&self.places.store);
        found.retain(|path, _| {
            let name = path.file_name().unwrap();
            !["last-report.txt", "grants.json", crate::pepper::NAME]
                .iter()
                .any(|other| name == *other)
        });
        found
    }
}

/// A maker with a service key.
pub struct Maker {
    pair: rcgen::KeyPair,
}

impl Maker {
    pub fn new() -> Self {
        Self {
            pair: rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap(),
        }
    }

    /// The private key.
    pub fn pem(&self) -> Vec<u8> {
        self.pair.serialize_pem().into_bytes()
    }

    /// Puts the public key into an image's folder.
    pub fn install(&self, folder: &Path) {
        std::fs::write(folder.join("service.pem"), self.pair.public_key_pem()).unwrap();
    }

    /// A grant of any claims, signed all the same.
    pub fn sign(&self, claims: &str) -> String {
        use base64::Engine;
        use base64::engine::general_purpose::STANDARD;
        use rcgen::{PublicKeyData, SigningKey};
        use ring::digest::{SHA256, digest};
        let payload = STANDARD.encode(claims);
        let first = "uketsuke service grant 1";
        let signature = self
            .pair
            .sign(format!("{first}\n{payload}\n").as_bytes())
            .unwrap();
        let key = digest(&SHA256, self.pair.der_bytes());
        let key = crate::hex(&key.as_ref()[..16]);
        format!(
            "{first}\nkey {key}\n{payload}\n{}\n",
            STANDARD.encode(signature)
        )
    }
}

/// Everything, for four hours.
pub fn wish(device: &str, from: i64) -> crate::grant::Wish {
    use crate::grant::{Act, Wish};
    Wish {
        device: device.into(),
        from,
        hours: 4,
        allow: [Act::Update, Act::Provision, Act::LogBundle].into(),
        set: None,
    }
}
