// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]
use uketsuke_bus::secret::SecretBytes;

use super::*;
use crate::fake::{Fake, FakeCard, Fault, SLOT, sample_certificate};
use crate::link::Slots;

const LIMITS: Limits = Limits {
    apdu: Duration::from_millis(20),
    sign: Duration::from_millis(20),
};

fn pin(digits: &[u8; 4]) -> Pin {
    Pin::new(SecretBytes::new(digits.to_vec())).unwrap()
}

async fn open(fake: &Fake) -> Result<(Option<Session<FakeCard>>, Identity), SessionError> {
    fake.place();
    Session::open(fake.connect(SLOT).await.unwrap(), LIMITS).await
}

async fn kind(fake: &Fake) -> CardKind {
    open(fake).await.map(|(_, identity)| identity.kind).unwrap()
}

fn headers(fake: &Fake) -> Vec<String> {
    let hex = |c: &Vec<u8>| c.iter().map(|b| format!("{b:02X}")).collect();
    fake.state().seen.iter().map(hex).collect()
}

#[tokio::test]
async fn a_job_is_seventeen_commands_in_this_order() {
    let fake = Fake::new();
    let (session, identity) = open(&fake).await.unwrap();
    let mut session = session.unwrap();
    assert_eq!((identity.kind, identity.tries), (CardKind::Card, 3));
    let certificate = identity.certificate.unwrap();
    assert_eq!(certificate.der(), sample_certificate(b"JPKI"));
    assert_eq!(
        session.sign(pin(b"1234"), &[7; 32]).await.unwrap(),
        [0x5A; 256]
    );
    let seen = headers(&fake);
    assert_eq!(
        seen[..16],
        [
            "00A4040C07A0000001510000",
            "00A4040C0AD392F000260100000001",
            "00A4020C020006",
            "00B0000020",
            "00A4020C02000A",
            "00B0000000",
            "00B0010000",
            "00B0020000",
            "00B0030000",
            "00B0040000",
            "00B0050000",
            "00B0060036",
            "00A4020C020018",
            "00200080",
            "002000800431323334",
            "00A4020C020017",
        ]
    );
    assert!(seen[16].starts_with("802A008033303130") && seen[16].ends_with("00"));
    assert_eq!(seen.len(), 17);
    session.power_down().await.unwrap();
    assert!(!fake.state().unlocked && !fake.state().powered);
}

#[tokio::test]
async fn a_wrong_pin_spends_one_try_and_the_session_goes_on() {
    let fake = Fake::new();
    let mut session = open(&fake).await.unwrap().0.unwrap();
    for left in [2, 1] {
        let error = session.sign(pin(b"0000"), &[0; 32]).await.unwrap_err();
        assert!(matches!(error, SessionError::WrongPin { left: l } if l == left));
    }
    session.sign(pin(b"1234"), &[0; 32]).await.unwrap();
    assert_eq!(fake.state().verifies, 3);
}

#[tokio::test]
async fn kinds_follow_the_answers() {
    let fake = Fake::new();
    for (label, expected) in [
        (b"JPKIAPICCTOKEN2                 ", CardKind::Card),
        (b"JPKIAPGPSETOKEN                 ", CardKind::PhoneAndroid),
        (b"JPKIAPIOSTOKEN                  ", CardKind::PhoneIphone),
        (b"JPKIAPICCTOKEN                  ", CardKind::Foreign),
        (b"SOMETHING NEW                   ", CardKind::Foreign),
    ] {
        fake.state().label = label;
        assert_eq!(kind(&fake).await, expected);
    }
    fake.state().label = b"JPKIAPICCTOKEN2                 ";
    fake.state().tries = 0;
    assert_eq!(kind(&fake).await, CardKind::CardPinUnusable);
    for refusal in [0x6A82, 0x6D00, 0x6E00, 0x6999] {
        fake.state().isd = refusal;
        fake.state().jpki = refusal;
        assert_eq!(kind(&fake).await, CardKind::Foreign);
        assert!(!fake.state().powered, "a foreign card is powered down");
    }
}

#[tokio::test]
async fn a_card_that_could_not_be_cleaned_is_not_used() {
    let fake = Fake::new();
    fake.state().isd = 0x6A82;
    assert!(open(&fake).await.is_err());
}

#[tokio::test]
async fn the_first_command_alone_is_repeated_after_6f00() {
    let fake = Fake::new();
    fake.state().first_is_internal = true;
    assert_eq!(kind(&fake).await, CardKind::Card);
    fake.state().jpki = 0x6F00;
    assert!(matches!(
        open(&fake).await,
        Err(SessionError::Status {
            sw: Sw::INTERNAL,
            ..
        })
    ));
}

#[tokio::test]
async fn filler_behind_the_certificate_is_cut_off() {
    let fake = Fake::new();
    fake.state()
        .certificate
        .as_mut()
        .unwrap()
        .extend([0xFF; 700]);
    let (_, identity) = open(&fake).await.unwrap();
    assert_eq!(identity.certificate.unwrap().der().len(), 1590);
}

#[tokio::test]
async fn certificates_that_lie_about_their_length_are_refused() {
    let fake = Fake::new();
    for bad in [
        vec![],
        vec![0x30],
        vec![0x30, 0x82, 0x7F, 0xFF],
        vec![0x30, 0x82, 0x20, 0x00],
        vec![0x04, 0x02, 0x00, 0x00],
        sample_certificate(b"JPKI")[..1000].to_vec(),
    ] {
        fake.state().certificate = Some(bad);
        assert!(matches!(
            open(&fake).await,
            Err(SessionError::Garbled { .. })
        ));
    }
    fake.state().certificate = None;
    let (_, identity) = open(&fake).await.unwrap();
    assert!(identity.certificate.is_none());
}

#[tokio::test]
async fn every_fault_at_every_command_is_an_error_and_never_a_second_verify() {
    for fault in Fault::ALL {
        for at in 0..17 {
            let fake = Fake::new();
            fake.state().fault = Some((at, fault));
            let outcome = match open(&fake).await {
                Ok((Some(mut session), _)) => session.sign(pin(b"1234"), &[1; 32]).await,
                Ok((None, _)) => panic!("{fault:?} at {at}: not the card"),
                Err(error) => Err(error),
            };
            assert!(outcome.is_err(), "{fault:?} at {at}");
            let entered = at > 14 || (at == 14 && fault.reaches_the_card());
            assert_eq!(
                fake.state().verifies,
                u32::from(entered),
                "{fault:?} at {at}"
            );
            assert!(!fake.state().unlocked, "{fault:?} at {at}: left unlocked");
        }
    }
}
