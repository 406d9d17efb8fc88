// SPDX-License-Identifier: MIT OR Apache-2.0
//! The state of the desk.
//!
//! Everything about a person hangs below [`Desk::Session`] or is the name of [`Ended`]: leaving
//! either drops it.

use std::sync::Arc;

use uketsuke_bus::consent::PrescriptionForm;
use uketsuke_bus::day::Day;
use uketsuke_bus::letter::Letter;
use uketsuke_bus::view::{Hint, Hop, Operation, Phone};

use super::awaited::{Fetch, Wait};
use super::event::{Challenge, Faces, Passed, Placed, Tag};
use super::person::{Certificate, Earlier, Given, Name, Signature, Ticks};

/// A moment or a span on a clock that never jumps, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub u64);

impl std::ops::Add for Millis {
    type Output = Self;
    fn add(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

/// The whole state of the mode manager.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// The next request's tag.
    pub(super) next_tag: u64,
    /// Whether the slot for cards works.
    pub(super) reader: bool,
    /// Whether phones are served and their reader works.
    pub(super) phones: bool,
    /// Whether faces can be compared.
    pub(super) faces: Faces,
    /// How many of [`super::face::COMPARISONS`] are spent on the card that lies there, or not allowed.
    pub(super) compared: u8,
    /// Whether staff may vouch for a patient: somebody has a passcode.
    pub(super) staff: bool,
    /// What the terminal holds the reader in, where that is not 無人運転.
    pub(super) held: Option<Hold>,
    /// The first hop that is down.
    pub(super) link: Option<Hop>,
    /// What lies on either slot.
    pub(super) card: Option<Placed>,
    /// What goes on.
    pub(super) desk: Desk,
}

impl Default for State {
    /// P-00, as after every start: a card that lies there is reported as placed.
    fn default() -> Self {
        Self {
            next_tag: 1,
            reader: true,
            phones: false,
            faces: Faces::Absent,
            compared: 0,
            staff: false,
            held: None,
            link: None,
            card: None,
            desk: Desk::Idle,
        }
    }
}

/// An operation mode that the terminal holds the reader in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Hold {
    /// Never 無人運転.
    pub operation: Operation,
    /// When staff are to be reminded of it, if nobody is here then; none once they were.
    pub remind: Option<Millis>,
    /// When it is over, whatever goes on; none for what may stay.
    pub until: Option<Millis>,
    /// Minutes until then as P-00 says them, rounded up; only of a run of patients.
    pub left: Option<u8>,
}

/// A step of the countdown.
pub(super) const MINUTE: Millis = Millis(60_000);

impl Hold {
    /// When P-00 says a minute less.
    pub fn counts_on(&self) -> Option<Millis> {
        let left = u64::from(self.left?);
        let last = MINUTE.0 * left.saturating_sub(1);
        (left > 1).then_some(Millis(self.until?.0.saturating_sub(last)))
    }
}

/// What goes on at the desk.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Desk {
    /// No card (P-00), or the reader or the link is down.
    Idle,
    /// A card was lifted before anything was proved (F-08). Nothing is kept; the message stays.
    Lifted {
        /// When the message goes.
        until: Millis,
    },
    /// Staff type their passcode (S-01).
    Passcode(Passcode),
    /// 目視確認 waits for the card of the one patient it is for (S-02).
    Visual {
        /// When it is over if none comes.
        until: Millis,
    },
    /// A patient's session.
    Session(Session),
    /// A last message.
    Ended(Ended),
}

/// One check-in, from placing the card, or from choosing the phone, to its end.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Session {
    /// Set when it goes by phone.
    pub phone: Option<ByPhone>,
    /// Staff have vouched for the patient (目視確認).
    pub eye: bool,
    /// The face before the reader was found to be that of the card, which has not signed on it yet.
    pub face: bool,
    pub certificate: Fetch<Arc<Certificate>>,
    pub challenge: Fetch<Arc<Challenge>>,
    pub stage: Stage,
    /// The no-touch time-out; only while a question is up.
    pub timer: Option<Timer>,
    /// Set while the card is not known to lie there; only after authentication.
    pub away: Option<Away>,
    /// What the centre said, once it accepted the signature.
    pub visit: Option<Visit>,
    pub given: Given,
    /// Whether these are earlier ones, carried over.
    pub carried_over: bool,
    pub prescription: Option<PrescriptionForm>,
    /// Whether certificates of public subsidy are to be used.
    pub subsidy: Option<bool>,
    /// Whether the limit of what is paid may be provided.
    pub high_cost: Option<bool>,
    pub ticks: Ticks,
}

/// S-01.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Passcode {
    /// What came of the last one, if any was tried.
    pub said: Option<Passed>,
    /// Set while one is being verified.
    pub verifying: Option<Wait>,
    /// When it is over if nobody types.
    pub until: Millis,
}

impl Passcode {
    /// Whether one can be typed.
    pub fn open(self) -> bool {
        let barred = matches!(self.said, Some(Passed::Wait(_) | Passed::Closed));
        self.verifying.is_none() && !barred
    }
}

impl Session {
    /// Whether the card has signed: before, a lifted card leaves nothing worth keeping.
    pub fn authenticated(&self) -> bool {
        !matches!(
            self.stage,
            Stage::Method
                | Stage::Pin { .. }
                | Stage::Gathering
                | Stage::Signing(_)
                | Stage::WhichPhone
                | Stage::Hold(_)
                | Stage::Trouble(_)
                | Stage::Locked
                | Stage::Compare(_)
                | Stage::NotFound
                | Stage::NoNumber
        )
    }
}

/// A check-in by phone: nothing is known of the phone before it is held to its reader, and after it
/// has signed nobody needs it to be there.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct ByPhone {
    /// What the patient says it is; open on P-05a.
    pub kind: Option<Phone>,
    /// Tries left of the phone that was last asked.
    pub tries: Option<u8>,
}

/// Why the phone path does not go on by itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Trouble {
    /// F-17: nothing came, it left too soon, or it does not answer.
    Unreadable,
    /// F-17: the other kind of phone than the patient chose.
    OtherPhone,
    /// F-09: a card was laid where phones belong.
    CardThere,
    /// F-09: no phone, or a phone where cards belong.
    NoPhone,
}

/// A face is being compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Compare {
    pub wait: Wait,
    /// What would help the camera.
    pub hint: Option<Hint>,
    /// When that will have lasted so long that it is told (F-02).
    pub lasting: Option<Millis>,
    /// It has.
    pub unclear: bool,
}

/// Where the session is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Stage {
    /// P-02.
    Method,
    /// P-04; F-03 after a wrong PIN.
    Pin { wrong: bool },
    /// F-04, where a face can be compared instead.
    Locked,
    /// P-03; F-02 once a hint has lasted.
    Compare(Compare),
    /// F-01.
    NotFound,
    /// F-05.
    NoNumber,
    /// P-05a.
    WhichPhone,
    /// P-05x: digits were typed, or an iPhone chosen; the certificate or the challenge is still on
    /// its way.
    Gathering,
    /// P-05: the phone shall be held to its reader; until when.
    Hold(Millis),
    /// F-17, or F-09 on the phone path: what to do about it.
    Trouble(Trouble),
    /// P-05x: the card or phone is asked to sign.
    Signing(Wait),
    /// P-05x: the phone has signed; its certificate is on its way.
    Signed(Arc<Signature>),
    /// P-05x: the centre is asked.
    Checking(Wait),
    /// P-05x: nothing is asked here; it is completed once the card lies there again.
    NothingAsked,
    /// F-07, eligibility only.
    Expired,
    /// P-07.
    CarryOver,
    /// P-08.
    Earlier,
    /// P-06.
    ConsentMethod,
    /// P-09a…d: the place among the groups asked, from 0.
    Consent(usize),
    /// P-10.
    Prescription,
    /// P-11.
    Subsidy,
    /// P-13b.
    HighCost,
    /// P-12, by page, counted from 0.
    Letters(usize),
    /// P-05x: the consents are on their way to the durable queue.
    Completing(Wait),
    /// P-05x: how the session ended, shown once it is known whose card lies there now.
    Over(End),
}

/// The no-touch time-out of a question.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Timer {
    /// When the question ends.
    pub end: Millis,
    /// When the warning changes next, or the end.
    pub next: Millis,
    /// Seconds the warning shows.
    pub warning_s: Option<u32>,
}

/// The card was lifted after authentication.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Away {
    /// When the answers are discarded.
    pub until: Millis,
    /// A card was placed since; its certificate is being read.
    pub returning: Option<Wait>,
}

/// What the centre said, as far as it is needed on.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Visit {
    pub name: Option<Arc<Name>>,
    pub earlier: Option<Arc<Earlier>>,
    /// Referral letters to be asked about.
    pub letters: Arc<Vec<Letter>>,
    /// Last day of the certificate, where the patient is to be told.
    pub expires: Option<Day>,
}

/// How a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum End {
    /// P-13.
    Done,
    /// P-14, before P-13: the last day of the certificate.
    Expiring(Day),
    /// F-04.
    PinUnusable,
    /// F-07, reception.
    Refused,
    /// F-09.
    WrongCard,
    /// F-10.
    Unreadable,
    /// F-11.
    NotFound,
    /// F-12.
    AtReception,
    /// F-14; where it broke when that was noticed.
    LinkDown(Hop),
    /// F-15.
    TimedOut,
    /// F-16.
    TakeCard,
}

/// The last message of a session.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Ended {
    pub end: End,
    /// Whether it is about a phone, or about something that lies where phones belong.
    pub phone: bool,
    /// Whether staff had vouched for the patient.
    pub eye: bool,
    /// For P-13 and S-03 only; it waits while P-14 is shown.
    pub name: Option<Arc<Name>>,
    pub then: Then,
}

/// What follows the last message.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Then {
    /// The card lies there: remind, and tell staff later.
    Remind { at: Millis, staff: Millis },
    /// P-14 has been there long enough: P-13.
    Done { at: Millis },
    /// Reminded: tell staff.
    Staff { at: Millis },
    /// Staff were told; the card must be lifted.
    Rest,
    /// No card lies there: P-00.
    Leave { at: Millis },
}

impl State {
    /// Whether the digits just typed are still needed: they wait for the challenge, the certificate
    /// or the phone. When this ends without [`super::Effect::Sign`], they must be dropped.
    #[must_use]
    pub fn awaits_pin(&self) -> bool {
        let Desk::Session(s) = &self.desk else {
            return false;
        };
        !s.eye
            && !s.face
            && matches!(s.stage, Stage::Gathering | Stage::Hold(_))
            && s.phone.is_none_or(|by| by.kind == Some(Phone::Android))
    }

    /// Whether a card could be had to sign without PIN because staff have vouched: from the right
    /// passcode on, until the one card has signed.
    #[must_use]
    pub fn is_visual(&self) -> bool {
        match &self.desk {
            Desk::Visual { .. } => true,
            Desk::Session(s) => s.eye && !s.authenticated(),
            _ => false,
        }
    }

    /// Whether nobody is being served: P-00 with nothing on a slot.
    #[must_use]
    pub fn is_between_patients(&self) -> bool {
        self.desk == Desk::Idle && self.card.is_none()
    }

    /// What the terminal holds the reader in.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.held
            .map_or(Operation::Unattended, |held| held.operation)
    }

    /// Whether anything is known to lie on a slot.
    #[must_use]
    pub fn has_card(&self) -> bool {
        self.card.is_some()
    }

    /// Whether an answer with this tag would still be taken.
    #[must_use]
    pub fn awaits(&self, tag: Tag) -> bool {
        let s = match &self.desk {
            Desk::Session(session) => session,
            Desk::Passcode(passcode) => {
                return passcode.verifying.is_some_and(|wait| wait.tag == tag);
            }
            Desk::Idle | Desk::Lifted { .. } | Desk::Visual { .. } | Desk::Ended(_) => {
                return false;
            }
        };
        let stage = match &s.stage {
            Stage::Signing(w) | Stage::Checking(w) | Stage::Completing(w) => Some(w.tag),
            Stage::Compare(compare) => Some(compare.wait.tag),
            _ => None,
        };
        let returning = s.away.and_then(|a| a.returning).map(|w| w.tag);
        s.certificate.awaits(tag)
            || s.challenge.awaits(tag)
            || stage == Some(tag)
            || returning == Some(tag)
    }

    /// When [`super::Event::Tick`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        let until = self.held.and_then(|held| held.until);
        let counts_on = self.held.as_ref().and_then(Hold::counts_on);
        [self.desk_deadline(), self.reminder(), until, counts_on]
            .into_iter()
            .flatten()
            .min()
    }

    /// When staff are reminded of what is held, as far as nobody is here.
    pub(super) fn reminder(&self) -> Option<Millis> {
        self.held
            .filter(|_| self.desk == Desk::Idle)
            .and_then(|held| held.remind)
    }

    fn desk_deadline(&self) -> Option<Millis> {
        match &self.desk {
            Desk::Idle => None,
            Desk::Lifted { until } | Desk::Visual { until } => Some(*until),
            Desk::Passcode(code) => Some(code.verifying.map_or(code.until, |wait| wait.until)),
            Desk::Ended(ended) => match ended.then {
                Then::Remind { at, .. }
                | Then::Done { at }
                | Then::Staff { at }
                | Then::Leave { at } => Some(at),
                Then::Rest => None,
            },
            Desk::Session(s) => s.deadline(),
        }
    }
}

impl Session {
    fn deadline(&self) -> Option<Millis> {
        let away = self.away.map(|a| a.returning.map_or(a.until, |w| w.until));
        [
            self.timer.map(|t| t.next),
            away,
            self.stage_until(),
            self.certificate.until(),
            self.challenge.until(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    pub fn stage_until(&self) -> Option<Millis> {
        match &self.stage {
            Stage::Signing(w) | Stage::Checking(w) | Stage::Completing(w) => Some(w.until),
            Stage::Hold(until) => Some(*until),
            Stage::Compare(compare) => {
                let until = compare.wait.until;
                Some(compare.lasting.map_or(until, |at| at.min(until)))
            }
            _ => None,
        }
    }
}
