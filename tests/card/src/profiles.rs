// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cards in the tray, as data. To add one, add a row.

use crate::atr;
use crate::damage::Damage;
use crate::photo::Photo;
use crate::profile::{Age, CardLife, Chain, Kind, NUMBER_TRIES, Profile, Validity};

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
        name: "expiring",
        label_ja: "電子証明書：まもなく期限切れ",
        label_en: "Certificate about to expire",
        validity: Validity::EndsIn(75),
        ..FACE
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
