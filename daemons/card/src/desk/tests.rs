// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]
mod phones;
mod slots;

use std::collections::HashMap;
use std::sync::Mutex;

use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use uketsuke_bus::secret::SecretBytes;

use super::*;
use crate::apdu::Pin;
use crate::fake::{ANDROID, Fake, Fault, IPHONE, PHONE_SLOT, SLOT, held, sample_certificate};

/// A generous limit; nothing waits that long unless something is broken.
const SOON: Duration = Duration::from_secs(30);

/// How long the certificate of a phone that has left can be had.
const KEPT: Duration = Duration::from_secs(30);

/// What a call will answer; the call is sent already.
type Answer<T> = std::pin::Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send>>;

#[derive(Debug, PartialEq)]
enum Said {
    Placed(u64),
    Lifted(u64),
    Readers(Vec<ReaderState>),
}

struct Ear {
    said: mpsc::UnboundedSender<(Said, Option<watch::Receiver<CardView>>)>,
    left: Arc<Mutex<HashMap<String, Arc<Notify>>>>,
}

impl Announce for Ear {
    async fn placed(&mut self, card: u64, view: watch::Receiver<CardView>) -> zbus::Result<()> {
        drop(self.said.send((Said::Placed(card), Some(view))));
        Ok(())
    }

    async fn lifted(&mut self, card: u64) -> zbus::Result<()> {
        drop(self.said.send((Said::Lifted(card), None)));
        Ok(())
    }

    async fn readers(&mut self, readers: Vec<ReaderState>) -> zbus::Result<()> {
        drop(self.said.send((Said::Readers(readers), None)));
        Ok(())
    }

    fn gone(&self, owner: OwnedUniqueName) -> impl Future<Output = ()> + Send + 'static {
        let left = notify(&self.left, owner.as_str());
        async move { left.notified().await }
    }
}

fn notify(all: &Mutex<HashMap<String, Arc<Notify>>>, owner: &str) -> Arc<Notify> {
    Arc::clone(all.lock().unwrap().entry(owner.to_owned()).or_default())
}

/// A desk at work over a fake card.
struct House {
    fake: Fake,
    post: mpsc::Sender<Letter>,
    said: mpsc::UnboundedReceiver<(Said, Option<watch::Receiver<CardView>>)>,
    left: Arc<Mutex<HashMap<String, Arc<Notify>>>>,
    task: JoinHandle<Result<(), DeskError>>,
}

impl Drop for House {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl House {
    fn open() -> Self {
        Self::with(SOON)
    }

    fn with(claim: Duration) -> Self {
        Self::of(Fake::new(), claim, false)
    }

    /// With a slot for phones.
    fn with_phones() -> Self {
        let fake = Fake::new();
        fake.plug_in(PHONE_SLOT);
        Self::of(fake, SOON, true)
    }

    fn of(fake: Fake, claim: Duration, phones: bool) -> Self {
        let (post, inbox) = mpsc::channel(8);
        let (tell, said) = mpsc::unbounded_channel();
        let left = Arc::default();
        let limits = Limits {
            apdu: Duration::from_millis(20),
            sign: Duration::from_millis(20),
        };
        let settings = Settings {
            limits,
            claim,
            kept: claim.min(KEPT),
            test_cards: false,
            phones,
        };
        let ear = Ear {
            said: tell,
            left: Arc::clone(&left),
        };
        let desk = Desk::new(
            Arc::new(fake.clone()),
            ear,
            settings,
            Trust::default(),
            post.clone(),
        );
        let task = tokio::spawn(desk.run(inbox, fake.snapshots(), None, || {}));
        Self {
            fake,
            post,
            said,
            left,
            task,
        }
    }

    async fn hear(&mut self) -> (Said, Option<watch::Receiver<CardView>>) {
        tokio::time::timeout(SOON, self.said.recv())
            .await
            .unwrap()
            .unwrap()
    }

    async fn until_placed(&mut self) -> (u64, watch::Receiver<CardView>) {
        loop {
            if let (Said::Placed(card), Some(view)) = self.hear().await {
                return (card, view);
            }
        }
    }

    async fn place(&mut self) -> (u64, watch::Receiver<CardView>) {
        self.fake.place();
        self.until_placed().await
    }

    async fn until_lifted(&mut self) -> u64 {
        loop {
            if let (Said::Lifted(card), _) = self.hear().await {
                return card;
            }
        }
    }

    fn call<T: Send + 'static>(
        &self,
        caller: &str,
        card: u64,
        call: impl FnOnce(Reply<T>) -> Call,
    ) -> Answer<T> {
        let (reply, answer) = oneshot::channel();
        let caller = OwnedUniqueName::try_from(caller.to_owned()).unwrap();
        let letter = Letter::Call {
            card,
            caller,
            call: call(reply),
        };
        self.post.try_send(letter).ok().unwrap();
        Box::pin(async move { tokio::time::timeout(SOON, answer).await.unwrap().unwrap() })
    }

    fn sign(&self, caller: &str, card: u64, pin: &str) -> Answer<Bytes> {
        let pin = Pin::new(SecretBytes::new(pin.as_bytes().to_vec())).unwrap();
        self.call(caller, card, |reply| {
            Call::Enter(Entry::Pin(pin, [7; 32]), reply)
        })
    }

    fn leave(&self, owner: &str) {
        notify(&self.left, owner).notify_one();
    }

    /// Waits until the card has no power.
    async fn until_off(&self) {
        let off = async {
            while self.fake.state().powered {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(SOON, off).await.unwrap();
    }
}

#[tokio::test]
async fn a_check_in_reads_signs_and_powers_down() {
    let mut house = House::open();
    let (card, view) = house.place().await;
    assert_eq!(
        (view.borrow().kind, view.borrow().tries),
        (CardKind::Card, 3)
    );
    let certificate = house
        .call(":1.1", card, Call::ReadCertificate)
        .await
        .unwrap();
    assert_eq!(*certificate, sample_certificate(b"JPKI"));
    assert_eq!(
        *house.sign(":1.1", card, "1234").await.unwrap(),
        [0x5A; 256]
    );
    assert!(!house.fake.state().powered);
    assert_eq!(house.fake.state().seen.len(), 17);
    // A second signature finds the card off and opens it again.
    house.sign(":1.1", card, "1234").await.unwrap();
    assert_eq!(house.fake.state().verifies, 2);
    assert_eq!(house.fake.state().connects, 2);
    house.fake.lift();
    assert_eq!(house.until_lifted().await, card);
    assert!(!view.borrow().there);
    assert!(matches!(
        house.sign(":1.1", card, "1234").await,
        Err(Refusal::Gone)
    ));
}

#[tokio::test]
async fn wrong_pins_spend_exactly_the_typed_tries() {
    let mut house = House::open();
    let (card, view) = house.place().await;
    for left in [2, 1, 0] {
        let refused = house.sign(":1.1", card, "0000").await.unwrap_err();
        assert!(matches!(refused, Refusal::WrongPin(l) if l == left));
        assert_eq!(view.borrow().tries, left);
    }
    assert_eq!(view.borrow().kind, CardKind::CardPinUnusable);
    assert!(matches!(
        house.sign(":1.1", card, "1234").await,
        Err(Refusal::PinBlocked)
    ));
    assert_eq!(house.fake.state().verifies, 3);
}

#[tokio::test]
async fn entries_that_queue_behind_the_last_try_are_not_sent() {
    let mut house = House::open();
    house.fake.state().tries = 1;
    let (card, _) = house.place().await;
    let first = house.sign(":1.1", card, "0000");
    let second = house.sign(":1.1", card, "1234");
    assert!(matches!(first.await, Err(Refusal::WrongPin(0))));
    assert!(matches!(second.await, Err(Refusal::PinBlocked)));
    assert_eq!(house.fake.state().verifies, 1);
}

#[tokio::test]
async fn one_caller_holds_the_card_until_it_releases_or_leaves() {
    let mut house = House::open();
    let (card, _) = house.place().await;
    house
        .call(":1.1", card, Call::ReadCertificate)
        .await
        .unwrap();
    assert!(matches!(
        house.sign(":1.2", card, "1234").await,
        Err(Refusal::Busy)
    ));
    assert!(matches!(
        house.call(":1.2", card, Call::ReadCertificate).await,
        Err(Refusal::Busy)
    ));
    assert!(matches!(
        house.call(":1.2", card, Call::Release).await,
        Err(Refusal::Busy)
    ));
    house.call(":1.1", card, Call::Release).await.unwrap();
    assert!(!house.fake.state().powered);
    house.sign(":1.2", card, "1234").await.unwrap();
    house.sign(":1.2", card, "9999").await.unwrap_err();
    assert!(house.fake.state().powered);
    house.leave(":1.2");
    house.until_off().await;
    house.sign(":1.3", card, "1234").await.unwrap();
    assert_eq!(house.fake.state().verifies, 3);
}

#[tokio::test]
async fn a_card_nobody_calls_is_powered_down_at_the_limit() {
    let mut house = House::with(Duration::from_millis(50));
    let (card, _) = house.place().await;
    house.until_off().await;
    house.sign(":1.1", card, "0000").await.unwrap_err();
    house.until_off().await;
    // The claim ended with it.
    house.sign(":1.2", card, "1234").await.unwrap();
}

#[tokio::test]
async fn release_ends_an_entry_under_way() {
    let mut house = House::open();
    let (card, _) = house.place().await;
    house.fake.state().dead = true;
    let entry = house.sign(":1.1", card, "1234");
    let release = house.call(":1.1", card, Call::Release);
    assert!(matches!(entry.await, Err(Refusal::Gone)));
    release.await.unwrap();
    assert!(!house.fake.state().powered);
}

#[tokio::test]
async fn kinds_without_pin_refuse_by_name_and_are_not_touched() {
    let mut house = House::open();
    house.fake.state().label = b"JPKIAPICCTOKEN                  ";
    let (card, view) = house.place().await;
    assert_eq!(view.borrow().kind, CardKind::Foreign);
    assert!(matches!(
        house.sign(":1.1", card, "1234").await,
        Err(Refusal::NotThisKind)
    ));
    assert_eq!(house.fake.state().verifies, 0);
}

#[tokio::test]
async fn cards_of_a_test_root_are_refused_before_the_pin() {
    let mut house = House::open();
    house.fake.state().certificate = Some(sample_certificate(b"JPKI-TEST"));
    assert!(held(&sample_certificate(b"JPKI-TEST")).is_of_test_root());
    let (card, _) = house.place().await;
    assert!(matches!(
        house.call(":1.1", card, Call::ReadCertificate).await,
        Err(Refusal::TestCard)
    ));
    assert!(matches!(
        house.sign(":1.1", card, "1234").await,
        Err(Refusal::TestCard)
    ));
    assert_eq!(house.fake.state().verifies, 0);
}

#[tokio::test]
async fn a_card_that_fails_twice_is_mute() {
    let mut house = House::open();
    house.fake.state().dead = true;
    let (card, view) = house.place().await;
    assert_eq!(view.borrow().kind, CardKind::Mute);
    assert_eq!(house.fake.state().connects, 2);
    assert!(matches!(
        house.sign(":1.1", card, "1234").await,
        Err(Refusal::NotThisKind)
    ));
}

#[tokio::test]
async fn readers_that_go_stay_listed_as_not_working() {
    let mut house = House::open();
    let readers = |works| Said::Readers(vec![(Role::Card, SLOT.to_owned(), works)]);
    assert_eq!(house.hear().await.0, readers(true));
    let (card, _) = house.place().await;
    house.fake.unplug();
    assert_eq!(house.hear().await.0, readers(false));
    assert_eq!(house.hear().await.0, Said::Lifted(card));
    house.fake.plug();
    assert_eq!(house.hear().await.0, readers(true));
    let (next, _) = house.place().await;
    assert_eq!(next, card + 1);
}

#[tokio::test]
async fn another_card_swapped_in_unseen_gets_no_pin() {
    let mut house = House::open();
    let (card, _) = house.place().await;
    house.call(":1.1", card, Call::Release).await.unwrap();
    house.fake.state().certificate = Some(sample_certificate(b"SOMEBODY ELSE"));
    assert!(matches!(
        house.sign(":1.1", card, "1234").await,
        Err(Refusal::Gone)
    ));
    assert_eq!(house.until_lifted().await, card);
    assert_eq!(house.until_placed().await.0, card + 1);
    assert_eq!(house.fake.state().verifies, 0);
}

/// One fault at one command of placing and signing; returns the line of what went wrong, if it did.
async fn with_fault(at: usize, fault: Fault) {
    let what = format!("{fault:?} at {at}");
    let mut house = House::open();
    house.fake.state().fault = Some((at, fault));
    house.fake.place();
    let mut outcome = None;
    if at >= 14 {
        let (card, _) = house.until_placed().await;
        outcome = Some(house.sign(":1.1", card, "1234").await);
    }
    let there = house
        .fake
        .snapshots()
        .borrow()
        .slots
        .first()
        .map(|s| s.card.is_some());
    let refused = outcome.map(|o| o.expect_err(&what));
    if let Some(refused) = refused {
        let named = match there {
            Some(false) => matches!(refused, Refusal::Gone),
            None => matches!(refused, Refusal::NoReader),
            Some(true) => matches!(refused, Refusal::Unreadable(_)),
        };
        assert!(named, "{what}: {refused}");
    }
    let entered = at > 14 || (at == 14 && fault.reaches_the_card());
    assert_eq!(house.fake.state().verifies, u32::from(entered), "{what}");
    assert_eq!(house.fake.state().tries, 3, "{what}");
    // The next card works.
    house.fake.lift();
    house.fake.state().dead = false;
    house.fake.state().fault = None;
    while house.said.try_recv().is_ok() {}
    let (card, view) = house.place().await;
    assert_eq!(view.borrow().kind, CardKind::Card, "{what}");
    house.sign(":1.1", card, "1234").await.expect(&what);
}

#[tokio::test]
async fn every_fault_at_every_command_is_named_and_the_next_card_works() {
    let mut all = tokio::task::JoinSet::new();
    for fault in Fault::ALL {
        for at in 0..17 {
            all.spawn(with_fault(at, fault));
        }
    }
    while let Some(result) = all.join_next().await {
        result.unwrap();
    }
}

#[tokio::test]
async fn a_failed_entry_tells_the_tries_the_card_has_now() {
    let mut house = House::open();
    let (card, view) = house.place().await;
    house.fake.state().fault = Some((0, Fault::LostAfter));
    let refused = house.sign(":1.1", card, "0000").await;
    assert!(matches!(refused, Err(Refusal::Unreadable(_))));
    assert_eq!((view.borrow().tries, house.fake.state().tries), (2, 2));
    house.sign(":1.1", card, "1234").await.unwrap();
    assert_eq!(house.fake.state().verifies, 2);
}
