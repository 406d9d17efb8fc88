// SPDX-License-Identifier: MIT OR Apache-2.0
//! The readers' interface without TLS and over HTTP/1.1, as the one reader `reader-1`, for tools that speak
//! nothing else (`make api-fuzz`). Before a stand-in centre, which is the real line. Prints the address and
//! runs until its standard input ends. `unsealed postgres`: on PostgreSQL.
#![allow(clippy::unwrap_used)]

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use tokio::net::TcpListener;
use uketsuke_bus::view::Operation;
use uketsuke_common::config::TerminalConfig;
use uketsuke_link::client::Client;
use uketsuke_link::random_id;
use uketsuke_link::server::Peer;
use uketsuke_link::tls::Identity;
use uketsuke_terminal::console::Console;
use uketsuke_terminal::{CentreLine, Database, FaceFiles, ModeSet, Shared, Store, api};
use uketsuke_testkit::postgres::Postgres;
use url::Url;

const READER: &str = "reader-1";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    uketsuke_centre::pki::make(&at("pki")).unwrap();
    std::fs::write(at("registry.json"), "[]").unwrap();
    let roots = at("pki/centre/terminal-client-ca.crt");
    let loopback = "127.0.0.1:0".parse().unwrap();
    let files = ["centre.crt", "centre.key", "terminal-client-ca.crt"];
    let centre = uketsuke_centre::start(uketsuke_centre::Options {
        listen: loopback,
        control: loopback,
        state: at("centre"),
        identity: Identity::in_directory(&at("pki/centre"), files[0], files[1], files[2]),
        registry: at("registry.json"),
        trust: roots,
    })
    .await
    .unwrap();
    let files = [
        "terminal-client.crt",
        "terminal-client.key",
        "centre-ca.crt",
    ];
    let identity = Identity::in_directory(&at("pki/terminal"), files[0], files[1], files[2]);
    let url = Url::parse(&format!("https://{}/", centre.address)).unwrap();
    let client = Client::new(&url, identity.client().unwrap()).unwrap();

    let server = std::env::args()
        .any(|word| word == "postgres")
        .then(Postgres::start);
    let database = match &server {
        Some(server) => Database::Server(Url::parse(&server.database()).unwrap()),
        None => Database::Folder(at("state")),
    };
    let store = Store::open(&database).await.unwrap();
    // There is always something to do: an interface that waits would be asked little.
    let set = ModeSet {
        id: random_id(),
        operation: Operation::PinOnly,
    };
    store.met(READER).await.unwrap();
    store.set_mode(READER, &set).await.unwrap();
    store.want("suzuki", &random_id(), true).await.unwrap();
    let shared = Arc::new(Shared::new(
        store,
        CentreLine::new(client, Duration::from_secs(30)),
        Console::default(),
        FaceFiles::new(&TerminalConfig::default()),
    ));
    let router = api::router(shared).layer(Extension(Peer(READER.into())));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let end = || std::io::stdin().read_to_end(&mut Vec::new());
    tokio::task::spawn_blocking(end).await.unwrap().unwrap();
}
