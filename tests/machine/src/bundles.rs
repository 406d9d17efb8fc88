// SPDX-License-Identifier: MIT OR Apache-2.0
//! An update server: files of one directory over HTTP with byte ranges, counted, and bad on request.

use std::io::{self, SeekFrom};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode, header};
use futures_util::stream;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::https::Listener;

/// Any port of loopback.
const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// Bytes per read, and so the grain of every fault.
const PIECE: u64 = 64 * 1024;

/// How the server is bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Not at all.
    #[default]
    None,
    /// No more than so many bytes per second on each connection.
    Slow(u64),
    /// The connection breaks after so many bytes of every answer.
    Cut(u64),
    /// After so many bytes of every answer nothing more comes.
    Stall(u64),
    /// Every answer is this status, without a body.
    Status(u16),
    /// Ranges are not known: the whole file comes, with 200.
    NoRange,
    /// The lowest bit of this byte of the file is the other way round.
    Flip(u64),
}

/// What was asked of the server so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Requests.
    pub requests: u64,
    /// Bytes of bodies handed out.
    pub bytes: u64,
}

struct Shared {
    directory: PathBuf,
    fault: Mutex<Fault>,
    requests: AtomicU64,
    bytes: AtomicU64,
}

/// A running server; it ends when dropped.
pub struct Bundles {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

impl Drop for Bundles {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Bundles {
    /// Serves `directory` on a free port of loopback.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn serve(directory: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind(LOOPBACK).await?;
        Self::on(listener, directory)
    }

    /// The same over TLS, with the certificate in `credentials`.
    ///
    /// # Errors
    /// When there is no port or no certificate.
    pub async fn serve_tls(directory: &Path, credentials: &Path) -> io::Result<Self> {
        let listener = Listener::new(TcpListener::bind(LOOPBACK).await?, credentials)?;
        Self::on(listener, directory)
    }

    fn on<L: axum::serve::Listener<Addr = SocketAddr>>(
        listener: L,
        directory: &Path,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            directory: directory.to_owned(),
            fault: Mutex::default(),
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the update server ended: {error}");
            }
        });
        Ok(Self {
            address,
            shared,
            serving,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was asked of it so far.
    #[must_use]
    pub fn fetched(&self) -> Fetched {
        Fetched {
            requests: self.shared.requests.load(Ordering::Relaxed),
            bytes: self.shared.bytes.load(Ordering::Relaxed),
        }
    }

    /// Begins to count anew.
    pub fn forget(&self) {
        self.shared.requests.store(0, Ordering::Relaxed);
        self.shared.bytes.store(0, Ordering::Relaxed);
    }

    /// Makes answers that begin from now on bad, or good again.
    pub fn set_fault(&self, fault: Fault) {
        *lock(&self.shared.fault) = fault;
    }
}

fn lock(fault: &Mutex<Fault>) -> std::sync::MutexGuard<'_, Fault> {
    // A plain value, whole after every change.
    fault.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Part of a file to be sent.
struct Part {
    file: File,
    shared: Arc<Shared>,
    fault: Fault,
    /// Next byte of the file, and the first one not to send.
    at: u64,
    end: u64,
    sent: u64,
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    shared.requests.fetch_add(1, Ordering::Relaxed);
    let fault = *lock(&shared.fault);
    let (head, _) = request.into_parts();
    match respond(&shared, fault, &head).await {
        Ok(response) => response,
        Err(status) => plain(status),
    }
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

async fn respond(
    shared: &Arc<Shared>,
    fault: Fault,
    request: &Parts,
) -> Result<Response<Body>, StatusCode> {
    if let Fault::Status(status) = fault {
        return Err(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    }
    if request.method != Method::GET && request.method != Method::HEAD {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let path = inside(&shared.directory, request.uri.path()).ok_or(StatusCode::NOT_FOUND)?;
    let mut file = File::open(&path).await.map_err(|_| StatusCode::NOT_FOUND)?;
    let metadata = file.metadata().await.map_err(broken)?;
    if !metadata.is_file() {
        return Err(StatusCode::NOT_FOUND);
    }
    let size = metadata.len();
    let range = match request.headers.get(header::RANGE) {
        Some(value) if fault != Fault::NoRange => one_range(value.to_str().ok(), size)?,
        _ => None,
    };
    let (at, end) = range
        .as_ref()
        .map_or((0, size), |range| (*range.start(), *range.end() + 1));
    let mut response = Response::builder()
        .header(header::CONTENT_LENGTH, end - at)
        .header(header::CONTENT_TYPE, "application/octet-stream");
    if fault != Fault::NoRange {
        response = response.header(header::ACCEPT_RANGES, "bytes");
    }
    if range.is_some() {
        let text = format!("bytes {at}-{}/{size}", end - 1);
        response = response
            .status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_RANGE, text);
    }
    let body = if request.method == Method::HEAD {
        Body::empty()
    } else {
        file.seek(SeekFrom::Start(at)).await.map_err(broken)?;
        let part = Part {
            file,
            shared: Arc::clone(shared),
            fault,
            at,
            end,
            sent: 0,
        };
        Body::from_stream(stream::try_unfold(part, piece))
    };
    response
        .body(body)
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

fn broken(_: io::Error) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

/// The one range asked for. Of several the whole file is a permitted answer (RFC 9110, 14.2).
fn one_range(value: Option<&str>, size: u64) -> Result<Option<RangeInclusive<u64>>, StatusCode> {
    let ranges = value
        .and_then(|text| http_range_header::parse_range_header(text).ok())
        .and_then(|ranges| ranges.validate(size).ok())
        .ok_or(StatusCode::RANGE_NOT_SATISFIABLE)?;
    match <[_; 1]>::try_from(ranges) {
        Ok([range]) => Ok(Some(range)),
        Err(_) => Ok(None),
    }
}

/// The file below the directory; nothing else.
fn inside(directory: &Path, path: &str) -> Option<PathBuf> {
    let relative = Path::new(path.strip_prefix('/')?);
    let plain = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    plain.then(|| directory.join(relative))
}

/// The next piece of the body, as good or bad as the fault says.
async fn piece(mut part: Part) -> io::Result<Option<(Bytes, Part)>> {
    let left = part.end - part.at;
    if left == 0 {
        return Ok(None);
    }
    let mut length = left.min(PIECE);
    match part.fault {
        Fault::Cut(limit) | Fault::Stall(limit) if part.sent >= limit => {
            if matches!(part.fault, Fault::Cut(_)) {
                return Err(io::Error::from(io::ErrorKind::ConnectionReset));
            }
            std::future::pending::<()>().await;
        }
        Fault::Cut(limit) | Fault::Stall(limit) => length = length.min(limit - part.sent),
        Fault::Slow(rate) => {
            let wait = Duration::from_secs_f64(length as f64 / rate.max(1) as f64);
            tokio::time::sleep(wait).await;
        }
        _ => {}
    }
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    part.file.read_exact(&mut bytes).await?;
    if let Fault::Flip(byte) = part.fault
        && let Some(at) = byte.checked_sub(part.at)
        && let Some(byte) = usize::try_from(at).ok().and_then(|at| bytes.get_mut(at))
    {
        *byte ^= 1;
    }
    part.at += length;
    part.sent += length;
    part.shared.bytes.fetch_add(length, Ordering::Relaxed);
    Ok(Some((bytes.into(), part)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpStream;

    const SIZE: usize = 200_000;

    fn content() -> Vec<u8> {
        (0..SIZE).map(|at| (at % 251) as u8).collect()
    }

    async fn server() -> (tempfile::TempDir, Bundles) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("new.raucb"), content()).unwrap();
        let bundles = Bundles::serve(folder.path()).await.unwrap();
        (folder, bundles)
    }

    /// Status and body of one request, as far as it came.
    async fn get(bundles: &Bundles, method: &str, path: &str, range: &str) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(bundles.address()).await.unwrap();
        let range = match range {
            "" => String::new(),
            range => format!("Range: {range}\r\n"),
        };
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{range}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // What came before the server broke off is what counts.
        let _ = stream.read_to_end(&mut answer).await;
        // A line cut early takes the head with it: status 0.
        let Some(head) = answer.windows(4).position(|w| w == b"\r\n\r\n") else {
            return (0, Vec::new());
        };
        let status = std::str::from_utf8(&answer[9..12]).unwrap();
        (status.parse().unwrap(), answer.split_off(head + 4))
    }

    #[tokio::test]
    async fn ranges_are_cut_out_and_counted() {
        let (_folder, bundles) = server().await;
        let all = content();
        let whole = get(&bundles, "GET", "/new.raucb", "").await;
        assert!(whole == (200, all.clone()));
        let part = get(&bundles, "GET", "/new.raucb", "bytes=1000-1999").await;
        assert!(part == (206, all[1000..2000].to_vec()));
        let tail = get(&bundles, "GET", "/new.raucb", "bytes=-10").await;
        assert_eq!(tail, (206, all[SIZE - 10..].to_vec()));
        assert_eq!(get(&bundles, "HEAD", "/new.raucb", "").await, (200, vec![]));
        let fetched = bundles.fetched();
        assert_eq!(fetched.requests, 4);
        assert_eq!(fetched.bytes, (SIZE + 1000 + 10) as u64);
        bundles.forget();
        let beyond = get(&bundles, "GET", "/new.raucb", "bytes=900000-").await;
        assert_eq!(beyond.0, 416);
        assert_eq!(bundles.fetched().bytes, 0);
    }

    #[tokio::test]
    async fn nothing_outside_the_directory_is_served() {
        let (_folder, bundles) = server().await;
        for path in [
            "/../etc/passwd",
            "/etc/passwd",
            "/",
            "//etc/passwd",
            "/none",
        ] {
            assert_eq!(get(&bundles, "GET", path, "").await.0, 404, "{path}");
        }
        assert_eq!(get(&bundles, "POST", "/new.raucb", "").await.0, 405);
    }

    #[tokio::test]
    async fn a_bad_server_cuts_lies_and_refuses() {
        let (_folder, bundles) = server().await;
        bundles.set_fault(Fault::Cut(70_000));
        let (status, body) = get(&bundles, "GET", "/new.raucb", "").await;
        // What was under way when the line broke may be lost with it, the head too.
        assert!(status == 200 || (status == 0 && body.is_empty()));
        assert!(body.len() <= 70_000 && content().starts_with(&body));
        assert_eq!(bundles.fetched().bytes, 70_000);
        bundles.set_fault(Fault::Flip(1500));
        let (_, body) = get(&bundles, "GET", "/new.raucb", "bytes=1000-1999").await;
        let mut wrong = content()[1000..2000].to_vec();
        wrong[500] ^= 1;
        assert!(body == wrong);
        bundles.set_fault(Fault::NoRange);
        let whole = get(&bundles, "GET", "/new.raucb", "bytes=0-9").await;
        assert_eq!((whole.0, whole.1.len()), (200, SIZE));
        bundles.set_fault(Fault::Status(503));
        assert_eq!(get(&bundles, "GET", "/new.raucb", "").await.0, 503);
        bundles.set_fault(Fault::None);
        assert_eq!(get(&bundles, "GET", "/new.raucb", "").await.0, 200);
    }

    #[tokio::test]
    async fn a_stalled_answer_does_not_end() {
        let (_folder, bundles) = server().await;
        bundles.set_fault(Fault::Stall(0));
        let asked = get(&bundles, "GET", "/new.raucb", "");
        let limit = Duration::from_millis(200);
        assert!(tokio::time::timeout(limit, asked).await.is_err());
    }
}
