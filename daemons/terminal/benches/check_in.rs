// SPDX-License-Identifier: MIT OR Apache-2.0
//! `terminal.check_in`: whole check-ins per second through the terminal (session, check-in, both
//! passed to a centre and noted in the history), against empty handlers over the same TLS, in the
//! same run, interleaved. The centre answers at once, so that the terminal is what is measured.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use axum::http::Method;
use axum::routing::post;
use axum::{Json, Router};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use uketsuke_bus::uplink1::Validity;
use uketsuke_common::config::{Centre, TerminalConfig};
use uketsuke_link::client::Client;
use uketsuke_link::random_id;
use uketsuke_link::tls::Identity;
use uketsuke_link::wire::{Answer, Challenge, Proof};
use url::Url;

/// Check-ins of each side per turn, and turns.
const TURN: usize = 10;
const TURNS: usize = 30;
const LIMIT: Duration = Duration::from_secs(30);

async fn open() -> Json<Challenge> {
    Json(Challenge {
        session: random_id(),
        digest: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into(),
    })
}

async fn check_in(_: Json<Proof>) -> Json<Answer> {
    Json(Answer {
        validity: Validity::Valid,
        certificate_expired: false,
        name_kana: Some("シカク イチロウ".into()),
        earlier: None,
        letters: Vec::new(),
        at: 0,
    })
}

fn empty() -> Router {
    Router::new()
        .route("/v1/sessions", post(open))
        .route("/v1/sessions/{session}/check-in", post(check_in))
}

/// Serves the empty handlers with an identity; where.
async fn serve(tasks: &mut JoinSet<()>, identity: &Identity) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    let tls = identity.server().unwrap();
    tasks.spawn(uketsuke_link::server::serve(listener, tls, empty(), 8));
    url
}

async fn turn(client: &Client, proof: &Proof) -> Duration {
    let begin = Instant::now();
    for _ in 0..TURN {
        let opened: Challenge = client
            .call(Method::POST, "/v1/sessions", None::<&()>, LIMIT)
            .await
            .unwrap();
        let path = format!("/v1/sessions/{}/check-in", opened.session);
        let _: Answer = client
            .call(Method::POST, &path, Some(proof), LIMIT)
            .await
            .unwrap();
    }
    begin.elapsed()
}

fn per_second(times: &mut [Duration]) -> f64 {
    times.sort();
    #[allow(clippy::cast_precision_loss)]
    let turn = TURN as f64;
    turn / times[times.len() / 2].as_secs_f64()
}

fn identity(pki: &Path, who: &str, files: [&str; 3]) -> Identity {
    Identity::in_directory(&pki.join(who), files[0], files[1], files[2])
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let pki = directory.path().join("pki");
    uketsuke_centre::pki::make(&pki).unwrap();
    let served = identity(
        &pki,
        "terminal",
        ["terminal.crt", "terminal.key", "reader-ca.crt"],
    );
    let central = ["centre.crt", "centre.key", "terminal-client-ca.crt"];
    let reader = identity(
        &pki,
        "uplink",
        ["reader.crt", "reader.key", "terminal-ca.crt"],
    );
    let mut tasks = JoinSet::new();
    let centre = serve(&mut tasks, &identity(&pki, "centre", central)).await;
    let peer = serve(&mut tasks, &served).await;
    let config = TerminalConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        page: "127.0.0.1:0".parse().unwrap(),
        centre: Centre(centre),
        ..TerminalConfig::default()
    };
    let places = uketsuke_terminal::app::Places {
        state: directory.path().join("state"),
        credentials: pki.join("terminal"),
        runtime: directory.path().join("run"),
    };
    let terminal = uketsuke_terminal::app::start(&config, &places, || (), None)
        .await
        .unwrap();
    let url = Url::parse(&format!("https://{}/", terminal.address)).unwrap();
    let ours = Client::new(&url, reader.client().unwrap()).unwrap();
    let theirs = Client::new(&peer, reader.client().unwrap()).unwrap();
    let proof = Proof {
        certificate: "A".repeat(2_120),
        signature: "A".repeat(344),
    };
    turn(&ours, &proof).await;
    turn(&theirs, &proof).await;
    let (mut mine, mut other) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        mine.push(turn(&ours, &proof).await);
        other.push(turn(&theirs, &proof).await);
    }
    let (mine, other) = (per_second(&mut mine), per_second(&mut other));
    let row = serde_json::json!({
        "name": "terminal.check_in",
        "ours": mine,
        "peer": other,
        "peer_name": "empty axum handlers over the same TLS",
        "ratio": mine / other,
        "unit": "check-ins/s",
        "n": TURN * TURNS,
        "goal": null,
        "note": "ours also asks a centre twice and commits to the history twice; all on one thread",
    });
    uketsuke_testkit::bench::row(&row);
}
