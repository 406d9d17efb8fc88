// SPDX-License-Identifier: MIT OR Apache-2.0
//! Serial numbers, names and dates of all cards, made at the first start and kept: the centre knows
//! the cards by them before their keys exist.

use std::collections::BTreeMap;
use std::path::Path;

use openssl::rand::rand_bytes;
use serde::{Deserialize, Serialize};

use crate::calendar::Day;
use crate::memory::FOR_OWNER;
use crate::official;
use crate::profile::{Age, Kind, PROFILES, Profile, Validity};
use crate::vault::{VaultError, crypto, read, write_json};

/// Format of `identities.json`.
const FORMAT: u32 = 1;

/// Certificates older than this are made anew at start, so that "expired a month ago" stays true.
const REISSUE_AFTER_DAYS: i64 = 30;

/// What the certificates of one card say. No `Debug`: it stands for a person.
#[derive(Clone, Serialize, Deserialize)]
pub struct Identity {
    /// Day it was made.
    pub made: i64,
    /// First day of the certificates.
    pub from: i64,
    /// Last day of the certificates, a birthday.
    pub until: i64,
    /// Birth date.
    pub birth: i64,
    /// Serial number of the 利用者証明用 certificate.
    pub auth_serial: u32,
    /// Its common name, 23 characters.
    pub auth_name: String,
    /// Serial number of the 署名用 certificate.
    pub sign_serial: u32,
    /// Its common name, 28 characters.
    pub sign_name: String,
}

#[derive(Serialize, Deserialize)]
struct Identities {
    format: u32,
    cards: BTreeMap<String, Identity>,
}

/// The identities kept in `dir`, with new ones for cards that have none or an old one.
pub fn load(dir: &Path, today: Day) -> Result<BTreeMap<String, Identity>, VaultError> {
    let path = dir.join("identities.json");
    let wrong = |reason| VaultError::Format {
        path: path.clone(),
        reason,
    };
    let mut cards = match read(&path)? {
        None => BTreeMap::new(),
        Some(bytes) => {
            let kept: Identities =
                serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
            if kept.format != FORMAT {
                return Err(wrong(format!("it is of format {}", kept.format)));
            }
            kept.cards
        }
    };
    cards.retain(|_, identity| (0..=REISSUE_AFTER_DAYS).contains(&(today.0 - identity.made)));
    for profile in PROFILES.iter().filter(|profile| profile.has_jpki()) {
        if !cards.contains_key(profile.name) {
            let taken: Vec<u32> = cards
                .values()
                .map(|identity| identity.auth_serial)
                .collect();
            cards.insert(
                profile.name.to_owned(),
                new_identity(profile, today, &taken)?,
            );
        }
    }
    write_json(
        &path,
        &Identities {
            format: FORMAT,
            cards: cards.clone(),
        },
        FOR_OWNER,
    )?;
    Ok(cards)
}

fn new_identity(profile: &Profile, today: Day, taken: &[u32]) -> Result<Identity, VaultError> {
    if profile.kind == Kind::Official {
        return Ok(official::identity(today));
    }
    let (year, month, day) = profile.birth;
    let (from, until, birth) = match profile.validity {
        Validity::Current => {
            let from = today.plus(-400);
            let birth = match profile.age {
                Age::Born => Day::from_date(year, month, day),
                // Not yet a year older than this when the card was issued.
                Age::Child(age) => from.nth_birthday_after(-age, month, day),
            };
            (from, from.nth_birthday_after(5, month, day), birth)
        }
        Validity::ExpiredFor(days) => ending(today.plus(-days), year),
        Validity::EndsIn(days) => ending(today.plus(days), year),
    };
    let mut auth_serial = random_serial()?;
    while taken.contains(&auth_serial) {
        auth_serial = random_serial()?;
    }
    Ok(Identity {
        made: today.0,
        from: from.0,
        until: until.0,
        birth: birth.0,
        auth_serial,
        auth_name: format!("{}13221003A", random_text(14)?),
        sign_serial: random_serial()?,
        sign_name: format!("{}1726000013413221003A", from.digits()),
    })
}

/// First and last day of certificates that end on this day, and a birth date in this year that fits.
fn ending(last: Day, year: i64) -> (Day, Day, Day) {
    let until = match last {
        // A birthday every year has.
        day if matches!(day.date(), (_, 2, 29)) => day.plus(-1),
        day => day,
    };
    let (_, month, day) = until.date();
    // Less than five years, so that it is the fifth birthday after the issue.
    (until.plus(-1_700), until, Day::from_date(year, month, day))
}

/// A positive number of exactly three bytes, as on the cards.
pub fn random_serial() -> Result<u32, VaultError> {
    let [a, b, c] = random::<3>()?;
    Ok(u32::from_be_bytes([0, 0x20 | (a & 0x1F), b, c]))
}

fn random_text(length: usize) -> Result<String, VaultError> {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNPQRSTUVW";
    (0..length)
        .map(|_| Ok(char::from(LETTERS[usize::from(random::<1>()?[0] & 0x1F)])))
        .collect()
}

fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    rand_bytes(&mut bytes).map_err(crypto("a random number"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn identities_are_kept_for_thirty_days_and_then_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let today = Day::from_date(2026, 2, 28);
        let serial = |day| load(dir.path(), day).unwrap()["expired-recent"].auth_serial;
        let first = serial(today);
        assert_eq!(serial(today.plus(30)), first);
        assert_ne!(serial(today.plus(31)), first);
        assert_ne!(
            serial(today),
            first,
            "a clock that went back is no reason to keep them"
        );
    }

    #[test]
    fn names_have_the_lengths_of_the_real_ones_and_every_card_its_own() {
        let dir = tempfile::tempdir().unwrap();
        // 30 days before it is 29 February.
        let cards = load(dir.path(), Day::from_date(2024, 3, 30)).unwrap();
        let mut names = std::collections::HashSet::new();
        for card in cards.values() {
            assert_eq!((card.auth_name.len(), card.sign_name.len()), (23, 28));
            assert!(
                (0x20_0000..0x40_0000).contains(&card.auth_serial),
                "three bytes, positive"
            );
            assert!(card.from < card.until && card.until - card.from <= 1_827);
            assert_eq!(
                Day(card.until).date().2,
                Day(card.birth).date().2,
                "ends on a birthday"
            );
            assert!(names.insert(card.auth_name.clone()));
        }
    }
}
