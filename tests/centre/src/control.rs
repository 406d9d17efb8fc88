// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a test may ask and set, in plain JSON on loopback:
//!
//! | Request | Does |
//! | --- | --- |
//! | `GET /counts` | [`crate::Counts`] |
//! | `GET /sessions` | every [`crate::Session`] with its consent elements |
//! | `GET`, `PUT /profiles/{profile}` | [`crate::scenario::Person`] a profile is answered for |
//! | `PUT /line` | [`Line`] as a JSON string: `"up"`, `"fault"`, `"silent"`, `"mute"` |
//! | `POST /reset` | forgets everything and mends the line |

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};

use crate::scenario::Person;
use crate::store::StoreError;
use crate::{Counts, Line, Session, Shared};

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/counts", get(counts))
        .route("/sessions", get(sessions))
        .route("/profiles/{profile}", get(person).put(set_person))
        .route("/line", put(set_line))
        .route("/reset", post(reset))
        .with_state(shared)
}

/// A defect of the stand-in, told to the test that met it.
struct Broken(StoreError);

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Broken {
    fn into_response(self) -> Response {
        let text = format!("{:#}", anyhow::Error::from(self.0));
        (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
    }
}

async fn counts(State(shared): State<Arc<Shared>>) -> Result<Json<Counts>, Broken> {
    Ok(Json(shared.store.counts().await?))
}

async fn sessions(State(shared): State<Arc<Shared>>) -> Result<Json<Vec<Session>>, Broken> {
    Ok(Json(shared.store.sessions().await?))
}

async fn person(
    State(shared): State<Arc<Shared>>,
    Path(profile): Path<String>,
) -> Result<Json<Person>, Broken> {
    Ok(Json(shared.store.person(&profile).await?))
}

async fn set_person(
    State(shared): State<Arc<Shared>>,
    Path(profile): Path<String>,
    Json(person): Json<Person>,
) -> Result<(), Broken> {
    Ok(shared.store.set_person(&profile, &person).await?)
}

async fn set_line(State(shared): State<Arc<Shared>>, Json(line): Json<Line>) {
    shared.line.send_replace(line);
}

async fn reset(State(shared): State<Arc<Shared>>) -> Result<(), Broken> {
    shared.store.reset().await?;
    shared.line.send_replace(Line::Up);
    Ok(())
}
