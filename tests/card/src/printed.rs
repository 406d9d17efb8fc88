// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is printed on a card, and the secrets that follow from it.

use std::collections::BTreeMap;

use crate::calendar::Day;
use crate::files;
use crate::identity::Identity;
use crate::official;
use crate::pin::{Pin, Rule};
use crate::profile::{CODE, CardLife, Kind, NUMBER_A, NUMBER_TRIES, PASSWORD, Profile};
use crate::register;
use crate::support;
use crate::surface;

/// Last day of the card. One for an adult lives about twice as long as its certificates.
pub fn card_expiry(profile: &Profile, identity: &Identity) -> String {
    let until = Day(identity.until);
    match profile.life {
        CardLife::Longer => until.plus(5 * 365).digits(),
        CardLife::WithCertificates => until.digits(),
    }
}

/// 生年月日 key of a card.
fn birth_key(profile: &Profile, identity: &Identity) -> String {
    let birth = Day(identity.birth).digits();
    if profile.western_year {
        surface::western_birth_key(&birth)
    } else {
        surface::birth_key(&birth)
    }
}

/// 照合番号B of a card.
pub fn number_b(profile: &Profile, identity: &Identity) -> String {
    let birth = birth_key(profile, identity);
    surface::join_b(&birth, &card_expiry(profile, identity), CODE)
}

/// Its secrets before first use; none of a card that has none.
pub fn secrets(profile: &Profile, identity: Option<&Identity>) -> BTreeMap<u16, Pin> {
    let Some(identity) = identity else {
        return BTreeMap::new();
    };
    if profile.kind == Kind::Official {
        return official::secrets(profile.pin);
    }
    let four = |max, left| Pin::new(profile.pin, Rule::FourDigits, max, left);
    let tries = files::SIGN_PASSWORD_TRIES;
    let mut secrets = BTreeMap::from([
        (files::AUTH_PIN, four(files::AUTH_PIN_TRIES, profile.tries)),
        (
            files::SIGN_PASSWORD,
            Pin::new(PASSWORD, Rule::Password, tries, tries),
        ),
    ]);
    let printed = |value: &str, left| Pin::new(value, Rule::Printed, NUMBER_TRIES, left);
    let number = number_b(profile, identity);
    let number_b = printed(&number, profile.number_tries);
    let number_a = printed(NUMBER_A, NUMBER_TRIES);
    let other_pin = |tries| four(tries, tries);
    secrets.extend([
        (surface::MEMORY_B, number_b.clone()),
        (surface::MEMORY_A, number_a.clone()),
        // Nobody knows how many tries it has.
        (
            surface::MEMORY_BIRTH,
            Pin::unlimited(&birth_key(profile, identity), Rule::Printed),
        ),
        (support::MEMORY_PIN, other_pin(support::PIN_TRIES)),
        (support::MEMORY_B, number_b),
        (support::MEMORY_A, number_a),
        (register::MEMORY_COMMON_PIN, other_pin(register::PIN_TRIES)),
        (
            register::MEMORY_REGISTER_PIN,
            other_pin(register::PIN_TRIES),
        ),
    ]);
    secrets
}
