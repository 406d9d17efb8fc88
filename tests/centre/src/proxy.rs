// SPDX-License-Identifier: MIT OR Apache-2.0
//! A cable that can be cut: a TCP relay on loopback.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the cable does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cable {
    /// Carries.
    Whole,
    /// Connections are closed at once and new ones are not kept.
    Cut,
    /// Bytes vanish and nothing is closed, as behind a switch that has lost its line.
    Dark,
}

/// A relay from a port of its own to `target`. Ends when dropped.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    cable: watch::Sender<Cable>,
    _accept: JoinSet<()>,
}

impl Proxy {
    /// Starts relaying to `target`, whole.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(target: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (cable, state) = watch::channel(Cable::Whole);
        let mut accept = JoinSet::new();
        accept.spawn(relay(listener, target, state));
        Ok(Self {
            address,
            cable,
            _accept: accept,
        })
    }

    /// Cuts or mends the cable.
    pub fn set(&self, cable: Cable) {
        self.cable.send_replace(cable);
    }
}

async fn relay(listener: TcpListener, target: SocketAddr, cable: watch::Receiver<Cable>) {
    let mut lines = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    lines.spawn(line(stream, target, cable.clone()));
                }
                Err(error) => tracing::warn!(%error, "the cable takes no connection"),
            },
            Some(_) = lines.join_next() => {}
        }
    }
}

/// One connection. A dark stretch lasts until the connection's ends give up or the cable changes;
/// bytes lost in it leave the stream broken, so the connection ends when the cable comes back.
async fn line(mut near: TcpStream, target: SocketAddr, mut cable: watch::Receiver<Cable>) {
    let state = *cable.borrow_and_update();
    match state {
        Cable::Cut => {}
        Cable::Dark => {
            // Ends with an error only when the proxy itself is dropped.
            let _ = cable.changed().await;
        }
        Cable::Whole => {
            let Ok(mut far) = TcpStream::connect(target).await else {
                return;
            };
            if near.set_nodelay(true).and(far.set_nodelay(true)).is_err() {
                return;
            }
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                _ = cable.wait_for(|state| *state != Cable::Whole) => {}
            }
            if *cable.borrow_and_update() == Cable::Dark {
                let _ = cable.changed().await;
            }
        }
    }
}
