// SPDX-License-Identifier: MIT OR Apache-2.0
//! The page and the control API. Loopback only, and only for requests that name this very address:
//! a page of another site cannot drive the desk.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State, WebSocketUpgrade};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use nix::sys::signal::Signal;
use serde::Deserialize;
use serde_json::{Value, json};
use uketsuke_house::api::{
    Deed, Key, Language, Line, LogLine, Orientation, Screen, Touch, Traffic,
};
use uketsuke_house::card::CardError;
use uketsuke_house::house::HouseError;
use uketsuke_house::outside::OutsideError;
use uketsuke_house::panel::PanelError;
use uketsuke_house::process::ProcessError;
use uketsuke_house::voice;

use crate::app::Bench;
use crate::live;

type Shared = State<Arc<Bench>>;

/// Longest wait of `GET /api/screen?after=…`.
const POLL: Duration = Duration::from_secs(5);

const PAGE: &str = include_str!("../page/index.html");
const STYLE: &str = include_str!("../page/style.css");
const SCRIPT: &str = include_str!("../page/page.js");
const SWITCHES: &str = include_str!("../page/switches.js");
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; media-src 'self'; base-uri 'none'";

/// All routes of the bench at `address`.
pub fn router(bench: Arc<Bench>, address: SocketAddr) -> Router {
    Router::new()
        .route("/", get(|| asset("text/html; charset=utf-8", PAGE)))
        .route("/style.css", get(|| asset("text/css", STYLE)))
        .route("/page.js", get(|| asset("text/javascript", SCRIPT)))
        .route("/switches.js", get(|| asset("text/javascript", SWITCHES)))
        .route("/api/terminal/first-code", post(first_code))
        .route("/api/state", get(state))
        .route("/api/profiles", get(profiles))
        .route("/api/card", post(card))
        .route("/api/processes/{name}/signal", post(send_signal))
        .route("/api/stretches/{name}", post(set_line))
        .route("/api/before", post(set_before))
        .route("/api/pcscd", post(set_pcscd))
        .route("/api/panel", post(set_panel))
        .route("/api/screen", get(screen))
        .route("/api/screen/touch", post(touch))
        .route("/api/screen/key", post(key))
        .route("/api/centre/{*path}", any(centre))
        .route("/api/logs", get(logs))
        .route("/api/traffic", get(traffic))
        .route("/api/voice", get(sentences))
        .route("/voice/{name}", get(recording))
        .route("/api/live", any(upgrade))
        .with_state(bench)
        .layer(middleware::from_fn(move |request: Request, next: Next| {
            guard(address, request, next)
        }))
}

async fn asset(kind: &'static str, content: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, content)
}

/// Refuses what another site makes a browser send: a foreign `Host` (DNS rebinding) or `Origin`.
async fn guard(address: SocketAddr, request: Request, next: Next) -> Response {
    if allowed(address, request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "not for this address").into_response()
    }
}

fn allowed(address: SocketAddr, headers: &HeaderMap) -> bool {
    let own = [address.to_string(), format!("localhost:{}", address.port())];
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let host = text(header::HOST).is_some_and(|host| own.iter().any(|own| own == host));
    let origin = text(header::ORIGIN).is_none_or(|origin| {
        own.iter()
            .any(|own| origin.strip_prefix("http://") == Some(own))
    });
    host && origin
}

/// A refusal in words.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

impl From<HouseError> for Refusal {
    fn from(error: HouseError) -> Self {
        let status = match &error {
            HouseError::Unknown(_) => StatusCode::NOT_FOUND,
            HouseError::Process(ProcessError::NotRunning(_)) => StatusCode::CONFLICT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(status, format!("{:#}", anyhow::Error::from(error)))
    }
}

impl From<CardError> for Refusal {
    fn from(error: CardError) -> Self {
        let status = match &error {
            CardError::Refused(_) => StatusCode::CONFLICT,
            CardError::Away(_) | CardError::Strange(_) => StatusCode::BAD_GATEWAY,
        };
        Self(status, format!("{:#}", anyhow::Error::from(error)))
    }
}

impl From<PanelError> for Refusal {
    fn from(error: PanelError) -> Self {
        Self(
            StatusCode::CONFLICT,
            format!("{:#}", anyhow::Error::from(error)),
        )
    }
}

impl From<OutsideError> for Refusal {
    fn from(error: OutsideError) -> Self {
        let status = match &error {
            OutsideError::Refused { status, .. } => *status,
            _ => StatusCode::BAD_GATEWAY,
        };
        Self(status, format!("{:#}", anyhow::Error::from(error)))
    }
}

async fn state(State(bench): Shared) -> Json<Value> {
    Json(live::state(&bench).await)
}

async fn profiles(State(bench): Shared) -> Result<Json<Value>, Refusal> {
    Ok(Json(
        bench.house.card().ask(&json!({ "do": "profiles" })).await?,
    ))
}

async fn card(State(bench): Shared, Json(request): Json<Value>) -> Result<Json<Value>, Refusal> {
    Ok(Json(bench.house.card().ask(&request).await?))
}

#[derive(Deserialize)]
struct SignalRequest {
    signal: String,
}

async fn send_signal(
    State(bench): Shared,
    Path(name): Path<String>,
    Json(request): Json<SignalRequest>,
) -> Result<(), Refusal> {
    let signal = Signal::from_str(&format!("SIG{}", request.signal)).map_err(|_| {
        let text = format!(
            "no signal {:?}; KILL, TERM, STOP, CONT, ABRT …",
            request.signal
        );
        Refusal(StatusCode::UNPROCESSABLE_ENTITY, text)
    })?;
    Ok(bench.house.signal(&name, signal)?)
}

#[derive(Deserialize)]
struct LineRequest {
    line: Line,
}

async fn set_line(
    State(bench): Shared,
    Path(name): Path<String>,
    Json(request): Json<LineRequest>,
) -> Result<(), Refusal> {
    Ok(bench.house.set_line(&name, request.line)?)
}

#[derive(Deserialize)]
struct BeforeRequest {
    before: String,
}

async fn set_before(
    State(bench): Shared,
    Json(request): Json<BeforeRequest>,
) -> Result<(), Refusal> {
    Ok(bench.house.see(&request.before).await?)
}

#[derive(Deserialize)]
struct PcscdRequest {
    present: bool,
}

async fn set_pcscd(State(bench): Shared, Json(request): Json<PcscdRequest>) -> Result<(), Refusal> {
    Ok(bench.house.set_pcscd(request.present).await?)
}

#[derive(Deserialize)]
struct PanelRequest {
    orientation: Orientation,
    language: Language,
}

async fn set_panel(State(bench): Shared, Json(request): Json<PanelRequest>) -> Result<(), Refusal> {
    let language = request.language.as_str();
    Ok(bench.house.present(request.orientation, language).await?)
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
    process: Option<String>,
}

/// What the screen shows; with `after=N` once something came after change N, or as it is after 5 s.
async fn screen(State(bench): Shared, Query(query): Query<After>) -> Json<Screen> {
    let mut screen = bench.house.panel().screen();
    let newer = screen.wait_for(|s| s.change > query.after);
    // Either way the present state is the answer.
    let _ = tokio::time::timeout(POLL, newer).await;
    let screen = screen.borrow().clone();
    Json(screen)
}

async fn touch(State(bench): Shared, Json(touch): Json<Touch>) -> Result<(), Refusal> {
    Ok(bench.house.panel().does(Deed::Touch(touch)).await?)
}

async fn key(State(bench): Shared, Json(key): Json<Key>) -> Result<(), Refusal> {
    Ok(bench.house.panel().does(Deed::Key(key)).await?)
}

/// The centre's own control, passed through.
async fn centre(
    State(bench): Shared,
    Path(path): Path<String>,
    method: Method,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let path = format!("/{path}");
    Ok(Json(bench.house.centre().ask(method, &path, body).await?))
}

/// A code for the first account of the terminal's console, as `uketsukectl` draws it; null where there is
/// an account already.
async fn first_code(State(bench): Shared) -> Result<Json<Option<String>>, Refusal> {
    Ok(Json(bench.draw_first_code().await?))
}

async fn logs(State(bench): Shared, Query(query): Query<After>) -> Json<Vec<LogLine>> {
    Json(bench.logs.after(query.after, query.process.as_deref()))
}

async fn traffic(State(bench): Shared, Query(query): Query<After>) -> Json<Vec<Traffic>> {
    Json(bench.traffic.after(query.after))
}

/// The words of every recording, by its name.
async fn sentences() -> Json<Value> {
    Json(voice::sentences())
}

/// A recording, for the ear of whoever sits before the bench.
async fn recording(Path(name): Path<String>) -> Result<impl IntoResponse, Refusal> {
    let path = voice::recording(&name);
    let path = path.ok_or_else(|| Refusal(StatusCode::NOT_FOUND, format!("no {name:?}")))?;
    let bytes = tokio::fs::read(&path).await.map_err(|error| {
        let text = format!("{}: {error}; make recordings", path.display());
        Refusal(StatusCode::NOT_FOUND, text)
    })?;
    Ok(([(header::CONTENT_TYPE, "audio/ogg")], bytes))
}

async fn upgrade(State(bench): Shared, socket: WebSocketUpgrade) -> Response {
    socket.on_upgrade(move |socket| live::serve(bench, socket))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_page_of_another_site_cannot_drive_the_desk() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let headers = |host: &str, origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            headers
        };
        assert!(allowed(address, &headers("127.0.0.1:8080", None)));
        assert!(allowed(
            address,
            &headers("localhost:8080", Some("http://localhost:8080"))
        ));
        assert!(!allowed(address, &headers("desk.example:8080", None)));
        assert!(!allowed(
            address,
            &headers("127.0.0.1:8080", Some("https://desk.example"))
        ));
        assert!(!allowed(address, &headers("127.0.0.1:8080", Some("null"))));
        assert!(!allowed(address, &HeaderMap::new()));
    }
}
