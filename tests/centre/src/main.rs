// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs the stand-in centre until it is stopped.
//!
//! Once it listens it prints one line of JSON with its addresses:
//! `{"listen":"127.0.0.1:40001","control":"127.0.0.1:40002"}`.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use uketsuke_centre::Options;
use uketsuke_link::tls::Identity;

const USAGE: &str = "usage: uketsuke-centre --state DIR --credentials DIR --registry FILE --trust FILE \
     [--listen 127.0.0.1:0] [--control 127.0.0.1:0]";

fn options() -> anyhow::Result<Options> {
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let (mut listen, mut control) = (loopback, loopback);
    let (mut state, mut credentials, mut registry, mut trust) = (None, None, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments
            .next()
            .with_context(|| format!("{name}: no value\n{USAGE}"))?;
        match name.as_str() {
            "--listen" => listen = value.parse().context("--listen")?,
            "--control" => control = value.parse().context("--control")?,
            "--state" => state = Some(PathBuf::from(value)),
            "--credentials" => credentials = Some(PathBuf::from(value)),
            "--registry" => registry = Some(PathBuf::from(value)),
            "--trust" => trust = Some(PathBuf::from(value)),
            _ => anyhow::bail!("unknown argument {name}\n{USAGE}"),
        }
    }
    let credentials = credentials.context(USAGE)?;
    Ok(Options {
        listen,
        control,
        state: state.context(USAGE)?,
        identity: Identity::in_directory(
            &credentials,
            "centre.crt",
            "centre.key",
            "terminal-client-ca.crt",
        ),
        registry: registry.context(USAGE)?,
        trust: trust.context(USAGE)?,
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("UKETSUKE_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .init();
    let centre = uketsuke_centre::start(options()?).await?;
    println!(
        "{}",
        serde_json::json!({ "listen": centre.address, "control": centre.control })
    );
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        () = centre.run() => anyhow::bail!("a listener ended"),
        _ = terminate.recv() => Ok(()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}
