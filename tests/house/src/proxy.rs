// SPDX-License-Identifier: MIT OR Apache-2.0
//! A stretch of line that can be cut and mended: a TCP proxy on loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::api::Line;

/// Bytes moved at once.
const CHUNK: usize = 16 * 1024;

/// A cuttable stretch. Dropping it closes it.
pub struct Proxy {
    address: SocketAddr,
    line: watch::Sender<Line>,
    connections: Arc<AtomicU32>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free loopback port and forwards to `target`.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (line, watch) = watch::channel(Line::Open);
        let connections = Arc::new(AtomicU32::new(0));
        let task = tokio::spawn(accept(listener, target, watch, Arc::clone(&connections)));
        Ok(Self {
            address,
            line,
            connections,
            task,
        })
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts or mends.
    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }

    /// Its state.
    #[must_use]
    pub fn line(&self) -> Line {
        *self.line.borrow()
    }

    /// Connections open now.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    target: SocketAddr,
    line: watch::Receiver<Line>,
    count: Arc<AtomicU32>,
) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // Out of descriptors for the moment; the caller sees a slow line, which is what it is.
            tokio::task::yield_now().await;
            continue;
        };
        let (line, count) = (line.clone(), Arc::clone(&count));
        tokio::spawn(async move {
            count.fetch_add(1, Ordering::Relaxed);
            carry(client, target, line).await;
            count.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// Carries one connection until either end closes it or the line refuses.
async fn carry(mut client: TcpStream, target: SocketAddr, mut line: watch::Receiver<Line>) {
    if open(&mut line).await.is_err() {
        reset(&client);
        return;
    }
    let Ok(mut server) = TcpStream::connect(target).await else {
        reset(&client);
        return;
    };
    // Small requests, one after the other: Nagle's wait would be measured as ours.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let refused = {
        let (client_read, client_write) = client.split();
        let (server_read, server_write) = server.split();
        let up = pump(client_read, server_write, line.clone());
        let down = pump(server_read, client_write, line.clone());
        tokio::select! {
            () = async { tokio::join!(up, down); } => false,
            _ = line.wait_for(|l| *l == Line::Refused) => true,
        }
    };
    if refused {
        reset(&client);
        reset(&server);
    }
}

/// Waits while the line is silent.
async fn open(line: &mut watch::Receiver<Line>) -> Result<(), ()> {
    match line.wait_for(|l| *l != Line::Silent).await {
        Ok(state) if *state == Line::Open => Ok(()),
        _ => Err(()),
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut line: watch::Receiver<Line>,
) {
    let mut buffer = vec![0; CHUNK];
    loop {
        let length = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(length) => length,
        };
        if open(&mut line).await.is_err() || to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    // The other end may have closed already.
    let _ = to.shutdown().await;
}

/// Makes the close of this connection a reset.
fn reset(stream: &TcpStream) {
    // Zero linger is the way to say RST; on failure the peer sees an ordinary close.
    let _ = stream.set_zero_linger();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn an_open_line_carries_a_refused_one_resets_and_a_silent_one_keeps_for_later() {
        let proxy = Proxy::start(echo().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        let mut answer = [0; 2];
        stream.write_all(b"ab").await.unwrap();
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"ab");

        proxy.set(Line::Silent);
        stream.write_all(b"cd").await.unwrap();
        proxy.set(Line::Open);
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"cd");

        proxy.set(Line::Refused);
        assert!(stream.read_exact(&mut answer).await.is_err());
        let mut late = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(!matches!(late.read(&mut answer).await, Ok(n) if n > 0));
    }
}
