// SPDX-License-Identifier: MIT OR Apache-2.0
//! What readers may ask. `openapi.json` is generated from here; `BLESS=1 cargo test` rewrites it.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use uketsuke_link::events::Events;
use uketsuke_link::fault::{Cause, Fault};
use uketsuke_link::is_id;
use uketsuke_link::orders::{ORDERS, Orders, PATIENCE, Results, Standing, Taken};
use uketsuke_link::server::Peer;
use uketsuke_link::wire::{
    Answer, BATCH, BODY_BYTES, Batch, Challenge, Heartbeat, Opening, Proof, Receipt,
};
use utoipa::OpenApi;

use crate::{Shared, StoreError, wire_name};

type Answered<T> = Result<Json<T>, Fault>;

/// The document of this interface.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Uketsuke terminal",
        version = "1",
        description = "From reader to terminal (資格確認端末): HTTP/2, JSON, TLS 1.3, both ends \
                       with certificates. The reader is known by the common name of its own.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        contact()
    ),
    paths(open, check_in, records, heartbeat, orders, results, events)
)]
pub struct Document;

/// The routes.
pub fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/sessions", post(open))
        .route("/v1/sessions/{session}/check-in", post(check_in))
        .route("/v1/records", post(records))
        .route("/v1/heartbeat", get(heartbeat))
        .route("/v1/events", post(events))
        .route("/v1/orders", get(orders))
        .route("/v1/orders/results", post(results))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(shared)
}

/// Opens a session at the centre.
#[utoipa::path(
    post,
    path = "/v1/sessions",
    responses(
        (status = 200, description = "A single-use session and what the card must sign", body = Challenge),
        (status = 503, description = "`network-down` or `centre-down`", body = Fault),
        (status = 507, description = "`storage-failed`", body = Fault),
    )
)]
async fn open(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
) -> Answered<Challenge> {
    shared.hear(&peer.0).await;
    let opening = Opening {
        reader: peer.0.to_string(),
    };
    let challenge: Challenge = shared.centre.ask("/v1/sessions", &opening).await?;
    if !is_id(&challenge.session) {
        tracing::error!("the centre's session id is not one");
        return Err(Fault::new(Cause::CentreDown));
    }
    shared.store.opened(&challenge.session, &peer.0).await?;
    Ok(Json(challenge))
}

/// Passes on what the card proved; the answer is not stored.
#[utoipa::path(
    post,
    path = "/v1/sessions/{session}/check-in",
    params(("session" = String, Path, description = "32 hexadecimal digits")),
    request_body = Proof,
    responses(
        (status = 200, description = "Eligibility, kana name, earlier consents", body = Answer),
        (status = 400, description = "`bad-request`", body = Fault),
        (status = 403, description = "`untrusted-certificate`, `certificate-expired` or `bad-signature`", body = Fault),
        (status = 404, description = "`unknown-session`: never opened, or another reader's", body = Fault),
        (status = 409, description = "`session-over`", body = Fault),
        (status = 503, description = "`network-down` or `centre-down`; `reached` tells whether the centre may have been asked", body = Fault),
        (status = 507, description = "`storage-failed`", body = Fault),
    )
)]
async fn check_in(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    Path(session): Path<String>,
    body: Result<Json<Proof>, JsonRejection>,
) -> Answered<Answer> {
    let proof = body.map_err(|error| bad(error.status()))?.0;
    // Of what it does not understand the centre says as little as of its own faults, and no reader is to
    // make it look down to the others.
    if [&proof.certificate, &proof.signature]
        .iter()
        .any(|text| BASE64_STANDARD.decode(text).is_err())
    {
        return Err(bad(StatusCode::BAD_REQUEST));
    }
    own(&shared, &peer, &session).await?;
    let answer: Result<Answer, Fault> = shared
        .centre
        .ask(&format!("/v1/sessions/{session}/check-in"), &proof)
        .await;
    let result = match &answer {
        Ok(answer) => wire_name(&answer.validity),
        Err(fault) => wire_name(&fault.error),
    };
    tracing::info!(session, reader = %peer.0, result, "check-in");
    shared
        .store
        .checked(&session, &result)
        .await
        .map_err(|error| Fault {
            reached: true,
            ..error.into()
        })?;
    answer.map(Json)
}

/// Takes records. Those acknowledged are durable and reach the centre exactly once.
#[utoipa::path(
    post,
    path = "/v1/records",
    request_body = Batch,
    responses(
        (status = 200, description = "Which keys are durable, which will never be taken", body = Receipt),
        (status = 400, description = "`bad-request`", body = Fault),
        (status = 507, description = "`storage-failed`; nothing was taken", body = Fault),
    )
)]
async fn records(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    body: Result<Json<Batch>, JsonRejection>,
) -> Answered<Receipt> {
    let records = bounded(body, |batch| batch.records, BATCH)?;
    let computers = shared.face_files.of(&peer.0);
    let receipt = shared.store.take(&peer.0, &records, &computers).await?;
    for key in &receipt.refused {
        tracing::warn!(key, reader = %peer.0, "a record was refused");
    }
    shared.outbox.notify_one();
    shared.face_files.ring();
    Ok(Json(receipt))
}

/// Tells which hops behind the terminal work.
#[utoipa::path(
    get,
    path = "/v1/heartbeat",
    responses((status = 200, description = "Network and centre, each up or down and since when", body = Heartbeat))
)]
async fn heartbeat(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
) -> Json<Heartbeat> {
    shared.hear(&peer.0).await;
    Json(shared.centre.hops())
}

/// Takes what happened to 目視確認 and to the operation mode. Those acknowledged are durable.
#[utoipa::path(
    post,
    path = "/v1/events",
    request_body = Events,
    responses(
        (status = 200, description = "Which keys are durable, which will never be taken", body = Receipt),
        (status = 400, description = "`bad-request`", body = Fault),
        (status = 507, description = "`storage-failed`; nothing was taken", body = Fault),
    )
)]
async fn events(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    body: Result<Json<Events>, JsonRejection>,
) -> Answered<Receipt> {
    let events = bounded(body, |events| events.events, BATCH)?;
    Ok(Json(shared.store.happened(&peer.0, &events).await?))
}

/// What this reader has yet to do. Held back while there is nothing, for 20 seconds at most.
#[utoipa::path(
    get,
    path = "/v1/orders",
    params(Standing),
    responses(
        (status = 200, description = "At most 32 orders, to be done in this order", body = Orders),
        (status = 400, description = "`bad-request`", body = Fault),
        (status = 507, description = "`storage-failed`", body = Fault),
    )
)]
async fn orders(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    standing: Result<Query<Standing>, QueryRejection>,
) -> Answered<Orders> {
    let standing = standing.map_err(|error| bad(error.status()))?.0;
    if !standing.is_sound() {
        return Err(bad(StatusCode::BAD_REQUEST));
    }
    shared.hear(&peer.0).await;
    shared.stands(&peer.0, &standing);
    let look = || shared.orders(&peer.0);
    let orders = shared
        .look(PATIENCE, look, |orders| !orders.is_empty())
        .await?;
    Ok(Json(Orders { orders }))
}

/// Takes what became of orders; durable when answered. An order that was overtaken by another is no
/// longer known, and what became of it is not news.
#[utoipa::path(
    post,
    path = "/v1/orders/results",
    request_body = Results,
    responses(
        (status = 200, description = "Durable", body = Taken),
        (status = 400, description = "`bad-request`", body = Fault),
        (status = 507, description = "`storage-failed`; nothing was taken", body = Fault),
    )
)]
async fn results(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    body: Result<Json<Results>, JsonRejection>,
) -> Answered<Taken> {
    let results = bounded(body, |results| results.results, ORDERS)?;
    shared.told(&peer.0, &results).await?;
    Ok(Json(Taken {}))
}

/// A session of another reader looks like one that never was.
async fn own(shared: &Shared, peer: &Peer, session: &str) -> Result<(), Fault> {
    let reader = if is_id(session) {
        shared.store.reader_of(session).await?
    } else {
        None
    };
    if reader.as_deref() == Some(&*peer.0) {
        Ok(())
    } else {
        Err(Fault::new(Cause::UnknownSession))
    }
}

/// The list in a body, of at most `most`.
fn bounded<B, T>(
    body: Result<Json<B>, JsonRejection>,
    list: fn(B) -> Vec<T>,
    most: usize,
) -> Result<Vec<T>, Fault> {
    let list = list(body.map_err(|error| bad(error.status()))?.0);
    if list.len() > most {
        return Err(bad(StatusCode::PAYLOAD_TOO_LARGE));
    }
    Ok(list)
}

fn bad(status: StatusCode) -> Fault {
    // The body may hold a certificate: the kind of mistake is logged, its place is not.
    tracing::info!(%status, "a request was not understood");
    Fault::new(Cause::BadRequest)
}

/// Before anything went further.
impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        tracing::error!(
            error = format!("{:#}", anyhow::Error::from(error)),
            "storage"
        );
        Self::new(Cause::StorageFailed)
    }
}
