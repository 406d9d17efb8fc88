// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is done with a card. A job owns the session while it runs; dropping it ends the session.

use std::future::Future;
use std::pin::Pin as Pinned;
use std::sync::Arc;
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use tokio::time::{sleep, timeout};
use uketsuke_bus::card1::CardKind;
use uketsuke_bus::pinless1::PinlessError;
use uketsuke_photo::limits::CLIENT_WAIT;
use uketsuke_record::{CHALLENGE_BYTES, Reference};
use zeroize::Zeroizing;

use super::{Bytes, Entry, Refusal, Reply, Trust};
use crate::apdu::{Digest, Pin, Sw};
use crate::certificate::Certificate;
use crate::link::{LOOK, Link, LinkError, Slots};
use crate::pinless::Dialogue;
use crate::session::{Identity, Limits, Session, SessionError, Step, is_phone};

/// Pause after a failed attempt: pcscd has looked at the slot by then, so that a card that failed
/// because it was lifted is told as lifted: the news ends the job meanwhile.
const SETTLE: Duration = LOOK;
/// How long a caller whose entry failed waits for the tries left, in beats. Opening a card takes 0.2
/// to 0.6 s. Counted, not read off a clock: a machine that stood still for seconds (a paused virtual
/// machine, a full disk) would find all its limits passed at once, before pcscd has looked at the
/// slot, and call a lifted card unreadable.
const RECOVERY: u32 = 30;
const BEAT: Duration = Duration::from_millis(50);
/// Attempts before a card counts as mute.
const ATTEMPTS: u32 = 2;

/// Attempts at a card that pcscd has told as placed and calls absent when it is connected to.
/// Usually the news of its removal is on the way and ends the job. A card that was lifted and put
/// back between two looks of pcscd stays like that until it is lifted again, so it ends as mute.
const ABSENCES: u32 = 4;

/// How a job ended.
pub(super) enum Done<L> {
    /// The card is known.
    Identified(Option<Session<L>>, Identity),
    /// An entry was dealt with.
    Entered(Entered<L>),
    /// The card is off.
    PoweredDown,
    /// pcscd hangs for good.
    Stuck(LinkError),
}

/// What an entry left behind.
pub(super) struct Entered<L> {
    /// Goes on, with the PIN file selected and a fresh count; none when the card is off.
    pub session: Option<Session<L>>,
    /// Tries left of the PIN, where the card said so.
    pub tries: Option<u8>,
    /// What was learned of 照合番号B's.
    pub reference: ReferenceTries,
    /// For the caller.
    pub result: Result<Bytes, Refusal>,
    /// What lies there is not the card of the object.
    pub another_card: bool,
    /// What a phone showed when it signed.
    pub certificate: Option<Arc<Certificate>>,
    /// It was asked for the photo.
    pub photo: bool,
    /// It has done what it was there for: it is powered down after the caller has his answer, because
    /// a phone may leave before that.
    pub finished: bool,
}

impl<L> Entered<L> {
    fn new(session: Option<Session<L>>, tries: Option<u8>, result: Result<Bytes, Refusal>) -> Self {
        Self {
            session,
            tries,
            reference: ReferenceTries::Untouched,
            result,
            another_card: false,
            certificate: None,
            photo: false,
            finished: false,
        }
    }
}

/// What tells the card of an object from any other.
#[derive(Clone)]
pub(super) struct Known {
    pub kind: CardKind,
    pub certificate: Option<Arc<Certificate>>,
    pub mark: Arc<Zeroizing<Vec<u8>>>,
}

impl Known {
    fn is(&self, identity: &Identity) -> bool {
        if is_phone(self.kind) {
            return identity.kind == self.kind && identity.mark == *self.mark;
        }
        self.certificate.is_some() && identity.certificate == self.certificate
    }
}

/// What is known of the tries left of 照合番号B.
#[derive(Clone, Copy)]
pub(super) enum ReferenceTries {
    /// As before.
    Untouched,
    /// It was presented, and the card has not been asked since.
    Unknown,
    /// As the card said.
    Left(u8),
}

/// A job under way.
pub(super) struct Job<L> {
    future: Pinned<Box<dyn Future<Output = Done<L>> + Send>>,
    reply: Option<Reply<Bytes>>,
}

impl<L> Job<L> {
    pub fn new(future: impl Future<Output = Done<L>> + Send + 'static) -> Self {
        Self {
            future: Box::pin(future),
            reply: None,
        }
    }

    /// The reply stays outside of the future, so that a job that is dropped can still be answered.
    pub fn with_reply(
        future: impl Future<Output = Done<L>> + Send + 'static,
        reply: Reply<Bytes>,
    ) -> Self {
        Self {
            reply: Some(reply),
            ..Self::new(future)
        }
    }

    pub async fn done(&mut self) -> Done<L> {
        self.future.as_mut().await
    }

    pub fn into_reply(self) -> Option<Reply<Bytes>> {
        self.reply
    }
}

/// Powers the card down and tells whoever asked for it.
pub(super) async fn power_down<L: Link>(
    session: Session<L>,
    limit: Duration,
    reply: Option<Reply<()>>,
) -> Done<L> {
    off(session, limit).await;
    if let Some(reply) = reply {
        let _ = reply.send(Ok(()));
    }
    Done::PoweredDown
}

async fn off<L: Link>(session: Session<L>, limit: Duration) {
    // A reader that fails here has lost the card, or pcscd takes the power off when the link is
    // dropped; in neither case does a right outlive the session.
    match timeout(limit, session.power_down()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn("the card was not powered down", &error),
        Err(_) => tracing::warn!("the card was not powered down in time"),
    }
}

/// A slot and the way to it.
pub(super) struct At<R> {
    pub slots: Arc<R>,
    pub slot: String,
    pub limits: Limits,
    pub test_cards: bool,
    pub trust: Arc<Trust>,
}

/// A card that was opened again.
enum Again<L> {
    Same(Session<L>, u8),
    Another,
}

impl<R: Slots> At<R> {
    async fn open(&self) -> Result<(Option<Session<R::Card>>, Identity), SessionError> {
        let link = self
            .slots
            .connect(&self.slot)
            .await
            .map_err(|source| SessionError::Link {
                step: Step::Connect,
                source,
            })?;
        Session::open(link, self.limits).await
    }

    /// Finds out what was placed. A card that fails twice is mute.
    pub async fn identify(self) -> Done<R::Card> {
        let (mut failures, mut absences) = (0, 0);
        while failures < ATTEMPTS && absences < ABSENCES {
            match self.open().await {
                Ok((session, identity)) => return Done::Identified(session, identity),
                Err(SessionError::Link {
                    source: stuck @ LinkError::Stuck(_),
                    ..
                }) => return Done::Stuck(stuck),
                Err(error) => {
                    tracing::warn!(error = chain(&error), "card not identified");
                    match error {
                        SessionError::Link {
                            source: LinkError::Removed,
                            ..
                        } => absences += 1,
                        _ => failures += 1,
                    }
                }
            }
            sleep(SETTLE).await;
        }
        Done::Identified(None, Identity::bare(CardKind::Mute))
    }

    /// Opens the card again and makes sure that it is still the one that is `known`.
    async fn again(&self, known: &Known) -> Result<Again<R::Card>, SessionError> {
        let (session, identity) = self.open().await?;
        let same = known.is(&identity);
        Ok(match session.filter(|_| same) {
            Some(session) => Again::Same(session, identity.tries),
            None => Again::Another,
        })
    }

    /// Makes one entry. A card that was powered down is opened first.
    pub async fn enter(
        self,
        session: Option<Session<R::Card>>,
        known: Known,
        entry: Entry,
    ) -> Done<R::Card> {
        let (session, tries) = match session {
            Some(session) => (session, None),
            None => match self.again(&known).await {
                Ok(Again::Same(session, tries)) => (session, Some(tries)),
                Ok(Again::Another) => return Done::Entered(another()),
                // Nothing was sent of the entry.
                Err(error) => return self.recover(error, &known).await,
            },
        };
        let entered = match entry {
            Entry::Pin(..) if tries == Some(0) => {
                Ok(Entered::new(Some(session), tries, Err(Refusal::PinBlocked)))
            }
            Entry::Unlocked(digest) => self.phone(session, &known, tries, None, digest).await,
            Entry::Pin(pin, digest) if is_phone(known.kind) => {
                self.phone(session, &known, tries, Some(pin), digest).await
            }
            Entry::Pin(pin, digest) => self.sign(session, tries, pin, digest).await,
            Entry::Pinless(digest, _) => self.pinless(session, tries, digest).await,
            Entry::Reference(reference) => self.photo(session, reference).await,
        };
        match entered {
            Ok(entered) => Done::Entered(entered),
            // Not powered down here: a link that hangs would hang again. The session was dropped, which
            // powers the card down as soon as that is possible, and connecting waits for it.
            Err(error) => self.recover(error, &known).await,
        }
    }

    /// Presents the PIN once and signs.
    async fn sign(
        &self,
        mut session: Session<R::Card>,
        tries: Option<u8>,
        pin: Pin,
        digest: Digest,
    ) -> Result<Entered<R::Card>, SessionError> {
        let (session, tries, result) = match session.sign(pin, &digest).await {
            Ok(signature) => {
                off(session, self.limits.apdu).await;
                (None, tries, Ok(signature.into()))
            }
            Err(SessionError::WrongPin { left }) => {
                (Some(session), Some(left), Err(Refusal::WrongPin(left)))
            }
            Err(SessionError::PinBlocked) => (Some(session), Some(0), Err(Refusal::PinBlocked)),
            Err(error) => return Err(error),
        };
        Ok(Entered::new(session, tries, result))
    }

    /// Has whoever is licensed free the key, and the card sign. It is powered down whatever comes out.
    async fn pinless(
        &self,
        mut session: Session<R::Card>,
        tries: Option<u8>,
        digest: Digest,
    ) -> Result<Entered<R::Card>, SessionError> {
        let mut dialogue = Dialogue::with(self.trust.pinless.clone());
        let result = match session.sign_pinless(&mut dialogue, &digest).await {
            Ok(signature) => Ok(signature.into()),
            Err(SessionError::Pinless(error)) if is_away(&error) => Err(Refusal::NoPinless(error)),
            // The card itself refuses what frees its key, or to sign with it.
            Err(
                error @ (SessionError::Pinless(_)
                | SessionError::NotRelayed
                | SessionError::Status {
                    step: Step::Sign,
                    sw: Sw::CLOSED,
                }),
            ) => {
                warn("no signature without PIN", &error);
                Err(Refusal::PinlessRefused(error))
            }
            Err(error) => return Err(error),
        };
        off(session, self.limits.apdu).await;
        Ok(Entered::new(None, tries, result))
    }

    /// Has a phone sign, once its PIN was presented or its holder has unlocked it.
    async fn phone(
        &self,
        mut session: Session<R::Card>,
        known: &Known,
        tries: Option<u8>,
        pin: Option<Pin>,
        digest: Digest,
    ) -> Result<Entered<R::Card>, SessionError> {
        let is_test = |it: &Certificate| it.is_of_test_root() && !self.test_cards;
        let is_another = |it: &Certificate| known.certificate.as_deref().is_some_and(|k| k != it);
        let is_welcome = |it: &Certificate| !is_test(it) && !is_another(it);
        let (tries, result) = match session.sign_phone(pin, &digest, is_welcome).await {
            Ok(signed) => {
                let mut entered = Entered::new(Some(session), tries, Ok(signed.signature.into()));
                entered.certificate = signed.certificate.map(Arc::new);
                entered.finished = true;
                return Ok(entered);
            }
            // A phone that had signed is another one now; in each other case the root is a test root.
            Err(SessionError::Unwelcome) if known.certificate.is_some() => {
                off(session, self.limits.apdu).await;
                return Ok(another());
            }
            Err(SessionError::Unwelcome) => {
                let mut entered = Entered::new(Some(session), tries, Err(Refusal::TestCard));
                entered.finished = true;
                return Ok(entered);
            }
            Err(SessionError::NotAllowed) => (tries, Err(Refusal::NotAllowed)),
            Err(SessionError::WrongPin { left }) => (Some(left), Err(Refusal::WrongPin(left))),
            Err(SessionError::PinBlocked) => (Some(0), Err(Refusal::PinBlocked)),
            Err(error) => return Err(error),
        };
        Ok(Entered::new(Some(session), tries, result))
    }

    /// Presents 照合番号B once and reads the photo. The session goes on: a PIN may follow.
    async fn photo(
        &self,
        mut session: Session<R::Card>,
        reference: Reference,
    ) -> Result<Entered<R::Card>, SessionError> {
        let mut challenge = [0; CHALLENGE_BYTES];
        SystemRandom::new()
            .fill(&mut challenge)
            .map_err(|_| SessionError::NoRandomness)?;
        let roots = &self.trust.roots;
        let (reference, result) = match session.photo(reference, &challenge, roots).await {
            // Only now: whoever takes the decoder over could answer with any picture, so it sees none
            // that was not believed before.
            Ok(photo) => (ReferenceTries::Unknown, self.decoded(&photo).await),
            Err(error) => {
                let (told, refusal) = match error {
                    SessionError::WrongReference { left } => {
                        (ReferenceTries::Left(left), Refusal::WrongReference(left))
                    }
                    SessionError::ReferenceFloor { left } => {
                        (ReferenceTries::Left(left), Refusal::ReferenceFloor(left))
                    }
                    SessionError::NoPhoto => (ReferenceTries::Unknown, Refusal::NoPhoto),
                    SessionError::Forged(why) => (ReferenceTries::Unknown, Refusal::Forged(why)),
                    other => return Err(other),
                };
                (told, Err(refusal))
            }
        };
        Ok(Entered {
            reference,
            photo: true,
            ..Entered::new(Some(session), None, result)
        })
    }

    /// The photo as pixels, by the process that does nothing else: width and height as big-endian
    /// 16-bit numbers, then one byte for each pixel.
    async fn decoded(&self, photo: &[u8]) -> Result<Bytes, Refusal> {
        let grey = uketsuke_photo::client::decode(&self.trust.decoder, photo, CLIENT_WAIT)
            .await
            .map_err(|error| match error.cause() {
                Some(_) => Refusal::BadPhoto(error),
                None => Refusal::NoDecoder(error),
            })?;
        let sides = [grey.width(), grey.height()].map(|side| side as u16);
        // The whole capacity at once, so that no copy stays behind.
        let mut bytes = Bytes::new(Vec::with_capacity(4 + grey.pixels().len()));
        sides
            .iter()
            .for_each(|side| bytes.extend_from_slice(&side.to_be_bytes()));
        bytes.extend_from_slice(grey.pixels());
        Ok(bytes)
    }

    /// After a failure: asks the card anew what its counter says, so that the caller knows it
    /// before the next entry. The failed command itself is not repeated.
    async fn recover(&self, failure: SessionError, known: &Known) -> Done<R::Card> {
        warn("the card failed", &failure);
        let mut left = Entered {
            reference: ReferenceTries::Unknown,
            ..Entered::new(None, None, Err(refusal(failure)))
        };
        tokio::select! {
            biased;
            again = self.settled(known) => match again {
                Ok(Again::Same(session, tries)) => {
                    left.session = Some(session);
                    left.tries = Some(tries);
                }
                Ok(Again::Another) => return Done::Entered(another()),
                Err(stuck) => return Done::Stuck(stuck),
            },
            // The next entry opens the card, and asks the counter, before it sends anything.
            () = beats(RECOVERY) => tracing::warn!("the card did not recover in time"),
        }
        Done::Entered(left)
    }

    /// Opens the card until it opens. Fails only when pcscd hangs for good.
    async fn settled(&self, known: &Known) -> Result<Again<R::Card>, LinkError> {
        loop {
            match self.again(known).await {
                Ok(again) => return Ok(again),
                Err(SessionError::Link {
                    source: stuck @ LinkError::Stuck(_),
                    ..
                }) => return Err(stuck),
                Err(error) => warn("the card did not recover", &error),
            }
            sleep(SETTLE).await;
        }
    }
}

/// Ends after so many beats of a machine that runs.
async fn beats(count: u32) {
    for _ in 0..count {
        sleep(BEAT).await;
    }
}

/// Whether it is the service that cannot, whatever the card.
fn is_away(error: &PinlessError) -> bool {
    matches!(error, PinlessError::NotReady(_) | PinlessError::ZBus(_))
}

/// What a failed card means to the caller.
fn refusal(failure: SessionError) -> Refusal {
    match failure {
        SessionError::Link {
            source: LinkError::Removed,
            ..
        } => Refusal::Gone,
        SessionError::Link {
            source: LinkError::ReaderGone | LinkError::ServiceAway,
            ..
        } => Refusal::NoReader,
        other => Refusal::Unreadable(other),
    }
}

fn another<L>() -> Entered<L> {
    Entered {
        another_card: true,
        ..Entered::new(None, None, Err(Refusal::Gone))
    }
}

fn warn(what: &'static str, error: &SessionError) {
    tracing::warn!(error = chain(error), "{what}");
}

/// The error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |e| e.source())
        .fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
