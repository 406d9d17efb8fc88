// SPDX-License-Identifier: MIT OR Apache-2.0
//! Start-up and end of a daemon.

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::config::Reader;
use crate::{EXIT_CONFIG, Notify, config, logging};

/// What a daemon is started with.
pub struct Start {
    /// The whole configuration, checked.
    pub config: Reader,
    /// The way to the service manager.
    pub notify: Notify,
    /// Where state lives over a restart (`StateDirectory=`).
    pub state_dir: PathBuf,
    /// Where credentials lie (`ImportCredential=`).
    pub credentials: PathBuf,
    /// Where sockets lie while it runs (`RuntimeDirectory=`).
    pub runtime_dir: PathBuf,
}

impl Start {
    /// A builder for a connection to the system bus. Serve the objects on it, then request the
    /// name, then call [`Notify::ready`].
    pub fn bus(&self) -> zbus::connection::Builder<'static> {
        zbus::connection::Builder::system()
    }
}

/// Runs the daemon `name` until `app` ends or the service manager asks it to stop.
///
/// Exit codes: 0 asked to stop; 1 `app` failed (the reason is logged); [`EXIT_CONFIG`] the
/// configuration is wrong (file, line and key are printed); 2 unknown argument.
pub fn run<F, Fut>(name: &'static str, app: F) -> ExitCode
where
    F: FnOnce(Start) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let mut check_only = false;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--help" | "-h" => {
                println!("{}", help(name));
                return ExitCode::SUCCESS;
            }
            "--version" | "-V" => {
                println!("uketsuke-{name} {}", env!("CARGO_PKG_VERSION"));
                return ExitCode::SUCCESS;
            }
            "--check-config" => check_only = true,
            other => {
                eprintln!(
                    "uketsuke-{name}: unknown argument {other:?}\n{}",
                    help(name)
                );
                return ExitCode::from(2);
            }
        }
    }
    logging::start();
    let config = match config::load() {
        Ok(config) => config,
        Err(problems) => {
            eprintln!("{problems}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    if check_only {
        return ExitCode::SUCCESS;
    }
    let start = Start {
        config,
        notify: Notify::default(),
        state_dir: directory("STATE_DIRECTORY", &format!("/var/lib/uketsuke/{name}")),
        credentials: directory("CREDENTIALS_DIRECTORY", "/etc/uketsuke/credentials"),
        runtime_dir: directory("RUNTIME_DIRECTORY", &format!("/run/uketsuke-{name}")),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(until_stopped(app(start)));
    // Threads that wait for hardware (PC/SC, a display) must not hold the process back.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "ended");
            ExitCode::FAILURE
        }
    }
}

async fn until_stopped(app: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        result = app => result,
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
}

/// The first directory of a systemd variable (a colon-separated list), or the default.
fn directory(variable: &str, default: &str) -> PathBuf {
    std::env::var(variable)
        .ok()
        .and_then(|list| list.split(':').next().map(PathBuf::from))
        .filter(|path| !path.as_os_str().is_empty())
        .unwrap_or_else(|| PathBuf::from(default))
}

fn help(name: &str) -> String {
    format!(
        "usage: uketsuke-{name} [--check-config] [--version] [--help]\n\n\
         Configuration: reader.toml and reader.d/*.toml in $UKETSUKE_CONFIG (default {}).\n\
         Log filter: $UKETSUKE_LOG (default info).",
        config::DEFAULT_DIRECTORY
    )
}
