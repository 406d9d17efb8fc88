// SPDX-License-Identifier: MIT OR Apache-2.0
//! `jp.uketsuke.Uplink1` as served.

use std::sync::Arc;

use uketsuke_bus::secret::{self, SecretBytes};
use uketsuke_bus::staff::{StaffEvent, is_account};
use uketsuke_bus::uplink1::{ANSWER_BYTES, CONSENTS_BYTES, HopState, REQUEST_BYTES, Uplink1Error};
use uketsuke_common::owner;
use uketsuke_link::events::Event;
use uketsuke_link::is_id;
use zbus::message::Header;
use zbus::names::OwnedUniqueName;
use zbus::{Connection, OwnedFd, interface};

use crate::service::Service;

/// The served object.
pub struct Uplink1 {
    service: Arc<Service>,
}

impl Uplink1 {
    /// An object that hands its calls to `service`.
    #[must_use]
    pub fn new(service: Arc<Service>) -> Self {
        Self { service }
    }
}

/// The way to the terminal (資格確認端末) and the centre.
///
/// A session belongs to the connection that opened it and lives an hour at most; with either
/// end the centre is told that nothing more comes. To anybody else it does not exist.
#[interface(name = "jp.uketsuke.Uplink1")]
impl Uplink1 {
    /// The hops in the order of the way (`terminal`, `network`, `centre`): whether each works, and
    /// since when (seconds since 1970, UTC). Behind a hop that is down the others stay as they were
    /// last known. The change signal carries the new value.
    #[zbus(property)]
    fn hops(&self) -> Vec<HopState> {
        self.service.line().hops().borrow().list()
    }

    /// Records not yet acknowledged by the terminal. The change signal carries the new value.
    #[zbus(property)]
    fn queued(&self) -> u32 {
        *self.service.queue().waiting().borrow()
    }

    /// Opens a session: its id and the 32-byte digest the card must sign.
    ///
    /// Errors: `TerminalDown`, `NetworkDown`, `CentreDown`.
    async fn challenge(
        &self,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> Result<(String, Vec<u8>), Uplink1Error> {
        let caller = caller(&header)?;
        let owner = owner_id(connection, &caller);
        let (session, digest, first) = self.service.challenge(&owner).await?;
        if first {
            watch(Arc::clone(&self.service), connection.clone(), caller);
        }
        Ok((session, digest))
    }

    /// Sends what the card proved (JSON of certificate and signature in a sealed memory file, which
    /// is overwritten) and returns the centre's answer (JSON in a sealed memory file). The request
    /// is in the durable queue before it is sent, and is withdrawn when no answer comes in time.
    ///
    /// Errors: `TerminalDown`, `NetworkDown`, `CentreDown`, `UntrustedCertificate`,
    /// `CertificateExpired`, `BadSignature`, `SessionOver`, `UnknownSession`, `BadRequest`,
    /// `BadSecret`, `QueueFailed`.
    async fn check_in(
        &self,
        session: String,
        request: OwnedFd,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> Result<OwnedFd, Uplink1Error> {
        let request = take(request, REQUEST_BYTES)?;
        let owner = owner_id(connection, &caller(&header)?);
        let answer = self
            .service
            .check_in(&session, &owner, request.expose())
            .await?;
        if answer.len() > ANSWER_BYTES {
            // Nobody could use it: the session ends here.
            self.service.abandon(&session, &owner).await?;
            let text = format!("its answer has {} bytes", answer.len());
            return Err(Uplink1Error::CentreDown(text));
        }
        secret::seal(&answer)
            .map(Into::into)
            .map_err(|error| Uplink1Error::Internal(error.to_string()))
    }

    /// Records the patient's answers (JSON in a sealed memory file, which is overwritten). Returns
    /// once they are durable; they reach the centre exactly once, however long the line is down. A
    /// repeated call for the same session changes nothing and succeeds.
    ///
    /// Errors: `UnknownSession`, `BadRequest`, `BadSecret`, `QueueFailed`.
    async fn complete(
        &self,
        session: String,
        consents: OwnedFd,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> Result<(), Uplink1Error> {
        let consents = take(consents, CONSENTS_BYTES)?;
        let owner = owner_id(connection, &caller(&header)?);
        self.service
            .complete(&session, &owner, consents.expose())
            .await
    }

    /// The patient gave up or was timed out: nothing more comes for this session.
    ///
    /// Errors: `UnknownSession`, `QueueFailed`.
    async fn abandon(
        &self,
        session: String,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> Result<(), Uplink1Error> {
        let owner = owner_id(connection, &caller(&header)?);
        self.service.abandon(&session, &owner).await
    }

    /// Records what happened to 目視確認: which event, when (seconds since 1970, UTC), whose passcode it
    /// was (empty: nobody's), and for how many seconds it had been on. Durable on return; reaches the
    /// terminal exactly once. The same `key` (32 hexadecimal digits) is recorded once.
    ///
    /// Errors: `BadRequest`, `QueueFailed`.
    async fn note(
        &self,
        key: String,
        event: &str,
        at: u64,
        account: String,
        seconds: u32,
    ) -> Result<(), Uplink1Error> {
        let bad = |text: &str| Uplink1Error::BadRequest(text.into());
        if !is_id(&key) {
            return Err(bad("the key is not 32 hexadecimal digits"));
        }
        if !account.is_empty() && !is_account(&account) {
            return Err(bad("the account is none"));
        }
        let event = StaffEvent::named(event).ok_or_else(|| bad("there is no such event"))?;
        let event = Event {
            key,
            at,
            event,
            account,
            seconds,
        };
        self.service.note(&event).await
    }
}

fn caller(header: &Header<'_>) -> Result<OwnedUniqueName, Uplink1Error> {
    header
        .sender()
        .map(|sender| sender.to_owned().into())
        .ok_or_else(|| Uplink1Error::Internal("a call without sender".into()))
}

fn take(fd: OwnedFd, max: usize) -> Result<SecretBytes, Uplink1Error> {
    secret::take(fd.into(), max).map_err(|error| Uplink1Error::BadSecret(error.to_string()))
}

/// Names a connection for as long as this bus lives: unique names begin anew with each bus, and the
/// queue outlives it.
#[must_use]
pub fn owner_id(connection: &Connection, caller: &OwnedUniqueName) -> String {
    format!("{}/{caller}", connection.server_guid())
}

/// The caller's name, if `owner` is a connection to this very bus.
#[must_use]
pub fn on_this_bus(connection: &Connection, owner: &str) -> Option<OwnedUniqueName> {
    let (guid, name) = owner.split_once('/')?;
    (guid == connection.server_guid().as_str())
        .then(|| OwnedUniqueName::try_from(name.to_owned()).ok())?
}

/// Gives the caller's sessions up once it has left the bus.
pub fn watch(service: Arc<Service>, connection: Connection, caller: OwnedUniqueName) {
    tokio::spawn(async move {
        if let Err(error) = owner::gone(&connection, &caller).await {
            tracing::warn!(%error, %caller, "a caller cannot be watched; its sessions end");
        }
        let owner = owner_id(&connection, &caller);
        service.gone(&owner).await;
    });
}
