// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the bus methods do, without the bus.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use uketsuke_bus::consent::Consents;
use uketsuke_bus::uplink1::{CheckInAnswer, CheckInRequest, Uplink1Error};
use uketsuke_link::client::CallError;
use uketsuke_link::events::Event;
use uketsuke_link::fault::Cause;
use uketsuke_link::wire::{Answer, Challenge, Proof};
use uketsuke_link::{elements, is_id};
use zeroize::Zeroizing;

use crate::deliver::chain;
use crate::line::Line;
use crate::queue::{Completed, Queue, QueueError};
use crate::sessions::{NotNow, Sessions, Stage};

/// Bytes of an RSA signature the centre could accept: keys of 2048 to 4096 bits.
const SIGNATURE: std::ops::RangeInclusive<usize> = 256..=512;

/// Sessions, queue and line together.
pub struct Service {
    queue: Arc<Queue>,
    line: Arc<Line>,
    sessions: Mutex<Sessions>,
}

impl Service {
    /// No session yet.
    #[must_use]
    pub fn new(queue: Arc<Queue>, line: Arc<Line>) -> Self {
        Self {
            queue,
            line,
            sessions: Mutex::default(),
        }
    }

    /// The queue.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// The line.
    #[must_use]
    pub fn line(&self) -> &Line {
        &self.line
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        // Every change is a single call; a panic between two leaves nothing half-done.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session for `owner`: id, digest, and whether the owner must be watched from now on.
    ///
    /// # Errors
    /// `TerminalDown`, `NetworkDown`, `CentreDown`.
    pub async fn challenge(&self, owner: &str) -> Result<(String, Vec<u8>, bool), Uplink1Error> {
        let challenge: Challenge = self
            .line
            .ask("/v1/sessions", None::<&()>)
            .await
            .map_err(down)?;
        let digest = BASE64_STANDARD
            .decode(&challenge.digest)
            .ok()
            .filter(|digest| digest.len() == 32);
        let Some(digest) = digest.filter(|_| is_id(&challenge.session)) else {
            return Err(Uplink1Error::TerminalDown("its challenge is none".into()));
        };
        let session = challenge.session;
        let first = self
            .sessions()
            .add(session.clone(), owner, Stage::Challenged, Instant::now());
        Ok((session, digest, first))
    }

    /// Sends what the card proved and gives the centre's answer as JSON. Whatever ends it early, the
    /// centre will be told that nothing more comes, if it may have been asked at all.
    ///
    /// # Errors
    /// As `Uplink1.CheckIn` lists.
    pub async fn check_in(
        &self,
        session: &str,
        owner: &str,
        request: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Uplink1Error> {
        let proof = proof(request)?;
        self.sessions()
            .ask(session, owner)
            .map_err(|not| match not {
                NotNow::Over => Uplink1Error::SessionOver("it was used for a check-in".into()),
                NotNow::Unknown => unknown(),
            })?;
        if let Err(error) = self.queue.check_in(session, owner, request).await {
            // Nothing was accepted: the caller may try again.
            self.sessions().asked(session, Stage::Challenged);
            return Err(queue_failed(&error));
        }
        let path = format!("/v1/sessions/{session}/check-in");
        let answer: Result<Answer, CallError> = self.line.ask(&path, Some(&proof)).await;
        match answer {
            Ok(answer) => self.answered(session, owner, answer).await,
            Err(error) => {
                self.sessions().remove(session, owner);
                if let Err(error) = self.queue.withdraw(session, error.reached()).await {
                    // It is owed from now on.
                    tracing::error!(error = chain(&error), session, "not withdrawn");
                }
                Err(down(error))
            }
        }
    }

    async fn answered(
        &self,
        session: &str,
        owner: &str,
        answer: Answer,
    ) -> Result<Zeroizing<Vec<u8>>, Uplink1Error> {
        let stored = self.queue.answered(session).await;
        let kept = self.sessions().asked(session, Stage::Queued);
        let refused = match stored {
            Err(error) => Some(queue_failed(&error)),
            Ok(()) if !kept => Some(unknown()),
            Ok(()) => None,
        };
        if let Some(refused) = refused {
            self.sessions().remove(session, owner);
            if let Err(error) = self.queue.withdraw(session, true).await {
                tracing::error!(error = chain(&error), session, "not withdrawn");
            }
            return Err(refused);
        }
        serde_json::to_vec(&CheckInAnswer::from(answer))
            .map(Zeroizing::new)
            .map_err(|error| Uplink1Error::Internal(error.to_string()))
    }

    /// Stores the patient's answers; durable on return. A repeated call is answered alike.
    ///
    /// # Errors
    /// `UnknownSession`, `BadRequest`, `QueueFailed`.
    pub async fn complete(
        &self,
        session: &str,
        owner: &str,
        consents: &[u8],
    ) -> Result<(), Uplink1Error> {
        let parsed: Consents = serde_json::from_slice(consents).map_err(|_| not_json())?;
        if !elements::is_consistent(&parsed) {
            let text = "the answers do not fit the questions";
            return Err(Uplink1Error::BadRequest(text.into()));
        }
        match self.queue.complete(session, owner, consents).await {
            Ok(Completed::Stored | Completed::Already) => Ok(()),
            Ok(Completed::Unknown) => Err(unknown()),
            Err(error) => Err(queue_failed(&error)),
        }
    }

    /// Gives a session up.
    ///
    /// # Errors
    /// `UnknownSession`, `QueueFailed`.
    pub async fn abandon(&self, session: &str, owner: &str) -> Result<(), Uplink1Error> {
        let stage = self.sessions().remove(session, owner);
        match stage {
            // Never sent; or on its way, and withdrawn when it comes to its end.
            Some(Stage::Challenged | Stage::Asked) => Ok(()),
            Some(Stage::Queued) | None => match self.queue.abandon(session, owner).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(unknown()),
                Err(error) => {
                    if stage.is_some() {
                        // Still to be given up: by its limit, its owner's exit, or a repeated call.
                        let now = Instant::now();
                        self.sessions()
                            .add(session.to_owned(), owner, Stage::Queued, now);
                    }
                    Err(queue_failed(&error))
                }
            },
        }
    }

    /// Stores what happened to 目視確認; durable on return. A repeated call is answered alike.
    ///
    /// # Errors
    /// `QueueFailed`.
    pub async fn note(&self, event: &Event) -> Result<(), Uplink1Error> {
        let noted = self.queue.note(event).await;
        noted.map_err(|error| queue_failed(&error))
    }

    /// Takes up a session of an earlier run whose owner is still there. Returns whether the owner
    /// must be watched from now on.
    pub fn resume(&self, session: String, owner: &str) -> bool {
        self.sessions()
            .add(session, owner, Stage::Queued, Instant::now())
    }

    /// The owner is gone: its sessions are given up.
    pub async fn gone(&self, owner: &str) {
        let sessions = self.sessions().gone(owner);
        self.orphan(sessions).await;
    }

    /// Gives up sessions past their limit.
    pub async fn expire(&self, now: Instant) {
        let sessions = self.sessions().expired(now);
        self.orphan(sessions).await;
    }

    async fn orphan(&self, sessions: Vec<String>) {
        for session in sessions {
            if let Err(error) = self.queue.orphan(&session).await {
                // It is owed from now on.
                tracing::error!(error = chain(&error), session, "not given up");
            }
        }
    }
}

fn proof(request: &[u8]) -> Result<Proof, Uplink1Error> {
    let request: CheckInRequest = serde_json::from_slice(request).map_err(|_| not_json())?;
    let length = |text: &str| BASE64_STANDARD.decode(text).map(|bytes| bytes.len());
    let bad = |text: &str| Uplink1Error::BadRequest(text.into());
    if !length(&request.certificate).is_ok_and(|n| n > 0) {
        return Err(bad("the certificate is not Base64"));
    }
    if !length(&request.signature).is_ok_and(|n| SIGNATURE.contains(&n)) {
        return Err(bad("the signature is not Base64 of 256 to 512 bytes"));
    }
    Ok(Proof {
        certificate: request.certificate,
        signature: request.signature,
    })
}

// The parser's own message would quote the content.
fn not_json() -> Uplink1Error {
    Uplink1Error::BadRequest("the content is not the JSON of its type".into())
}

fn unknown() -> Uplink1Error {
    Uplink1Error::UnknownSession("this caller has no such session".into())
}

fn queue_failed(error: &QueueError) -> Uplink1Error {
    let text = chain(error);
    tracing::error!(error = text, "the queue");
    Uplink1Error::QueueFailed(text)
}

/// Which hop failed, or what the centre refused.
fn down(error: CallError) -> Uplink1Error {
    let text = chain(&error);
    let CallError::Refused(fault) = error else {
        return Uplink1Error::TerminalDown(text);
    };
    match fault.error {
        Cause::NetworkDown => Uplink1Error::NetworkDown(text),
        Cause::CentreDown => Uplink1Error::CentreDown(text),
        Cause::UntrustedCertificate => Uplink1Error::UntrustedCertificate(text),
        Cause::CertificateExpired => Uplink1Error::CertificateExpired(text),
        Cause::BadSignature => Uplink1Error::BadSignature(text),
        Cause::SessionOver => Uplink1Error::SessionOver(text),
        Cause::UnknownSession => Uplink1Error::UnknownSession(text),
        Cause::BadRequest | Cause::StorageFailed | Cause::UnknownPeer => {
            Uplink1Error::TerminalDown(text)
        }
    }
}
