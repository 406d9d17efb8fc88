// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the centre checks before it believes a card: chain, validity, signature.

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::hash::{MessageDigest, hash};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509StoreContext};
use uketsuke_link::fault::Cause;

/// For three months after its end a certificate still proves eligibility, nothing more.
const GRACE_DAYS: u32 = 92;

/// A certificate that proved itself.
pub struct Holder {
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Expired, within the grace.
    pub expired: bool,
}

/// The digest a card signs for a session: nothing else that is ever signed begins like this.
///
/// # Errors
/// When OpenSSL has no SHA-256.
pub fn digest(session: &str, nonce: &[u8]) -> Result<[u8; 32], openssl::error::ErrorStack> {
    let mut message = b"uketsuke stand-in centre, check-in 1\0".to_vec();
    message.extend_from_slice(session.as_bytes());
    message.push(0);
    message.extend_from_slice(nonce);
    let digest = hash(MessageDigest::sha256(), &message)?;
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&digest);
    Ok(bytes)
}

/// Checks `certificate` (DER) against the `roots` (PEM) and the `signature` over `digest`.
///
/// # Errors
/// `UntrustedCertificate`, `CertificateExpired`, `BadSignature`, in this order of checking.
pub fn verify(
    roots: &[u8],
    certificate: &[u8],
    digest: &[u8; 32],
    signature: &[u8],
) -> Result<Holder, Cause> {
    let certificate = X509::from_der(certificate).map_err(|_| Cause::UntrustedCertificate)?;
    if !chains_up(roots, &certificate).unwrap_or(false) {
        return Err(Cause::UntrustedCertificate);
    }
    let expired = expired(&certificate)?;
    if !signed(&certificate, digest, signature).unwrap_or(false) {
        return Err(Cause::BadSignature);
    }
    let serial = certificate
        .serial_number()
        .to_bn()
        .and_then(|number| number.to_hex_str())
        .map_err(|_| Cause::UntrustedCertificate)?
        .to_string();
    Ok(Holder { serial, expired })
}

/// The chain alone: times are judged by [`expired`], which knows the grace.
fn chains_up(roots: &[u8], certificate: &X509) -> Result<bool, openssl::error::ErrorStack> {
    let mut store = X509StoreBuilder::new()?;
    store.set_flags(X509VerifyFlags::NO_CHECK_TIME)?;
    for root in X509::stack_from_pem(roots)? {
        store.add_cert(root)?;
    }
    let store = store.build();
    let none = Stack::new()?;
    X509StoreContext::new()?.init(&store, certificate, &none, |context| {
        let good = context.verify_cert()?;
        if !good {
            tracing::info!(reason = %context.error(), "a chain was refused");
        }
        Ok(good)
    })
}

fn expired(certificate: &X509) -> Result<bool, Cause> {
    let now = Asn1Time::days_from_now(0).map_err(|_| Cause::CertificateExpired)?;
    if later(certificate.not_before(), &now) {
        return Err(Cause::UntrustedCertificate);
    }
    if later(certificate.not_after(), &now) {
        return Ok(false);
    }
    let past = certificate
        .not_after()
        .diff(&now)
        .map_err(|_| Cause::CertificateExpired)?;
    let within = past.days >= 0 && past.days.unsigned_abs() < GRACE_DAYS;
    if within {
        Ok(true)
    } else {
        Err(Cause::CertificateExpired)
    }
}

fn later(a: &Asn1TimeRef, b: &Asn1TimeRef) -> bool {
    matches!(a.compare(b), Ok(std::cmp::Ordering::Greater))
}

fn signed(
    certificate: &X509,
    digest: &[u8],
    signature: &[u8],
) -> Result<bool, openssl::error::ErrorStack> {
    let key = certificate.public_key()?;
    key.rsa()?;
    let mut context = PkeyCtx::new(&key)?;
    context.verify_init()?;
    context.set_rsa_padding(Padding::PKCS1)?;
    context.set_signature_md(openssl::md::Md::sha256())?;
    context.verify(digest, signature)
}
