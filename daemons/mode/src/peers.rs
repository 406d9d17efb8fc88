// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the other daemons say by themselves, turned into events: cards, hops, comings and goings.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::{mpsc, watch};
use uketsuke_bus::card1::{Card1Proxy, CardKind, CardProxy, ReaderState, Role};
use uketsuke_bus::face1::{CameraState, Face1Proxy};
use uketsuke_bus::uplink1::{HopState, Uplink1Proxy};
use uketsuke_bus::view::{Hint, Hop};
use uketsuke_bus::{CARD, FACE, PINLESS, SCREEN, UPLINK};
use uketsuke_common::owner;
use zbus::names::WellKnownName;
use zbus::proxy::CacheProperties;
use zbus::{Connection, ObjectPath, OwnedObjectPath};

use crate::domain::{Event, Faces, Passed, Placed, Slot, Tag};

/// Pause before a peer that is there but does not answer is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// News for the owning task.
pub enum News {
    /// A card was placed; its object.
    Placed(OwnedObjectPath, Placed),
    /// The card with this object was lifted.
    Lifted(OwnedObjectPath),
    /// What came of a staff passcode, and whose it is.
    Verified(Tag, Passed, Option<String>),
    /// Anything that needs no object.
    Event(Event),
}

type Post = mpsc::Sender<News>;

/// The owning task has ended, so nobody needs news any more.
struct Closed;

async fn tell(post: &Post, news: News) -> Result<(), Closed> {
    post.send(news).await.map_err(|_| Closed)
}

async fn tell_all(post: &Post, events: Vec<Event>) -> Result<(), Closed> {
    for event in events {
        tell(post, News::Event(event)).await?;
    }
    Ok(())
}

/// Follows the card daemon until the bus or the owning task ends.
///
/// # Errors
/// When the bus fails.
pub async fn card(connection: Connection, post: Post) -> zbus::Result<()> {
    follow(
        &connection,
        CARD,
        async || tell_all(&post, vec![Event::ReaderDown, Event::Phones(false)]).await,
        async || cards(&connection, &post).await,
    )
    .await
}

/// Follows the uplink until the bus or the owning task ends.
///
/// # Errors
/// When the bus fails.
pub async fn uplink(connection: Connection, post: Post) -> zbus::Result<()> {
    let gone = async || tell_all(&post, vec![Event::Link(Some(Hop::Terminal))]).await;
    follow(&connection, UPLINK, gone, async || {
        hops(&connection, &post).await
    })
    .await
}

/// Follows the screen until the bus or the owning task ends.
///
/// # Errors
/// When the bus fails.
pub async fn screen(connection: Connection, post: Post) -> zbus::Result<()> {
    follow(
        &connection,
        SCREEN,
        async || tell_all(&post, vec![Event::ScreenGone]).await,
        async || {
            if tell(&post, News::Event(Event::ScreenBack)).await.is_ok() {
                std::future::pending::<()>().await;
            }
            Ok(())
        },
    )
    .await
}

/// Follows who compares faces and who may have a card sign on one, until the bus or the owning task ends.
///
/// # Errors
/// When the bus fails.
pub async fn face(connection: Connection, post: Post) -> zbus::Result<()> {
    let (seen, mut now) = watch::channel(Cameras::default());
    let tell_changes = async {
        let mut told = Faces::Absent;
        while now.changed().await.is_ok() {
            let faces = now.borrow_and_update().faces();
            if std::mem::replace(&mut told, faces) != faces
                && tell(&post, News::Event(Event::Faces(faces))).await.is_err()
            {
                return;
            }
        }
    };
    let pinless = follow(
        &connection,
        PINLESS,
        async || {
            seen.send_modify(|seen| seen.pinless = false);
            Ok(())
        },
        async || {
            seen.send_modify(|seen| seen.pinless = true);
            std::future::pending().await
        },
    );
    let cameras = follow(
        &connection,
        FACE,
        async || {
            seen.send_modify(|seen| seen.work = None);
            Ok(())
        },
        async || cameras(&connection, &seen, &post).await,
    );
    tokio::select! {
        ended = pinless => ended,
        ended = cameras => ended,
        () = tell_changes => Ok(()),
    }
}

/// What is needed for a card to sign on a face.
#[derive(Default)]
struct Cameras {
    /// Somebody may have it sign without PIN.
    pinless: bool,
    /// Somebody compares, and both cameras work.
    work: Option<bool>,
}

impl Cameras {
    fn faces(&self) -> Faces {
        match self.work.filter(|_| self.pinless) {
            None => Faces::Absent,
            Some(false) => Faces::Broken,
            Some(true) => Faces::Works,
        }
    }
}

/// The cameras' health, and hints.
async fn cameras(
    connection: &Connection,
    seen: &watch::Sender<Cameras>,
    post: &Post,
) -> zbus::Result<()> {
    let face = Face1Proxy::new(connection).await?;
    let mut hints = face.receive_hint().await?;
    let mut changes = face.receive_cameras_changed().await;
    let uncached = Face1Proxy::builder(connection)
        .cache_properties(CacheProperties::No)
        .build()
        .await?;
    if uncached.engine().await?.is_empty() {
        // It does not change while its owner lives. Cameras alone compare nothing.
        tracing::info!("there are cameras, and nothing that compares faces");
        return std::future::pending().await;
    }
    let health = uncached.cameras().await?;
    seen.send_modify(|seen| seen.work = Some(all_work(&health)));
    loop {
        tokio::select! {
            Some(change) = changes.next() => {
                let health = change.get().await?;
                seen.send_modify(|seen| seen.work = Some(all_work(&health)));
            }
            Some(hint) = hints.next() => {
                // One that is not known here helps nobody here.
                if let Some(hint) = Hint::from_wire(hint.args()?.hint) {
                    tell(post, News::Event(Event::Hint(hint))).await.map_err(closed)?;
                }
            }
            else => return Ok(()),
        }
    }
}

fn all_work(cameras: &[CameraState]) -> bool {
    !cameras.is_empty() && cameras.iter().all(|(_, works)| *works)
}

/// Runs `listen` while somebody owns `name`; tells `gone` whenever nobody does.
async fn follow(
    connection: &Connection,
    name: &'static str,
    gone: impl AsyncFn() -> Result<(), Closed>,
    listen: impl AsyncFn() -> zbus::Result<()>,
) -> zbus::Result<()> {
    let (changes, mut owned) = mpsc::unbounded_channel();
    let well_known = WellKnownName::from_static_str(name)?;
    let watch = owner::watch(connection, &well_known, |present| {
        // The other end lives as long as this future.
        let _ = changes.send(present);
    });
    let work = async {
        while let Some(present) = owned.recv().await {
            let mut present = present;
            while present {
                tokio::select! {
                    ended = listen() => {
                        if let Err(error) = ended {
                            tracing::warn!(%error, name, "does not answer; asked again");
                        }
                        if gone().await.is_err() {
                            return;
                        }
                        tokio::time::sleep(ASK_AGAIN).await;
                    }
                    Some(next) = owned.recv() => present = next,
                }
            }
            if gone().await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        ended = watch => ended,
        () = work => Ok(()),
    }
}

/// Cards and reader slots, in the order the card daemon says them.
async fn cards(connection: &Connection, post: &Post) -> zbus::Result<()> {
    let reader = Card1Proxy::new(connection).await?;
    // One stream for both signals: two would lose the order of lifting and placing.
    let mut signals = reader.inner().receive_all_signals().await?;
    let mut slots = reader.receive_readers_changed().await;
    let uncached = Card1Proxy::builder(connection)
        .cache_properties(CacheProperties::No)
        .build()
        .await?;
    let phones = uncached.phones().await?;
    tell_slots(post, phones, &uncached.readers().await?).await?;
    let mut known = None;
    let present = uncached.present().await?;
    if present.as_str() != "/" {
        known = placed(connection, &uncached, post, present).await?;
    }
    loop {
        tokio::select! {
            Some(signal) = signals.next() => {
                let header = signal.header();
                let member = header.member().map(|m| m.as_str());
                let card = || signal.body().deserialize::<ObjectPath<'_>>().map(OwnedObjectPath::from);
                match member {
                    // Said once more by the property when we began to listen.
                    Some("CardPlaced") if known.as_ref() != Some(&card()?) => {
                        known = placed(connection, &uncached, post, card()?).await?;
                    }
                    Some("CardLifted") => {
                        known = None;
                        tell(post, News::Lifted(card()?)).await.map_err(closed)?;
                    }
                    _ => {}
                }
            }
            Some(change) = slots.next() => tell_slots(post, phones, &change.get().await?).await?,
            else => return Ok(()),
        }
    }
}

async fn tell_slots(post: &Post, phones: bool, slots: &[ReaderState]) -> zbus::Result<()> {
    let works = |wanted| {
        slots
            .iter()
            .any(|(role, _, works)| *role == wanted && *works)
    };
    let reader = if works(Role::Card) {
        Event::ReaderUp
    } else {
        Event::ReaderDown
    };
    let events = vec![reader, Event::Phones(phones && works(Role::Phone))];
    tell_all(post, events).await.map_err(closed)
}

/// Asks what was placed and tells it; `None` when it is gone already.
async fn placed(
    connection: &Connection,
    reader: &Card1Proxy<'_>,
    post: &Post,
    path: OwnedObjectPath,
) -> zbus::Result<Option<OwnedObjectPath>> {
    let card = CardProxy::builder(connection)
        .path(path.clone())
        .cache_properties(CacheProperties::No)
        .build()
        .await?;
    let slot = card.slot().await.map(|role| match role {
        Role::Card => Slot::Card,
        Role::Phone => Slot::Phone,
    });
    let said = match (slot, card.kind().await, card.pin_tries_left().await) {
        (Ok(slot), Ok(kind), Ok(tries)) => Placed { slot, kind, tries },
        // Lifted meanwhile: its signal follows. Still there: a card that cannot be read.
        (slot, kind, tries) => {
            if reader.present().await? != path {
                return Ok(None);
            }
            let there = slot.as_ref().map_or(Slot::Card, |slot| *slot);
            let error = slot.err().or(kind.err()).or(tries.err());
            tracing::warn!(
                ?error,
                "a card lies there, but the card daemon does not say which"
            );
            Placed {
                slot: there,
                kind: CardKind::Mute,
                tries: 0,
            }
        }
    };
    let news = News::Placed(path.clone(), said);
    tell(post, news).await.map_err(closed)?;
    Ok(Some(path))
}

async fn hops(connection: &Connection, post: &Post) -> zbus::Result<()> {
    let uplink = Uplink1Proxy::new(connection).await?;
    let mut changes = uplink.receive_hops_changed().await;
    let uncached = Uplink1Proxy::builder(connection)
        .cache_properties(CacheProperties::No)
        .build()
        .await?;
    let mut told = first_down(&uncached.hops().await?);
    tell(post, News::Event(Event::Link(told)))
        .await
        .map_err(closed)?;
    while let Some(change) = changes.next().await {
        let down = first_down(&change.get().await?);
        if down != told {
            told = down;
            tell(post, News::Event(Event::Link(down)))
                .await
                .map_err(closed)?;
        }
    }
    Ok(())
}

/// The first hop on the way that is down.
fn first_down(hops: &[HopState]) -> Option<Hop> {
    hops.iter().find(|hop| !hop.up).map(|hop| hop.hop)
}

fn closed(_: Closed) -> zbus::Error {
    zbus::Error::Failure("the owning task has ended".into())
}
