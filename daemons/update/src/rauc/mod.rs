// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the daemon asks of RAUC (`de.pengutronix.rauc.Installer`, RAUC 1.15).
//!
//! Two arguments are ever sent with an installation: the name of the job and the hash of the
//! manifest that was looked at. RAUC knows others, which loosen its own checks; none of them has a
//! place here.

mod manifest;
mod texts;

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use uketsuke_common::owner;
use zbus::fdo::DBusProxy;
use zbus::names::WellKnownName;
use zbus::proxy::CacheProperties;
use zbus::{Connection, OwnedVariant, Variant};

pub use texts::fault;

use crate::domain::{CLASSES, Fault, Manifest, Refusal, Slot, Told};

/// RAUC's bus name.
pub const NAME: &str = "de.pengutronix.rauc";

/// Longest wait for the look into a bundle: RAUC gives a server 20 s to answer, several times over.
const INSPECT: Duration = Duration::from_secs(180);
/// Longest wait for the firmware's variables; they are slow on some boards.
const MARK: Duration = Duration::from_secs(60);
/// Longest wait for anything else. The first question starts RAUC, which waits for the slots' devices.
const ANSWER: Duration = Duration::from_secs(120);

/// RAUC's interface, as far as it is used.
#[zbus::proxy(
    interface = "de.pengutronix.rauc.Installer",
    default_service = "de.pengutronix.rauc",
    default_path = "/"
)]
pub trait Installer {
    /// Reads and checks the bundle's signed manifest.
    fn inspect_bundle(
        &self,
        source: &str,
        args: HashMap<&str, Variant<'_>>,
    ) -> zbus::Result<HashMap<String, OwnedVariant>>;

    /// Starts an installation; `Completed` tells its end.
    fn install_bundle(&self, source: &str, args: HashMap<&str, Variant<'_>>) -> zbus::Result<()>;

    /// Tells the firmware: `good`, `bad` or `active`, of `booted`, `other` or a slot.
    fn mark(&self, state: &str, slot_identifier: &str) -> zbus::Result<(String, String)>;

    /// Every slot with what RAUC knows of it.
    fn get_slot_status(&self) -> zbus::Result<Vec<(String, HashMap<String, OwnedVariant>)>>;

    /// An installation ended; 0 is success.
    #[zbus(signal)]
    fn completed(&self, result: i32) -> zbus::Result<()>;

    /// `idle` or `installing`.
    #[zbus(property)]
    fn operation(&self) -> zbus::Result<String>;

    /// What went wrong last.
    #[zbus(property)]
    fn last_error(&self) -> zbus::Result<String>;

    /// Percentage, what is being done, depth of nesting.
    #[zbus(property)]
    fn progress(&self) -> zbus::Result<(i32, String, i32)>;

    /// What this reader is.
    #[zbus(property)]
    fn compatible(&self) -> zbus::Result<String>;

    /// `bootname` of the running slot.
    #[zbus(property)]
    fn boot_slot(&self) -> zbus::Result<String>;
}

/// How far an installation is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// 0 to 100.
    pub percent: u32,
    /// What is being done.
    pub phase: String,
}

async fn installer(connection: &Connection) -> Result<InstallerProxy<'static>, Refusal> {
    let built = InstallerProxy::builder(connection).cache_properties(CacheProperties::No);
    built.build().await.map_err(|error| refusal(&error, false))
}

/// `answer`, but not later than `limit`.
async fn within<T>(
    limit: Duration,
    remote: bool,
    answer: impl Future<Output = zbus::Result<T>>,
) -> Result<T, Refusal> {
    match tokio::time::timeout(limit, answer).await {
        Ok(answer) => answer.map_err(|error| refusal(&error, remote)),
        Err(_) => {
            let text = format!("no answer within {} s", limit.as_secs());
            Err(Refusal::new(Fault::InstallerDown, text))
        }
    }
}

/// The slot that runs.
///
/// # Errors
/// `InstallerDown`, or `Internal` for a slot of another name.
pub async fn running_slot(connection: &Connection) -> Result<Slot, Refusal> {
    let rauc = installer(connection).await?;
    let name = within(ANSWER, false, rauc.boot_slot()).await?;
    Slot::from_bootname(&name).ok_or_else(|| {
        let text = format!("RAUC runs from {name:?}, which is none of the two slots");
        Refusal::new(Fault::Internal, text)
    })
}

/// What the signed manifest of `source` says. `remote`: it comes by net.
///
/// # Errors
/// Whatever RAUC finds wrong with it.
pub async fn inspect(
    connection: &Connection,
    source: &str,
    remote: bool,
) -> Result<Manifest, Refusal> {
    let rauc = installer(connection).await?;
    let reader = within(ANSWER, remote, rauc.compatible()).await?;
    let info = within(INSPECT, remote, rauc.inspect_bundle(source, HashMap::new())).await?;
    Ok(Manifest {
        reader,
        ..manifest::read(&info)
    })
}

/// Everything that is said to RAUC about an installation.
fn install_arguments<'a>(transaction: &'a str, hash: &'a str) -> HashMap<&'a str, Variant<'a>> {
    HashMap::from([
        ("transaction-id", Variant::from(transaction)),
        ("require-manifest-hash", Variant::from(hash)),
    ])
}

/// Installs `source` and waits for the end, telling `progress` on the way.
///
/// # Errors
/// Whatever RAUC says went wrong, or `InstallerDown` when it left.
pub async fn install(
    connection: &Connection,
    source: &str,
    remote: bool,
    transaction: &str,
    hash: &str,
    progress: impl Fn(Progress),
) -> Result<(), Refusal> {
    let rauc = installer(connection).await?;
    // Before the call: a short installation must not end unheard.
    let completed = within(ANSWER, remote, rauc.receive_completed()).await?;
    // An activation that was lost on its way may have left the other slot as the firmware's next
    // choice; a slot that is half written must not be tried.
    mark(connection, "active", "booted").await?;
    let arguments = install_arguments(transaction, hash);
    within(ANSWER, remote, rauc.install_bundle(source, arguments)).await?;
    follow(connection, completed, remote, progress).await
}

/// What became of an installation that an earlier run of this daemon began.
///
/// # Errors
/// `Interrupted` when it did not end well, or as [`install`].
pub async fn resume(
    connection: &Connection,
    transaction: &str,
    target: Slot,
    progress: impl Fn(Progress),
) -> Result<(), Refusal> {
    let rauc = installer(connection).await?;
    let completed = within(ANSWER, true, rauc.receive_completed()).await?;
    let operation = within(ANSWER, true, rauc.operation()).await?;
    if operation == "installing" {
        return follow(connection, completed, true, progress).await;
    }
    let status = within(ANSWER, true, rauc.get_slot_status()).await?;
    if manifest::written(&status, target, transaction) == CLASSES.len() {
        return Ok(());
    }
    let text = "the installation was cut off";
    Err(Refusal::new(Fault::Interrupted, text))
}

async fn follow(
    connection: &Connection,
    mut completed: CompletedStream,
    remote: bool,
    progress: impl Fn(Progress),
) -> Result<(), Refusal> {
    let down = |text: String| Refusal::new(Fault::InstallerDown, text);
    let lazily = InstallerProxy::builder(connection).cache_properties(CacheProperties::Lazily);
    let rauc = lazily.build().await.map_err(|e| refusal(&e, remote))?;
    let bus = DBusProxy::new(connection)
        .await
        .map_err(|e| down(e.to_string()))?;
    let name = WellKnownName::from_static_str_unchecked(NAME);
    let unique = bus.get_name_owner(name.into()).await;
    let unique = unique.map_err(|error| down(error.to_string()))?;
    let mut steps = rauc.receive_progress_changed().await;
    let gone = owner::gone(connection, &unique);
    tokio::pin!(gone);
    loop {
        tokio::select! {
            // The end first: RAUC may leave right behind it.
            biased;
            end = completed.next() => {
                let end = end.ok_or_else(|| down("the bus is gone".into()))?;
                let result = end.args().map_err(|error| down(error.to_string()))?.result;
                if result == 0 {
                    return Ok(());
                }
                let said = within(ANSWER, remote, installer(connection).await?.last_error()).await?;
                return Err(Refusal::new(fault(&said, remote), said));
            }
            Some(step) = steps.next() => {
                if let Ok((percent, phase, _)) = step.get().await {
                    let percent = u32::try_from(percent).unwrap_or_default().min(100);
                    progress(Progress { percent, phase });
                }
            }
            _ = &mut gone => return Err(down("it left in the middle of an installation".into())),
        }
    }
}

/// Makes the other slot the firmware's next choice, for one start.
pub async fn mark_active(connection: &Connection) -> Told {
    // A RAUC that cannot even say what it does is told nothing.
    let awake = async {
        let rauc = installer(connection).await?;
        within(ANSWER, false, rauc.operation()).await
    };
    if let Err(refusal) = awake.await {
        return Told::No(refusal);
    }
    match mark(connection, "active", "other").await {
        Ok(()) => Told::Yes,
        // Its own word, or an answer that was lost.
        Err(refusal) if refusal.fault == Fault::InstallerDown => Told::Perhaps(refusal),
        Err(refusal) => Told::No(refusal),
    }
}

/// Makes the running slot the firmware's first choice.
///
/// # Errors
/// `InstallerDown`, or what RAUC says of the firmware.
pub async fn mark_good(connection: &Connection) -> Result<(), Refusal> {
    mark(connection, "good", "booted").await
}

async fn mark(connection: &Connection, state: &str, slot: &str) -> Result<(), Refusal> {
    let rauc = installer(connection).await?;
    let (slot, message) = within(MARK, false, rauc.mark(state, slot)).await?;
    tracing::info!(slot, message, "RAUC");
    Ok(())
}

/// What an error of the bus, or of RAUC over the bus, means.
fn refusal(error: &zbus::Error, remote: bool) -> Refusal {
    let zbus::Error::MethodError(name, text, _) = error else {
        return Refusal::new(Fault::InstallerDown, error.to_string());
    };
    let text = text.clone().unwrap_or_default();
    // RAUC's own errors have no name on the bus; glib makes one up from its internals.
    if name.starts_with("org.gtk.GDBus.") {
        return Refusal::new(fault(&text, remote), text);
    }
    let fault = match name.as_str() {
        "org.freedesktop.DBus.Error.AccessDenied"
        | "org.freedesktop.DBus.Error.UnknownMethod"
        | "org.freedesktop.DBus.Error.InvalidArgs" => Fault::Internal,
        _ => Fault::InstallerDown,
    };
    Refusal::new(fault, format!("{name}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_is_told_the_hash_and_its_name_and_nothing_that_loosens_a_check() {
        let hash = "ab".repeat(32);
        let arguments = install_arguments("5f1e", &hash);
        let expected = HashMap::from([
            ("require-manifest-hash", Variant::from(hash.as_str())),
            ("transaction-id", Variant::from("5f1e")),
        ]);
        assert_eq!(arguments, expected);
    }
}
