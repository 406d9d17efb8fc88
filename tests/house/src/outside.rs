// SPDX-License-Identifier: MIT OR Apache-2.0
//! What stands outside a reader: the virtual card, the centre and everybody's certificates.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use uketsuke_centre::pki::{self, PkiError};
use uketsuke_virtual_card::pcscd::Pcscd;

use crate::card::{CardControl, CardError};
use crate::http::{self, HttpError};
use crate::logs::Logs;
use crate::process::{Handle, ProcessError, Ready, Spec};
use crate::space::{Space, SpaceError};
use crate::{ports, users};

/// Delay before a stand-in that died is started again.
const RESTART: Duration = Duration::from_millis(100);

/// Why something outside a reader is not there.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// A file.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The process.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// pcscd's network.
    #[error("cannot open pcscd's network {path}")]
    Network {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Certificates.
    #[error("certificates of the line")]
    Pki(#[from] PkiError),
    /// A directory of certificates could not be handed to its user.
    #[error("cannot hand over {path}")]
    HandOver {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No port.
    #[error("cannot listen")]
    Listen(#[source] io::Error),
    /// The card did not tell its test roots.
    #[error("the virtual card does not tell its test roots")]
    Roots(#[source] CardError),
    /// The centre's control cannot be reached.
    #[error("the centre's control")]
    Control(#[from] HttpError),
    /// The centre's control refused.
    #[error("the centre's control: {path}: {status}: {text}")]
    Refused {
        /// What was asked.
        path: String,
        /// HTTP status.
        status: StatusCode,
        /// The reason.
        text: String,
    },
}

/// The virtual card's process and its grip.
pub struct Card {
    /// The process.
    pub process: Handle,
    /// Its control socket.
    pub control: CardControl,
    /// pcscd's network, held open: a card that is started again enters it although the pcscd that
    /// made it may be gone.
    pub network: File,
}

/// Starts the virtual card in the network of `pcscd`, with these milliseconds for an instruction
/// and a signature, or its own defaults.
///
/// # Errors
/// [`OutsideError::Space`], [`OutsideError::Network`].
pub fn start_card(
    space: &Space,
    pcscd: &Pcscd,
    latency_ms: Option<(u32, u32)>,
    logs: &Logs,
) -> Result<Card, OutsideError> {
    let path = pcscd.network();
    let network = File::open(&path).map_err(|source| OutsideError::Network { path, source })?;
    let entrance = format!("/proc/{}/fd/{}", std::process::id(), network.as_raw_fd());
    // Root, because entering pcscd's network takes it; state readable for the centre.
    let state = space.directory("virtual-card", 0, 0o755)?;
    let socket = state.join("control.sock");
    let mut args: Vec<OsString> = vec![
        "--vpcd".into(),
        pcscd.address().to_string().into(),
        "--control".into(),
        socket.clone().into_os_string(),
        "--state".into(),
        state.into_os_string(),
        "--network".into(),
        entrance.into(),
    ];
    if let Some((instruction, signature)) = latency_ms {
        args.extend(["--ins-ms".into(), instruction.to_string().into()]);
        args.extend(["--sign-ms".into(), signature.to_string().into()]);
    }
    let spec = stand_in(space, "virtual-card", "uketsuke-virtual-card", args, 0);
    Ok(Card {
        process: Handle::start(spec, logs),
        control: CardControl::new(socket),
        network,
    })
}

/// The centre's process, its address for terminals and its grip.
pub struct StartedCentre {
    /// The process; ready once it listens.
    pub process: Handle,
    /// Where terminals find it.
    pub address: SocketAddr,
    /// Its control.
    pub grip: Centre,
}

/// Control of the centre.
#[derive(Clone, Copy, Debug)]
pub struct Centre {
    control: SocketAddr,
}

/// Makes all certificates of the line, hands each directory to its user, and starts the centre,
/// which is told the roots and the holders of the virtual cards.
///
/// # Errors
/// [`OutsideError`].
pub async fn start_centre(
    space: &Space,
    card: &CardControl,
    logs: &Logs,
) -> Result<StartedCentre, OutsideError> {
    let credentials = space.base().join("credentials");
    pki::make(&credentials)?;
    let owners = [
        ("uplink", "uketsuke-uplink"),
        ("terminal", "uketsuke-terminal"),
        ("centre", users::OUTSIDE.0),
    ];
    for (name, user) in owners {
        let path = credentials.join(name);
        let id = users::find(user).map_or(users::OUTSIDE.1, |u| u.id);
        hand_over(&path, id).map_err(|source| OutsideError::HandOver { path, source })?;
    }
    let roots = card
        .ask(&json!({ "do": "ca" }))
        .await
        .map_err(OutsideError::Roots)?;
    let trust = space.file("trust.pem", certificates(&roots).as_bytes(), None)?;
    let state = space.directory("centre", users::OUTSIDE.1, 0o700)?;
    let [listen, control] = ports::free().map_err(OutsideError::Listen)?;
    let args = [
        ("--state", state.into_os_string()),
        ("--credentials", credentials.join("centre").into_os_string()),
        (
            "--registry",
            space
                .base()
                .join("virtual-card/registry.json")
                .into_os_string(),
        ),
        ("--trust", trust.into_os_string()),
        ("--listen", listen.to_string().into()),
        ("--control", control.to_string().into()),
    ];
    let args = args
        .into_iter()
        .flat_map(|(name, value)| [name.into(), value])
        .collect();
    let spec = stand_in(space, "centre", "uketsuke-centre", args, users::OUTSIDE.1);
    let process = Handle::start(spec, logs);
    process.ready().await?;
    Ok(StartedCentre {
        process,
        address: listen,
        grip: Centre { control },
    })
}

impl Centre {
    /// How often what happened.
    ///
    /// # Errors
    /// [`OutsideError::Control`], [`OutsideError::Refused`].
    pub async fn counts(&self) -> Result<Value, OutsideError> {
        self.ask(Method::GET, "/counts", Bytes::new()).await
    }

    /// Any request of the centre's control.
    ///
    /// # Errors
    /// [`OutsideError::Control`], [`OutsideError::Refused`].
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Value, OutsideError> {
        let (status, bytes) = http::request(self.control, method, path, body).await?;
        let text = String::from_utf8_lossy(&bytes);
        if !status.is_success() {
            let (path, text) = (path.to_owned(), text.into_owned());
            return Err(OutsideError::Refused { path, status, text });
        }
        // An empty answer is a plain yes.
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

fn stand_in(space: &Space, name: &str, binary: &str, args: Vec<OsString>, user: u32) -> Spec {
    Spec {
        name: name.into(),
        program: space.bin().join(binary),
        args,
        env: Vec::new(),
        user,
        ready: Ready::FirstLine,
        watchdog: None,
        restart_after: Some(RESTART),
        // Usage errors of the two programs.
        never_restart_on: vec![2, 64],
    }
}

/// Every PEM certificate anywhere in the answer.
fn certificates(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains("-----BEGIN CERTIFICATE-----") => format!("{text}\n"),
        Value::Array(all) => all.iter().map(certificates).collect(),
        Value::Object(all) => all.values().map(certificates).collect(),
        _ => String::new(),
    }
}

fn hand_over(directory: &Path, user: u32) -> io::Result<()> {
    let entries = fs::read_dir(directory)?.map(|e| e.map(|e| e.path()));
    for path in entries.collect::<io::Result<Vec<_>>>()? {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400))?;
        chown(&path, Some(user), Some(user))?;
    }
    fs::set_permissions(directory, fs::Permissions::from_mode(0o500))?;
    chown(directory, Some(user), Some(user))
}
