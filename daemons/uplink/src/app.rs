// SPDX-License-Identifier: MIT OR Apache-2.0
//! Puts the uplink together and runs it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use uketsuke_bus::{UPLINK, UPLINK_PATH};
use uketsuke_common::config::{Place, TerminalConfig};
use uketsuke_common::{Beat, Start};
use uketsuke_link::client::Client;
use uketsuke_link::tls::Identity;
use zbus::Connection;
use zbus::object_server::InterfaceRef;

use crate::bus::{self, Uplink1};
use crate::deliver::{self, Lane};
use crate::line::Line;
use crate::mode::Mode;
use crate::orders;
use crate::queue::{PAGES, Queue};
use crate::service::Service;

/// The daemon.
///
/// # Errors
/// When a credential, the queue or the bus cannot be used, or a task ended.
pub async fn run(start: Start) -> anyhow::Result<()> {
    let config = &start.config.uplink;
    let identity = Identity::in_directory(
        &start.credentials,
        "reader.crt",
        "reader.key",
        "terminal-ca.crt",
    );
    let address = terminal(&start.config.terminal)?;
    let client = Client::new(&address, identity.client()?)?;
    let line = Arc::new(Line::new(
        client,
        Duration::from_secs(config.request_s.into()),
    ));
    let queue = Arc::new(
        Queue::open(&start.state_dir, PAGES)
            .await
            .context("the queue")?,
    );
    let service = Arc::new(Service::new(Arc::clone(&queue), Arc::clone(&line)));

    let connection = start
        .bus()
        .serve_at(UPLINK_PATH, Uplink1::new(Arc::clone(&service)))
        .build()
        .await
        .context("bus")?;
    resume(&service, &connection).await?;
    let served: InterfaceRef<Uplink1> = connection.object_server().interface(UPLINK_PATH).await?;
    connection
        .request_name(UPLINK)
        .await
        .with_context(|| format!("name {UPLINK}"))?;
    start.notify.ready();
    tracing::info!(terminal = %address, "ready");

    let mut mode = Mode::on(&connection)
        .await
        .context("the mode manager's interface")?;
    let longest = Duration::from_secs(config.retry_max_s.into());
    // The watchdog is fed by this turn, which therefore comes at least as often as it is due.
    let pause = Duration::from_secs(config.heartbeat_s.into());
    let pause = pause.min(start.notify.watchdog_interval().unwrap_or(pause));
    let turns = Beat::every(pause).context("the timer")?;
    let beat = async {
        loop {
            if let Err(error) = turns.turn().await {
                break error;
            }
            line.pulse().await;
            service.expire(Instant::now()).await;
            start.notify.alive();
        }
    };
    tokio::select! {
        error = beat => Err(error).context("the heart-beat ended"),
        () = deliver::run(&queue, &line, longest, Lane::Records) => {
            anyhow::bail!("the delivery ended")
        }
        () = deliver::run(&queue, &line, longest, Lane::Events) => {
            anyhow::bail!("the delivery of events ended")
        }
        () = orders::run(&line, &mut mode, longest) => anyhow::bail!("the orders ended"),
        result = announce(&service, &served) => result.context("the signals ended"),
        () = connection.closed() => anyhow::bail!("the bus is gone"),
    }
}

/// Where the terminal is. One on this box is called over loopback, whatever it listens on.
fn terminal(config: &TerminalConfig) -> anyhow::Result<url::Url> {
    match &config.place {
        Place::At(url) => Ok(url.clone()),
        Place::Here => {
            let mut listen = config.listen;
            if listen.ip().is_unspecified() {
                listen.set_ip(match listen {
                    SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
                    SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
                });
            }
            Ok(url::Url::parse(&format!("https://{listen}/"))?)
        }
    }
}

/// Sessions of an earlier run go on when their caller is still on this bus, and are given up
/// otherwise.
async fn resume(service: &Arc<Service>, connection: &Connection) -> anyhow::Result<()> {
    let names = zbus::fdo::DBusProxy::new(connection).await?;
    for left in service.queue().left().await? {
        let caller = bus::on_this_bus(connection, &left.owner);
        let here = match &caller {
            Some(name) => names.name_has_owner(name.as_ref().into()).await?,
            None => false,
        };
        match caller {
            Some(caller) if here => {
                tracing::info!(session = left.session, open = left.open, "taken up again");
                if service.resume(left.session, &left.owner) {
                    bus::watch(Arc::clone(service), connection.clone(), caller);
                }
            }
            _ => service.queue().orphan(&left.session).await?,
        }
    }
    Ok(())
}

/// Emits the change signals of the properties.
async fn announce(service: &Service, served: &InterfaceRef<Uplink1>) -> anyhow::Result<()> {
    let mut hops = service.line().hops();
    let mut queued = service.queue().waiting();
    loop {
        tokio::select! {
            changed = hops.changed() => {
                changed?;
                served.get().await.hops_changed(served.signal_emitter()).await?;
            }
            changed = queued.changed() => {
                changed?;
                served.get().await.queued_changed(served.signal_emitter()).await?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_terminal_on_this_box_is_called_over_loopback() {
        for (listen, expected) in [
            ("127.0.0.1:8443", "https://127.0.0.1:8443/"),
            ("0.0.0.0:8443", "https://127.0.0.1:8443/"),
            ("[::]:8443", "https://[::1]:8443/"),
            ("192.0.2.7:443", "https://192.0.2.7/"),
        ] {
            let config = TerminalConfig {
                listen: listen.parse().unwrap(),
                ..TerminalConfig::default()
            };
            assert_eq!(terminal(&config).unwrap().as_str(), expected);
        }
    }
}
