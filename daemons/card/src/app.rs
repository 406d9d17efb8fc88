// SPDX-License-Identifier: MIT OR Apache-2.0
//! Puts the parts together.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::{mpsc, watch};
use uketsuke_bus::{CARD, CARD_PATH};
use uketsuke_common::Start;

use crate::bus::{Announcer, Card1, ReaderView};
use crate::desk::{self, Desk, Settings, Trust};
use crate::pcsc::Pcsc;
use crate::pinless::Service;
use crate::roles::Roles;
use crate::roots;
use crate::session::Limits;

/// Calls that wait for the desk. It answers at once, so a longer queue means a flood, which then
/// waits in the sockets of those who make it.
const INBOX: usize = 32;

/// How long the certificate of a phone that has left can be had, if no other card is placed meanwhile.
const KEPT: Duration = Duration::from_secs(30);

/// Runs the daemon until it fails or is stopped.
///
/// # Errors
/// When the bus or the watch over the slots fails, or pcscd hangs for good.
pub async fn run(start: Start) -> anyhow::Result<()> {
    let config = &start.config.card;
    let millis = |ms: u32| Duration::from_millis(ms.into());
    let settings = Settings {
        limits: Limits {
            apdu: millis(config.apdu_timeout_ms),
            sign: millis(config.sign_timeout_ms),
        },
        claim: Duration::from_secs(config.claim_s.into()),
        kept: KEPT,
        test_cards: config.test_cards,
        phones: !config.phone_slot.is_empty(),
    };
    let mut trust = Trust {
        roots: roots::read(&config.roots, config.test_cards).context("card.roots")?,
        decoder: std::env::var_os("UKETSUKE_PHOTO_SOCKET")
            .map_or_else(|| uketsuke_photo::client::SOCKET.into(), PathBuf::from),
        pinless: None,
    };
    let (view, mirrored) = watch::channel(ReaderView {
        readers: desk::unseen(settings.phones).collect(),
        phones: settings.phones,
        ..ReaderView::default()
    });
    let connection = start
        .bus()
        .serve_at(CARD_PATH, Card1::new(mirrored))
        .build()
        .await
        .context("bus")?;
    trust.pinless = Some(Service::new(connection.clone(), settings.limits.sign));
    let (post, inbox) = mpsc::channel(INBOX);
    let announcer = Announcer::new(connection.clone(), view, post.clone());
    let (mut slots, snapshots) = Pcsc::start(Roles::new(config)).context("PC/SC thread")?;
    slots.wait_at_the_end(settings.limits.apdu.max(settings.limits.sign));
    let desk = Desk::new(Arc::new(slots), announcer, settings, trust, post);
    connection
        .request_name(CARD)
        .await
        .with_context(|| format!("name {CARD}"))?;
    start.notify.ready();
    let notify = start.notify.clone();
    let beat = notify.watchdog_interval();
    desk.run(inbox, snapshots, beat, move || notify.alive())
        .await
        .map_err(Into::into)
}
