// SPDX-License-Identifier: MIT OR Apache-2.0
//! Applications and files as data: what there is, and what opens it.

use openssl::pkey::{PKey, Private, Public};

use crate::atr::CONTACT;
use crate::behaviour::{AbsentFile, AbsentPassword, Behaviour};
use crate::issuer::KeyName;
use crate::profile::Kind;
use crate::register::MUNICIPALITY;

/// 公的個人認証AP.
pub const JPKI_AID: &[u8] = &[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
/// GlobalPlatform issuer security domain; selecting it leaves every application.
pub const ISD_AID: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00];

/// 利用者証明用 PIN.
pub const AUTH_PIN: u16 = 0x0018;
/// 署名用 password.
pub const SIGN_PASSWORD: u16 = 0x001B;

/// Tries of the 利用者証明用 PIN.
pub const AUTH_PIN_TRIES: u8 = 3;
/// Tries of the 署名用 password.
pub const SIGN_PASSWORD_TRIES: u8 = 5;

/// What has to have happened before a file may be read or a key used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Free,
    /// The secret in this file was presented.
    After(u16),
    /// One of the secrets in these files was.
    AfterAny(&'static [u16]),
    /// Nobody found out what opens it.
    Never,
}

/// What a file is.
pub enum Content {
    /// A transparent file.
    Data(Vec<u8>, Access),
    /// An RSA key for signatures.
    Key(PKey<Private>, Access),
    /// An RSA key for signatures whose private half nobody has here: used, it is refused (`6985`).
    LostKey(Access),
    /// An RSA key for INTERNAL AUTHENTICATE and nothing else.
    Authentication(PKey<Private>),
    /// A file of records, readable with nothing presented.
    Records(Vec<Vec<u8>>),
    /// A secret; its value and counter are in the card's memory under this number.
    Secret(u16),
    /// A secret nobody can present: no tries left from the day of issue.
    Blocked,
    /// The public key that terminals' certificates are checked with.
    Terminals(PKey<Public>),
    /// A key of another kind: it exists, and every command on it is of the wrong kind.
    Opaque,
}

/// What stands for the holder's unlocking a phone among the secrets; no file has this identifier.
pub const HOLDER: u16 = 0xFFFF;

/// What stands for a terminal that has proved itself among the secrets.
pub const TERMINAL: u16 = 0xFFFE;

/// An elementary file.
pub struct File {
    /// Identifier; its low five bits are the short identifier.
    pub fid: u16,
    /// What it is.
    pub content: Content,
}

impl File {
    /// The files of a list of identifiers and contents.
    pub(crate) fn all(list: impl IntoIterator<Item = (u16, Content)>) -> Vec<Self> {
        list.into_iter()
            .map(|(fid, content)| Self { fid, content })
            .collect()
    }
}

/// The key an application signs with when nothing is presented and no file selected (P2 `00`).
pub enum OwnKey {
    /// It has none.
    None,
    /// This one.
    Signs(PKey<Private>),
    /// It has one, and nobody here has its private half: refused (`6985`).
    Lost,
}

/// A directory with an application identifier.
pub struct Application {
    /// Full identifier; prefixes do not select.
    pub aid: &'static [u8],
    /// Its files.
    pub files: Vec<File>,
    /// Answers SET SESSION KEY (`80 AE`) with "no key delivery" (`66F1`) instead of "not authorised"
    /// (`6982`).
    pub has_key_delivery_word: bool,
    /// Its PIN is changed by CHANGE KEY (`80 32`) instead of CHANGE REFERENCE DATA (`00 24`).
    pub changes_by_key: bool,
    /// Key that signs with nothing presented.
    pub own_key: OwnKey,
}

/// What the holder's certificates and keys put into the JPKI application.
pub struct Credentials {
    /// 利用者証明用 certificate, DER.
    pub auth_certificate: Vec<u8>,
    /// Its root, DER.
    pub auth_root: Vec<u8>,
    /// The key that signs for it; `None` where nobody here has it.
    pub auth_key: Option<PKey<Private>>,
    /// 署名用 certificate, DER.
    pub sign_certificate: Vec<u8>,
    /// Its root, DER.
    pub sign_root: Vec<u8>,
    /// The key that signs for it; `None` where nobody here has it.
    pub sign_key: Option<PKey<Private>>,
    /// Who certifies terminals; `None` where nobody here can.
    pub terminals: Option<PKey<Public>>,
}

/// What varies from card to card beside the credentials.
pub struct Shape {
    /// What the card is.
    pub kind: Kind,
    /// Bytes `FF` behind the 利用者証明用 certificate in its file.
    pub filler: usize,
    /// Whether there is a 署名用 certificate.
    pub signature: bool,
    /// The holder has set no PIN.
    pub pinless: bool,
    /// Switches.
    pub behaviour: Behaviour,
}

/// The 公的個人認証AP.
pub fn jpki(shape: &Shape, credentials: Credentials) -> Application {
    let free = |bytes| Content::Data(bytes, Access::Free);
    let mut auth_certificate = credentials.auth_certificate;
    auth_certificate.resize(auth_certificate.len() + shape.filler, 0xFF);
    let auth_access = match shape.kind {
        Kind::Android => Access::After(AUTH_PIN),
        Kind::IPhone if shape.behaviour.iphone_certificate_needs_pin => Access::After(AUTH_PIN),
        Kind::IPhone => Access::AfterAny(&[AUTH_PIN, HOLDER]),
        _ => Access::Free,
    };
    let auth_key = match (credentials.auth_key, shape.kind) {
        (Some(key), Kind::IPhone) => Content::Key(key, Access::AfterAny(&[AUTH_PIN, HOLDER])),
        (Some(key), Kind::MyNumber) => Content::Key(key, Access::AfterAny(&[AUTH_PIN, TERMINAL])),
        (auth_key, _) => key(auth_key, AUTH_PIN),
    };
    let signature = if shape.signature {
        SignatureFiles {
            certificate: Some(Content::Data(
                credentials.sign_certificate,
                Access::After(SIGN_PASSWORD),
            )),
            key: Some(key(credentials.sign_key, SIGN_PASSWORD)),
            password: Some(Content::Secret(SIGN_PASSWORD)),
        }
    } else {
        SignatureFiles::absent(shape.behaviour)
    };
    let present = if shape.signature {
        PRESENT
    } else {
        shape.behaviour.absent_certificate_byte
    };
    let some = |fid, content| (fid, Some(content));
    let files = [
        (0x0001, signature.certificate),
        some(0x0002, free(credentials.sign_root)),
        some(0x0005, Content::Opaque),
        some(0x0006, free(token_info(shape))),
        some(0x0008, free(vec![present, PRESENT, 0x00])),
        some(0x0009, Content::Data(vec![0xFF; 16], Access::Never)),
        some(0x000A, Content::Data(auth_certificate, auth_access)),
        some(0x000B, free(credentials.auth_root)),
        some(0x0010, Content::Opaque),
        some(
            0x0016,
            credentials
                .terminals
                .map_or(Content::Opaque, Content::Terminals),
        ),
        some(0x0017, auth_key),
        some(AUTH_PIN, Content::Secret(AUTH_PIN)),
        some(0x0019, Content::Opaque),
        (0x001A, signature.key),
        (SIGN_PASSWORD, signature.password),
        some(0x001C, Content::Opaque),
        some(0x001E, Content::Opaque),
    ];
    let there = |(fid, content): (u16, Option<Content>)| Some((fid, content?));
    Application {
        aid: JPKI_AID,
        files: File::all(files.into_iter().filter_map(there)),
        has_key_delivery_word: false,
        changes_by_key: false,
        own_key: OwnKey::None,
    }
}

/// EF 0008 for a certificate that is there.
const PRESENT: u8 = 0x8F;

/// A key that signs after this secret.
fn key(key: Option<PKey<Private>>, secret: u16) -> Content {
    let access = Access::After(secret);
    key.map_or(Content::LostKey(access), |key| Content::Key(key, access))
}

/// The three files of the 署名用 certificate; `None` is a file that cannot be selected.
struct SignatureFiles {
    certificate: Option<Content>,
    key: Option<Content>,
    password: Option<Content>,
}

impl SignatureFiles {
    /// On a card without the certificate nobody knows what is left of them.
    fn absent(behaviour: Behaviour) -> Self {
        let (certificate, key) = match behaviour.absent_signature_file {
            AbsentFile::Missing => (None, None),
            AbsentFile::Empty => (
                Some(Content::Data(Vec::new(), Access::Free)),
                Some(Content::Opaque),
            ),
            AbsentFile::Closed => (
                Some(Content::Data(Vec::new(), Access::Never)),
                Some(Content::LostKey(Access::Never)),
            ),
        };
        let password = match behaviour.absent_signature_password {
            AbsentPassword::Missing => None,
            AbsentPassword::Blocked => Some(Content::Blocked),
            AbsentPassword::Untouched => Some(Content::Secret(SIGN_PASSWORD)),
        };
        Self {
            certificate,
            key,
            password,
        }
    }
}

/// The files selectable before any application: one, of no use.
pub fn master() -> Vec<File> {
    vec![File {
        fid: 0x001E,
        content: Content::Opaque,
    }]
}

/// EF 0006: a PKCS #11 CK_TOKEN_INFO with 32-bit big-endian numbers.
fn token_info(shape: &Shape) -> Vec<u8> {
    /// RNG, LOGIN_REQUIRED, USER_PIN_INITIALIZED, TOKEN_INITIALIZED.
    const FLAGS: u32 = 0x0000_040D;
    const USER_PIN_INITIALIZED: u32 = 0x0000_0008;
    let label = match shape.kind {
        Kind::Juki => "JPKIAPICCTOKEN",
        Kind::Android => "JPKIAPGPSETOKEN",
        Kind::IPhone => "JPKIAPIOSTOKEN",
        _ => "JPKIAPICCTOKEN2",
    };
    let flags = if shape.pinless && shape.behaviour.pinless_clears_flag {
        FLAGS & !USER_PIN_INITIALIZED
    } else {
        FLAGS
    };
    let mut info = Vec::with_capacity(160);
    info.extend(padded(label, 32));
    info.extend(padded("0000000000", 32));
    info.extend(padded("E16R01NJ", 16));
    info.extend(padded("0000000020500003", 16));
    // Flags, sessions (max, now, max rw, rw), longest and shortest PIN, four unknown memory counters.
    let unknown = u32::MAX;
    for number in [flags, 1, 0, 1, 0, 16, 6, unknown, unknown, unknown, unknown] {
        info.extend(number.to_be_bytes());
    }
    info.extend(b"0301");
    info.extend([b'9'; 16]);
    info
}

fn padded(text: &str, length: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(length, b' ');
    bytes
}

/// What the card says of itself in its data objects.
pub struct About {
    /// Last day, `YYYYMMDD`.
    pub expiry: String,
    /// Card identification number.
    pub number: Vec<u8>,
    /// Names of root and intermediate of the chain.
    pub keys: [KeyName; 2],
    /// `00F8`: the root certifies the intermediate.
    pub upper: Vec<u8>,
    /// `7F21`: the intermediate certifies the next; some cards have none.
    pub lower: Option<Vec<u8>>,
}

/// Data objects of the card itself for GET DATA in the power-on or ISD state.
pub fn data_objects(about: About) -> Vec<(u16, Vec<u8>)> {
    // GlobalPlatform 2.3 §H.3, the least there may be: scheme and version.
    let recognition = vec![
        0x66, 0x0B, 0x73, 0x09, 0x06, 0x07, 0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x01,
    ];
    [
        (0x0042, about.keys[0].to_vec()),
        (0x0045, about.number),
        (0x0066, recognition),
        (0x00F0, MUNICIPALITY.as_bytes().to_vec()),
        (0x00F2, about.expiry.into_bytes()),
        (0x00F7, about.keys[1].to_vec()),
        (0x00F8, about.upper),
        (CONTACT_ATR, CONTACT.atr[1..].to_vec()),
    ]
    .into_iter()
    .chain(about.lower.map(|lower| (0x7F21, lower)))
    .collect()
}

/// Data object with the contact ATR, which some cards give with no application selected, some only
/// with one.
pub const CONTACT_ATR: u16 = 0x5F51;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_info_has_its_fields_at_their_places() {
        let info = |kind| {
            token_info(&Shape {
                kind,
                filler: 0,
                signature: true,
                pinless: false,
                behaviour: Behaviour::default(),
            })
        };
        let juki = info(Kind::Juki);
        let info = info(Kind::MyNumber);
        assert_eq!(info.len(), 160);
        assert_eq!(&info[..32], b"JPKIAPICCTOKEN2                 ");
        assert_eq!(info[96..100], [0, 0, 4, 0x0D]);
        assert_eq!(info[116..124], [0, 0, 0, 16, 0, 0, 0, 6]);
        assert_eq!(&info[140..144], b"0301");
        assert_eq!(info[144..], [b'9'; 16]);
        assert_eq!(&juki[..16], b"JPKIAPICCTOKEN  ");
    }
}
