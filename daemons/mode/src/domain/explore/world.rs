// SPDX-License-Identifier: MIT OR Apache-2.0
//! What there is at the desk and beyond it, kept beside the machine and never shown to it.

use std::sync::Arc;

use uketsuke_bus::card1::CardKind;
use uketsuke_bus::consent::{Categories, ConsentAnswer, ConsentGroup, Variant};
use uketsuke_bus::day::Day;
use uketsuke_bus::letter::Letter;
use uketsuke_bus::uplink1::Validity;

use super::super::Rules;
use super::super::awaited::Fetch;
use super::super::event::{Challenge, Effect, Event, Placed, Slot, Tag, Verdict};
use super::super::person::{Certificate, Earlier, Name, Signature};
use super::super::state::{Desk, Stage, State};
use super::deeds::Do;

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

    /// Whose card it is, whatever its PIN has come to.
    pub fn card(self) -> Option<Which> {
        match self {
            Self::Card(which) => Some(which),
            Self::Locked => Some(Which::B),
            _ => None,
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

/// The centre's answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Said {
    pub validity: Validity,
    pub expired: bool,
    pub before: Before,
    /// The certificate is about to expire.
    pub near: bool,
    /// Letters wait.
    pub letters: bool,
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
    letters: Arc<Vec<Letter>>,
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
            letters: Arc::new((0..LETTERS).map(letter).collect()),
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
            Do::Faces(faces) => Event::Faces(faces),
            Do::Hint(hint) => Event::Hint(hint),
            Do::Compared(tag, verdict) => Event::Compared(tag, verdict),
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
                    letters: match said.letters {
                        true => self.letters.clone(),
                        false => Arc::default(),
                    },
                    expires: said.near.then_some(LAST_DAY),
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

/// When a certificate that is about to expire does.
const LAST_DAY: Day = Day {
    year: 2027,
    month: 2,
    day: 17,
};

/// Letters that wait, if any do.
pub const LETTERS: usize = 2;

fn letter(number: usize) -> Letter {
    Letter {
        id: number.to_string(),
        issued: LAST_DAY,
        facility: "みなと総合病院".to_owned(),
        department: "内科".to_owned(),
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
    pub compared: Option<Tag>,
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
            Stage::Compare(compare) => awaited.compared = Some(compare.wait.tag),
            Stage::Signing(wait) => awaited.signed = Some(wait.tag),
            Stage::Checking(wait) => awaited.checked_in = Some(wait.tag),
            Stage::Completing(wait) => awaited.completed = Some(wait.tag),
            _ => {}
        }
        awaited
    }

    pub fn all(&self) -> Vec<Tag> {
        let mut all = self.certificate.clone();
        all.extend(self.challenge);
        all.extend(self.signed);
        all.extend(self.checked_in);
        all.extend(self.completed);
        all.extend(self.verified);
        all.extend(self.compared);
        all
    }
}

/// The effect's challenge, if it carries one that is used (not given up).
pub fn used_challenge(effect: &Effect) -> Option<Asked> {
    match effect {
        Effect::Sign { challenge, .. }
        | Effect::SignByEye { challenge, .. }
        | Effect::SignByFace { challenge, .. }
        | Effect::SignOnPhone { challenge, .. }
        | Effect::CheckIn { challenge, .. }
        | Effect::Complete { challenge, .. } => Some(Kit::asked(challenge)),
        _ => None,
    }
}
