// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is really true at the desk, kept beside the machine and never shown to it.

use std::sync::Arc;

use uketsuke_bus::card1::CardKind;
use uketsuke_bus::consent::{Categories, ConsentAnswer, ConsentGroup, Variant};
use uketsuke_bus::uplink1::Validity;
use uketsuke_bus::view::{Action, Hop, Operation, View};

use super::super::event::{
    CardFault, Challenge, Effect, Event, LinkFault, Passed, Placed, SignFault, Slot, Tag, Verdict,
};
use super::super::person::{Certificate, Earlier, Name, Signature};
use super::super::state::{Desk, Fetch, Session, Stage, State};
use super::super::{Millis, Rules};

/// What really lies on the reader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lying {
    Card(Which),
    /// Card B after its PIN was locked.
    Locked,
    Foreign,
    Mute,
    /// P or I, on the reader for phones.
    Phone(Which),
    /// A phone where cards belong.
    PhoneHere,
    /// Card A, something foreign, and a phone that does not answer, on the reader for phones.
    CardBeside,
    ForeignBeside,
    MuteBeside,
}

/// Whose certificate: cards A and B, the Android phone P, the iPhone I.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Which {
    A,
    B,
    P,
    I,
}

impl Which {
    pub fn is_phone(self) -> bool {
        matches!(self, Self::P | Self::I)
    }

    /// What its certificate holds in this world.
    pub fn der(self) -> &'static [u8] {
        match self {
            Self::A => b"A",
            Self::B => b"B",
            Self::P => b"P",
            Self::I => b"I",
        }
    }
}

impl Lying {
    /// Whether this is that person's card, whatever its PIN has come to.
    pub fn is(self, which: Which) -> bool {
        self == Self::Card(which) || (self == Self::Locked && which == Which::B)
    }

    pub fn slot(self) -> Slot {
        match self {
            Self::Card(_) | Self::Locked | Self::Foreign | Self::Mute | Self::PhoneHere => {
                Slot::Card
            }
            Self::Phone(_) | Self::CardBeside | Self::ForeignBeside | Self::MuteBeside => {
                Slot::Phone
            }
        }
    }

    pub fn kind(self) -> CardKind {
        match self {
            Self::Card(_) | Self::CardBeside => CardKind::Card,
            Self::Locked => CardKind::CardPinUnusable,
            Self::Foreign | Self::ForeignBeside => CardKind::Foreign,
            Self::Mute | Self::MuteBeside => CardKind::Mute,
            Self::Phone(Which::I) => CardKind::PhoneIphone,
            Self::Phone(_) | Self::PhoneHere => CardKind::PhoneAndroid,
        }
    }

    /// What can be asked to sign here, if it can.
    pub fn asked(self) -> Option<Which> {
        match self {
            Self::Card(which) | Self::Phone(which) => Some(which),
            _ => None,
        }
    }
}

/// Which challenge: two names in turn tell the current one from the one before; `Late` answers a
/// request nobody waits for any more.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    Even,
    Odd,
    Late,
}

/// One thing the world can do.
#[derive(Clone, Copy)]
pub enum Do {
    Place(Lying, u8),
    Lift,
    ReaderDown,
    ReaderUp,
    Phones(bool),
    Link(Option<Hop>),
    ScreenGone,
    ScreenBack,
    Press(Action),
    TypePin,
    /// The certificate of this card, or why not.
    Certificate(Tag, Result<Which, CardFault>),
    Challenge(Tag, Result<Asked, LinkFault>),
    Signed(Tag, Result<(), SignFault>),
    Verified(Tag, Passed),
    Staff(bool),
    Hold(Operation),
    Vouched,
    CheckedIn(Tag, Result<Said, LinkFault>),
    Completed(Tag, Result<(), LinkFault>),
    /// Time passes to the next deadline.
    Wait,
    /// Five seconds pass, less than to the next deadline.
    Breath,
}

impl Do {
    /// Whether it is an answer that is awaited or a touch on what is offered, or neither of the two.
    pub fn is_meant(self, before: &View, awaited: &Awaited) -> bool {
        match self {
            Self::Press(action) => before.choices.contains(&action),
            Self::TypePin => before.pad == Some(true),
            Self::Certificate(tag, _) => awaited.certificate.contains(&tag),
            Self::Challenge(tag, _) => awaited.challenge == Some(tag),
            Self::Signed(tag, _) => awaited.signed == Some(tag),
            Self::CheckedIn(tag, _) => awaited.checked_in == Some(tag),
            Self::Completed(tag, _) => awaited.completed == Some(tag),
            Self::Verified(tag, _) => awaited.verified == Some(tag),
            _ => true,
        }
    }

    /// Whether it is what a patient who wants to get through or a peer that works would do.
    pub fn leads_on(self) -> bool {
        match self {
            Self::Certificate(_, result) => result.is_ok(),
            Self::Challenge(_, result) => result.is_ok(),
            Self::Signed(_, result) => result.is_ok(),
            Self::CheckedIn(_, result) => result.is_ok(),
            Self::Completed(_, result) => result.is_ok(),
            Self::Verified(_, said) => said == Passed::Right,
            Self::Press(action) => !matches!(action, Action::Finish | Action::Stop),
            Self::TypePin => true,
            _ => false,
        }
    }
}

/// The centre's answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Said {
    pub validity: Validity,
    pub expired: bool,
    pub before: Before,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Before {
    Nothing,
    SameCategories,
    OtherCategories,
}

/// A tag that was never given out: the answer of a session long over.
pub const STALE: Tag = Tag(0);

/// Ready-made values, so that exploring does not allocate them anew.
pub struct Kit {
    certificates: [Arc<Certificate>; 4],
    challenges: [Arc<Challenge>; 3],
    signature: Arc<Signature>,
    name: Arc<Name>,
    same: Arc<Earlier>,
    other: Arc<Earlier>,
}

impl Kit {
    pub fn new(rules: &Rules) -> Self {
        let challenge = |n: u8| {
            Arc::new(Challenge {
                session: n.to_string(),
                digest: [n; 32],
            })
        };
        let earlier = |categories: Categories| {
            let answers = before_answers(&categories.groups);
            Arc::new(Earlier {
                categories,
                answers,
            })
        };
        let today = (*rules.categories).clone();
        let mut other = today.clone();
        other.variant = match today.variant {
            Variant::X => Variant::Y,
            Variant::Y => Variant::X,
        };
        Self {
            certificates: [Which::A, Which::B, Which::P, Which::I]
                .map(|which| Arc::new(Certificate::new(which.der().to_vec()))),
            challenges: [challenge(0), challenge(1), challenge(2)],
            signature: Arc::new(Signature(vec![1])),
            name: Arc::new(Name("シカク イチロウ".to_owned())),
            same: earlier(today),
            other: earlier(other),
        }
    }

    pub fn certificate(&self, which: Which) -> Arc<Certificate> {
        self.certificates[which as usize].clone()
    }

    pub fn asked(challenge: &Challenge) -> Asked {
        match challenge.digest[0] {
            0 => Asked::Even,
            1 => Asked::Odd,
            _ => Asked::Late,
        }
    }

    /// The event this deed is for the machine.
    pub fn event(&self, deed: Do) -> Event {
        match deed {
            Do::Place(lying, tries) => Event::CardPlaced(Placed {
                slot: lying.slot(),
                kind: lying.kind(),
                tries,
            }),
            Do::Lift => Event::CardLifted,
            Do::ReaderDown => Event::ReaderDown,
            Do::ReaderUp => Event::ReaderUp,
            Do::Phones(served) => Event::Phones(served),
            Do::Link(hop) => Event::Link(hop),
            Do::ScreenGone => Event::ScreenGone,
            Do::ScreenBack => Event::ScreenBack,
            Do::Press(action) => Event::Act(action),
            Do::TypePin => Event::PinEntered,
            Do::Certificate(tag, r) => Event::Certificate(tag, r.map(|w| self.certificate(w))),
            Do::Challenge(tag, r) => {
                Event::Challenge(tag, r.map(|n| self.challenges[n as usize].clone()))
            }
            Do::Signed(tag, r) => Event::Signed(tag, r.map(|()| self.signature.clone())),
            Do::Verified(tag, said) => Event::Verified(tag, said),
            Do::Staff(staff) => Event::Staff(staff),
            Do::Hold(operation) => Event::Hold(operation),
            Do::Vouched => Event::Vouched,
            Do::CheckedIn(tag, r) => Event::CheckedIn(
                tag,
                r.map(|said| Verdict {
                    validity: said.validity,
                    certificate_expired: said.expired,
                    name: Some(self.name.clone()),
                    earlier: match said.before {
                        Before::Nothing => None,
                        Before::SameCategories => Some(self.same.clone()),
                        Before::OtherCategories => Some(self.other.clone()),
                    },
                }),
            ),
            Do::Completed(tag, r) => Event::Completed(tag, r),
            Do::Wait | Do::Breath => Event::Tick,
        }
    }
}

/// What was answered at the earlier visit: yes, no, yes, …
pub fn before_answers(groups: &[ConsentGroup]) -> Vec<ConsentAnswer> {
    groups
        .iter()
        .enumerate()
        .map(|(i, group)| ConsentAnswer {
            group: *group,
            agreed: i % 2 == 0,
        })
        .collect()
}

/// Requests whose answers the machine awaits, by kind.
#[derive(Default)]
pub struct Awaited {
    pub certificate: Vec<Tag>,
    pub challenge: Option<Tag>,
    pub signed: Option<Tag>,
    pub checked_in: Option<Tag>,
    pub completed: Option<Tag>,
    pub verified: Option<Tag>,
}

impl Awaited {
    pub fn of(state: &State) -> Self {
        let mut awaited = Self::default();
        if let Desk::Passcode(passcode) = &state.desk {
            awaited.verified = passcode.verifying.map(|wait| wait.tag);
        }
        let Desk::Session(s) = &state.desk else {
            return awaited;
        };
        if let Fetch::Awaited(wait) = &s.certificate {
            awaited.certificate.push(wait.tag);
        }
        if let Some(wait) = s.away.and_then(|away| away.returning) {
            awaited.certificate.push(wait.tag);
        }
        if let Fetch::Awaited(wait) = &s.challenge {
            awaited.challenge = Some(wait.tag);
        }
        match &s.stage {
            Stage::Signing(wait) => awaited.signed = Some(wait.tag),
            Stage::Checking(wait) => awaited.checked_in = Some(wait.tag),
            Stage::Completing(wait) => awaited.completed = Some(wait.tag),
            _ => {}
        }
        awaited
    }

    fn all(&self) -> Vec<Tag> {
        let mut all = self.certificate.clone();
        all.extend(self.challenge);
        all.extend(self.signed);
        all.extend(self.checked_in);
        all.extend(self.completed);
        all.extend(self.verified);
        all
    }
}

/// What is met besides a card and the PIN.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Other cards.
    Cards,
    /// Phones.
    Phones,
    /// Staff with a passcode.
    Staff,
    /// A terminal that holds operation modes, and staff with a passcode.
    Terminal,
}

/// Everything that can happen next: every event, with every answer to every request, and the same
/// answers under the tag of another request and of a session long over.
pub fn deeds(state: &State, truth: &super::ghost::Truth, who: Who) -> Vec<Do> {
    let mut deeds = vec![
        Do::Place(Lying::Card(Which::A), 3),
        Do::Place(Lying::Foreign, 0),
        Do::Place(Lying::Mute, 0),
        Do::Lift,
        Do::ReaderDown,
        Do::ReaderUp,
        Do::Link(None),
        Do::Link(Some(Hop::Terminal)),
        Do::ScreenGone,
        Do::ScreenBack,
        Do::TypePin,
        Do::Wait,
        Do::Breath,
    ];
    // Cards against each other, phones or staff against a card: all at once would multiply.
    deeds.extend(match who {
        Who::Phones => vec![
            Do::Phones(false),
            Do::Phones(true),
            Do::Place(Lying::Phone(Which::P), 3),
            Do::Place(Lying::Phone(Which::P), 1),
            Do::Place(Lying::Phone(Which::P), 0),
            Do::Place(Lying::Phone(Which::I), 0),
            Do::Place(Lying::PhoneHere, 3),
            Do::Place(Lying::CardBeside, 3),
            Do::Place(Lying::ForeignBeside, 0),
            Do::Place(Lying::MuteBeside, 0),
        ],
        Who::Terminal => vec![
            Do::Staff(false),
            Do::Staff(true),
            Do::Hold(Operation::Unattended),
            Do::Hold(Operation::PinOnly),
            Do::Hold(Operation::Visual),
            Do::Vouched,
            Do::Place(Lying::Locked, 0),
        ],
        Who::Staff => vec![
            Do::Staff(false),
            Do::Staff(true),
            Do::Place(Lying::Card(Which::B), 3),
            Do::Place(Lying::Locked, 0),
            Do::Place(Lying::PhoneHere, 3),
        ],
        Who::Cards => vec![
            Do::Place(Lying::Card(Which::A), 1),
            Do::Place(Lying::Card(Which::B), 3),
            Do::Place(Lying::Locked, 0),
            Do::Link(Some(Hop::Centre)),
        ],
    });
    deeds.extend(Action::ALL.iter().map(|action| Do::Press(*action)));
    let awaited = Awaited::of(state);
    let mut tags = awaited.all();
    tags.push(STALE);
    for tag in tags {
        let reads = awaited.certificate.contains(&tag);
        for result in certificates(reads, truth) {
            deeds.push(Do::Certificate(tag, result));
        }
        let asked = if awaited.challenge == Some(tag) {
            truth.next_challenge()
        } else {
            Asked::Late
        };
        deeds.push(Do::Challenge(tag, Ok(asked)));
        deeds.push(Do::Challenge(tag, Err(LinkFault::Down(Hop::Network))));
        for result in signatures(truth) {
            deeds.push(Do::Signed(tag, result));
        }
        if matches!(who, Who::Staff | Who::Terminal) {
            deeds.push(Do::Signed(tag, Err(SignFault::NoPinless)));
            for said in [
                Passed::Right,
                Passed::Wrong,
                Passed::Unverified,
                Passed::Wait(60),
                Passed::Closed,
            ] {
                deeds.push(Do::Verified(tag, said));
            }
        }
        for result in verdicts() {
            deeds.push(Do::CheckedIn(tag, result));
        }
        deeds.push(Do::Completed(tag, Ok(())));
        deeds.push(Do::Completed(tag, Err(LinkFault::Down(Hop::Terminal))));
    }
    deeds
}

/// A card that is read gives its own certificate; an answer nobody awaits may be anybody's.
fn certificates(reads: bool, truth: &super::ghost::Truth) -> Vec<Result<Which, CardFault>> {
    let mut results = vec![
        Err(CardFault::Gone),
        Err(CardFault::Unreadable),
        Err(CardFault::NotOurs),
    ];
    match (reads, truth.lying) {
        (false, _) => results.extend([Ok(Which::A), Ok(Which::B)]),
        (true, _) if truth.signer.is_some() => results.extend(truth.signer.map(Ok)),
        (true, Some(Lying::Phone(which))) => results.push(Ok(which)),
        (true, Some(Lying::CardBeside)) => results.push(Ok(Which::A)),
        (true, Some(Lying::Card(which))) => results.push(Ok(which)),
        (true, Some(Lying::Locked)) => results.push(Ok(Which::B)),
        (true, _) => {}
    }
    results
}

fn signatures(truth: &super::ghost::Truth) -> Vec<Result<(), SignFault>> {
    let left = truth.tries.saturating_sub(1);
    let mut results = vec![
        Ok(()),
        Err(SignFault::WrongPin { tries: left }),
        Err(SignFault::Blocked),
        Err(SignFault::NotSent),
        Err(SignFault::Card(CardFault::Gone)),
        Err(SignFault::Card(CardFault::Unreadable)),
        Err(SignFault::Card(CardFault::NotOurs)),
    ];
    if left != 3 {
        // A figure that is out of date.
        results.push(Err(SignFault::WrongPin { tries: 3 }));
    }
    results
}

fn verdicts() -> Vec<Result<Said, LinkFault>> {
    let said = |validity, expired, before| {
        Ok(Said {
            validity,
            expired,
            before,
        })
    };
    vec![
        said(Validity::Valid, false, Before::Nothing),
        said(Validity::Valid, false, Before::SameCategories),
        said(Validity::ValidUnregistered, false, Before::OtherCategories),
        said(Validity::Valid, true, Before::SameCategories),
        said(Validity::Invalid, false, Before::Nothing),
        said(Validity::Newer, false, Before::SameCategories),
        said(Validity::NotFound, false, Before::Nothing),
        said(Validity::Several, true, Before::Nothing),
        Err(LinkFault::Down(Hop::Terminal)),
        Err(LinkFault::Down(Hop::Centre)),
        Err(LinkFault::Refused),
        Err(LinkFault::Expired),
    ]
}

/// The state with times counted from now and requests numbered by what they are for, so that two
/// states that behave alike are one.
pub fn canonical(state: &State, now: Millis) -> State {
    let mut state = state.clone();
    let back = |at: &mut Millis| at.0 = at.0.saturating_sub(now.0);
    state.next_tag = 5;
    if let Some(held) = &mut state.held {
        held.remind.iter_mut().for_each(back);
        held.until.iter_mut().for_each(back);
    }
    match &mut state.desk {
        Desk::Idle => {}
        Desk::Lifted { until } | Desk::Visual { until } => back(until),
        Desk::Passcode(passcode) => {
            back(&mut passcode.until);
            if let Some(wait) = &mut passcode.verifying {
                back(&mut wait.until);
                wait.tag = Tag(3);
                // Nothing comes of it while one is being verified.
                passcode.until = Millis(0);
            }
        }
        Desk::Ended(ended) => {
            use super::super::state::Then;
            match &mut ended.then {
                Then::Remind { at, staff } => {
                    back(at);
                    back(staff);
                }
                Then::Staff { at } | Then::Leave { at } => back(at),
                Then::Rest => {}
            }
        }
        Desk::Session(s) => canonical_session(s, back),
    }
    state
}

fn canonical_session(s: &mut Session, back: impl Fn(&mut Millis)) {
    if let Fetch::Awaited(wait) = &mut s.certificate {
        back(&mut wait.until);
        wait.tag = Tag(1);
    }
    if let Fetch::Awaited(wait) = &mut s.challenge {
        back(&mut wait.until);
        wait.tag = Tag(2);
    }
    if let Stage::Signing(wait) | Stage::Checking(wait) | Stage::Completing(wait) = &mut s.stage {
        back(&mut wait.until);
        wait.tag = Tag(3);
    }
    if let Stage::Hold(until) = &mut s.stage {
        back(until);
    }
    if let Some(timer) = &mut s.timer {
        back(&mut timer.end);
        back(&mut timer.next);
    }
    if let Some(away) = &mut s.away {
        back(&mut away.until);
        if let Some(wait) = &mut away.returning {
            back(&mut wait.until);
            wait.tag = Tag(4);
        }
    }
}

/// The effect's challenge, if it carries one that is used (not given up).
pub fn used_challenge(effect: &Effect) -> Option<Asked> {
    match effect {
        Effect::Sign { challenge, .. }
        | Effect::SignByEye { challenge, .. }
        | Effect::SignOnPhone { challenge, .. }
        | Effect::CheckIn { challenge, .. }
        | Effect::Complete { challenge, .. } => Some(Kit::asked(challenge)),
        _ => None,
    }
}
