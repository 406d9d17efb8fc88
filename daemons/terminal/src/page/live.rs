// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the readers stand, told as it changes (server-sent events), to the one page that has a script for it.
//! Nothing but *changed* is told: the page asks for itself again, through the same door as ever.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::access::Visit;
use crate::console::Visitor;
use crate::{ReaderMode, Shared};

/// Where it is told.
pub(super) const PATH: &str = "/readers/live";
/// The script.
pub(super) const SCRIPT: &str = "/live.js";
/// Pages that are told at a time; one more works as it does without a script.
const PAGES: usize = 32;
/// How long something that nobody was told of may go unseen: a reader that is silent, a log-in that is over.
const LOOK: Duration = Duration::from_secs(1);

/// Room for [`PAGES`].
#[derive(Clone)]
pub(super) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PAGES)))
    }
}

/// The page that may run the script; see [`super::access::guard`].
#[derive(Clone, Copy)]
pub(super) struct Scripted;

pub(super) async fn script() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, include_str!("live.js"))
}

/// Tells one page.
pub(super) async fn tell(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    Extension(room): Extension<Room>,
) -> Response {
    let (Some(visitor), Ok(place)) = (visit.visitor, room.0.try_acquire_owned()) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    Sse::new(told(shared, visitor, place)).into_response()
}

/// How a reader stands, as far as the page shows it.
type Stands = (String, bool, Option<String>, String);

fn stands(of: ReaderMode) -> Stands {
    let stands = of.stands.map(|stands| stands.as_str().to_owned());
    (
        of.reader,
        of.connected,
        stands,
        of.wanted.as_str().to_owned(),
    )
}

struct Telling {
    shared: Arc<Shared>,
    visitor: Visitor,
    changes: tokio::sync::watch::Receiver<()>,
    last: Option<Vec<Stands>>,
    _place: OwnedSemaphorePermit,
}

/// Ends with the log-in, or where the database cannot be read; the browser then asks again by itself.
fn told(
    shared: Arc<Shared>,
    visitor: Visitor,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let telling = Telling {
        changes: shared.changes(),
        shared,
        visitor,
        last: None,
        _place: place,
    };
    stream::unfold(telling, |mut telling| async move {
        loop {
            let now = telling.now().await?;
            if telling
                .last
                .replace(now.clone())
                .is_none_or(|last| last != now)
            {
                // One without data is none to a browser.
                let event = Event::default().event("changed").data("readers");
                return Some((Ok(event), telling));
            }
            // Elapsed: looked at again all the same.
            if let Ok(Err(_)) = timeout(LOOK, telling.changes.changed()).await {
                return None;
            }
        }
    })
}

impl Telling {
    /// How the readers stand; none where whom it is told may not know any more.
    async fn now(&self) -> Option<Vec<Stands>> {
        let here = self.shared.visitor(self.visitor.token.clone(), false).await;
        here.ok()??;
        let modes = self.shared.reader_modes().await.ok()?;
        Some(modes.into_iter().map(stands).collect())
    }
}
