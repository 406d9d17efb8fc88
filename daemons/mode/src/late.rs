// SPDX-License-Identifier: MIT OR Apache-2.0
//! Passcodes whose counter in the TPM does not answer when this daemon starts: a board that is slow at
//! its start, a TPM that is still busy. It is asked again and again, so that staff need not restart a
//! reader for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use uketsuke_bus::MODE_PATH;
use uketsuke_common::config::StaffButton;
use uketsuke_passcode::kept::KeptError;
use zbus::Connection;

use crate::bus::{Issuer, Mode1};
use crate::domain::Event;
use crate::peers::News;
use crate::staff::{NoPasscodes, Staff, chain};

/// The passcodes, or why there are none; blocks as long as that may take.
pub type Open = Arc<dyn Fn() -> Result<Staff, NoPasscodes> + Send + Sync>;

/// The passcodes as they are now.
pub type Now = watch::Receiver<Option<Staff>>;

/// Who may vouch for patients here.
pub struct Staffed {
    /// The passcodes, where there is a place for them.
    pub open: Open,
    /// Pause before a counter that did not answer is asked again.
    pub again: Duration,
    /// When the button for staff comes.
    pub button: StaffButton,
}

/// The first try. Without passcodes the reader serves patients as ever, and says so. Whether it may be
/// otherwise later comes with it.
pub(crate) fn first(open: &Open) -> (Option<Staff>, bool) {
    match open() {
        Ok(staff) => (Some(staff), false),
        Err(error) => {
            tracing::error!(error = chain(&error), "no staff passcodes");
            (None, is_late(&error))
        }
    }
}

/// Everything else that is missing stays so until somebody mends it and restarts the reader.
fn is_late(error: &NoPasscodes) -> bool {
    matches!(
        error,
        NoPasscodes::Counter(_) | NoPasscodes::Kept(KeptError::Counter(_))
    )
}

/// Tries again until there are passcodes, tells everybody of them, and then rests; never ends.
pub(crate) async fn later(
    staffed: Staffed,
    late: bool,
    set: watch::Sender<Option<Staff>>,
    connection: Connection,
    news: mpsc::Sender<News>,
) {
    let mut late = late;
    while late {
        tokio::time::sleep(staffed.again).await;
        let open = staffed.open.clone();
        match tokio::task::spawn_blocking(move || open()).await {
            Ok(Ok(staff)) => {
                tracing::info!("staff passcodes after all: the counter answers");
                tell(&connection, &news, staff, &set).await;
                late = false;
            }
            Ok(Err(error)) => {
                // The first failure is in the log already; one a try would bury everything else.
                tracing::debug!(error = chain(&error), "still no staff passcodes");
                late = is_late(&error);
            }
            Err(error) => {
                tracing::error!(%error, "no staff passcodes");
                late = false;
            }
        }
    }
    std::future::pending().await
}

async fn tell(
    connection: &Connection,
    news: &mpsc::Sender<News>,
    staff: Staff,
    set: &watch::Sender<Option<Staff>>,
) {
    let any = staff.accounts() > 0;
    set.send_replace(Some(staff));
    if any {
        // The owning task ends only with the daemon.
        let _ = news.send(News::Event(Event::Staff(true))).await;
    }
    if let Err(error) = told(connection).await {
        tracing::warn!(%error, "that there are passcodes was not told");
    }
}

async fn told(connection: &Connection) -> zbus::Result<()> {
    let server = connection.object_server();
    let mode = server.interface::<_, Mode1>(MODE_PATH).await?;
    let shown = mode.get().await;
    shown.passcodes_changed(mode.signal_emitter()).await?;
    let issuer = server.interface::<_, Issuer>(MODE_PATH).await?;
    let served = issuer.get().await;
    served.accounts_changed(issuer.signal_emitter()).await
}
