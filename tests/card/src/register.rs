// SPDX-License-Identifier: MIT OR Apache-2.0
//! The 共通カードAP and the 住基AP: record files, a PIN each, and the key that answers INTERNAL
//! AUTHENTICATE with nothing presented.

use crate::files::{Application, Content, File, OwnKey};

/// 共通カードAP.
pub const COMMON_AID: &[u8] = &[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x01, 0x00];
/// 住基AP.
pub const REGISTER_AID: &[u8] = &[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x01];

/// 住民基本台帳用 PIN, one in each of the two applications.
const PIN: u16 = 0x001C;
/// PIN of the 共通カードAP in the card's memory.
pub const MEMORY_COMMON_PIN: u16 = 0x1000 | PIN;
/// PIN of the 住基AP in the card's memory.
pub const MEMORY_REGISTER_PIN: u16 = 0x0100 | PIN;
/// Tries of each.
pub const PIN_TRIES: u8 = 3;

/// Municipality of every card: 清瀬市, as on the official test card.
pub const MUNICIPALITY: &str = "13221";

/// Key both applications name in EF 0002.
pub const NAMED_KEY: [u8; 16] = *b"9999910\x08\x05001\0\0\0\x01";

/// EF 0001 of the 共通カードAP: serial number of 15 digits, municipality, last day `YYYYMMDD`.
pub fn card_record(serial: &str, expiry: &str) -> Vec<u8> {
    let text = format!("{serial}{MUNICIPALITY}{expiry}");
    let length = u8::try_from(text.len()).expect("28 digits");
    [&[0x01, length][..], text.as_bytes()].concat()
}

/// A PIN, or what is there in its place on a card whose holder has set none.
fn pin(memory: u16, blocked: bool) -> Content {
    if blocked {
        Content::Blocked
    } else {
        Content::Secret(memory)
    }
}

/// The 共通カードAP. `key` is what stands in EF 0019; `named` is EF 0002 if there is one.
pub fn common(
    record: Vec<u8>,
    named: Option<Vec<u8>>,
    key: Content,
    pin_blocked: bool,
) -> Application {
    let files = [(0x0001, Content::Records(vec![record]))]
        .into_iter()
        .chain(named.map(|named| (0x0002, Content::Records(vec![named]))))
        .chain([(0x0019, key), (PIN, pin(MEMORY_COMMON_PIN, pin_blocked))]);
    Application {
        aid: COMMON_AID,
        files: File::all(files),
        has_key_delivery_word: true,
        changes_by_key: true,
        own_key: OwnKey::None,
    }
}

/// The 住基AP.
pub fn register(named: Option<Vec<u8>>, pin_blocked: bool) -> Application {
    let files = named
        .map(|named| (0x0002, Content::Records(vec![named])))
        .into_iter()
        .chain([(PIN, pin(MEMORY_REGISTER_PIN, pin_blocked))]);
    Application {
        aid: REGISTER_AID,
        files: File::all(files),
        has_key_delivery_word: false,
        changes_by_key: true,
        own_key: OwnKey::None,
    }
}
