// SPDX-License-Identifier: MIT OR Apache-2.0
//! Certificates of the shape the holder's card carries, under roots whose name says TEST.
//!
//! The shape is that of official test cards: self-signed roots that sign the holder's certificates
//! directly, all generations of a kind under one name.

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509Name, X509NameBuilder, X509NameRef};

use crate::calendar::Day;
use crate::der::{self, context, context_primitive, sequence, tlv};

/// Address of every holder.
pub const ADDRESS: &str = "東京都清瀬市試験町１丁目１番１号";

/// Bits of every key.
const KEY_BITS: u32 = 2048;

/// Object identifiers OpenSSL's builders do not cover (RFC 5280).
mod id {
    pub const SUBJECT_ALT_NAME: &str = "2.5.29.17";
    pub const ISSUER_ALT_NAME: &str = "2.5.29.18";
    pub const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
    pub const CERTIFICATE_POLICIES: &str = "2.5.29.32";
    pub const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
    pub const AUTHORITY_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
    pub const QUALIFIER_CPS: &str = "1.3.6.1.5.5.7.2.1";
    pub const METHOD_OCSP: &str = "1.3.6.1.5.5.7.48.1";
    /// Holder attributes in the 署名用 certificate; `.1` name, `.3` sex, `.4` birth and so on.
    pub const HOLDER: &str = "1.2.392.200149.8.5.5";
}

/// Which of the two certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// 利用者証明用.
    Authentication,
    /// 署名用.
    Signature,
}

impl Purpose {
    fn unit(self) -> &'static str {
        match self {
            Self::Authentication => "JPKI for user authentication",
            Self::Signature => "JPKI for digital signature",
        }
    }

    /// Policy of official test cards.
    fn policy(self) -> &'static str {
        match self {
            Self::Authentication => "1.2.392.200149.8.5.1.0.30",
            Self::Signature => "1.2.392.200149.8.5.1.0.20",
        }
    }
}

/// A root with its key.
pub struct Root {
    /// What it signs.
    pub purpose: Purpose,
    /// Its certificate.
    pub certificate: X509,
    /// Its key.
    pub key: PKey<Private>,
}

/// What a holder's certificate says.
pub struct Holder<'a> {
    /// Which of the two.
    pub purpose: Purpose,
    /// Serial number, 3 bytes.
    pub serial: u32,
    /// Common name: 23 characters (authentication) or 28 (signature).
    pub common_name: &'a str,
    /// First day.
    pub from: Day,
    /// Last day, a birthday; the certificate ends 14:59:59 UTC, which is midnight in Japan.
    pub until: Day,
    /// Name, in the 署名用 certificate only.
    pub name: &'a str,
    /// Birth date, in the 署名用 certificate only.
    pub birth: Day,
}

/// A new RSA-2048 key.
pub fn new_key() -> Result<PKey<Private>, ErrorStack> {
    PKey::from_rsa(Rsa::generate(KEY_BITS)?)
}

/// A self-signed root, valid from `from` for 20 years so that it outlives what it signs.
pub fn new_root(
    purpose: Purpose,
    key: PKey<Private>,
    serial: u32,
    from: Day,
) -> Result<Root, ErrorStack> {
    let name = issuer_name(purpose)?;
    let (year, month, day) = from.date();
    let until = Day::from_date(year + 20, month, day.min(28));
    let mut builder = start(&key, serial, &name, &name, from, until)?;
    builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
    builder.append_extension(
        KeyUsage::new()
            .critical()
            .key_cert_sign()
            .crl_sign()
            .build()?,
    )?;
    let in_japanese = japanese_names()?;
    builder.append_extension(der::extension(id::SUBJECT_ALT_NAME, false, &in_japanese)?)?;
    builder.append_extension(distribution_point(purpose, "Root CRLDP")?)?;
    append_subject_key_identifier(&mut builder)?;
    builder.sign(&key, MessageDigest::sha256())?;
    Ok(Root {
        purpose,
        certificate: builder.build(),
        key,
    })
}

/// A holder's certificate for `key`, signed by `root`.
pub fn new_certificate(
    root: &Root,
    key: &PKey<Private>,
    holder: &Holder<'_>,
) -> Result<X509, ErrorStack> {
    let subject = subject_name(holder)?;
    let issuer = root.certificate.subject_name();
    let mut builder = start(
        key,
        holder.serial,
        &subject,
        issuer,
        holder.from,
        holder.until,
    )?;
    let mut usage = KeyUsage::new();
    usage.critical().digital_signature();
    match holder.purpose {
        Purpose::Authentication => {
            builder.append_extension(usage.build()?)?;
            builder.append_extension(ExtendedKeyUsage::new().client_auth().build()?)?;
        }
        Purpose::Signature => {
            builder.append_extension(usage.non_repudiation().build()?)?;
            let attributes = holder_attributes(holder)?;
            builder.append_extension(der::extension(id::SUBJECT_ALT_NAME, false, &attributes)?)?;
        }
    }
    builder.append_extension(policies(holder.purpose)?)?;
    let in_japanese = japanese_names()?;
    builder.append_extension(der::extension(id::ISSUER_ALT_NAME, false, &in_japanese)?)?;
    builder.append_extension(distribution_point(holder.purpose, "Kiyose-shi CRLDP")?)?;
    if holder.purpose == Purpose::Authentication {
        builder.append_extension(status_service()?)?;
    }
    builder.append_extension(authority_key_identifier(&root.certificate)?)?;
    append_subject_key_identifier(&mut builder)?;
    builder.sign(&root.key, MessageDigest::sha256())?;
    Ok(builder.build())
}

fn start(
    key: &PKey<Private>,
    serial: u32,
    subject: &X509NameRef,
    issuer: &X509NameRef,
    from: Day,
    until: Day,
) -> Result<X509Builder, ErrorStack> {
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?; // X.509 v3
    let serial = Asn1Integer::from_bn(&*BigNum::from_u32(serial)?)?;
    builder.set_serial_number(&serial)?;
    builder.set_subject_name(subject)?;
    builder.set_issuer_name(issuer)?;
    builder.set_not_before(&*Asn1Time::from_str_x509(&format!(
        "{}012345Z",
        from.digits()
    ))?)?;
    builder.set_not_after(&*Asn1Time::from_str_x509(&format!(
        "{}145959Z",
        until.digits()
    ))?)?;
    builder.set_pubkey(key)?;
    Ok(builder)
}

fn name(entries: &[(Nid, &str)]) -> Result<X509Name, ErrorStack> {
    let mut builder = X509NameBuilder::new()?;
    for (kind, value) in entries {
        builder.append_entry_by_nid(*kind, value)?;
    }
    Ok(builder.build())
}

const COUNTRY: (Nid, &str) = (Nid::COUNTRYNAME, "JP");

/// The name of every root of a kind; "TEST" is what production software refuses it by.
fn issuer_name(purpose: Purpose) -> Result<X509Name, ErrorStack> {
    name(&[
        COUNTRY,
        (Nid::ORGANIZATIONNAME, "JPKI-TEST"),
        (Nid::ORGANIZATIONALUNITNAME, purpose.unit()),
        (
            Nid::ORGANIZATIONALUNITNAME,
            "Japan Agency for Local Authority Information Systems",
        ),
    ])
}

fn japanese_name() -> Result<X509Name, ErrorStack> {
    name(&[
        COUNTRY,
        (Nid::ORGANIZATIONNAME, "公的個人認証サービス（試験用）"),
        (
            Nid::ORGANIZATIONALUNITNAME,
            "公的個人認証サービス利用者証明用（試験用）",
        ),
    ])
}

fn subject_name(holder: &Holder<'_>) -> Result<X509Name, ErrorStack> {
    let common_name = (Nid::COMMONNAME, holder.common_name);
    match holder.purpose {
        Purpose::Authentication => name(&[COUNTRY, common_name]),
        Purpose::Signature => name(&[
            COUNTRY,
            (Nid::LOCALITYNAME, "Tokyo-to"),
            (Nid::LOCALITYNAME, "Kiyose-shi"),
            common_name,
        ]),
    }
}

/// GeneralName `directoryName`, which is tagged explicitly because Name is a CHOICE.
fn directory_name(name: &X509NameRef) -> Result<Vec<u8>, ErrorStack> {
    Ok(tlv(context(4), &name.to_der()?))
}

/// GeneralNames with the service's Japanese name.
fn japanese_names() -> Result<Vec<u8>, ErrorStack> {
    let name = japanese_name()?;
    Ok(sequence(&[&directory_name(&name)?]))
}

fn policies(purpose: Purpose) -> Result<openssl::x509::X509Extension, ErrorStack> {
    let statement = tlv(der::IA5_STRING, b"http://www.jpki.go.jp/cps.html");
    let qualifier = sequence(&[&der::oid(id::QUALIFIER_CPS)?, &statement]);
    let policy = sequence(&[&der::oid(purpose.policy())?, &sequence(&[&qualifier])]);
    der::extension(id::CERTIFICATE_POLICIES, true, &sequence(&[&policy]))
}

fn distribution_point(
    purpose: Purpose,
    point: &str,
) -> Result<openssl::x509::X509Extension, ErrorStack> {
    let directory = name(&[
        COUNTRY,
        (Nid::ORGANIZATIONNAME, "JPKI-TEST"),
        (Nid::ORGANIZATIONALUNITNAME, purpose.unit()),
        (Nid::ORGANIZATIONALUNITNAME, "CRL Distribution Points"),
        (Nid::COMMONNAME, point),
    ])?;
    let full_name = tlv(context(0), &directory_name(&directory)?);
    let point = sequence(&[&tlv(context(0), &full_name)]);
    der::extension(id::CRL_DISTRIBUTION_POINTS, false, &sequence(&[&point]))
}

/// Under `.invalid` (RFC 2606), so that no verifier ever asks a real service about a made-up holder.
fn status_service() -> Result<openssl::x509::X509Extension, ErrorStack> {
    let address = tlv(
        context_primitive(6),
        b"http://test-ocspauthnorm.jpki.invalid",
    );
    let access = sequence(&[&der::oid(id::METHOD_OCSP)?, &address]);
    der::extension(id::AUTHORITY_INFO_ACCESS, false, &sequence(&[&access]))
}

/// Key, issuer and serial number of the root.
fn authority_key_identifier(root: &X509) -> Result<openssl::x509::X509Extension, ErrorStack> {
    let key = root
        .subject_key_id()
        .map(|key| key.as_slice().to_vec())
        .unwrap_or_default();
    let serial = root.serial_number().to_bn()?.to_vec();
    let content = sequence(&[
        &tlv(context_primitive(0), &key),
        &tlv(context(1), &directory_name(root.issuer_name())?),
        &tlv(context_primitive(2), &positive(serial)),
    ]);
    der::extension(id::AUTHORITY_KEY_IDENTIFIER, false, &content)
}

/// The bytes of an INTEGER that is not negative.
fn positive(mut magnitude: Vec<u8>) -> Vec<u8> {
    if magnitude.first().is_none_or(|first| first & 0x80 != 0) {
        magnitude.insert(0, 0);
    }
    magnitude
}

fn holder_attributes(holder: &Holder<'_>) -> Result<Vec<u8>, ErrorStack> {
    let birth = format!("3{}", holder.birth.digits());
    let values = [
        (1, holder.name),
        (2, "00000"),
        (3, "2"),
        (4, &birth),
        (5, ADDRESS),
        (6, "0000000000000000"),
    ];
    let mut attributes = Vec::new();
    for (arc, value) in values {
        let text = tlv(context(0), &tlv(der::UTF8_STRING, value.as_bytes()));
        let kind = der::oid(&format!("{}.{arc}", id::HOLDER))?;
        attributes.extend(tlv(context(0), &[kind, text].concat()));
    }
    Ok(tlv(der::SEQUENCE, &attributes))
}

fn append_subject_key_identifier(builder: &mut X509Builder) -> Result<(), ErrorStack> {
    let extension = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
    builder.append_extension(extension)
}
