// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program: arguments, start, control socket.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use nix::sched::{CloneFlags, setns};

use crate::control;
use crate::latency::Latency;
use crate::tray::{Options, Tray};

/// How to call the program.
pub const USAGE: &str =
    "usage: uketsuke-virtual-card --vpcd 127.0.0.1:PORT --control SOCKET --state DIR
         [--network NAMESPACE] [--ins-ms N] [--sign-ms N]";

/// The program's arguments.
#[derive(Debug)]
pub struct Arguments {
    options: Options,
    control: PathBuf,
    network: Option<PathBuf>,
}

impl Arguments {
    /// Takes the arguments apart, without the program's name.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self> {
        let (mut vpcd, mut control, mut state, mut network) = (None, None, None, None);
        let mut latency = Latency::default();
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .with_context(|| format!("{} lacks a value", name.display()))?;
            let text = || {
                value
                    .to_str()
                    .with_context(|| format!("{} is not text", value.display()))
            };
            match name.to_str() {
                Some("--vpcd") => vpcd = Some(text()?.parse::<SocketAddr>().context("--vpcd")?),
                Some("--control") => control = Some(PathBuf::from(&value)),
                Some("--state") => state = Some(PathBuf::from(&value)),
                Some("--network") => network = Some(PathBuf::from(&value)),
                Some("--ins-ms") => latency.ins_ms = text()?.parse().context("--ins-ms")?,
                Some("--sign-ms") => latency.sign_ms = text()?.parse().context("--sign-ms")?,
                _ => bail!("there is no option {}", name.display()),
            }
        }
        Ok(Self {
            options: Options {
                vpcd: vpcd.context("--vpcd is missing")?,
                state: state.context("--state is missing")?,
                latency,
            },
            control: control.context("--control is missing")?,
            network,
        })
    }
}

/// Runs until the control socket fails or the process is ended.
pub fn run(arguments: &Arguments) -> Result<()> {
    if let Some(path) = &arguments.network {
        let network =
            File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        // Before the first thread, so that every thread lives there.
        setns(network, CloneFlags::CLONE_NEWNET)
            .with_context(|| format!("cannot enter the network {}", path.display()))?;
    }
    let tray = Arc::new(Tray::start(&arguments.options)?);
    let listener = listen(&arguments.control)?;
    println!("uketsuke-virtual-card: ready");
    io::stdout().flush()?;
    control::serve(&listener, &tray).context("the control socket failed")
}

/// Listens at `path`. A socket left by a program that was killed gives way: the lock on the state
/// directory has shown that this program is the only one of its kind here.
fn listen(path: &Path) -> Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", path.display()));
        }
        _ => {}
    }
    UnixListener::bind(path).with_context(|| format!("cannot listen at {}", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(text: &str) -> Result<Arguments> {
        Arguments::parse(text.split_whitespace().map(OsString::from))
    }

    #[test]
    fn what_must_be_there_is_asked_for_by_name() {
        let all = "--vpcd 127.0.0.1:1 --control c --state s";
        let arguments = parse(all).unwrap();
        assert_eq!(arguments.options.latency, Latency::default());
        assert!(arguments.network.is_none());
        for missing in ["--vpcd 127.0.0.1:1", "--control c", "--state s"] {
            let name = missing.split(' ').next().unwrap();
            let error = parse(&all.replace(missing, "")).unwrap_err();
            assert_eq!(error.to_string(), format!("{name} is missing"));
        }
    }

    #[test]
    fn latency_can_be_set_and_nonsense_is_refused() {
        let arguments =
            parse("--vpcd [::1]:9 --control c --state s --ins-ms 0 --sign-ms 7").unwrap();
        assert_eq!(
            arguments.options.latency,
            Latency {
                ins_ms: 0,
                sign_ms: 7
            }
        );
        assert!(parse("--ins-ms soon").is_err());
        assert!(parse("--wings 2").is_err());
        assert!(parse("--vpcd").is_err());
    }
}
