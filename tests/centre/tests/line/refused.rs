// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who is not let in, and whom we do not talk to.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::Method;
use axum::routing::get;
use axum::{Extension, Json, Router};
use openssl::ssl::{SslConnector, SslFiletype, SslMethod, SslVerifyMode, SslVersion};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use uketsuke_centre::pki::{self, Ca, HOSTS};
use uketsuke_link::client::{CallError, Client};
use uketsuke_link::server::{Peer, serve};
use uketsuke_link::tls::Identity;
use url::Url;

const LIMIT: Duration = Duration::from_secs(30);

/// A server that says who called, and counts.
struct Server {
    port: u16,
    calls: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

fn identity(dir: &Path, name: &str) -> Identity {
    Identity {
        certificate: dir.join(format!("{name}.crt")),
        key: dir.join(format!("{name}.key")),
        peer_root: dir.join(format!("{name}.root")),
    }
}

/// Writes a leaf and the root it trusts.
fn write(dir: &Path, name: &str, leaf: &pki::Leaf, root: &Ca) -> Identity {
    pki::write(dir, name, leaf).unwrap();
    std::fs::write(dir.join(format!("{name}.root")), root.pem()).unwrap();
    identity(dir, name)
}

async fn server(identity: &Identity) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let router = Router::new().route(
        "/who",
        get(move |Extension(peer): Extension<Peer>| {
            counted.fetch_add(1, Ordering::Relaxed);
            async move { Json(peer.0.to_string()) }
        }),
    );
    let mut task = JoinSet::new();
    task.spawn(serve(listener, identity.server().unwrap(), router, 8));
    Server {
        port,
        calls,
        _task: task,
    }
}

async fn who(identity: &Identity, host: &str, port: u16) -> Result<String, CallError> {
    let url = Url::parse(&format!("https://{host}:{port}/")).unwrap();
    let client = Client::new(&url, identity.client().unwrap()).unwrap();
    client.call(Method::GET, "/who", None::<&()>, LIMIT).await
}

#[tokio::test]
async fn only_the_right_peers_under_the_right_name_talk_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (readers, terminals, others) = (
        Ca::new("readers").unwrap(),
        Ca::new("terminals").unwrap(),
        Ca::new("readers").unwrap(),
    );
    let served = write(
        dir,
        "served",
        &terminals.server("terminal", &HOSTS).unwrap(),
        &readers,
    );
    let good = write(
        dir,
        "good",
        &readers.client("reader-7").unwrap(),
        &terminals,
    );
    let here = server(&served).await;

    assert_eq!(
        who(&good, "127.0.0.1", here.port).await.unwrap(),
        "reader-7"
    );
    assert_eq!(
        who(&good, "localhost", here.port).await.unwrap(),
        "reader-7"
    );
    assert_eq!(here.calls.swap(0, Ordering::Relaxed), 2);

    // A client of another root that bears the same name.
    let wrong_ca = write(
        dir,
        "wrong-ca",
        &others.client("reader-7").unwrap(),
        &terminals,
    );
    let refused = who(&wrong_ca, "127.0.0.1", here.port).await;
    assert!(refused.is_err());
    // A server certificate is no client certificate.
    let wrong_use = write(
        dir,
        "wrong-use",
        &readers.server("reader-7", &HOSTS).unwrap(),
        &terminals,
    );
    assert!(who(&wrong_use, "127.0.0.1", here.port).await.is_err());
    // A name that cannot be a reader's.
    for name in ["", "two words", "日本", &"x".repeat(65)] {
        let leaf = readers.client(name).unwrap();
        let nameless = write(dir, "nameless", &leaf, &terminals);
        assert!(
            who(&nameless, "127.0.0.1", here.port).await.is_err(),
            "{name:?}"
        );
    }
    // A server we do not trust, and one under another name: nothing is sent to either.
    let stranger = write(
        dir,
        "stranger",
        &others.server("terminal", &HOSTS).unwrap(),
        &readers,
    );
    let renamed = write(
        dir,
        "renamed",
        &terminals.server("t", &["elsewhere.invalid"]).unwrap(),
        &readers,
    );
    let client_cert = write(
        dir,
        "client-cert",
        &terminals.client("terminal").unwrap(),
        &readers,
    );
    for bad in [&stranger, &renamed, &client_cert] {
        let there = server(bad).await;
        let refused = who(&good, "127.0.0.1", there.port).await;
        assert!(matches!(refused, Err(CallError::Peer(_))), "{refused:?}");
        assert!(!refused.unwrap_err().reached());
        assert_eq!(there.calls.load(Ordering::Relaxed), 0);
    }
    assert_eq!(
        here.calls.load(Ordering::Relaxed),
        0,
        "a refused peer asked something"
    );
    assert_eq!(
        who(&good, "127.0.0.1", here.port).await.unwrap(),
        "reader-7"
    );
}

/// One attempt by another TLS implementation (OpenSSL); whether the server lets it speak.
fn speaks(port: u16, version: SslVersion, identity: Option<&Identity>) -> bool {
    use std::io::{Read, Write};
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.set_verify(SslVerifyMode::NONE);
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    builder.set_alpn_protos(b"\x02h2").unwrap();
    if let Some(identity) = identity {
        builder
            .set_certificate_file(&identity.certificate, SslFiletype::PEM)
            .unwrap();
        builder
            .set_private_key_file(&identity.key, SslFiletype::PEM)
            .unwrap();
    }
    let stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let Ok(mut stream) = builder.build().connect("localhost", stream) else {
        return false;
    };
    // In TLS 1.3 the client is through before the server has judged it: ask for a first byte. An
    // HTTP/2 server begins with its settings.
    let mut byte = [0];
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .is_ok()
        && matches!(stream.read(&mut byte), Ok(1))
}

#[tokio::test]
async fn no_certificate_and_no_older_tls_are_let_in() {
    let dir = tempfile::tempdir().unwrap();
    let (readers, terminals) = (Ca::new("readers").unwrap(), Ca::new("terminals").unwrap());
    let leaf = terminals.server("terminal", &HOSTS).unwrap();
    let served = write(dir.path(), "served", &leaf, &readers);
    let good = write(
        dir.path(),
        "good",
        &readers.client("reader-7").unwrap(),
        &terminals,
    );
    let here = server(&served).await;
    let port = here.port;
    let tried = tokio::task::spawn_blocking(move || {
        [
            speaks(port, SslVersion::TLS1_3, Some(&good)),
            speaks(port, SslVersion::TLS1_3, None),
            speaks(port, SslVersion::TLS1_2, Some(&good)),
            speaks(port, SslVersion::TLS1_2, None),
        ]
    });
    assert_eq!(tried.await.unwrap(), [true, false, false, false]);
    assert_eq!(here.calls.load(Ordering::Relaxed), 0);
}

#[test]
fn credentials_that_cannot_be_used_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let ca = Ca::new("ca").unwrap();
    let good = write(dir.path(), "good", &ca.client("reader").unwrap(), &ca);
    let other = write(dir.path(), "other", &ca.client("reader").unwrap(), &ca);
    let absent = dir.path().join("absent");
    let garbage = dir.path().join("garbage");
    std::fs::write(
        &garbage,
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    let empty = dir.path().join("empty");
    std::fs::write(&empty, b"").unwrap();
    for bad in [&absent, &garbage, &empty] {
        for broken in [
            Identity {
                certificate: bad.clone(),
                ..good.clone()
            },
            Identity {
                key: bad.clone(),
                ..good.clone()
            },
            Identity {
                peer_root: bad.clone(),
                ..good.clone()
            },
        ] {
            assert!(broken.client().is_err(), "{broken:?}");
            assert!(broken.server().is_err(), "{broken:?}");
        }
    }
    let mixed = Identity {
        key: other.key,
        ..good
    };
    let error = mixed.client().err().unwrap();
    assert!(error.to_string().contains("good.crt"), "{error}");
}
