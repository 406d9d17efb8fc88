// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the machine wants done: calls to the other daemons, whose answers come back as events.

use std::future::Future;
use std::sync::Arc;

use tokio::time::{Duration, Instant};
use uketsuke_bus::consent::Consents;
use uketsuke_bus::mode1::Operation;
use uketsuke_bus::staff::StaffEvent;
use zbus::{Connection, OwnedObjectPath};

use super::Manager;
use crate::calls;
use crate::domain::{CardFault, Challenge, Effect, Event, Passed, SignFault, Signature, Tag};
use crate::peers::News;

impl Manager {
    pub(super) fn carry_out(&mut self, effect: Effect) {
        let connection = self.connection.clone();
        match effect {
            Effect::ReadCertificate(tag) => match self.card.clone() {
                Some(path) => self.ask(tag, async move {
                    Event::Certificate(tag, calls::certificate(connection, path).await)
                }),
                None => self.ask(
                    tag,
                    async move { Event::Certificate(tag, Err(CardFault::Gone)) },
                ),
            },
            Effect::ReadSigner(tag) => match self.signer.clone() {
                Some(path) => self.ask(tag, async move {
                    Event::Certificate(tag, calls::certificate(connection, path).await)
                }),
                None => self.ask(
                    tag,
                    async move { Event::Certificate(tag, Err(CardFault::Gone)) },
                ),
            },
            Effect::Sign { tag, challenge } => match (self.card.clone(), self.pin.take()) {
                (Some(path), Some(pin)) => {
                    self.signer = Some(path.clone());
                    self.ask(tag, async move {
                        Event::Signed(tag, calls::sign(connection, path, pin, challenge).await)
                    });
                }
                _ => self.ask(
                    tag,
                    async move { Event::Signed(tag, Err(SignFault::NotSent)) },
                ),
            },
            Effect::SignOnPhone { tag, challenge } => {
                self.signer.clone_from(&self.card);
                self.sign_without_pin(tag, challenge, calls::sign_on_phone);
            }
            Effect::SignByEye { tag, challenge } => {
                self.sign_without_pin(tag, challenge, calls::sign_by_eye);
            }
            Effect::SignByFace { tag, challenge } => {
                self.sign_without_pin(tag, challenge, calls::sign_by_face);
            }
            Effect::Compare(tag) => {
                let path = self.card.clone();
                self.ask(tag, async move {
                    let verdict = match path {
                        Some(path) => calls::compare(connection, path).await,
                        None => None,
                    };
                    Event::Compared(tag, verdict)
                });
            }
            Effect::CloseFace => {
                tokio::spawn(calls::close_face(connection));
            }
            Effect::Verify(tag) => {
                let (staff, typed) = (self.staff.borrow().clone(), self.pin.take());
                // Never dropped: a try that has begun is counted, right or wrong, to its end.
                let answers = self.answers.clone();
                tokio::spawn(async move {
                    let (passed, account) = match (staff, typed) {
                        (Some(staff), Some(typed)) => staff.attempt(typed).await,
                        _ => (Passed::Unverified, None),
                    };
                    // The owning task ends only with the daemon.
                    let _ = answers.send(News::Verified(tag, passed, account)).await;
                });
            }
            Effect::Note(note) => {
                use StaffEvent::{HeldPinOnly, HeldVisual, NotOpened, Opened, Vouched};
                if matches!(note, HeldVisual | Opened | Vouched) {
                    self.opened.get_or_insert_with(Instant::now);
                }
                let on = self.opened.map_or(Duration::ZERO, |at| at.elapsed());
                let seconds = on.as_secs().try_into().unwrap_or(u32::MAX);
                self.notes.make(note, self.account.as_deref(), seconds);
                if !matches!(
                    note,
                    HeldVisual | HeldPinOnly | Opened | Vouched | NotOpened
                ) {
                    self.account = None;
                    // In a run of patients the next one's time begins.
                    let runs = self.state.operation() == Operation::Visual;
                    self.opened = runs.then(Instant::now);
                }
            }
            Effect::Challenge(tag) => {
                // Never dropped: a session the centre opened late is given up again.
                let answers = self.answers.clone();
                tokio::spawn(async move {
                    let event = Event::Challenge(tag, calls::challenge(connection).await);
                    // The owning task ends only with the daemon.
                    let _ = answers.send(News::Event(event)).await;
                });
            }
            Effect::CheckIn {
                tag,
                challenge,
                certificate,
                signature,
            } => self.ask(tag, async move {
                let answer = calls::check_in(connection, challenge, certificate, signature);
                Event::CheckedIn(tag, answer.await)
            }),
            Effect::Complete {
                tag,
                challenge,
                categories,
                given,
                carried_over,
                prescription,
                subsidy,
                high_cost,
                letters,
            } => self.ask(tag, async move {
                let consents = Consents {
                    categories: (*categories).clone(),
                    answers: given.0.clone(),
                    at: 0,
                    carried_over,
                    prescription,
                    subsidy,
                    high_cost,
                    letters,
                };
                let done = calls::complete(connection, challenge, consents);
                Event::Completed(tag, done.await)
            }),
            Effect::Abandon(challenge) => {
                tokio::spawn(calls::abandon(connection, challenge));
            }
            Effect::Release => {
                if let Some(path) = self.card.clone() {
                    tokio::spawn(calls::release(connection, path));
                }
            }
            Effect::Remind => tracing::info!("a card was forgotten on the reader"),
            Effect::TellStaff => {
                tracing::warn!("a forgotten card still lies on the reader; staff must take it");
            }
        }
    }

    /// A signature for which nothing was typed.
    fn sign_without_pin<F>(
        &mut self,
        tag: Tag,
        challenge: Arc<Challenge>,
        call: impl FnOnce(Connection, OwnedObjectPath, Arc<Challenge>) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<Arc<Signature>, SignFault>> + Send,
    {
        let (connection, path) = (self.connection.clone(), self.card.clone());
        self.ask(tag, async move {
            let signed = match path {
                Some(path) => call(connection, path, challenge).await,
                None => Err(SignFault::Card(CardFault::Gone)),
            };
            Event::Signed(tag, signed)
        });
    }

    /// Starts a call whose outcome comes back as an event.
    fn ask(&mut self, tag: Tag, call: impl Future<Output = Event> + Send + 'static) {
        let answers = self.answers.clone();
        let job = tokio::spawn(async move {
            let event = call.await;
            // The owning task ends only with the daemon.
            let _ = answers.send(News::Event(event)).await;
        });
        self.jobs.insert(tag, job.abort_handle());
    }
}
