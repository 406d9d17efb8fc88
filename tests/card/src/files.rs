// SPDX-License-Identifier: MIT OR Apache-2.0
//! Applications and files as data: what there is, and what opens it.

use openssl::pkey::{PKey, Private};

use crate::profile::Kind;

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
    /// A secret; its value and counter are in the card's memory under this number.
    Secret(u16),
    /// A key of another kind: it exists, and every command on it is of the wrong kind.
    Opaque,
}

/// An elementary file.
pub struct File {
    /// Identifier; its low five bits are the short identifier.
    pub fid: u16,
    /// What it is.
    pub content: Content,
}

/// A directory with an application identifier.
pub struct Application {
    /// Full identifier; prefixes do not select.
    pub aid: &'static [u8],
    /// Its files.
    pub files: Vec<File>,
    /// Answer to SET SESSION KEY (`80 AE`), which only the 券面入力補助AP knows.
    pub has_key_delivery_word: bool,
    /// Key that signs with nothing presented and no file selected (P2 `00`).
    pub own_key: Option<PKey<Private>>,
}

/// What the holder's certificates and keys put into the JPKI application.
pub struct Credentials {
    /// 利用者証明用 certificate, DER.
    pub auth_certificate: Vec<u8>,
    /// Its root, DER.
    pub auth_root: Vec<u8>,
    /// The key that signs for it.
    pub auth_key: PKey<Private>,
    /// 署名用 certificate, DER.
    pub sign_certificate: Vec<u8>,
    /// Its root, DER.
    pub sign_root: Vec<u8>,
    /// The key that signs for it.
    pub sign_key: PKey<Private>,
}

/// The 公的個人認証AP. `filler` bytes `FF` follow the 利用者証明用 certificate, as some cards have them.
pub fn jpki(kind: Kind, credentials: Credentials, filler: usize) -> Application {
    let free = |bytes| Content::Data(bytes, Access::Free);
    let mut auth_certificate = credentials.auth_certificate;
    auth_certificate.resize(auth_certificate.len() + filler, 0xFF);
    let files = [
        (
            0x0001,
            Content::Data(credentials.sign_certificate, Access::After(SIGN_PASSWORD)),
        ),
        (0x0002, free(credentials.sign_root)),
        (0x0005, Content::Opaque),
        (0x0006, free(token_info(kind))),
        (0x0008, free(vec![0x8F, 0x8F, 0x00])),
        (0x0009, Content::Data(vec![0xFF; 16], Access::Never)),
        (0x000A, free(auth_certificate)),
        (0x000B, free(credentials.auth_root)),
        (0x0010, Content::Opaque),
        (0x0016, Content::Opaque),
        (
            0x0017,
            Content::Key(credentials.auth_key, Access::After(AUTH_PIN)),
        ),
        (AUTH_PIN, Content::Secret(AUTH_PIN)),
        (0x0019, Content::Opaque),
        (
            0x001A,
            Content::Key(credentials.sign_key, Access::After(SIGN_PASSWORD)),
        ),
        (SIGN_PASSWORD, Content::Secret(SIGN_PASSWORD)),
        (0x001C, Content::Opaque),
        (0x001E, Content::Opaque),
    ];
    let files = files
        .into_iter()
        .map(|(fid, content)| File { fid, content })
        .collect();
    Application {
        aid: JPKI_AID,
        files,
        has_key_delivery_word: false,
        own_key: None,
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
fn token_info(kind: Kind) -> Vec<u8> {
    let label = if kind == Kind::Juki {
        "JPKIAPICCTOKEN"
    } else {
        "JPKIAPICCTOKEN2"
    };
    let mut info = Vec::with_capacity(160);
    info.extend(padded(label, 32));
    info.extend(padded("0000000000", 32));
    info.extend(padded("E16R01NJ", 16));
    info.extend(padded("0000000020500003", 16));
    // Flags, sessions (max, now, max rw, rw), longest and shortest PIN, four unknown memory counters.
    let unknown = u32::MAX;
    for number in [
        0x0000_040D,
        1,
        0,
        1,
        0,
        16,
        6,
        unknown,
        unknown,
        unknown,
        unknown,
    ] {
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

/// Data objects of the card itself for GET DATA in the power-on or ISD state; the CV certificates
/// `00F8` and `7F21` belong to the 券面 applications and are not on this card.
pub fn data_objects(card_expiry: &str) -> Vec<(u16, Vec<u8>)> {
    let issuer_key = [b"6000020", &[0x08, 0x05][..], b"001", &[0, 0, 0, 0xA8]].concat();
    // GlobalPlatform 2.3 §H.3, the least there may be: scheme and version.
    let recognition = vec![
        0x66, 0x0B, 0x73, 0x09, 0x06, 0x07, 0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x01,
    ];
    vec![
        (0x0042, issuer_key.clone()),
        (0x0045, b"000000000000001".to_vec()),
        (0x0066, recognition),
        (0x00F0, b"13221".to_vec()),
        (0x00F2, card_expiry.as_bytes().to_vec()),
        (0x00F7, issuer_key),
        (0x5F51, vec![0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_info_has_its_fields_at_their_places() {
        let info = token_info(Kind::MyNumber);
        assert_eq!(info.len(), 160);
        assert_eq!(&info[..32], b"JPKIAPICCTOKEN2                 ");
        assert_eq!(info[96..100], [0, 0, 4, 0x0D]);
        assert_eq!(info[116..124], [0, 0, 0, 16, 0, 0, 0, 6]);
        assert_eq!(&info[140..144], b"0301");
        assert_eq!(info[144..], [b'9'; 16]);
        assert_eq!(&token_info(Kind::Juki)[..16], b"JPKIAPICCTOKEN  ");
    }
}
