// SPDX-License-Identifier: MIT OR Apache-2.0
//! The official test card whose files `myna-card` publishes (MIT, fictitious holder): every file as
//! it was read. Its private keys are where they belong, so whatever needs one is refused with `6985`
//! once the secrets are presented; its PINs are not published and are those of our cards.

use std::collections::BTreeMap;

use crate::calendar::Day;
use crate::files::{self, About, Application, Content, Credentials, OwnKey, Shape};
use crate::identity::Identity;
use crate::issuer::KeyName;
use crate::pin::{Pin, Rule};
use crate::profile::{NUMBER_TRIES, PASSWORD};
use crate::register;
use crate::{support, surface};

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../fixtures/myna-card/", $name)).as_slice()
    };
}

/// Serial number of its 利用者証明用 certificate.
const SERIAL: u32 = 0x22_7B13;
/// 照合番号B: born 1980-02-17, valid until 2035, security code 2285.
pub const NUMBER_B: &str = "55021720352285";
/// 照合番号A, the number in EF 0001 of the 券面入力補助AP.
pub const NUMBER_A: &str = "537686677188";
/// 生年月日 key.
pub const BIRTH_KEY: &str = "550217";
/// Serial number of the card, 15 digits.
const CARD_SERIAL: &str = "400000012719843";
/// Last day of the card.
const EXPIRY: &str = "20350217";

/// What its certificates say; `made` is today, because they are never made anew.
pub(crate) fn identity(today: Day) -> Identity {
    Identity {
        made: today.0,
        from: Day::from_date(2025, 10, 27).0,
        until: Day::from_date(2030, 2, 17).0,
        birth: Day::from_date(1980, 2, 17).0,
        auth_serial: SERIAL,
        auth_name: "997794E9AGCIEG13221003A".to_owned(),
        sign_serial: 0x1E_E607,
        sign_name: "202510161726000013413221003A".to_owned(),
    }
}

/// Its applications.
pub fn applications(shape: &Shape) -> Vec<Application> {
    let jpki = files::jpki(
        shape,
        Credentials {
            terminals: None,
            auth_certificate: file!("jpki-auth-cert.der").to_vec(),
            auth_root: file!("jpki-auth-ca-cert.der").to_vec(),
            auth_key: None,
            sign_certificate: file!("jpki-sign-cert.der").to_vec(),
            sign_root: file!("jpki-sign-ca-cert.der").to_vec(),
            sign_key: None,
        },
    );
    let surface = surface::Records {
        age: file!("surface-0001.bin").to_vec(),
        face: file!("surface-0002.bin").to_vec(),
        information: file!("surface-0003.bin").to_vec(),
        certificate: file!("surface-0004.bin").to_vec(),
        number: file!("surface-0005.bin").to_vec(),
    };
    let support = support::Records {
        number: file!("text-0001-physical.bin").to_vec(),
        text: file!("text-0002.bin").to_vec(),
        digests: file!("text-0003.bin").to_vec(),
        certificate: file!("text-0004.bin").to_vec(),
        information: file!("text-0005.bin").to_vec(),
        delivery: file!("text-0006.bin").to_vec(),
        key: file!("text-0007.bin").to_vec(),
    };
    let support_shape = support::Shape {
        b_opens_digests: shape.behaviour.b_opens_digests,
        pin_blocked: false,
    };
    // The key both applications name in EF 0002 is not published.
    let record = register::card_record(CARD_SERIAL, EXPIRY);
    let lost = Content::LostKey(files::Access::Free);
    vec![
        jpki,
        surface::application(surface, OwnKey::Lost),
        support::application(support, support_shape, OwnKey::Lost),
        register::common(record, None, lost, false),
        register::register(None, false),
    ]
}

/// What it says in its data objects. Its card identification number is not published.
pub fn about() -> About {
    let upper = file!("mf-do-F8.bin");
    // Behind header list, tag and length: issuer, then subject.
    let name = |at: usize| KeyName::try_from(&upper[at..at + 16]).expect("16 bytes");
    About {
        expiry: EXPIRY.to_owned(),
        number: CARD_SERIAL.as_bytes().to_vec(),
        keys: [name(17), name(33)],
        upper: upper.to_vec(),
        lower: Some(file!("mf-do-7F21.bin").to_vec()),
    }
}

/// Its secrets, with this 利用者証明用 PIN.
pub fn secrets(pin: &str) -> BTreeMap<u16, Pin> {
    let four = |tries| Pin::new(pin, Rule::FourDigits, tries, tries);
    let printed = |value: &str| Pin::new(value, Rule::Printed, NUMBER_TRIES, NUMBER_TRIES);
    let tries = files::SIGN_PASSWORD_TRIES;
    BTreeMap::from([
        (files::AUTH_PIN, four(files::AUTH_PIN_TRIES)),
        (
            files::SIGN_PASSWORD,
            Pin::new(PASSWORD, Rule::Password, tries, tries),
        ),
        (surface::MEMORY_A, printed(NUMBER_A)),
        (surface::MEMORY_B, printed(NUMBER_B)),
        (
            surface::MEMORY_BIRTH,
            Pin::unlimited(BIRTH_KEY, Rule::Printed),
        ),
        (support::MEMORY_PIN, four(support::PIN_TRIES)),
        (support::MEMORY_A, printed(NUMBER_A)),
        (support::MEMORY_B, printed(NUMBER_B)),
        (register::MEMORY_COMMON_PIN, four(register::PIN_TRIES)),
        (register::MEMORY_REGISTER_PIN, four(register::PIN_TRIES)),
    ])
}
