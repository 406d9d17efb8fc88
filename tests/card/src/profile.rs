// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cards in the tray, as data. To add one, add a row.

use serde::Serialize;

/// What the card answers when it is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A My Number Card.
    MyNumber,
    /// A 住基カード with JPKI, as issued before 2016.
    Juki,
    /// Any other card: no application of a My Number Card.
    Foreign,
    /// A card that is in the field and does not answer to reset.
    Mute,
}

/// When the certificates end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// In some years.
    Current,
    /// This many days before the day the certificates are made.
    ExpiredFor(i64),
}

/// Which roots signed the certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// The roots everybody is told of.
    Trusted,
    /// Roots of the same name with other keys.
    Other,
}

/// One card.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile {
    /// Name in commands and files.
    pub name: &'static str,
    /// What a Japanese tester reads.
    pub label_ja: &'static str,
    /// What an English tester reads.
    pub label_en: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Answer to reset.
    pub atr: &'static [u8],
    /// 利用者証明用 PIN.
    pub pin: &'static str,
    /// Its tries left before first use.
    pub tries: u8,
    /// End of the certificates.
    pub validity: Validity,
    /// Who signed the certificates.
    pub chain: Chain,
    /// Signs with a key that is not the certificate's.
    pub forged: bool,
    /// Bytes `FF` behind the certificate in its file.
    pub filler: usize,
    /// Fictitious holder, for the 署名用 certificate only.
    pub holder: &'static str,
    /// Birth date; month and day move when the certificates have to have ended on a birthday.
    pub birth: (i64, u32, u32),
}

/// What the control socket tells of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Listed {
    /// Name in commands.
    pub name: String,
    /// What a Japanese tester reads.
    pub label_ja: String,
    /// What an English tester reads.
    pub label_en: String,
    /// PIN of this test card; `None` for one that has none.
    pub pin: Option<String>,
}

/// 署名用 password of every card.
pub const PASSWORD: &str = "ABCD1234";
/// Security code printed on every card.
pub const CODE: &str = "2285";
/// 照合番号A of every card. It has the check digit of no 個人番号.
pub const NUMBER_A: &str = "000000000001";

/// Contactless My Number Card (PC/SC part 3, Type B).
const ATR_MY_NUMBER: &[u8] = &[
    0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x05, 0xE0, 0xB3, 0x81, 0xA1, 0x00, 0x7F,
];
/// Another chip generation of it.
const ATR_MY_NUMBER_LATER: &[u8] = &[
    0x3B, 0x88, 0x80, 0x01, 0x00, 0x4B, 0x51, 0xFF, 0xB3, 0x81, 0xD1, 0x00, 0x0F,
];
/// Contactless 住基カード.
const ATR_JUKI: &[u8] = &[
    0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x14, 0xE0, 0xB3, 0x81, 0x91, 0x00, 0x5E,
];
/// Driver's licence.
const ATR_LICENCE: &[u8] = &[
    0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x91, 0x81, 0xC1, 0x00, 0xD8,
];
/// Longer than the 33 bytes an ATR may have: the reader sees that a card is there and cannot power
/// it, which a client of PC/SC learns as `SCARD_W_UNPOWERED_CARD` and the state "mute".
const ATR_NONE: &[u8] = &[0xFF; 40];

const NORMAL: Profile = Profile {
    name: "normal-adult",
    label_ja: "通常のカード",
    label_en: "Normal card",
    kind: Kind::MyNumber,
    atr: ATR_MY_NUMBER,
    pin: "1234",
    tries: 3,
    validity: Validity::Current,
    chain: Chain::Trusted,
    forged: false,
    filler: 0,
    holder: "番号　花子",
    birth: (1980, 2, 17),
};

/// Every card there is.
pub const PROFILES: &[Profile] = &[
    NORMAL,
    Profile {
        name: "second-adult",
        label_ja: "別の人のカード",
        label_en: "Another person's card",
        atr: ATR_MY_NUMBER_LATER,
        pin: "4321",
        filler: 37,
        holder: "試験　太郎",
        birth: (1952, 11, 3),
        ..NORMAL
    },
    Profile {
        name: "pin-one-left",
        label_ja: "暗証番号：残り1回",
        label_en: "PIN: one try left",
        tries: 1,
        ..NORMAL
    },
    Profile {
        name: "pin-locked",
        label_ja: "暗証番号：ロック済み",
        label_en: "PIN: locked",
        tries: 0,
        ..NORMAL
    },
    Profile {
        name: "expired-recent",
        label_ja: "電子証明書：1か月前に期限切れ",
        label_en: "Certificate expired a month ago",
        validity: Validity::ExpiredFor(30),
        ..NORMAL
    },
    Profile {
        name: "expired-old",
        label_ja: "電子証明書：8か月前に期限切れ",
        label_en: "Certificate expired eight months ago",
        validity: Validity::ExpiredFor(243),
        ..NORMAL
    },
    Profile {
        name: "foreign-card",
        label_ja: "ほかの種類のカード",
        label_en: "Another kind of card",
        kind: Kind::Foreign,
        atr: ATR_LICENCE,
        ..NORMAL
    },
    Profile {
        name: "old-juki",
        label_ja: "住基カード",
        label_en: "Old resident register card",
        kind: Kind::Juki,
        atr: ATR_JUKI,
        ..NORMAL
    },
    Profile {
        name: "mute",
        label_ja: "応答しないカード",
        label_en: "Card that does not answer",
        kind: Kind::Mute,
        atr: ATR_NONE,
        ..NORMAL
    },
    Profile {
        name: "untrusted-root",
        label_ja: "認証局が異なるカード",
        label_en: "Certificate of an unknown authority",
        chain: Chain::Other,
        ..NORMAL
    },
    Profile {
        name: "forged",
        label_ja: "偽造カード",
        label_en: "Forged card",
        forged: true,
        ..NORMAL
    },
];

/// The card of this name.
pub fn find(name: &str) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.name == name)
}

impl Profile {
    /// Whether the card has certificates and a PIN.
    pub fn has_jpki(&self) -> bool {
        matches!(self.kind, Kind::MyNumber | Kind::Juki)
    }

    /// The row as the control socket tells it.
    pub fn listed(&self) -> Listed {
        Listed {
            name: self.name.to_owned(),
            label_ja: self.label_ja.to_owned(),
            label_en: self.label_en.to_owned(),
            pin: self.has_jpki().then(|| self.pin.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_and_labels_are_unique_and_filled() {
        for text in [
            |p: &Profile| p.name,
            |p: &Profile| p.label_ja,
            |p: &Profile| p.label_en,
        ] {
            let all: HashSet<_> = PROFILES.iter().map(text).collect();
            assert_eq!(all.len(), PROFILES.len());
            assert!(!all.contains(""));
        }
    }

    #[test]
    fn the_check_byte_of_every_atr_is_right() {
        for profile in PROFILES.iter().filter(|profile| profile.kind != Kind::Mute) {
            let sum = profile.atr[1..].iter().fold(0, |sum, byte| sum ^ byte);
            assert_eq!(sum, 0, "{}", profile.name);
        }
    }

    #[test]
    fn names_are_fit_for_files() {
        for profile in PROFILES {
            assert!(
                profile
                    .name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            );
        }
    }
}
