// SPDX-License-Identifier: MIT OR Apache-2.0
//! The end that calls: one kept HTTP/2 connection, made when needed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Url;

use crate::fault::Fault;
use crate::wire::BODY_BYTES;

/// Longest wait for a connection, TLS included; a request's own limit ends it earlier.
const CONNECT: Duration = Duration::from_secs(3);
/// Most bytes of all header fields of an answer.
const HEADER_BYTES: u32 = 16 * 1024;

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No connection: refused, unreachable, not resolved, or silent. Nothing was sent.
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    /// The peer is not who it should be, or does not speak the protocol. Nothing was sent.
    #[error("the peer was not accepted")]
    Peer(#[source] std::io::Error),
    /// The connection ended before the answer was complete.
    #[error("the connection was lost")]
    Lost(#[source] hyper::Error),
    /// No complete answer in time.
    #[error("no answer in time")]
    TimedOut {
        /// Whether the request had been handed to the connection.
        sent: bool,
    },
    /// The answer is larger than [`BODY_BYTES`].
    #[error("the answer is too large")]
    TooLarge,
    /// The answer is not the JSON it should be.
    #[error("the answer is not understood")]
    Garbage(#[source] serde_json::Error),
    /// The peer answered with a status and no [`Fault`] (a redirect among them).
    #[error("the peer answered with status {0}")]
    Status(StatusCode),
    /// The peer refused.
    #[error("the peer refused: {:?}", .0.error)]
    Refused(Fault),
}

impl CallError {
    /// Whether the peer may have acted on the request, as far as this end knows.
    #[must_use]
    pub fn reached(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Peer(_) => false,
            Self::TimedOut { sent } => *sent,
            Self::Refused(fault) => fault.reached,
            Self::Lost(_) | Self::TooLarge | Self::Garbage(_) | Self::Status(_) => true,
        }
    }

    /// Whether the peer itself was heard in this exchange.
    #[must_use]
    pub fn answered(&self) -> bool {
        matches!(
            self,
            Self::TooLarge | Self::Garbage(_) | Self::Status(_) | Self::Refused(_)
        )
    }
}

/// Calls one peer.
pub struct Client {
    host: String,
    port: u16,
    name: ServerName<'static>,
    /// `https://host:port`, without a slash at the end.
    base: String,
    tls: TlsConnector,
    /// Locked for a look, never while anything is waited for: giving a dead connection up must not
    /// wait for somebody else's attempt to make a new one.
    kept: Mutex<Option<Open>>,
    /// Held by the one caller who makes a new connection.
    dialling: tokio::sync::Mutex<()>,
}

/// The kept connection; its driver ends with it.
struct Open {
    send: SendRequest<Full<Bytes>>,
    driver: AbortHandle,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// The address has no host that a certificate could name.
#[derive(Debug, thiserror::Error)]
#[error("{0} names no host")]
pub struct NoHost(Url);

impl Client {
    /// A client of the peer at `url` (`https://host[:port]`). Does not connect yet.
    ///
    /// # Errors
    /// [`NoHost`] when the address has no usable host.
    pub fn new(url: &Url, tls: Arc<ClientConfig>) -> Result<Self, NoHost> {
        let host = url.host().ok_or_else(|| NoHost(url.clone()))?.to_owned();
        let (host, name) = match host {
            url::Host::Domain(domain) => {
                let name = ServerName::try_from(domain.clone()).map_err(|_| NoHost(url.clone()))?;
                (domain, name)
            }
            url::Host::Ipv4(ip) => (ip.to_string(), ServerName::from(std::net::IpAddr::from(ip))),
            url::Host::Ipv6(ip) => (ip.to_string(), ServerName::from(std::net::IpAddr::from(ip))),
        };
        let path = url.path().trim_end_matches('/');
        let port = url.port_or_known_default().unwrap_or(443);
        let bracketed = url.host_str().unwrap_or_default();
        Ok(Self {
            base: format!("https://{bracketed}:{port}{path}"),
            host,
            port,
            name,
            tls: TlsConnector::from(tls),
            kept: Mutex::new(None),
            dialling: tokio::sync::Mutex::new(()),
        })
    }

    /// Sends `body` and reads the answer, all within `limit`.
    ///
    /// # Errors
    /// [`CallError`]; after [`CallError::Lost`] and [`CallError::TimedOut`] the connection is
    /// given up and the next call makes a new one.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
        limit: Duration,
    ) -> Result<T, CallError> {
        let body = match body {
            Some(body) => serde_json::to_vec(body).map_err(CallError::Garbage)?,
            None => Vec::new(),
        };
        let sent = AtomicBool::new(false);
        let exchange = self.exchange(method, path, Bytes::from(body), &sent);
        let result = match tokio::time::timeout(limit, exchange).await {
            Ok(result) => result,
            Err(_) => Err(CallError::TimedOut {
                sent: sent.load(Ordering::Relaxed),
            }),
        };
        if matches!(
            result,
            Err(CallError::Lost(_) | CallError::TimedOut { .. } | CallError::TooLarge)
        ) {
            self.hang_up();
        }
        result
    }

    /// Gives the kept connection up; requests in flight on it end with [`CallError::Lost`].
    pub fn hang_up(&self) {
        self.kept().take();
    }

    fn kept(&self) -> MutexGuard<'_, Option<Open>> {
        // What is in it is whole at every moment.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a connection of its own and drops it: whether the peer can be reached at all.
    ///
    /// # Errors
    /// [`CallError::Connect`], also when it takes longer than `limit`; [`CallError::Peer`].
    pub async fn probe(&self, limit: Duration) -> Result<(), CallError> {
        tokio::time::timeout(limit, self.connect())
            .await
            .unwrap_or_else(|_| Err(CallError::Connect(std::io::ErrorKind::TimedOut.into())))
            .map(drop)
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        sent: &AtomicBool,
    ) -> Result<T, CallError> {
        let mut again = true;
        loop {
            let mut send = self.sender().await?;
            let request = Request::builder()
                .method(method.clone())
                .uri(format!("{}{path}", self.base))
                .header("content-type", "application/json")
                .body(Full::new(body.clone()))
                .expect("method and path are constants and checked ids");
            sent.store(true, Ordering::Relaxed);
            match send.send_request(request).await {
                Ok(response) => return read(response).await,
                // The kept connection had ended and the request never left: a new one is safe.
                Err(error) if error.is_canceled() && again => {
                    sent.store(false, Ordering::Relaxed);
                    again = false;
                    self.hang_up();
                }
                Err(error) => return Err(CallError::Lost(error)),
            }
        }
    }

    /// The kept connection's sender, if it still takes requests.
    async fn ready(&self) -> Option<SendRequest<Full<Bytes>>> {
        let mut send = self.kept().as_ref()?.send.clone();
        (!send.is_closed() && send.ready().await.is_ok()).then_some(send)
    }

    /// The kept connection's sender, or that of a new connection.
    async fn sender(&self) -> Result<SendRequest<Full<Bytes>>, CallError> {
        if let Some(send) = self.ready().await {
            return Ok(send);
        }
        let _alone = self.dialling.lock().await;
        // Somebody else may just have made one.
        if let Some(send) = self.ready().await {
            return Ok(send);
        }
        self.hang_up();
        let stream = self.connect().await?;
        let (send, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_header_list_size(HEADER_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(CallError::Lost)?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
        })
        .abort_handle();
        *self.kept() = Some(Open {
            send: send.clone(),
            driver,
        });
        Ok(send)
    }

    async fn connect(&self) -> Result<TlsStream<TcpStream>, CallError> {
        let attempt = async {
            let stream = TcpStream::connect((self.host.as_str(), self.port))
                .await
                .map_err(CallError::Connect)?;
            // One small message each way: waiting to fill a packet only adds delay.
            stream.set_nodelay(true).map_err(CallError::Connect)?;
            let stream = self
                .tls
                .connect(self.name.clone(), stream)
                .await
                .map_err(handshake)?;
            if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                let kind = std::io::ErrorKind::Unsupported;
                return Err(CallError::Peer(std::io::Error::new(kind, "no HTTP/2")));
            }
            Ok(stream)
        };
        tokio::time::timeout(CONNECT, attempt)
            .await
            .unwrap_or_else(|_| Err(CallError::Connect(std::io::ErrorKind::TimedOut.into())))
    }
}

/// A handshake that the other side broke off without a word is a line that does not carry; one
/// that failed for a reason TLS names is a peer that is not accepted.
fn handshake(error: std::io::Error) -> CallError {
    let named = error
        .get_ref()
        .is_some_and(|inner| inner.is::<rustls::Error>());
    if named {
        CallError::Peer(error)
    } else {
        CallError::Connect(error)
    }
}

async fn read<T: DeserializeOwned>(
    response: http::Response<hyper::body::Incoming>,
) -> Result<T, CallError> {
    let status = response.status();
    let body = match Limited::new(response.into_body(), BODY_BYTES)
        .collect()
        .await
    {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(CallError::TooLarge),
        Err(error) => match error.downcast::<hyper::Error>() {
            Ok(error) => return Err(CallError::Lost(*error)),
            Err(_) => return Err(CallError::TooLarge),
        },
    };
    if status == StatusCode::OK {
        return serde_json::from_slice(&body).map_err(CallError::Garbage);
    }
    match serde_json::from_slice::<Fault>(&body) {
        Ok(fault) => Err(CallError::Refused(fault)),
        Err(_) => Err(CallError::Status(status)),
    }
}
