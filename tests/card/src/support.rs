// SPDX-License-Identifier: MIT OR Apache-2.0
//! The 券面入力補助AP: number, name and address as text, and what opens which of them.
//!
//! The holder's PIN opens all of it; 照合番号A opens the number and not the text, 照合番号B the text
//! and not the number. There is no secure messaging: no session key is ever taken.

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;

use crate::files::{Access, Application, Content, File, OwnKey};
use crate::issuer::{Issuer, SUPPORT, public};
use crate::tlv::{object, with_table};

/// 券面入力補助AP.
pub const AID: &[u8] = &[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08];

/// 券面事項入力補助用 PIN: four digits.
pub const PIN: u16 = 0x0011;
/// 照合番号A: 12 digits.
const NUMBER_A: u16 = 0x0014;
/// 照合番号B: 14 digits.
const NUMBER_B: u16 = 0x0015;

/// Where the memory keeps secrets of this application.
const fn remembered(fid: u16) -> u16 {
    0x0800 | fid
}

/// The PIN in the card's memory.
pub const MEMORY_PIN: u16 = remembered(PIN);
/// 照合番号A in the card's memory.
pub const MEMORY_A: u16 = remembered(NUMBER_A);
/// 照合番号B in the card's memory.
pub const MEMORY_B: u16 = remembered(NUMBER_B);
/// Tries of the PIN.
pub const PIN_TRIES: u8 = 3;

/// What EF 0005 names; nobody knows the use of the key of that name.
const NAMED_KEY: [u8; 16] = *b"9999934\x08\x05001\0\0\0\x01";

/// What is written on one card.
pub struct Text<'a> {
    /// 12 digits.
    pub number: &'a str,
    /// Family and given name with U+3000 between them.
    pub name: &'a str,
    /// Address.
    pub address: &'a str,
    /// `YYYYMMDD`.
    pub birth: &'a str,
    /// ISO 5218 digit.
    pub sex: &'a str,
    /// The application's own key.
    pub key: PKey<Private>,
}

/// The files with content, which the official test card has as well.
pub struct Records {
    /// EF 0001, filler included.
    pub number: Vec<u8>,
    /// EF 0002.
    pub text: Vec<u8>,
    /// EF 0003.
    pub digests: Vec<u8>,
    /// EF 0004.
    pub certificate: Vec<u8>,
    /// EF 0005.
    pub information: Vec<u8>,
    /// EF 0006.
    pub delivery: Vec<u8>,
    /// EF 0007.
    pub key: Vec<u8>,
}

/// What varies from card to card beside the records.
#[derive(Clone, Copy)]
pub struct Shape {
    /// 照合番号B opens EF 0003 as well.
    pub b_opens_digests: bool,
    /// The PIN was never set and cannot be presented.
    pub pin_blocked: bool,
}

/// Files that `issuer` signs for this card.
pub fn records(issuer: &Issuer, text: &Text<'_>) -> Result<Records, ErrorStack> {
    let number = [object(0xFF10, text.number.as_bytes()), vec![0xFF; 2]].concat();
    let objects = [
        object(0xDF22, text.name.as_bytes()),
        object(0xDF23, text.address.as_bytes()),
        object(0xDF24, text.birth.as_bytes()),
        object(0xDF25, text.sex.as_bytes()),
    ];
    let digests = [
        object(0xDF31, &sha256(&number)),
        object(0xDF32, &sha256(&objects.concat())),
    ]
    .concat();
    let signature = object(0xDF33, &issuer.sign(&digests)?);
    let key = object(0xDF51, &public(&text.key)?);
    let certified = object(0xDF52, &issuer.sign(&key)?);
    let unknown = [[0xA7; 32].as_slice(), &[0xFF; 96]].concat();
    let information = [
        object(0xDF41, &[1, 3, 0x0E, 1]),
        object(0xDF42, &NAMED_KEY),
        object(0xDF43, &unknown),
    ];
    Ok(Records {
        number,
        text: with_table(0xFF20, 0xDF21, &objects),
        digests: object(0xFF30, &[digests, signature].concat()),
        certificate: issuer.certificate(&SUPPORT)?,
        information: object(0xFF40, &information.concat()),
        delivery: object(0xA1, &public(&issuer.delivery)?),
        key: object(0xFF50, &[key, certified].concat()),
    })
}

/// The application.
pub fn application(records: Records, shape: Shape, own_key: OwnKey) -> Application {
    let any = Access::AfterAny(&[PIN, NUMBER_A, NUMBER_B]);
    let digests = if shape.b_opens_digests {
        any
    } else {
        Access::AfterAny(&[PIN, NUMBER_A])
    };
    let pin = if shape.pin_blocked {
        Content::Blocked
    } else {
        Content::Secret(MEMORY_PIN)
    };
    let signs = match &own_key {
        OwnKey::Signs(key) => Content::Key(key.clone(), Access::Free),
        OwnKey::Lost | OwnKey::None => Content::LostKey(Access::Free),
    };
    let files = [
        (
            0x0001,
            Content::Data(records.number, Access::AfterAny(&[PIN, NUMBER_A])),
        ),
        (
            0x0002,
            Content::Data(records.text, Access::AfterAny(&[PIN, NUMBER_B])),
        ),
        (0x0003, Content::Data(records.digests, digests)),
        (0x0004, Content::Data(records.certificate, Access::Free)),
        (0x0005, Content::Data(records.information, Access::Free)),
        (0x0006, Content::Data(records.delivery, any)),
        (0x0007, Content::Data(records.key, any)),
        (0x0008, Content::Data(vec![0xFF; 16], Access::Free)),
        (0x0010, Content::Opaque),
        (PIN, pin),
        // Blocked from the day of issue on every card.
        (0x0012, Content::Blocked),
        (0x0013, signs),
        (NUMBER_A, Content::Secret(MEMORY_A)),
        (NUMBER_B, Content::Secret(MEMORY_B)),
        (0x001C, Content::Opaque),
        (0x001E, Content::Opaque),
    ];
    Application {
        aid: AID,
        files: File::all(files),
        has_key_delivery_word: true,
        changes_by_key: false,
        own_key,
    }
}
