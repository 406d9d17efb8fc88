// SPDX-License-Identifier: MIT OR Apache-2.0
//! Servers with the right certificate that misbehave.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use uketsuke_centre::pki;
use uketsuke_centre::proxy::{Cable, Proxy};
use uketsuke_link::client::{CallError, Client};
use uketsuke_link::fault::{Cause, Fault};
use uketsuke_link::tls::Identity;
use uketsuke_link::wire::{BODY_BYTES, Heartbeat};
use url::Url;

/// Short, because some of these servers never answer.
const SHORT: Duration = Duration::from_millis(500);

/// Bytes without end, as fast as they are taken.
struct Endless;

impl axum::body::HttpBody for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let frame = http_body::Frame::data(Bytes::from_static(&[b' '; 4096]));
        std::task::Poll::Ready(Some(Ok(frame)))
    }
}

/// One byte, then nothing more.
struct Drip(bool);

impl axum::body::HttpBody for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        if std::mem::replace(&mut self.0, true) {
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(b"{")))))
    }
}

fn deep() -> String {
    format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))
}

fn router() -> Router {
    let text = |body: String| move || async move { body };
    let heartbeat = r#"{"network":{"up":true,"since":1},"centre":{"up":true,"since":1}}"#;
    let fault = |status: StatusCode, cause: Cause| {
        move || async move { (status, axum::Json(Fault::new(cause))) }
    };
    Router::new()
        .route("/good", get(text(heartbeat.into())))
        .route("/empty", get(text(String::new())))
        .route("/garbage", get(text("\u{1}\u{2}{".into())))
        .route("/half", get(text(heartbeat[..30].into())))
        .route("/twice", get(text(format!("{heartbeat}{heartbeat}"))))
        .route("/null", get(text("null".into())))
        .route("/deep", get(text(deep())))
        .route("/negative", get(text(heartbeat.replace(":1", ":-1"))))
        .route(
            "/extra",
            get(text(heartbeat.replace("{\"network", "{\"x\":1,\"network"))),
        )
        .route("/nan", get(text(heartbeat.replace(":1", ":NaN"))))
        .route(
            "/not-utf8",
            get(|| async { b"{\"network\":\"\xff\xfe\"}".to_vec() }),
        )
        .route("/large", get(text(" ".repeat(BODY_BYTES + 1))))
        .route("/endless", get(|| async { Body::new(Endless) }))
        .route("/drip", get(|| async { Body::new(Drip(false)) }))
        .route("/silent", get(std::future::pending::<()>))
        .route("/panic", get(|| async { panics() }))
        .route("/redirect", get(|| async { redirect() }))
        .route("/no-content", get(|| async { StatusCode::NO_CONTENT }))
        .route("/teapot", get(|| async { StatusCode::IM_A_TEAPOT }))
        .route(
            "/error",
            get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, deep()) }),
        )
        .route(
            "/fault",
            get(fault(StatusCode::CONFLICT, Cause::SessionOver)),
        )
        .route("/gzip", get(|| async { gzip() }))
}

fn panics() -> StatusCode {
    panic!("a server that dies over a request")
}

fn redirect() -> Response {
    let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
    let elsewhere = HeaderValue::from_static("https://127.0.0.1:1/good");
    response.headers_mut().insert(header::LOCATION, elsewhere);
    response
}

/// Claims to be compressed; nothing of ours is ever inflated.
fn gzip() -> Response {
    let mut response = Body::from(&b"\x1f\x8b\x08\0\0\0\0\0"[..]).into_response();
    let gzip = HeaderValue::from_static("gzip");
    response
        .headers_mut()
        .insert(header::CONTENT_ENCODING, gzip);
    response
}

async fn start() -> (Proxy, Client, JoinSet<()>) {
    let dir = tempfile::tempdir().unwrap();
    pki::make(dir.path()).unwrap();
    let at = |name: &str| dir.path().join(name);
    let served = Identity::in_directory(
        &at("terminal"),
        "terminal.crt",
        "terminal.key",
        "reader-ca.crt",
    );
    let reader =
        Identity::in_directory(&at("uplink"), "reader.crt", "reader.key", "terminal-ca.crt");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::start(listener.local_addr().unwrap()).await.unwrap();
    let mut task = JoinSet::new();
    task.spawn(uketsuke_link::server::serve(
        listener,
        served.server().unwrap(),
        router(),
        8,
    ));
    let url = Url::parse(&format!("https://{}/", proxy.address)).unwrap();
    let client = Client::new(&url, reader.client().unwrap()).unwrap();
    (proxy, client, task)
}

async fn ask(client: &Client, path: &str, limit: Duration) -> Result<Heartbeat, CallError> {
    client.call(Method::GET, path, None::<&()>, limit).await
}

#[tokio::test]
async fn every_misbehaviour_has_its_name_and_the_next_call_works() {
    let (_proxy, client, _task) = start().await;
    let generous = Duration::from_secs(30);
    let mut cases = 0;
    for (path, limit, expected) in [
        ("/empty", generous, "Garbage"),
        ("/garbage", generous, "Garbage"),
        ("/half", generous, "Garbage"),
        ("/twice", generous, "Garbage"),
        ("/null", generous, "Garbage"),
        ("/deep", generous, "Garbage"),
        ("/negative", generous, "Garbage"),
        ("/extra", generous, "Garbage"),
        ("/nan", generous, "Garbage"),
        ("/not-utf8", generous, "Garbage"),
        ("/gzip", generous, "Garbage"),
        ("/large", generous, "TooLarge"),
        ("/endless", generous, "TooLarge"),
        ("/drip", SHORT, "TimedOut"),
        ("/silent", SHORT, "TimedOut"),
        ("/panic", generous, "Lost"),
        ("/redirect", generous, "Status(307)"),
        ("/no-content", generous, "Status(204)"),
        ("/teapot", generous, "Status(418)"),
        ("/error", generous, "Status(500)"),
        ("/nowhere", generous, "Status(404)"),
        ("/fault", generous, "Refused"),
    ] {
        let error = ask(&client, path, limit).await.unwrap_err();
        let name = format!("{error:?}");
        assert!(name.starts_with(expected), "{path}: {name}");
        assert_eq!(error.reached(), expected != "Refused", "{path}: {name}");
        let next = ask(&client, "/good", generous).await;
        assert!(next.is_ok_and(|h| h.network.up), "after {path}");
        cases += 1;
    }
    println!("{cases} misbehaviours");
}

#[tokio::test]
async fn a_cut_cable_is_told_from_a_silent_one_and_a_new_connection_is_made() {
    let (proxy, client, _task) = start().await;
    let generous = Duration::from_secs(30);
    ask(&client, "/good", generous).await.unwrap();

    proxy.set(Cable::Dark);
    let error = ask(&client, "/good", SHORT).await.unwrap_err();
    assert!(
        matches!(error, CallError::TimedOut { sent: true }),
        "{error:?}"
    );
    let error = ask(&client, "/good", SHORT).await.unwrap_err();
    assert!(
        matches!(error, CallError::TimedOut { sent: false }),
        "{error:?}"
    );
    assert!(!error.reached());

    proxy.set(Cable::Cut);
    let error = ask(&client, "/good", generous).await.unwrap_err();
    assert!(matches!(error, CallError::Connect(_)), "{error:?}");

    proxy.set(Cable::Whole);
    ask(&client, "/good", generous).await.unwrap();
}
