// SPDX-License-Identifier: MIT OR Apache-2.0
//! The end that is called: HTTP/2 over mutual TLS, handed to an [`axum::Router`].

use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::tls::common_name;

/// Longest TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// A silent peer is asked for a sign of life this often, and given as long to answer.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Most requests in flight on one connection.
const STREAMS: u32 = 64;
/// Most bytes of all header fields of a request.
const HEADER_BYTES: u32 = 16 * 1024;

/// The peer of a request, from its certificate; an extension of every request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Peer(pub Arc<str>);

/// Serves `router` to peers that prove themselves, at most `connections` at a time. Runs until
/// dropped; a peer that is refused is logged once and costs nothing further.
pub async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    router: Router,
    connections: usize,
) {
    let acceptor = TlsAcceptor::from(tls);
    let free = Arc::new(Semaphore::new(connections));
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let place = Arc::clone(&free)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors or memory: a new attempt at once would spin.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        while tasks.try_join_next().is_some() {}
        let (acceptor, router) = (acceptor.clone(), router.clone());
        tasks.spawn(async move {
            connection(stream, acceptor, router).await;
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, router: Router) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "connection gone at once");
        return;
    }
    let stream = match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::info!(%error, "a peer was refused");
            return;
        }
        Err(_) => {
            tracing::info!("a peer did not finish its handshake");
            return;
        }
    };
    let name = stream
        .get_ref()
        .1
        .peer_certificates()
        .and_then(|chain| common_name(chain.first()?));
    let Some(name) = name else {
        tracing::info!("a peer was refused: its certificate has no usable common name");
        return;
    };
    let service = TowerToHyperService::new(router.layer(Extension(Peer(name.into()))));
    let served = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
}
