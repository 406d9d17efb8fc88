// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card that has its object on the bus.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use uketsuke_bus::card1::{CardKind, Ground, Role};
use zbus::names::OwnedUniqueName;
use zeroize::Zeroizing;

use super::jobs::{Entered, Known, ReferenceTries};
use super::{Bytes, Call, CardView, Entry, Refusal, Reply};
use crate::certificate::Certificate;
use crate::session::{Identity, Session, is_phone};

/// Most entries that wait; a caller with more is at fault.
const MOST_WAITING: usize = 4;

/// Who holds the card.
struct Claim {
    owner: OwnedUniqueName,
    watch: AbortHandle,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// The entry whose turn it is.
pub(super) struct Next {
    pub entry: Entry,
    pub reply: Reply<Bytes>,
    /// The card it is meant for.
    pub known: Known,
}

/// A placed and identified card.
pub(super) struct Placed<L> {
    /// Number of its object.
    pub number: u64,
    /// When it was last called or worked.
    pub used: Instant,
    view: watch::Sender<CardView>,
    /// Of a phone: since it has signed.
    certificate: Option<Arc<Certificate>>,
    mark: Arc<Zeroizing<Vec<u8>>>,
    /// It has signed.
    signed: bool,
    /// None while the card is powered down or at work.
    session: Option<Session<L>>,
    claim: Option<Claim>,
    waiting: VecDeque<Waiting>,
    /// Who made the entry under way.
    served: Option<OwnedUniqueName>,
    /// Who was given the photo in this session.
    shown: Option<OwnedUniqueName>,
    /// That the face is the photo's was attested, and no signature was made on it yet.
    attested: bool,
}

/// An entry, who makes it, and where the answer goes.
type Waiting = (Entry, OwnedUniqueName, Reply<Bytes>);

impl<L> Placed<L> {
    pub fn new(number: u64, slot: Role, session: Option<Session<L>>, identity: Identity) -> Self {
        Self {
            number,
            used: Instant::now(),
            view: watch::Sender::new(CardView {
                kind: identity.kind,
                slot,
                tries: identity.tries,
                reference_tries: None,
                there: true,
            }),
            certificate: identity.certificate,
            mark: Arc::new(identity.mark),
            signed: false,
            session,
            claim: None,
            waiting: VecDeque::new(),
            served: None,
            shown: None,
            attested: false,
        }
    }

    pub fn view(&self) -> watch::Receiver<CardView> {
        self.view.subscribe()
    }

    pub fn touch(&mut self) {
        self.used = Instant::now();
    }

    pub fn is_held(&self) -> bool {
        self.claim.is_some()
    }

    pub fn is_held_by(&self, owner: &OwnedUniqueName) -> bool {
        self.claim.as_ref().is_some_and(|c| c.owner == *owner)
    }

    pub fn is_held_by_another(&self, caller: &OwnedUniqueName) -> bool {
        self.claim.as_ref().is_some_and(|c| c.owner != *caller)
    }

    /// Whether there is something to end when nobody calls.
    pub fn is_in_use(&self) -> bool {
        self.claim.is_some() || self.session.is_some()
    }

    pub fn claim(&mut self, owner: OwnedUniqueName, watch: AbortHandle) {
        self.claim = Some(Claim { owner, watch });
    }

    /// Ends the claim; entries that still wait are refused unsent.
    pub fn unclaim(&mut self) {
        self.claim = None;
        self.shown = None;
        self.attested = false;
        for (.., reply) in self.waiting.drain(..) {
            let _ = reply.send(Err(Refusal::Gone));
        }
    }

    pub fn take_session(&mut self) -> Option<Session<L>> {
        self.session.take()
    }

    /// The session, where it is to end.
    pub fn take_session_if(&mut self, ends: bool) -> Option<Session<L>> {
        self.session.take_if(|_| ends)
    }

    /// Why this call cannot be served, as far as that is known without the card.
    pub fn refusal(
        &self,
        call: &Call,
        caller: &OwnedUniqueName,
        test_cards: bool,
    ) -> Option<Refusal> {
        let kind = self.view.borrow().kind;
        let phone = is_phone(kind);
        match &self.certificate {
            Some(certificate) if certificate.is_of_test_root() && !test_cards => {
                return Some(Refusal::TestCard);
            }
            None if !phone => return Some(Refusal::NotThisKind),
            _ => {}
        }
        match call {
            Call::ReadCertificate(_) if phone && !self.signed => Some(Refusal::NotYet),
            Call::Enter(Entry::Pin(..), _) if kind == CardKind::PhoneIphone => {
                Some(Refusal::NotThisKind)
            }
            Call::Enter(Entry::Unlocked(_), _) if kind != CardKind::PhoneIphone => {
                Some(Refusal::NotThisKind)
            }
            Call::AttestMatch(_) if self.shown.as_ref() != Some(caller) => Some(Refusal::NotShown),
            Call::Enter(Entry::Pinless(..), _) if phone => Some(Refusal::NotThisKind),
            Call::Enter(Entry::Pinless(_, Ground::Face), _) if !self.attested => {
                Some(Refusal::NotAttested)
            }
            Call::Enter(Entry::Reference(_), _) if phone => Some(Refusal::NotThisKind),
            Call::Enter(Entry::Pin(..), _) if self.view.borrow().tries == 0 => {
                Some(Refusal::PinBlocked)
            }
            Call::Enter(..) if self.waiting.len() >= MOST_WAITING => Some(Refusal::Busy),
            _ => None,
        }
    }

    pub fn certificate(&self) -> Option<Bytes> {
        let der = self.certificate.as_ref()?.der();
        Some(Bytes::new(der.to_vec()))
    }

    /// The face is the photo's: holds for one signature.
    pub fn attest(&mut self) {
        self.attested = true;
    }

    pub fn queue(&mut self, entry: Entry, caller: OwnedUniqueName, reply: Reply<Bytes>) {
        // Used up here already, or two that are asked for at once would both be made on it.
        if matches!(entry, Entry::Pinless(_, Ground::Face)) {
            self.attested = false;
        }
        self.waiting.push_back((entry, caller, reply));
    }

    /// The next entry that may still be sent; PINs that came after the last try are refused here.
    pub fn next_entry(&mut self) -> Option<Next> {
        while let Some((entry, caller, reply)) = self.waiting.pop_front() {
            let spent = self.view.borrow().tries == 0;
            if !(spent && matches!(entry, Entry::Pin(..))) {
                self.served = Some(caller);
                return Some(Next {
                    entry,
                    reply,
                    known: Known {
                        kind: self.view.borrow().kind,
                        certificate: self.certificate.clone(),
                        mark: Arc::clone(&self.mark),
                    },
                });
            }
            let _ = reply.send(Err(Refusal::PinBlocked));
        }
        None
    }

    /// Takes what an entry left behind, its result aside: the session, if it goes on, the tries, if
    /// the card said so, and the certificate that a phone showed.
    pub fn after_entry(&mut self, entered: &mut Entered<L>) {
        self.session = entered.session.take();
        let served = self.served.take();
        if entered.photo && entered.result.is_ok() {
            self.shown = served;
        }
        self.signed |= entered.finished && entered.result.is_ok();
        if let Some(certificate) = entered.certificate.take() {
            self.certificate = Some(certificate);
        }
        self.touch();
        self.view.send_modify(|view| {
            match entered.reference {
                ReferenceTries::Untouched => {}
                ReferenceTries::Unknown => view.reference_tries = None,
                ReferenceTries::Left(tries) => view.reference_tries = Some(tries),
            }
            if let Some(tries) = entered.tries {
                view.tries = tries;
                if tries == 0 && view.kind == CardKind::Card {
                    view.kind = CardKind::CardPinUnusable;
                }
            }
        });
    }

    /// What may still be asked for when it has left: the certificate of a phone that has signed, by
    /// whoever held it.
    pub fn left(&self) -> Option<(OwnedUniqueName, Arc<Certificate>)> {
        let owner = self.claim.as_ref()?.owner.clone();
        let certificate = self.certificate.as_ref().filter(|_| self.signed)?;
        Some((owner, Arc::clone(certificate)))
    }

    /// The card was lifted; dropping the session ends the link.
    pub fn away(mut self, why: impl Fn() -> Refusal) {
        for (.., reply) in self.waiting.drain(..) {
            let _ = reply.send(Err(why()));
        }
        self.view.send_modify(|view| view.there = false);
    }
}
