// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes into the machine and what comes out of it.

use std::sync::Arc;

use uketsuke_bus::card1::CardKind;
use uketsuke_bus::consent::{Categories, ConsentAnswer, PrescriptionForm};
use uketsuke_bus::day::Day;
use uketsuke_bus::face1::FaceVerdict;
use uketsuke_bus::letter::{Letter, LetterAnswer};
use uketsuke_bus::staff::StaffEvent;
use uketsuke_bus::uplink1::Validity;
use uketsuke_bus::view::{Action, Hint, Hop, Operation};

use super::person::{Certificate, Earlier, Given, Name, Signature};

/// Marks one request of the machine, so that an answer meets the request it belongs to and a late
/// one meets nothing. Never used twice while the daemon lives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u64);

/// Where something lies.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// This reader's own slot, for cards.
    Card,
    /// The reader beside it, for phones (汎用カードリーダー).
    Phone,
}

/// What lies on a slot, as the card daemon says. Of both slots one thing at a time is in use.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Placed {
    /// Where it lies.
    pub slot: Slot,
    /// What it is.
    pub kind: CardKind,
    /// Tries left of the four-digit PIN; nothing for an iPhone, which has none of ours.
    pub tries: u8,
}

/// Whether a face can be compared with a card, and the card sign on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Faces {
    /// Nobody compares, or nobody may have a card sign without PIN.
    Absent,
    /// Somebody would, but a camera does not work.
    Broken,
    /// Yes.
    Works,
}

/// The centre's challenge for one check-in.
#[derive(PartialEq, Eq, Hash)]
pub struct Challenge {
    /// Session id at the uplink.
    pub session: String,
    /// What the card must sign (SHA-256).
    pub digest: [u8; 32],
}

/// Why the card did not give what was asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardFault {
    /// Lifted, or its session is over.
    Gone,
    /// Silent or garbled; the reader unplugged.
    Unreadable,
    /// Not a card this reader serves (another kind, or a test card in service).
    NotOurs,
}

/// Why there is no signature.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignFault {
    /// The card itself.
    Card(CardFault),
    /// The PIN was wrong; one try was spent.
    WrongPin {
        /// Tries left, as the card answered.
        tries: u8,
    },
    /// The PIN cannot be used any more.
    Blocked,
    /// What was typed is no PIN; it never reached the card.
    NotSent,
    /// Nobody is there who may have a card sign without PIN, or he refused.
    NoPinless,
}

/// What came of a staff passcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Passed {
    /// It is somebody's.
    Right,
    /// It is nobody's.
    Wrong,
    /// Nobody could say whose it is.
    Unverified,
    /// None may be tried for so many seconds.
    Wait(u32),
    /// None may be tried until one is issued anew.
    Closed,
}

/// Why the uplink did not give what was asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkFault {
    /// This hop, or what stands at its end, does not work.
    Down(Hop),
    /// The centre does not accept this card.
    Refused,
    /// The certificate expired more than three months ago.
    Expired,
}

/// What the centre said about the person.
pub struct Verdict {
    /// Whether there is a valid insurance.
    pub validity: Validity,
    /// Whether the certificate has expired (eligibility only).
    pub certificate_expired: bool,
    /// カナ氏名.
    pub name: Option<Arc<Name>>,
    /// Consents of an earlier visit.
    pub earlier: Option<Arc<Earlier>>,
    /// Referral letters that the patient has not consented to yet.
    pub letters: Arc<Vec<Letter>>,
    /// Last day of the certificate, where it is about to expire.
    pub expires: Option<Day>,
}

/// Something happened.
pub enum Event {
    /// A card lies on the reader. A card that lay there when this daemon started counts too.
    CardPlaced(Placed),
    /// The card was lifted.
    CardLifted,
    /// The card daemon left the bus, or the slot for cards does not work; nothing is known of any
    /// card there.
    ReaderDown,
    /// It is back.
    ReaderUp,
    /// Whether phones are set up and their reader works. When it stops, nothing is known of any
    /// phone.
    Phones(bool),
    /// Whether faces can be compared from now on.
    Faces(Faces),
    /// What would help the camera.
    Hint(Hint),
    /// The first hop on the way to the centre that is down; none while all work. The uplink
    /// itself gone is [`Hop::Terminal`].
    Link(Option<Hop>),
    /// Whether staff may vouch for a patient here: an account has a passcode.
    Staff(bool),
    /// The terminal holds the reader in this operation mode from now on.
    Hold(Operation),
    /// Staff have vouched at the terminal for the patient who comes next.
    Vouched,
    /// The screen left the bus. Time-outs run on: nobody can press anything.
    ScreenGone,
    /// It is back; whoever stands there gets the full time for the question.
    ScreenBack,
    /// A choice of the current view was pressed.
    Act(Action),
    /// Four digits were typed on the open pad. They are not in the event: the descriptor stays
    /// with the caller until [`Effect::Sign`] or until [`super::State::awaits_pin`] ends.
    PinEntered,
    /// Answer to [`Effect::ReadCertificate`] or [`Effect::ReadSigner`].
    Certificate(Tag, Result<Arc<Certificate>, CardFault>),
    /// Answer to [`Effect::Challenge`].
    Challenge(Tag, Result<Arc<Challenge>, LinkFault>),
    /// Answer to [`Effect::Compare`]; none where nobody said one.
    Compared(Tag, Option<FaceVerdict>),
    /// Answer to [`Effect::Sign`], [`Effect::SignByEye`], [`Effect::SignByFace`] or [`Effect::SignOnPhone`].
    Signed(Tag, Result<Arc<Signature>, SignFault>),
    /// Answer to [`Effect::CheckIn`].
    CheckedIn(Tag, Result<Verdict, LinkFault>),
    /// Answer to [`Effect::Complete`]: the consents are durable, or why not.
    Completed(Tag, Result<(), LinkFault>),
    /// Answer to [`Effect::Verify`].
    Verified(Tag, Passed),
    /// Time went on.
    Tick,
}

/// Something to do.
pub enum Effect {
    /// Read the certificate of the card on the reader.
    ReadCertificate(Tag),
    /// Read the certificate of the phone that has just signed, be it still there or not.
    ReadSigner(Tag),
    /// Get a challenge from the centre.
    Challenge(Tag),
    /// Present the PIN just typed, once, and sign the digest: to the card on the reader, or to the
    /// Android phone beside it.
    Sign {
        /// Whose answer it will be.
        tag: Tag,
        /// What to sign.
        challenge: Arc<Challenge>,
    },
    /// Have the card sign the digest without PIN: staff have looked at the patient (目視確認).
    SignByEye {
        /// Whose answer it will be.
        tag: Tag,
        /// What to sign.
        challenge: Arc<Challenge>,
    },
    /// Compare the face before the reader with the photo of the card on it.
    Compare(Tag),
    /// Nobody is to be compared any more.
    CloseFace,
    /// Have the card sign the digest without PIN: the face before the reader is its holder's.
    SignByFace {
        /// Whose answer it will be.
        tag: Tag,
        /// What to sign.
        challenge: Arc<Challenge>,
    },
    /// Ask whose the passcode just typed is, once.
    Verify(Tag),
    /// Record what became of a 目視確認 or of the operation mode (MODE-10).
    Note(StaffEvent),
    /// Have the iPhone sign the digest; its holder proves on it who he is.
    SignOnPhone {
        /// Whose answer it will be.
        tag: Tag,
        /// What to sign.
        challenge: Arc<Challenge>,
    },
    /// Send what the card or phone proved.
    CheckIn {
        /// Whose answer it will be.
        tag: Tag,
        /// The session it belongs to.
        challenge: Arc<Challenge>,
        /// Whose signature it is.
        certificate: Arc<Certificate>,
        /// The signature over the challenge.
        signature: Arc<Signature>,
    },
    /// Record the patient's answers durably.
    Complete {
        /// Whose answer it will be.
        tag: Tag,
        /// The session they belong to.
        challenge: Arc<Challenge>,
        /// What was asked.
        categories: Arc<Categories>,
        /// What was answered; empty when only eligibility was checked.
        given: Given,
        /// Whether an earlier consent was carried over (P-07).
        carried_over: bool,
        /// The form of prescription, where it was asked (P-10).
        prescription: Option<PrescriptionForm>,
        /// Whether certificates of public subsidy are to be used, where it was asked (P-11).
        subsidy: Option<bool>,
        /// Whether the limit of what is paid may be provided, where it was asked (P-13b).
        high_cost: Option<bool>,
        /// What was said to each letter that was asked about (P-12).
        letters: Vec<LetterAnswer>,
    },
    /// Nothing more comes for this session.
    Abandon(Arc<Challenge>),
    /// Power the card down, so that nothing stays unlocked.
    Release,
    /// The card still lies there: remind by sound (the screen sounds on F-16).
    Remind,
    /// Staff must look after a forgotten card.
    TellStaff,
}

/// Answers of an earlier consent, if they answer exactly what is asked today; in today's order.
pub(super) fn still_fits(earlier: &Earlier, today: &Categories) -> Option<Vec<ConsentAnswer>> {
    let then = &earlier.categories;
    if then.variant != today.variant || then.groups.len() != today.groups.len() {
        return None;
    }
    today
        .groups
        .iter()
        .map(|group| {
            let answer = earlier.answers.iter().find(|a| a.group == *group);
            answer.filter(|_| then.groups.contains(group)).cloned()
        })
        .collect()
}
