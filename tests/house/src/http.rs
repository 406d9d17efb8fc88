// SPDX-License-Identifier: MIT OR Apache-2.0
//! One HTTP request on loopback.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Nobody listens.
    #[error("cannot connect")]
    Connect(#[from] std::io::Error),
    /// The peer broke off.
    #[error("the peer broke off")]
    Exchange(#[from] hyper::Error),
    /// The path is no path.
    #[error("not a request")]
    Request(#[from] hyper::http::Error),
}

/// Sends a JSON body (or none) on a connection of its own.
pub async fn request(
    address: SocketAddr,
    method: Method,
    path: &str,
    body: Bytes,
) -> Result<(StatusCode, Bytes), HttpError> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Its end is seen by the request itself.
    tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address.to_string())
        .header("content-type", "application/json")
        .body(Full::new(body))?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}
