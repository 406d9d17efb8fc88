// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cards in the tray, as data. To add one, add a row.

use serde::Serialize;

use crate::atr;
use crate::damage::Damage;
use crate::photo::Photo;

/// What the card answers when it is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A My Number Card.
    MyNumber,
    /// A 住基カード with JPKI, as issued before 2016.
    Juki,
    /// The JPKI application in the secure element of an Android phone.
    Android,
    /// The JPKI application of an iPhone.
    IPhone,
    /// The official test card of `myna-card`: its files as they were read, and none of its keys.
    Official,
    /// A card of the next generation, of which nothing is public but that it is another one.
    NextGeneration,
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

/// How old the holder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Born on the day the profile says; the card is valid about twice as long as its certificates.
    Born,
    /// This old, and the certificates end with the card, as children's do. The year of birth moves
    /// with the day the card is made.
    Child(i64),
}

/// When the card ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardLife {
    /// About five years after its certificates.
    Longer,
    /// On the same day.
    WithCertificates,
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
    /// How old the holder is.
    pub age: Age,
    /// End of the card itself.
    pub life: CardLife,
    /// ISO 5218 digit in the records.
    pub sex: &'static str,
    /// Whether there is a 署名用 certificate.
    pub signature: bool,
    /// The holder has set no PIN (顔認証マイナンバーカード).
    pub pinless: bool,
    /// Tries left of 照合番号B before first use.
    pub number_tries: u8,
    /// 照合番号B and 生年月日 key have the western year, as printed on foreign nationals' cards.
    pub western_year: bool,
    /// Whether the chain among the data objects has its lower certificate, which some cards lack.
    pub lower_certificate: bool,
    /// Portrait.
    pub photo: Photo,
    /// What is wrong with the record of the face.
    pub damage: Damage,
    /// Card whose keys this one has, where its own would show nothing more; each key costs the
    /// machine that makes it some tenths of a second.
    pub keys_of: Option<&'static str>,
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
/// Tries of 照合番号A and B.
pub const NUMBER_TRIES: u8 = 10;

/// Longer than the 33 bytes an ATR may have: the reader sees that a card is there and cannot power
/// it, which a client of PC/SC learns as `SCARD_W_UNPOWERED_CARD` and the state "mute".
const ATR_NONE: &[u8] = &[0xFF; 40];

const NORMAL: Profile = Profile {
    name: "normal-adult",
    label_ja: "通常のカード",
    label_en: "Normal card",
    kind: Kind::MyNumber,
    atr: atr::CONTACTLESS.atr,
    pin: "1234",
    tries: 3,
    validity: Validity::Current,
    chain: Chain::Trusted,
    forged: false,
    filler: 0,
    holder: "番号　花子",
    birth: (1980, 2, 17),
    age: Age::Born,
    life: CardLife::Longer,
    sex: "2",
    signature: true,
    pinless: false,
    number_tries: NUMBER_TRIES,
    western_year: false,
    lower_certificate: true,
    photo: Photo::Portrait,
    damage: Damage::None,
    keys_of: None,
};

/// The same, to be told apart by nothing but its face.
const FACE: Profile = Profile {
    keys_of: Some("normal-adult"),
    ..NORMAL
};

/// Every card there is.
pub const PROFILES: &[Profile] = &[
    NORMAL,
    Profile {
        name: "second-adult",
        label_ja: "別の人のカード",
        label_en: "Another person's card",
        atr: atr::CONTACTLESS_LATER.atr,
        pin: "4321",
        filler: 37,
        lower_certificate: false,
        sex: "1",
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
        atr: atr::LICENCE.atr,
        ..NORMAL
    },
    Profile {
        name: "old-juki",
        label_ja: "住基カード",
        label_en: "Old resident register card",
        kind: Kind::Juki,
        atr: atr::JUKI.atr,
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
    Profile {
        name: "pinless",
        label_ja: "顔認証マイナンバーカード（暗証番号なし）",
        label_en: "Card without a PIN",
        tries: 0,
        signature: false,
        pinless: true,
        holder: "無暗証　一",
        birth: (1938, 9, 5),
        ..NORMAL
    },
    Profile {
        name: "no-signature",
        label_ja: "署名用電子証明書なし",
        label_en: "Without signature certificate",
        signature: false,
        ..NORMAL
    },
    Profile {
        name: "under-fifteen",
        label_ja: "15歳未満",
        label_en: "Under fifteen",
        age: Age::Child(9),
        life: CardLife::WithCertificates,
        signature: false,
        holder: "番号　小太郎",
        birth: (2017, 5, 20),
        sex: "1",
        ..NORMAL
    },
    Profile {
        name: "expired-card",
        label_ja: "カード：2か月前に期限切れ",
        label_en: "Card expired two months ago",
        validity: Validity::ExpiredFor(61),
        life: CardLife::WithCertificates,
        ..NORMAL
    },
    Profile {
        name: "foreign-national",
        label_ja: "外国籍の人のカード（西暦）",
        label_en: "Foreign national's card, western year",
        holder: "SHIKEN TARO",
        birth: (1991, 7, 30),
        western_year: true,
        sex: "1",
        ..NORMAL
    },
    Profile {
        name: "number-locked",
        label_ja: "照合番号B：ロック済み",
        label_en: "Number B: locked",
        number_tries: 0,
        ..FACE
    },
    Profile {
        name: "android",
        label_ja: "Android スマホ",
        label_en: "Android phone",
        kind: Kind::Android,
        ..NORMAL
    },
    Profile {
        name: "iphone",
        label_ja: "iPhone",
        label_en: "iPhone",
        kind: Kind::IPhone,
        ..NORMAL
    },
    Profile {
        name: "next-generation",
        label_ja: "次期マイナンバーカード",
        label_en: "Next generation card",
        kind: Kind::NextGeneration,
        ..NORMAL
    },
    Profile {
        name: "official-test-card",
        label_ja: "公式テストカード（秘密鍵なし）",
        label_en: "Official test card, without its keys",
        kind: Kind::Official,
        sex: "1",
        ..NORMAL
    },
    Profile {
        name: "photo-absent",
        label_ja: "顔写真なし（1歳未満）",
        label_en: "No photo (infant)",
        age: Age::Child(0),
        life: CardLife::WithCertificates,
        signature: false,
        holder: "番号　新",
        birth: (2025, 3, 8),
        photo: Photo::Absent,
        ..FACE
    },
    Profile {
        name: "photo-empty",
        label_ja: "顔写真：空",
        label_en: "Photo without bytes",
        photo: Photo::Empty,
        ..FACE
    },
    Profile {
        name: "photo-blank",
        label_ja: "顔写真：無地",
        label_en: "Blank photo",
        photo: Photo::Blank,
        ..FACE
    },
    Profile {
        name: "photo-huge",
        label_ja: "顔写真：最大",
        label_en: "Huge photo",
        photo: Photo::Huge,
        ..FACE
    },
    Profile {
        name: "photo-oversized",
        label_ja: "顔写真：読み切れない大きさ",
        label_en: "Photo beyond what can be read",
        photo: Photo::Oversized,
        ..FACE
    },
    Profile {
        name: "photo-many-pixels",
        label_ja: "顔写真：画素爆弾",
        label_en: "Photo bomb: pixels",
        photo: Photo::ManyPixels,
        ..FACE
    },
    Profile {
        name: "photo-many-tiles",
        label_ja: "顔写真：タイル爆弾",
        label_en: "Photo bomb: tiles",
        photo: Photo::ManyTiles,
        ..FACE
    },
    Profile {
        name: "photo-many-components",
        label_ja: "顔写真：成分爆弾",
        label_en: "Photo bomb: components",
        photo: Photo::ManyComponents,
        ..FACE
    },
    Profile {
        name: "photo-noise",
        label_ja: "顔写真：画像でない",
        label_en: "Photo that is no picture",
        photo: Photo::Noise,
        ..FACE
    },
    Profile {
        name: "face-garbage",
        label_ja: "券面：意味のないデータ",
        label_en: "Face record: garbage",
        damage: Damage::Garbage,
        ..FACE
    },
    Profile {
        name: "face-duplicated-tag",
        label_ja: "券面：写真が二つ",
        label_en: "Face record: photo twice",
        damage: Damage::DuplicatedTag,
        ..FACE
    },
    Profile {
        name: "face-lying-table",
        label_ja: "券面：偽のオフセット表",
        label_en: "Face record: lying table",
        damage: Damage::LyingTable,
        ..FACE
    },
    Profile {
        name: "face-length",
        label_ja: "券面：長さがファイルを超える",
        label_en: "Face record: length beyond its end",
        damage: Damage::LengthBeyondEnd,
        ..FACE
    },
    Profile {
        name: "face-cut-short",
        label_ja: "券面：途中で切れている",
        label_en: "Face record: cut short",
        damage: Damage::CutShort,
        ..FACE
    },
    Profile {
        name: "face-altered",
        label_ja: "券面：写真の改ざん",
        label_en: "Face record: altered photo",
        damage: Damage::AlteredPhoto,
        ..FACE
    },
];

/// The card of this name.
pub fn find(name: &str) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.name == name)
}

impl Profile {
    /// Whether the card has certificates and a PIN.
    pub fn has_jpki(&self) -> bool {
        matches!(
            self.kind,
            Kind::MyNumber | Kind::Juki | Kind::Android | Kind::IPhone | Kind::Official
        )
    }

    /// Folder of the card's keys.
    pub fn keys(&self) -> &'static str {
        self.keys_of.unwrap_or(self.name)
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
    fn keys_are_borrowed_from_cards_that_have_their_own() {
        for profile in PROFILES {
            let lender = find(profile.keys()).expect("a card");
            assert_eq!(lender.keys_of, None, "{}", profile.name);
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
