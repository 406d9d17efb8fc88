// SPDX-License-Identifier: MIT OR Apache-2.0
//! The truth beside the machine: what really happened, as it follows from what was done.
//! [`judge`] holds the machine against it.

mod judge;

use uketsuke_bus::consent::{ConsentGroup, PrescriptionForm};
use uketsuke_bus::face1::FaceVerdict;
use uketsuke_bus::view::{Action, Hop, Operation, View, ViewId};

use super::super::event::{Faces, Passed, SignFault, Slot};
use super::deeds::Do;
use super::world::{Asked, Awaited, LETTERS, Lying, Said, Which};
pub use judge::{Invariant, judge_idle, judge_late};

/// What a person at the desk and the two other ends know.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Truth {
    /// What lies on the reader.
    pub lying: Option<Lying>,
    /// Tries left of the card that lies there.
    pub tries: u8,
    link: Option<Hop>,
    /// Digits were typed and not yet used.
    typed: bool,
    /// The iPhone was allowed to be asked by a touch, which is not used up.
    allowed: bool,
    /// Staff have vouched for one patient, as far as that is used up.
    eye: Vouched,
    /// The terminal has set 目視確認, and neither took it back nor had it served anybody since.
    held: bool,
    /// Whether faces can be compared, as the machine was last told.
    faces: Faces,
    /// The face of the holder of the card that lies there was found before the reader, which is not
    /// used up.
    found: bool,
    /// A comparison is under way, and how often this card was compared.
    comparing: bool,
    compared: u8,
    /// It signs without PIN, so that its tries stay what they are.
    pinless: bool,
    /// What was asked to sign and did not answer yet.
    asked: Option<Which>,
    /// The phone whose certificate is being read because it signed.
    pub signer: Option<Which>,
    /// The challenge last handed out.
    challenge: Asked,
    /// The card that accepted a PIN and signed, and what.
    signed: Option<(Which, Asked)>,
    /// What the centre said to that signature.
    said: Option<Said>,
    /// What the patient touched on this visit.
    touched: Vec<(ConsentGroup, bool)>,
    all: bool,
    kept: bool,
    /// What was touched on P-10, P-11 and P-13b.
    prescription: Option<PrescriptionForm>,
    subsidy: Option<bool>,
    high_cost: Option<bool>,
    /// Which letters are ticked, and whether 提出する was pressed.
    ticked: [bool; LETTERS],
    submitted: bool,
    /// Consents went out; the queue has them.
    sent: bool,
    durable: bool,
    notice: Notice,
}

/// P-14 on this visit.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Notice {
    NotYet,
    Shown,
    Over,
}

/// For whom staff have vouched.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Vouched {
    Nobody,
    /// Whoever places a card next.
    Next,
    /// Whose card has been placed since.
    ThisCard,
}

impl Default for Truth {
    fn default() -> Self {
        Self {
            lying: None,
            tries: 0,
            link: None,
            typed: false,
            allowed: false,
            eye: Vouched::Nobody,
            held: false,
            faces: Faces::Absent,
            found: false,
            comparing: false,
            compared: 0,
            pinless: false,
            asked: None,
            signer: None,
            challenge: Asked::Even,
            signed: None,
            said: None,
            touched: Vec::new(),
            all: false,
            kept: false,
            prescription: None,
            subsidy: None,
            high_cost: None,
            ticked: [false; LETTERS],
            submitted: false,
            sent: false,
            durable: false,
            notice: Notice::NotYet,
        }
    }
}

impl Truth {
    /// At the start, where faces can be compared or not.
    pub fn of(faces: Faces) -> Self {
        Self {
            faces,
            ..Self::default()
        }
    }

    pub fn next_challenge(&self) -> Asked {
        match self.challenge {
            Asked::Even => Asked::Odd,
            Asked::Odd | Asked::Late => Asked::Even,
        }
    }

    /// Follows one deed; `before` is what the patient saw, `awaited` what the machine had asked.
    pub fn follow(&mut self, deed: Do, before: &View, awaited: &Awaited) {
        match deed {
            Do::Place(lying, tries) => {
                self.card_moved(Some(lying), before);
                self.tries = tries;
            }
            Do::Lift => self.card_moved(None, before),
            Do::ReaderDown => {
                (self.eye, self.held) = (Vouched::Nobody, false);
                if self.lies_on(Slot::Card) {
                    self.card_moved(None, before);
                }
            }
            Do::Phones(false) if self.lies_on(Slot::Phone) => self.card_moved(None, before),
            Do::Link(hop) => {
                self.link = hop;
                // The card that is signing already is let finish, as after a PIN.
                if hop.is_some() && !self.pinless {
                    (self.eye, self.held) = (Vouched::Nobody, false);
                }
            }
            Do::TypePin if before.pad == Some(true) => self.typed = true,
            Do::Press(action) if before.choices.contains(&action) => self.touch(action, before),
            Do::Challenge(tag, Ok(asked)) if awaited.challenge == Some(tag) => {
                self.challenge = asked;
            }
            Do::Signed(tag, result) if awaited.signed == Some(tag) => self.answered(result),
            Do::Verified(tag, Passed::Right) if awaited.verified == Some(tag) => {
                self.eye = Vouched::Next;
            }
            Do::ScreenGone | Do::Staff(false) => {
                (self.eye, self.held) = (Vouched::Nobody, false);
            }
            Do::Faces(faces) => self.faces = faces,
            Do::Compared(tag, verdict) if awaited.compared == Some(tag) => {
                self.found = verdict == Some(FaceVerdict::Match);
                self.comparing = false;
            }
            Do::Hold(operation) => {
                let visual = operation == Operation::Visual;
                // What was taken back takes whom staff vouched for with it.
                if self.held && !visual {
                    self.eye = Vouched::Nobody;
                }
                self.held = visual;
            }
            Do::Vouched if self.held && before.id == ViewId::Idle => self.eye = Vouched::Next,
            Do::CheckedIn(tag, Ok(said)) if awaited.checked_in == Some(tag) => {
                self.said = Some(said);
            }
            Do::Completed(tag, Ok(())) if awaited.completed == Some(tag) => {
                self.durable = self.sent;
            }
            _ => {}
        }
    }

    fn lies_on(&self, slot: Slot) -> bool {
        self.lying.is_some_and(|lying| lying.slot() == slot)
    }

    fn card_moved(&mut self, lying: Option<Lying>, before: &View) {
        // Digits typed for a card go with it; those for a phone wait for it, and for no card.
        let card = matches!(lying, Some(Lying::Card(_) | Lying::Locked));
        if before.phone.is_none() || card {
            self.typed = false;
        }
        // The first thing placed uses it up, and taking that away ends it.
        self.eye = match (self.eye, lying) {
            (Vouched::Next, Some(_)) => Vouched::ThisCard,
            (Vouched::Next, None) => Vouched::Next,
            _ => Vouched::Nobody,
        };
        (self.found, self.compared) = (false, 0);
        self.lying = lying;
        self.tries = 0;
        // A phone that left is answered for by the card daemon.
        self.asked = self.asked.filter(|which| which.is_phone());
    }

    fn answered(&mut self, result: Result<(), SignFault>) {
        let asked = self.asked.take();
        let there = asked.is_some_and(|which| self.lying.is_some_and(|lying| lying.is(which)))
            || (asked.is_some() && self.lying.and_then(Lying::asked) == asked);
        match result {
            Ok(()) => {
                if let Some(which) = asked {
                    self.signed = Some((which, self.challenge));
                    self.compared = 0;
                }
                if there && !self.pinless {
                    self.tries = 3;
                }
            }
            Err(SignFault::WrongPin { .. }) if there => self.tries = self.tries.saturating_sub(1),
            Err(SignFault::Blocked) if there => self.tries = 0,
            Err(SignFault::WrongPin { .. } | SignFault::Blocked) => {}
            // A transport error tells nothing: the VERIFY may have reached the card or not.
            Err(SignFault::NotSent | SignFault::NoPinless | SignFault::Card(_)) => {}
        }
        self.pinless = false;
    }

    fn touch(&mut self, action: Action, on: &View) {
        // One letter a page.
        let page = on.step.filter(|_| on.id == ViewId::Letters);
        if let (Some(page), Action::Tick1) = (page, action)
            && let Some(ticked) = self.ticked.get_mut(usize::from(page) - 1)
        {
            *ticked = !*ticked;
        }
        let group = match on.id {
            ViewId::ConsentSurgery => Some(ConsentGroup::Surgery),
            ViewId::ConsentCare => Some(ConsentGroup::Care),
            ViewId::ConsentMedicine => Some(ConsentGroup::Medicine),
            ViewId::ConsentCheckUps => Some(ConsentGroup::CheckUps),
            _ => None,
        };
        match (action, group) {
            (Action::Agree | Action::Refuse, Some(group)) => {
                self.touched.push((group, action == Action::Agree));
            }
            (Action::Iphone | Action::Retry, _) => self.allowed = true,
            (Action::Stop, _) => {
                self.held &= on.id != ViewId::Visual;
                self.eye = Vouched::Nobody;
            }
            (Action::ElectronicPrescription, _) => {
                self.prescription = Some(PrescriptionForm::Electronic);
            }
            (Action::PaperPrescription, _) => self.prescription = Some(PrescriptionForm::Paper),
            (Action::Use | Action::UseNot, _) => self.subsidy = Some(action == Action::Use),
            (Action::Provide | Action::ProvideNot, _) => {
                self.high_cost = Some(action == Action::Provide);
            }
            (Action::Submit, _) => self.submitted = true,
            (Action::AgreeAll, _) => self.all = true,
            (Action::KeepEarlier, _) => self.kept = true,
            _ => {}
        }
    }

    fn new_visit(&mut self) {
        self.signed = None;
        self.said = None;
        self.touched.clear();
        (self.all, self.kept, self.sent, self.durable) = (false, false, false, false);
        self.notice = Notice::NotYet;
        (self.ticked, self.submitted) = ([false; LETTERS], false);
        (self.prescription, self.subsidy, self.high_cost) = (None, None, None);
    }
}
