// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two slots: who goes first, readers that go, come and hang.
use super::*;

fn readers(card: bool, phone: bool) -> Said {
    Said::Readers(vec![
        (Role::Card, SLOT.to_owned(), card),
        (Role::Phone, PHONE_SLOT.to_owned(), phone),
    ])
}

impl House {
    async fn until_said(&mut self, what: &Said) {
        while self.hear().await.0 != *what {}
    }
}

#[tokio::test]
async fn what_nobody_holds_on_the_phone_slot_gives_way_to_a_card() {
    let mut house = House::with_phones();
    house.fake.state().jpki = 0x6A82;
    house.fake.place_on(PHONE_SLOT);
    let (junk, view) = house.until_placed().await;
    assert_eq!(view.borrow().kind, CardKind::Foreign);
    house.fake.state().jpki = 0x9000;
    let (card, view) = house.place().await;
    assert!(card > junk && view.borrow().slot == Role::Card);
    house.sign(":1.1", card, "1234").await.unwrap();
    house.fake.lift();
    assert_eq!(house.until_lifted().await, card);
    // What gave way is not looked at again before it was lifted.
    house.fake.lift_from(PHONE_SLOT);
    house.fake.state().label = ANDROID;
    house.fake.place_on(PHONE_SLOT);
    let (phone, view) = house.until_placed().await;
    assert_eq!(phone, card + 1);
    assert_eq!(view.borrow().kind, CardKind::PhoneAndroid);
}

#[tokio::test]
async fn a_phone_that_is_held_keeps_the_desk_until_it_is_released() {
    let mut house = House::with_phones();
    house.fake.state().label = ANDROID;
    house.fake.place_on(PHONE_SLOT);
    let (phone, _) = house.until_placed().await;
    house.sign(":1.1", phone, "0000").await.unwrap_err();
    house.fake.place();
    house.sign(":1.1", phone, "1234").await.unwrap();
    house.call(":1.1", phone, Call::Release).await.unwrap();
    assert_eq!(house.until_lifted().await, phone);
    let (_, view) = house.until_placed().await;
    assert_eq!(view.borrow().slot, Role::Card);
}

#[tokio::test]
async fn a_reader_that_hangs_is_told_and_the_other_slot_goes_on() {
    let mut house = House::with_phones();
    house.until_said(&readers(true, true)).await;
    let (card, _) = house.place().await;
    house.fake.hang(SLOT);
    assert!(house.sign(":1.1", card, "1234").await.is_err());
    house.until_said(&readers(false, true)).await;
    assert_eq!(house.until_lifted().await, card);
    house.fake.state().label = ANDROID;
    house.fake.place_on(PHONE_SLOT);
    let (phone, _) = house.until_placed().await;
    house.sign(":1.1", phone, "1234").await.unwrap();
    house.fake.lift_from(PHONE_SLOT);
    house.until_lifted().await;
    house.fake.unhang();
    house.until_said(&readers(true, true)).await;
    house.fake.state().label = b"JPKIAPICCTOKEN2                 ";
    // The card lies there still.
    let (card, _) = house.until_placed().await;
    house.sign(":1.1", card, "1234").await.unwrap();
    assert_eq!(house.fake.state().verifies, 2);
}

#[tokio::test]
async fn the_only_reader_that_hangs_ends_the_daemon() {
    let mut house = House::open();
    let (card, _) = house.place().await;
    house.fake.hang(SLOT);
    // Nobody is left to answer it.
    drop(house.sign(":1.1", card, "1234"));
    let ended = tokio::time::timeout(SOON, &mut house.task).await.unwrap();
    assert!(matches!(ended.unwrap(), Err(DeskError::Stuck(_))));
}

#[tokio::test]
async fn a_hung_reader_that_is_unplugged_is_replaced_by_the_next() {
    let mut house = House::with_phones();
    house.until_said(&readers(true, true)).await;
    let (card, _) = house.place().await;
    house.fake.hang(SLOT);
    assert!(house.sign(":1.1", card, "1234").await.is_err());
    house.until_said(&readers(false, true)).await;
    house.fake.unplug();
    house.fake.unhang();
    house.fake.plug();
    house.until_said(&readers(true, true)).await;
    let (card, _) = house.place().await;
    house.sign(":1.1", card, "1234").await.unwrap();
}
