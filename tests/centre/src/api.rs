// SPDX-License-Identifier: MIT OR Apache-2.0
//! What terminals may ask.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use uketsuke_link::fault::{Cause, Fault};
use uketsuke_link::server::Peer;
use uketsuke_link::wire::{
    Answer, BATCH, BODY_BYTES, CentreBatch, Challenge, Opening, Proof, Pulse, Receipt,
};
use uketsuke_link::{is_id, random_id};

use uketsuke_receipt::Eligibility;

use crate::store::{StoreError, Stored, Use};
use crate::{Line, Shared, verify};

type Answered<T> = Result<Json<T>, Fault>;

/// The centre's interface, broken as [`Line`] says.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/sessions", post(open))
        .route("/v1/sessions/{session}/check-in", post(check_in))
        .route("/v1/sessions/{session}/eligibility", get(eligibility))
        .route("/v1/records", post(records))
        .route("/v1/heartbeat", get(|| async { Json(Pulse {}) }))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), line))
        .with_state(shared)
}

async fn line(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let state = *shared.line.borrow();
    match state {
        Line::Up => next.run(request).await,
        Line::Fault => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Line::Silent => std::future::pending().await,
        Line::Mute => {
            next.run(request).await;
            std::future::pending().await
        }
    }
}

async fn open(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    body: Result<Json<Opening>, JsonRejection>,
) -> Answered<Challenge> {
    let opening = body.map_err(bad)?;
    let session = random_id();
    let mut nonce = [0; 32];
    openssl::rand::rand_bytes(&mut nonce).map_err(broken)?;
    let digest = verify::digest(&session, &nonce).map_err(broken)?;
    shared
        .store
        .issue(&session, &peer.0, &opening.reader, &nonce)
        .await
        .map_err(storage)?;
    Ok(Json(Challenge {
        session,
        digest: BASE64_STANDARD.encode(digest),
    }))
}

async fn check_in(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    Path(session): Path<String>,
    body: Result<Json<Proof>, JsonRejection>,
) -> Answered<Answer> {
    let proof = body.map_err(bad)?;
    let certificate = BASE64_STANDARD.decode(&proof.certificate).map_err(bad)?;
    let signature = BASE64_STANDARD.decode(&proof.signature).map_err(bad)?;
    let nonce = match shared
        .store
        .use_up(&session, &peer.0)
        .await
        .map_err(storage)?
    {
        Use::Nonce(nonce) => nonce,
        Use::Over => return Err(Fault::new(Cause::SessionOver)),
        Use::Unknown => return Err(Fault::new(Cause::UnknownSession)),
    };
    let digest = verify::digest(&session, &nonce).map_err(broken)?;
    let roots = std::fs::read(shared.scenario.trust()).map_err(broken)?;
    let holder = verify::verify(&roots, &certificate, &digest, &signature).map_err(Fault::new)?;
    let profile = shared.scenario.profile(&holder.serial).map_err(broken)?;
    let person = shared.store.person(&profile).await.map_err(storage)?;
    let visit = shared
        .store
        .earlier(&holder.serial)
        .await
        .map_err(storage)?;
    let letters = match holder.expired {
        true => Vec::new(),
        false => shared
            .store
            .unsubmitted(&holder.serial, person.letters)
            .await
            .map_err(storage)?,
    };
    let kept = shared
        .store
        .answered(&session, &holder.serial, &profile)
        .await
        .map_err(storage)?;
    if !kept {
        return Err(Fault::new(Cause::SessionOver));
    }
    tracing::info!(session, profile, "checked in");
    Ok(Json(Answer {
        validity: person.validity,
        certificate_expired: holder.expired,
        name_kana: person.name_kana,
        // An expired certificate proves eligibility only; nothing medical may follow.
        earlier: visit.or(person.earlier).filter(|_| !holder.expired),
        letters,
        at: uketsuke_link::now(),
    }))
}

async fn eligibility(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    Path(session): Path<String>,
) -> Answered<Eligibility> {
    let answered = shared.store.who(&session, &peer.0).await.map_err(storage)?;
    let Some(profile) = answered else {
        return Err(Fault::new(Cause::UnknownSession));
    };
    let person = shared.store.person(&profile).await.map_err(storage)?;
    Ok(Json(person.eligibility(&profile)))
}

async fn records(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    body: Result<Json<CentreBatch>, JsonRejection>,
) -> Answered<Receipt> {
    let batch = body.map_err(bad)?.0;
    if batch.records.len() > BATCH {
        return Err(Fault::new(Cause::BadRequest));
    }
    let mut receipt = Receipt::default();
    for record in &batch.records {
        let stored = if is_id(&record.key) {
            shared
                .store
                .record(&peer.0, record)
                .await
                .map_err(storage)?
        } else {
            Stored::Never
        };
        match stored {
            Stored::Yes => receipt.acknowledged.push(record.key.clone()),
            Stored::Never => receipt.refused.push(record.key.clone()),
        }
    }
    Ok(Json(receipt))
}

fn bad(error: impl std::error::Error) -> Fault {
    tracing::info!(%error, "a request was not understood");
    Fault::new(Cause::BadRequest)
}

fn storage(error: StoreError) -> Fault {
    tracing::error!(
        error = format!("{:#}", anyhow::Error::from(error)),
        "storage"
    );
    Fault::new(Cause::StorageFailed)
}

fn broken(error: impl Into<anyhow::Error>) -> Fault {
    tracing::error!(error = format!("{:#}", error.into()), "the centre failed");
    Fault::new(Cause::CentreDown)
}
