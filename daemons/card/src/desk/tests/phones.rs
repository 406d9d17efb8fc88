// SPDX-License-Identifier: MIT OR Apache-2.0
//! Phones on their slot.
use super::*;

impl House {
    async fn lay_phone(&mut self, label: &'static [u8]) -> (u64, watch::Receiver<CardView>) {
        self.fake.state().label = label;
        self.fake.place_on(PHONE_SLOT);
        let (card, view) = self.until_placed().await;
        assert_eq!(view.borrow().slot, Role::Phone);
        (card, view)
    }

    fn sign_on_phone(&self, caller: &str, card: u64) -> Answer<Bytes> {
        self.call(caller, card, |reply| {
            Call::Enter(Entry::Unlocked([7; 32]), reply)
        })
    }

    fn certificate(&self, caller: &str, card: u64) -> Answer<Bytes> {
        self.call(caller, card, Call::ReadCertificate)
    }
}

#[tokio::test]
async fn android_shows_its_certificate_after_the_one_verify_also_when_it_has_left() {
    let mut house = House::with_phones();
    let (card, view) = house.lay_phone(ANDROID).await;
    assert_eq!(view.borrow().kind, CardKind::PhoneAndroid);
    assert_eq!(view.borrow().tries, 3);
    let refused = house.certificate(":1.1", card).await;
    assert!(matches!(refused, Err(Refusal::NotYet)));
    let refused = house.sign_on_phone(":1.1", card).await;
    assert!(matches!(refused, Err(Refusal::NotThisKind)));
    let signature = house.sign(":1.1", card, "1234").await.unwrap();
    assert_eq!(*signature, [0x5A; 256]);
    house.until_off().await;
    assert_eq!(house.fake.state().verifies, 1);
    let certificate = sample_certificate(b"JPKI");
    assert_eq!(*house.certificate(":1.1", card).await.unwrap(), certificate);
    house.fake.lift_from(PHONE_SLOT);
    assert_eq!(house.until_lifted().await, card);
    assert_eq!(*house.certificate(":1.1", card).await.unwrap(), certificate);
    let refused = house.certificate(":1.2", card).await;
    assert!(matches!(refused, Err(Refusal::Busy)));
    let refused = house.sign(":1.1", card, "1234").await;
    assert!(matches!(refused, Err(Refusal::Gone)));
    // Until the next card.
    house.fake.state().label = b"JPKIAPICCTOKEN2                 ";
    house.place().await;
    let refused = house.certificate(":1.1", card).await;
    assert!(matches!(refused, Err(Refusal::Gone)));
    assert_eq!(house.fake.state().verifies, 1);
}

#[tokio::test]
async fn the_certificate_of_a_phone_that_left_is_forgotten() {
    let fake = Fake::new();
    fake.plug_in(PHONE_SLOT);
    let mut house = House::of(fake, Duration::from_millis(300), true);
    let (card, _) = house.lay_phone(ANDROID).await;
    house.sign(":1.1", card, "1234").await.unwrap();
    house.fake.lift_from(PHONE_SLOT);
    house.until_lifted().await;
    let forgotten = async {
        while house.certificate(":1.1", card).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, forgotten).await.unwrap();
}

#[tokio::test]
async fn an_iphone_signs_when_its_holder_has_unlocked_it() {
    let mut house = House::with_phones();
    house.fake.state().held_unlocked = false;
    let (card, view) = house.lay_phone(IPHONE).await;
    assert_eq!(view.borrow().kind, CardKind::PhoneIphone);
    let refused = house.sign_on_phone(":1.1", card).await;
    assert!(matches!(refused, Err(Refusal::NotAllowed)));
    let refused = house.sign(":1.1", card, "1234").await;
    assert!(matches!(refused, Err(Refusal::NotThisKind)));
    let refused = house.certificate(":1.1", card).await;
    assert!(matches!(refused, Err(Refusal::NotYet)));
    house.fake.state().held_unlocked = true;
    house.sign_on_phone(":1.1", card).await.unwrap();
    house.until_off().await;
    let certificate = house.certificate(":1.1", card).await.unwrap();
    assert_eq!(*certificate, sample_certificate(b"JPKI"));
    assert_eq!(house.fake.state().verifies, 0);
}

#[tokio::test]
async fn wrong_pins_of_android_spend_the_typed_tries_and_it_stays_a_phone() {
    let mut house = House::with_phones();
    let (card, view) = house.lay_phone(ANDROID).await;
    for left in [2, 1, 0] {
        let refused = house.sign(":1.1", card, "0000").await;
        assert!(matches!(refused, Err(Refusal::WrongPin(l)) if l == left));
    }
    let refused = house.sign(":1.1", card, "1234").await;
    assert!(matches!(refused, Err(Refusal::PinBlocked)));
    assert_eq!(view.borrow().kind, CardKind::PhoneAndroid);
    assert_eq!((view.borrow().tries, house.fake.state().verifies), (0, 3));
}

#[tokio::test]
async fn a_phone_of_a_test_root_gives_no_signature() {
    let mut house = House::with_phones();
    house.fake.state().certificate = Some(sample_certificate(b"JPKI-TEST"));
    let (card, _) = house.lay_phone(ANDROID).await;
    let refused = house.sign(":1.1", card, "1234").await;
    assert!(matches!(refused, Err(Refusal::TestCard)));
    house.until_off().await;
    let signatures = |seen: &Vec<Vec<u8>>| seen.iter().filter(|c| c[1] == 0x2A).count();
    assert_eq!(signatures(&house.fake.state().seen), 0);
    assert_eq!(house.fake.state().verifies, 1);
    house.fake.lift_from(PHONE_SLOT);
    house.until_lifted().await;
    let (iphone, _) = house.lay_phone(IPHONE).await;
    let refused = house.sign_on_phone(":1.1", iphone).await;
    assert!(matches!(refused, Err(Refusal::TestCard)));
    assert_eq!(signatures(&house.fake.state().seen), 0);
}

#[tokio::test]
async fn another_phone_swapped_in_unseen_gets_no_pin() {
    let mut house = House::with_phones();
    let (card, _) = house.lay_phone(ANDROID).await;
    house.call(":1.1", card, Call::Release).await.unwrap();
    house.fake.state().label = b"JPKIAPGPSETOKEN                 another";
    let refused = house.sign(":1.1", card, "1234").await;
    assert!(matches!(refused, Err(Refusal::Gone)));
    assert_eq!(house.until_lifted().await, card);
    assert_eq!(house.until_placed().await.0, card + 1);
    assert_eq!(house.fake.state().verifies, 0);
}

/// Commands of a phone before it has its object, and in all.
const ANDROID_FLOW: (usize, usize) = (7, 18);
const IPHONE_FLOW: (usize, usize) = (5, 15);

#[tokio::test]
async fn the_flows_have_as_many_commands_as_are_tried_below() {
    for (label, flow) in [(ANDROID, ANDROID_FLOW), (IPHONE, IPHONE_FLOW)] {
        let mut house = House::with_phones();
        let (card, _) = house.lay_phone(label).await;
        let before = house.fake.state().seen.len();
        match label {
            ANDROID => house.sign(":1.1", card, "1234").await.unwrap(),
            _ => house.sign_on_phone(":1.1", card).await.unwrap(),
        };
        assert_eq!((before, house.fake.state().seen.len()), flow);
    }
}

/// One fault at one command of a phone.
async fn with_fault(label: &'static [u8], flow: (usize, usize), at: usize, fault: Fault) {
    let what = format!("{fault:?} at {at} of {}", String::from_utf8_lossy(label));
    let mut house = House::with_phones();
    house.fake.state().label = label;
    house.fake.state().fault = Some((at, fault));
    house.fake.place_on(PHONE_SLOT);
    let entry = (label == ANDROID).then_some(flow.0);
    if at >= flow.0 {
        let (card, _) = house.until_placed().await;
        let refused = match entry {
            Some(_) => house.sign(":1.1", card, "1234").await.expect_err(&what),
            None => house.sign_on_phone(":1.1", card).await.expect_err(&what),
        };
        let lifts = matches!(fault, Fault::LiftBefore | Fault::LiftAfter);
        let named = match refused {
            Refusal::Gone => lifts,
            Refusal::Unreadable(_) => !lifts,
            _ => false,
        };
        assert!(named, "{what}: {refused}");
    }
    let entered =
        entry.is_some_and(|entry| at > entry || (at == entry && fault.reaches_the_card()));
    assert_eq!(house.fake.state().verifies, u32::from(entered), "{what}");
    assert_eq!(house.fake.state().tries, 3, "{what}");
    // The next card works.
    house.fake.lift_from(PHONE_SLOT);
    house.fake.state().dead = false;
    house.fake.state().fault = None;
    while house.said.try_recv().is_ok() {}
    house.fake.state().label = b"JPKIAPICCTOKEN2                 ";
    let (card, view) = house.place().await;
    assert_eq!(view.borrow().kind, CardKind::Card, "{what}");
    house.sign(":1.1", card, "1234").await.expect(&what);
}

#[tokio::test]
async fn every_fault_at_every_command_of_a_phone_is_named_and_the_next_card_works() {
    let mut all = tokio::task::JoinSet::new();
    for fault in Fault::ALL.into_iter().filter(|f| *f != Fault::UnplugBefore) {
        for (label, flow) in [(ANDROID, ANDROID_FLOW), (IPHONE, IPHONE_FLOW)] {
            for at in 0..flow.1 {
                all.spawn(with_fault(label, flow, at, fault));
            }
        }
    }
    while let Some(result) = all.join_next().await {
        result.unwrap();
    }
}
