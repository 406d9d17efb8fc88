// SPDX-License-Identifier: MIT OR Apache-2.0
//! What makes a card of the tray the card it is; the cards themselves are rows of `profiles`.

use serde::Serialize;

use crate::damage::Damage;
use crate::photo::Photo;
pub use crate::profiles::PROFILES;

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

/// Where a person looks for a card in the tray.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Of people of every kind; nothing is wrong with them.
    People,
    /// What is special is the PIN.
    Pin,
    /// What is special are the certificates or the key.
    Certificate,
    /// There is no face to compare.
    NoPhoto,
    /// A photo that no decoder should believe.
    BadPhoto,
    /// The face cannot be opened, or its record lies.
    BadFace,
    /// Phones; their place is the slot for phones.
    Phone,
    /// No My Number Card of today, or one without its keys.
    Other,
}

/// When the certificates end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// In some years.
    Current,
    /// This many days before the day the certificates are made.
    ExpiredFor(i64),
    /// This many days after it.
    EndsIn(i64),
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
    /// Where to look for it.
    pub group: Group,
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

    /// Where to look for it: by what is most special about it.
    pub fn group(&self) -> Group {
        match (self.kind, self.photo) {
            (Kind::Android | Kind::IPhone, _) => Group::Phone,
            (Kind::MyNumber, _) if self.damage != Damage::None => Group::BadFace,
            (Kind::MyNumber, _) if self.number_tries == 0 => Group::BadFace,
            (Kind::MyNumber, Photo::Absent | Photo::Empty | Photo::Blank) => Group::NoPhoto,
            (Kind::MyNumber, Photo::Portrait) => self.group_of_login(),
            (Kind::MyNumber, _) => Group::BadPhoto,
            _ => Group::Other,
        }
    }

    fn group_of_login(&self) -> Group {
        if self.pinless || self.tries < 3 {
            Group::Pin
        } else if self.forged
            || self.chain != Chain::Trusted
            || self.validity != Validity::Current
            || (!self.signature && self.age == Age::Born)
        {
            Group::Certificate
        } else {
            Group::People
        }
    }

    /// The row as the control socket tells it.
    pub fn listed(&self) -> Listed {
        Listed {
            name: self.name.to_owned(),
            label_ja: self.label_ja.to_owned(),
            label_en: self.label_en.to_owned(),
            group: self.group(),
            pin: self.has_jpki().then(|| self.pin.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_card_lies_where_what_is_special_about_it_is_looked_for() {
        let of = |group| {
            let all = PROFILES.iter().filter(|profile| profile.group() == group);
            all.map(|profile| profile.name).collect::<Vec<_>>()
        };
        let people = [
            "normal-adult",
            "second-adult",
            "under-fifteen",
            "foreign-national",
        ];
        assert_eq!(of(Group::People), people);
        assert_eq!(of(Group::Pin), ["pin-one-left", "pin-locked", "pinless"]);
        let certificates = [
            "expired-recent",
            "expired-old",
            "expiring",
            "untrusted-root",
            "forged",
            "no-signature",
            "expired-card",
        ];
        assert_eq!(of(Group::Certificate), certificates);
        assert_eq!(of(Group::Phone), ["android", "iphone"]);
        let none = ["photo-absent", "photo-empty", "photo-blank"];
        assert_eq!(of(Group::NoPhoto), none);
        assert_eq!(of(Group::BadPhoto).len(), 6);
        assert!(of(Group::BadFace).contains(&"face-altered"));
        assert!(of(Group::Other).contains(&"mute"));
    }

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
