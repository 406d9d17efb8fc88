// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can happen: everything that anybody at the desk or beyond it may do next.

use uketsuke_bus::face1::FaceVerdict;
use uketsuke_bus::uplink1::Validity;
use uketsuke_bus::view::{Action, Hint, Hop, Operation, View};

use super::super::event::{CardFault, Faces, LinkFault, Passed, SignFault, Tag};
use super::super::state::State;
use super::ghost::Truth;
use super::world::{Asked, Awaited, Before, Lying, STALE, Said, Which};

/// One thing the world can do.
#[derive(Clone, Copy)]
pub enum Do {
    Place(Lying, u8),
    Lift,
    ReaderDown,
    ReaderUp,
    Phones(bool),
    Faces(Faces),
    Hint(Hint),
    /// The verdict, or that nobody said one.
    Compared(Tag, Option<FaceVerdict>),
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
            Self::Compared(tag, _) => awaited.compared == Some(tag),
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
            Self::Compared(_, verdict) => verdict == Some(FaceVerdict::Match),
            Self::Press(action) => !matches!(action, Action::Finish | Action::Stop),
            Self::TypePin => true,
            _ => false,
        }
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
    /// Other cards, and certificates that are about to expire.
    Expiring,
    /// Other cards, and referral letters.
    Letters,
    /// Cameras.
    Face,
}

/// Everything that can happen next: every event, with every answer to every request, and the same
/// answers under the tag of another request and of a session long over.
pub fn deeds(state: &State, truth: &Truth, who: Who) -> Vec<Do> {
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
        Who::Face => vec![
            Do::Faces(Faces::Works),
            Do::Faces(Faces::Broken),
            Do::Hint(Hint::TooDark),
            Do::Hint(Hint::HoldStill),
            Do::Place(Lying::Card(Which::A), 1),
            Do::Place(Lying::Locked, 0),
        ],
        Who::Staff => vec![
            Do::Staff(false),
            Do::Staff(true),
            Do::Place(Lying::Card(Which::B), 3),
            Do::Place(Lying::Locked, 0),
            Do::Place(Lying::PhoneHere, 3),
        ],
        Who::Cards | Who::Expiring | Who::Letters => vec![
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
        if who == Who::Face {
            deeds.push(Do::Signed(tag, Err(SignFault::NoPinless)));
            for verdict in [
                Some(FaceVerdict::Match),
                Some(FaceVerdict::Other),
                Some(FaceVerdict::NoFace),
                Some(FaceVerdict::NoNumber),
                Some(FaceVerdict::NoPhoto),
                None,
            ] {
                deeds.push(Do::Compared(tag, verdict));
            }
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
        for result in verdicts(who) {
            deeds.push(Do::CheckedIn(tag, result));
        }
        deeds.push(Do::Completed(tag, Ok(())));
        deeds.push(Do::Completed(tag, Err(LinkFault::Down(Hop::Terminal))));
    }
    deeds
}

/// A card that is read gives its own certificate; an answer nobody awaits may be anybody's.
fn certificates(reads: bool, truth: &Truth) -> Vec<Result<Which, CardFault>> {
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

fn signatures(truth: &Truth) -> Vec<Result<(), SignFault>> {
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

fn verdicts(who: Who) -> Vec<Result<Said, LinkFault>> {
    let said = |validity, expired, before| {
        Ok(Said {
            validity,
            expired,
            before,
            near: false,
            letters: false,
        })
    };
    let mut all = vec![
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
    ];
    if who == Who::Expiring {
        let near = |expired, before| Said {
            validity: Validity::Valid,
            expired,
            before,
            near: true,
            letters: false,
        };
        all.push(Ok(near(false, Before::Nothing)));
        all.push(Ok(near(false, Before::SameCategories)));
        // What the centre says of the certificate counts.
        all.push(Ok(near(true, Before::Nothing)));
    }
    if who == Who::Letters {
        let letters = |expired, before| Said {
            validity: Validity::Valid,
            expired,
            before,
            near: false,
            letters: true,
        };
        all.push(Ok(letters(false, Before::Nothing)));
        all.push(Ok(letters(false, Before::SameCategories)));
        // A centre that errs: nothing of a patient follows an expired certificate.
        all.push(Ok(letters(true, Before::Nothing)));
    }
    all
}
