// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a path is written in.

use super::deeds::Do;
use super::world::{Lying, Which};
use crate::domain::{Effect, Faces, Passed, SignFault};

pub fn effect_name(effect: &Effect) -> &'static str {
    match effect {
        Effect::ReadCertificate(_) => "read",
        Effect::Challenge(_) => "challenge",
        Effect::Sign { .. } => "VERIFY+sign",
        Effect::SignOnPhone { .. } => "sign",
        Effect::SignByEye { .. } => "sign-by-eye",
        Effect::SignByFace { .. } => "sign-by-face",
        Effect::Compare(_) => "compare",
        Effect::CloseFace => "close-face",
        Effect::Verify(_) => "verify",
        Effect::Note(_) => "note",
        Effect::ReadSigner(_) => "read-signer",
        Effect::CheckIn { .. } => "check-in",
        Effect::Complete { .. } => "complete",
        Effect::Abandon(_) => "abandon",
        Effect::Release => "release",
        Effect::Remind => "remind",
        Effect::TellStaff => "tell-staff",
    }
}

pub fn name(deed: Do) -> String {
    let ok = |fine: bool| if fine { "ok" } else { "failed" };
    match deed {
        Do::Place(Lying::Card(Which::A), tries) => format!("card A placed, {tries} tries"),
        Do::Place(Lying::Card(_), tries) => format!("card B placed, {tries} tries"),
        Do::Place(Lying::Locked, _) => "locked card B placed".into(),
        Do::Place(Lying::Foreign, _) => "foreign card placed".into(),
        Do::Place(Lying::Mute, _) => "mute card placed".into(),
        Do::Place(Lying::Phone(Which::I), _) => "iPhone held".into(),
        Do::Place(Lying::Phone(_), tries) => format!("Android held, {tries} tries"),
        Do::Place(Lying::PhoneHere, _) => "phone where cards belong".into(),
        Do::Place(Lying::CardBeside, _) => "card where phones belong".into(),
        Do::Place(Lying::ForeignBeside, _) => "foreign card held".into(),
        Do::Place(Lying::MuteBeside, _) => "mute phone held".into(),
        Do::Phones(true) => "phone reader up".into(),
        Do::Phones(false) => "phone reader down".into(),
        Do::Faces(Faces::Works) => "faces can be compared".into(),
        Do::Faces(Faces::Broken) => "a camera broken".into(),
        Do::Faces(Faces::Absent) => "face daemon gone".into(),
        Do::Hint(hint) => format!("hint {}", hint.as_str()),
        Do::Compared(_, Some(verdict)) => format!("face: {verdict:?}"),
        Do::Compared(_, None) => "face: nobody says".into(),
        Do::Staff(true) => "a passcode is issued".into(),
        Do::Staff(false) => "the last passcode is withdrawn".into(),
        Do::Hold(operation) => format!("terminal: {}", operation.as_str()),
        Do::Vouched => "terminal: vouched".into(),
        Do::Verified(_, said) => match said {
            Passed::Right => "passcode right".into(),
            Passed::Wrong => "passcode wrong".into(),
            Passed::Unverified => "passcode unverified".into(),
            Passed::Wait(_) | Passed::Closed => "passcode barred".into(),
        },
        Do::Lift => "card lifted".into(),
        Do::ReaderDown => "reader down".into(),
        Do::ReaderUp => "reader up".into(),
        Do::Link(None) => "link up".into(),
        Do::Link(Some(hop)) => format!("{} down", hop.as_str()),
        Do::ScreenGone => "screen gone".into(),
        Do::ScreenBack => "screen back".into(),
        Do::Press(action) => format!("press {}", action.as_str()),
        Do::TypePin => "four digits typed".into(),
        Do::Certificate(_, Ok(Which::A)) => "certificate of A".into(),
        Do::Certificate(_, Ok(Which::B)) => "certificate of B".into(),
        Do::Certificate(_, Ok(Which::P)) => "certificate of Android".into(),
        Do::Certificate(_, Ok(Which::I)) => "certificate of iPhone".into(),
        Do::Certificate(_, Err(_)) => "certificate failed".into(),
        Do::Challenge(_, result) => format!("challenge {}", ok(result.is_ok())),
        Do::Signed(_, Ok(())) => "PIN right, signed".into(),
        Do::Signed(_, Err(SignFault::WrongPin { .. })) => "PIN wrong".into(),
        Do::Signed(_, Err(_)) => "signing failed".into(),
        Do::CheckedIn(_, Ok(said)) if said.expired => "centre: certificate expired".into(),
        Do::CheckedIn(_, Ok(said)) if said.near => "centre: certificate about to expire".into(),
        Do::CheckedIn(_, Ok(said)) if said.letters => "centre: letters wait".into(),
        Do::CheckedIn(_, Ok(_)) => "centre answers".into(),
        Do::CheckedIn(_, Err(_)) => "check-in failed".into(),
        Do::Completed(_, result) => format!("complete {}", ok(result.is_ok())),
        Do::Wait => "time to the next deadline".into(),
        Do::Breath => "5 s".into(),
    }
}
