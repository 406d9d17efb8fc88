// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the other daemons say by themselves, turned into events: cards, hops, comings and goings.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use uketsuke_bus::card1::{Card1Proxy, CardKind, CardProxy, ReaderState, Role};
use uketsuke_bus::uplink1::{HopState, Uplink1Proxy};
use uketsuke_bus::view::Hop;
use uketsuke_bus::{CARD, SCREEN, UPLINK};
use uketsuke_common::owner;
use zbus::names::WellKnownName;
use zbus::proxy::CacheProperties;
use zbus::{Connection, ObjectPath, OwnedObjectPath};

use crate::domain::{Event, Passed, Placed, Slot, Tag};

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
        &post,
        || vec![Event::ReaderDown, Event::Phones(false)],
        async || cards(&connection, &post).await,
    )
    .await
}

/// Follows the uplink until the bus or the owning task ends.
///
/// # Errors
/// When the bus fails.
pub async fn uplink(connection: Connection, post: Post) -> zbus::Result<()> {
    let gone = || vec![Event::Link(Some(Hop::Terminal))];
    follow(&connection, UPLINK, &post, gone, async || {
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
        &post,
        || vec![Event::ScreenGone],
        async || {
            if tell(&post, News::Event(Event::ScreenBack)).await.is_ok() {
                std::future::pending::<()>().await;
            }
            Ok(())
        },
    )
    .await
}

/// Runs `listen` while somebody owns `name`; tells `gone` whenever nobody does.
async fn follow(
    connection: &Connection,
    name: &'static str,
    post: &Post,
    gone: impl Fn() -> Vec<Event>,
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
                        if tell_all(post, gone()).await.is_err() {
                            return;
                        }
                        tokio::time::sleep(ASK_AGAIN).await;
                    }
                    Some(next) = owned.recv() => present = next,
                }
            }
            if tell_all(post, gone()).await.is_err() {
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
