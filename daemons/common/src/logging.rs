// SPDX-License-Identifier: MIT OR Apache-2.0
//! Logging with fields: to the journal under systemd, to standard error elsewhere.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Environment variable that filters the log (`tracing` directives); default `info`.
const FILTER: &str = "UKETSUKE_LOG";

/// Sets up the one subscriber of this process; a second call changes nothing.
pub fn start() {
    let filter = EnvFilter::try_from_env(FILTER).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let journal = std::env::var_os("JOURNAL_STREAM").and_then(|_| tracing_journald::layer().ok());
    // A second start happens only where several daemons run in one test process.
    let _ = match journal {
        Some(journal) => registry.with(journal).try_init(),
        None => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_writer(std::io::stderr)
                    .with_ansi(false)
                    .without_time(),
            )
            .try_init(),
    };
}
