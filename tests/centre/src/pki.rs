// SPDX-License-Identifier: MIT OR Apache-2.0
//! Certificates of the line, made on the spot: one root per peer, no key ever committed.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

/// Why certificates could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// The generator refused.
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
    /// A file could not be written.
    #[error("cannot write a certificate")]
    Write(#[from] std::io::Error),
}

/// A root that signs leaves.
pub struct Ca {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A leaf and its key, PEM.
pub struct Leaf {
    /// The certificate.
    pub certificate: String,
    /// Its key, PKCS #8.
    pub key: String,
}

impl Ca {
    /// A new root with this common name, good for 30 days.
    ///
    /// # Errors
    /// [`PkiError::Make`].
    pub fn new(name: &str) -> Result<Self, PkiError> {
        let mut params = params(name, Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            pem,
        })
    }

    /// The root itself, PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for a server under these host names and addresses.
    ///
    /// # Errors
    /// [`PkiError::Make`].
    pub fn server(&self, name: &str, hosts: &[&str]) -> Result<Leaf, PkiError> {
        let hosts = hosts.iter().map(|&h| h.to_owned()).collect();
        self.leaf(params(name, hosts)?, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A certificate for a client known by `name`.
    ///
    /// # Errors
    /// [`PkiError::Make`].
    pub fn client(&self, name: &str) -> Result<Leaf, PkiError> {
        self.leaf(
            params(name, Vec::new())?,
            ExtendedKeyUsagePurpose::ClientAuth,
        )
    }

    fn leaf(
        &self,
        mut params: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<Leaf, PkiError> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Leaf {
            certificate,
            key: key.serialize_pem(),
        })
    }
}

fn params(name: &str, hosts: Vec<String>) -> Result<CertificateParams, PkiError> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, name);
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(30);
    Ok(params)
}

/// Names under which servers of the line are called on loopback.
pub const HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Makes every certificate of the line under `directory`, one credentials directory per process:
///
/// - `uplink/`: `reader.crt`, `reader.key`, `terminal-ca.crt`
/// - `terminal/`: `terminal.crt`, `terminal.key`, `reader-ca.crt`, `centre-ca.crt`,
///   `terminal-client.crt`, `terminal-client.key`
/// - `centre/`: `centre.crt`, `centre.key`, `terminal-client-ca.crt`
///
/// The roots' keys are dropped: nothing else can ever be signed by them. Keys are readable by
/// their owner only; whoever calls hands each directory to its process's user.
///
/// # Errors
/// [`PkiError`].
pub fn make(directory: &Path) -> Result<(), PkiError> {
    let readers = Ca::new("Uketsuke test readers")?;
    let terminals = Ca::new("Uketsuke test terminals")?;
    let centres = Ca::new("Uketsuke test centre")?;
    let callers = Ca::new("Uketsuke test terminals at the centre")?;

    let uplink = directory.join("uplink");
    write(&uplink, "reader", &readers.client("reader-0001")?)?;
    write_file(&uplink.join("terminal-ca.crt"), terminals.pem(), 0o644)?;

    let terminal = directory.join("terminal");
    let served = terminals.server("terminal-0001", &HOSTS)?;
    write(&terminal, "terminal", &served)?;
    write_file(&terminal.join("reader-ca.crt"), readers.pem(), 0o644)?;
    write_file(&terminal.join("centre-ca.crt"), centres.pem(), 0o644)?;
    write(
        &terminal,
        "terminal-client",
        &callers.client("terminal-0001")?,
    )?;

    let centre = directory.join("centre");
    write(&centre, "centre", &centres.server("centre", &HOSTS)?)?;
    write_file(&centre.join("terminal-client-ca.crt"), callers.pem(), 0o644)
}

/// Writes `<name>.crt` and `<name>.key` into `directory`, which is made when missing.
///
/// # Errors
/// [`PkiError::Write`].
pub fn write(directory: &Path, name: &str, leaf: &Leaf) -> Result<(), PkiError> {
    fs::create_dir_all(directory)?;
    let certificate = directory.join(format!("{name}.crt"));
    write_file(&certificate, &leaf.certificate, 0o644)?;
    write_file(&directory.join(format!("{name}.key")), &leaf.key, 0o600)
}

fn write_file(path: &Path, content: &str, mode: u32) -> Result<(), PkiError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode);
    options.open(path)?.write_all(content.as_bytes())?;
    Ok(())
}
