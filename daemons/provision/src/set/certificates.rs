// SPDX-License-Identifier: MIT OR Apache-2.0
//! Certificates and keys of a set: well-formed, in date, and belonging together. Judged by the same
//! TLS library the daemons use, so that what passes here is what they can start with.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use zeroize::Zeroize;

use super::check::{Clock, Judge};
use super::{Kind, Use};

/// A certificate and the line on which it begins.
struct Placed {
    line: usize,
    der: CertificateDer<'static>,
}

/// The certificates of one file that could be read; empty where none could.
#[derive(Default)]
pub(super) struct Certificates(Vec<Placed>);

impl Certificates {
    fn ders(&self) -> Vec<CertificateDer<'static>> {
        self.0.iter().map(|c| c.der.clone()).collect()
    }
}

/// Reads a file of certificates and judges each: form, dates, and what it may be used for.
pub(super) fn certificates(judge: &mut Judge<'_>, text: &[u8], kind: Kind) -> Certificates {
    let Some(lines) = blocks(judge, text, &["CERTIFICATE"]) else {
        return Certificates::default();
    };
    let mut found = Vec::new();
    for (line, der) in lines.into_iter().zip(CertificateDer::pem_slice_iter(text)) {
        match der {
            Ok(der) => found.push(Placed { line, der }),
            Err(error) => judge.at(line, "", format!("not PEM: {error}")),
        }
    }
    let parsed: Vec<_> = found
        .iter()
        .map(|c| (c.line, X509Certificate::from_der(&c.der)))
        .collect();
    let mut good = true;
    let mut chain = Vec::new();
    for (line, result) in parsed {
        match result {
            Ok(([], certificate)) => chain.push((line, certificate)),
            Ok(_) => {
                judge.at(line, "", "more bytes follow inside the certificate");
                good = false;
            }
            Err(error) => {
                judge.at(line, "", format!("not a certificate: {error}"));
                good = false;
            }
        }
    }
    if !good {
        return Certificates::default();
    }
    for (line, certificate) in &chain {
        dates(judge, *line, certificate);
    }
    match kind {
        Kind::Root => chain.iter().for_each(|(line, c)| root(judge, *line, c)),
        Kind::Chain(usage) => chained(judge, &chain, usage),
        Kind::Key(_) => {}
    }
    Certificates(found)
}

/// Lines of the PEM blocks, when there is at least one and each bears one of these labels.
fn blocks(judge: &mut Judge<'_>, text: &[u8], labels: &[&str]) -> Option<Vec<usize>> {
    let Ok(text) = std::str::from_utf8(text) else {
        judge.whole("not PEM: not even text");
        return None;
    };
    let mut lines = Vec::new();
    let mut good = true;
    for (number, line) in text.lines().enumerate() {
        let Some(label) = line.trim().strip_prefix("-----BEGIN ") else {
            continue;
        };
        let label = label.trim_end_matches('-');
        if labels.contains(&label) {
            lines.push(number + 1);
            continue;
        }
        good = false;
        let wanted = labels.join(" or ");
        judge.at(
            number + 1,
            "",
            if label.contains("ENCRYPTED") {
                "an encrypted key; the reader has nobody to ask for its password".to_owned()
            } else {
                format!("{label:?} has no place in this file; only {wanted}")
            },
        );
    }
    if good && lines.is_empty() {
        judge.whole(format!("no {} in PEM form", labels.join(" or ")));
        return None;
    }
    good.then_some(lines)
}

fn dates(judge: &mut Judge<'_>, line: usize, certificate: &X509Certificate<'_>) {
    let Clock { now, certain } = judge.clock;
    let validity = certificate.validity();
    if validity.not_after.timestamp() < now {
        judge.at(
            line,
            "not after",
            format!("expired on {}", validity.not_after),
        );
    }
    if validity.not_before.timestamp() > now {
        let what = format!(
            "not valid before {}, by the clock of this machine",
            validity.not_before
        );
        if certain {
            judge.at(line, "not before", what);
        } else {
            // A reader's clock may stand still in the box; the daemons will judge again.
            judge.note(line, "not before", what);
        }
    }
}

fn is_authority(certificate: &X509Certificate<'_>) -> bool {
    matches!(certificate.basic_constraints(), Ok(Some(c)) if c.value.ca)
}

fn root(judge: &mut Judge<'_>, line: usize, certificate: &X509Certificate<'_>) {
    if !is_authority(certificate) {
        judge.at(
            line,
            "basic constraints",
            "not the certificate of an authority (CA)",
        );
    }
}

fn chained(judge: &mut Judge<'_>, chain: &[(usize, X509Certificate<'_>)], usage: Use) {
    let Some((line, leaf)) = chain.first() else {
        return;
    };
    if is_authority(leaf) {
        judge.at(
            *line,
            "basic constraints",
            "the certificate of an authority (CA) stands first; the own one must",
        );
    }
    let allowed = match leaf.extended_key_usage() {
        Ok(None) => true,
        Ok(Some(found)) => match usage {
            Use::Client => found.value.any || found.value.client_auth,
            Use::Server => found.value.any || found.value.server_auth,
        },
        Err(_) => false,
    };
    if !allowed {
        judge.at(
            *line,
            "extended key usage",
            match usage {
                Use::Client => "not for a client",
                Use::Server => "not for a server",
            },
        );
    }
    for pair in chain.windows(2) {
        let [(line, child), (_, parent)] = pair else {
            continue;
        };
        if child.issuer() != parent.subject()
            || child.verify_signature(Some(parent.public_key())).is_err()
        {
            judge.at(
                *line,
                "issuer",
                "not signed by the certificate that follows it in the file",
            );
        }
    }
}

/// Judges a key file, alone and against its certificate.
pub(super) fn key(judge: &mut Judge<'_>, text: &[u8], chain: &Certificates) {
    let labels = ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"];
    let Some(lines) = blocks(judge, text, &labels) else {
        return;
    };
    if let Some(second) = lines.get(1) {
        judge.at(*second, "", "a second key; a file holds one");
        return;
    }
    let mut key = match PrivateKeyDer::from_pem_slice(text) {
        Ok(key) => key,
        Err(error) => return judge.at(lines[0], "", format!("not PEM: {error}")),
    };
    let loaded = provider().key_provider.load_private_key(key.clone_key());
    key.zeroize();
    match loaded {
        // The cause may quote the key's form, never its content.
        Err(error) => judge.at(lines[0], "", format!("not a usable key: {error}")),
        Ok(loaded) if !chain.0.is_empty() => {
            if CertifiedKey::new(chain.ders(), loaded)
                .keys_match()
                .is_err()
            {
                judge.at(lines[0], "", "not the key of the certificate beside it");
            }
        }
        Ok(_) => {}
    }
}

/// Whether a peer that believes `roots` will believe `chain`; complains at the chain's first line.
pub(super) fn believed(
    judge: &mut Judge<'_>,
    chain: &Certificates,
    roots: &Certificates,
    presented: Presented<'_>,
) {
    let (Some(leaf), false) = (chain.0.first(), roots.0.is_empty()) else {
        return;
    };
    let mut store = RootCertStore::empty();
    for root in &roots.0 {
        // One that cannot be added has its own complaint, as a root.
        let _ = store.add(root.der.clone());
    }
    let between: Vec<_> = chain.ders().split_off(1);
    let now = moment(judge.clock, &leaf.der);
    let store = Arc::new(store);
    let result = match presented {
        Presented::Client => WebPkiClientVerifier::builder_with_provider(store, provider())
            .build()
            .map_err(|e| e.to_string())
            .and_then(|verifier| {
                let verdict = verifier.verify_client_cert(&leaf.der, &between, now);
                verdict.map(|_| ()).map_err(|e| e.to_string())
            }),
        Presented::Server(host) => WebPkiServerVerifier::builder_with_provider(store, provider())
            .build()
            .map_err(|e| e.to_string())
            .and_then(|verifier| {
                let verdict = verifier.verify_server_cert(&leaf.der, &between, host, &[], now);
                verdict.map(|_| ()).map_err(|e| e.to_string())
            }),
    };
    if let Err(error) = result {
        judge.at(leaf.line, "", error);
    }
}

/// As what, and under which name, a chain is shown to a peer.
pub(super) enum Presented<'a> {
    Client,
    Server(&'a ServerName<'static>),
}

/// The moment to judge at. Dates have been judged before; with a doubtful clock they do not hide
/// whether the chain itself is sound.
fn moment(clock: Clock, leaf: &CertificateDer<'_>) -> UnixTime {
    let mut now = clock.now;
    if !clock.certain
        && let Ok((_, leaf)) = X509Certificate::from_der(leaf)
    {
        now = now.max(leaf.validity().not_before.timestamp());
    }
    let seconds = u64::try_from(now).unwrap_or(0);
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds))
}

/// The name a reader is known by at the terminal, where its certificate has one that fits.
pub(super) fn name(chain: &Certificates) -> Option<String> {
    uketsuke_link::tls::common_name(&chain.0.first()?.der)
}

/// The line of the leaf.
pub(super) fn line(chain: &Certificates) -> Option<usize> {
    chain.0.first().map(|c| c.line)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
