// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the state looks like.

use uketsuke_bus::consent::ConsentGroup;
use uketsuke_bus::mode1::Details;
use uketsuke_bus::view::{Action, Form, Hop, Operation, Phone, View, ViewId};

use super::Rules;
use super::event::{Passed, Slot};
use super::state::{Desk, End, Ended, Passcode, Session, Stage, State, Trouble};

/// From this many tries on, P-04 says how many are left.
const SHOW_TRIES_FROM: u8 = 2;

/// The view of this state. Its number is 0: whoever publishes views numbers them.
#[must_use]
pub fn view(state: &State, rules: &Rules) -> View {
    match &state.desk {
        Desk::Idle => idle(state),
        Desk::Lifted { .. } => lifted(state),
        Desk::Passcode(passcode) => code_pad(*passcode),
        Desk::Visual { .. } => {
            let mut view = View::new(ViewId::Visual, 0);
            view.choices = vec![Action::Stop];
            view.operation = held(state);
            view.held_min = state.held.and_then(|held| held.left);
            view
        }
        Desk::Ended(ended) => last(state, ended),
        Desk::Session(session) => match session.away {
            None => question(state, session, rules),
            Some(away) if away.returning.is_some() => View::new(ViewId::Wait, 0),
            Some(_) => lifted(state),
        },
    }
}

/// The personal part of this state's view, if it has one.
#[must_use]
pub fn details(state: &State, rules: &Rules) -> Option<Details> {
    match &state.desk {
        Desk::Ended(Ended {
            end: End::Expiring(day),
            ..
        }) => Some(Details {
            expires: Some(*day),
            ..Details::default()
        }),
        Desk::Ended(ended) => ended.name.as_ref().map(|name| Details {
            name_kana: Some(name.0.clone()),
            ..Details::default()
        }),
        Desk::Session(session) if session.away.is_none() => session_details(session, rules),
        Desk::Session(_)
        | Desk::Idle
        | Desk::Lifted { .. }
        | Desk::Passcode(_)
        | Desk::Visual { .. } => None,
    }
}

fn session_details(session: &Session, rules: &Rules) -> Option<Details> {
    match session.stage {
        Stage::Earlier => session.earlier().map(|earlier| Details {
            earlier: Some((earlier.categories.clone(), earlier.answers.clone())),
            ..Details::default()
        }),
        Stage::Letters(page) => Some(Details {
            letters: Some(session.letter_page(page, rules)),
            ..Details::default()
        }),
        _ => None,
    }
}

fn idle(state: &State) -> View {
    match state.link {
        _ if !state.reader => reader_down(),
        Some(hop) => link_down(hop),
        None => {
            let mut view = View::new(ViewId::Idle, 0);
            if state.phones {
                view.choices.push(Action::Phone);
            }
            if state.staff {
                view.choices.push(Action::Staff);
            }
            view.operation = held(state);
            view.held_min = state.held.and_then(|held| held.left);
            view.camera_fault = state.misses_camera().then_some(true);
            let reminded = state.held.is_some_and(|held| held.remind.is_none());
            view.form = reminded.then_some(Form::StillHeld);
            view
        }
    }
}

/// What staff should know that the terminal holds.
fn held(state: &State) -> Option<Operation> {
    state.held.map(|held| held.operation)
}

/// S-01.
fn code_pad(passcode: Passcode) -> View {
    let mut view = View::new(ViewId::Passcode, 0);
    if passcode.verifying.is_some() {
        return View::new(ViewId::Wait, 0);
    }
    view.choices = vec![Action::Stop];
    view.pad = passcode.open().then_some(true);
    view.form = passcode.said.and_then(|said| match said {
        Passed::Right => None,
        Passed::Wrong => Some(Form::WrongPasscode),
        Passed::Unverified => Some(Form::UnverifiedPasscode),
        Passed::Wait(_) => Some(Form::WaitPasscode),
        Passed::Closed => Some(Form::ClosedPasscode),
    });
    if let Some(Passed::Wait(seconds)) = passcode.said {
        view.wait_s = Some(seconds);
    }
    view
}

fn lifted(state: &State) -> View {
    if !state.reader {
        return reader_down();
    }
    let mut view = View::new(ViewId::CardLifted, 0);
    view.choices = vec![Action::Finish];
    view
}

fn reader_down() -> View {
    let mut view = View::new(ViewId::Unreadable, 0);
    view.form = Some(Form::Reception);
    view
}

fn link_down(hop: Hop) -> View {
    let mut view = View::new(ViewId::LinkDown, 0);
    view.hop = Some(hop);
    view.form = Some(Form::Reception);
    view
}

fn last(state: &State, ended: &Ended) -> View {
    let mut view = View::new(
        match ended.end {
            End::Done if ended.eye => ViewId::VisualDone,
            End::Done => ViewId::Done,
            End::Expiring(_) => ViewId::Expiring,
            End::PinUnusable => ViewId::PinUnusable,
            End::Refused => ViewId::CertificateExpired,
            End::WrongCard => ViewId::WrongCard,
            End::Unreadable => ViewId::Unreadable,
            End::NotFound => ViewId::NotFound,
            End::AtReception => ViewId::WaitAtReception,
            End::LinkDown(hop) => return link_down(state.link.unwrap_or(hop)),
            End::TimedOut => ViewId::TimedOut,
            End::TakeCard => ViewId::CardForgotten,
        },
        0,
    );
    match ended.end {
        End::Refused => view.form = Some(Form::Reception),
        End::Expiring(_) => view.choices = vec![Action::Continue],
        End::PinUnusable if ended.phone => view.choices = vec![Action::Card, Action::Finish],
        End::PinUnusable => view.choices = vec![Action::Finish],
        // Nothing is lifted that would end it.
        End::Done if ended.phone => view.choices = vec![Action::Finish],
        End::WrongCard if ended.phone => view.form = Some(misplaced(state)),
        _ => {}
    }
    view.phone = (ended.phone && !asks_for_card(state, ended)).then_some(Phone::Any);
    let told = ended.name.is_some() || matches!(ended.end, End::Expiring(_));
    view.personal = told.then_some(true);
    view
}

/// Whether F-16 must name a card although it lies where phones belong.
fn asks_for_card(state: &State, ended: &Ended) -> bool {
    use uketsuke_bus::card1::CardKind::{Card, CardPinUnusable, Foreign};
    let card = |lies: super::Placed| matches!(lies.kind, Card | CardPinUnusable | Foreign);
    ended.end == End::TakeCard && state.card.is_some_and(card)
}

/// What is wrong about what lies where phones belong.
fn misplaced(state: &State) -> Form {
    use uketsuke_bus::card1::CardKind::{Card, CardPinUnusable};
    match state.card {
        Some(lies) if lies.slot == Slot::Phone && matches!(lies.kind, Card | CardPinUnusable) => {
            Form::CardSlot
        }
        _ => Form::PhoneSlot,
    }
}

fn question(state: &State, session: &Session, rules: &Rules) -> View {
    use Action::{
        Agree, AgreeAll, Android, Back, Card, ChooseAgain, ChooseEach, Continue,
        ElectronicPrescription, Face, Finish, Iphone, KeepEarlier, PaperPrescription, Pin, Provide,
        ProvideNot, Refuse, Retry, ShowEarlier, Use, UseNot,
    };
    let on_page;
    let (id, choices): (ViewId, &[Action]) = match &session.stage {
        Stage::Method if state.offers_face() => (ViewId::Method, &[Face, Pin, Finish]),
        Stage::Method => (ViewId::Method, &[Pin, Finish]),
        Stage::Locked => {
            on_page = state.face_choices(&session.stage);
            (ViewId::PinUnusable, &on_page)
        }
        Stage::Compare(compare) => {
            on_page = state.face_choices(&session.stage);
            let id = match compare.unclear {
                true => ViewId::FaceUnclear,
                false => ViewId::Face,
            };
            (id, &on_page)
        }
        Stage::NotFound => {
            on_page = state.face_choices(&session.stage);
            (ViewId::FaceFailed, &on_page)
        }
        Stage::NoNumber => {
            on_page = state.face_choices(&session.stage);
            (ViewId::NumberUnread, &on_page)
        }
        Stage::WhichPhone => (ViewId::WhichPhone, &[Android, Iphone, Finish]),
        Stage::Hold(_) => (ViewId::HoldPhone, &[Finish]),
        // Without its reader only the card is left.
        Stage::Trouble(_) if !state.phones => (ViewId::PhoneUnreadable, &[Card]),
        Stage::Trouble(Trouble::Unreadable) => (ViewId::PhoneUnreadable, &[Retry, Card]),
        Stage::Trouble(Trouble::OtherPhone) => (ViewId::PhoneUnreadable, &[ChooseAgain, Card]),
        Stage::Trouble(_) => (ViewId::WrongCard, &[Retry, Card]),
        Stage::Pin { wrong } => {
            let id = match *wrong {
                true => ViewId::WrongPin,
                false => ViewId::Pin,
            };
            let face = session.phone.is_none() && state.offers_face();
            (id, if face { &[Face, Finish] } else { &[Finish] })
        }
        Stage::Expired => (ViewId::CertificateExpired, &[Continue, Finish]),
        Stage::CarryOver => (
            ViewId::CarryOver,
            &[KeepEarlier, ChooseAgain, ShowEarlier, Finish],
        ),
        Stage::Earlier => (ViewId::EarlierConsents, &[Back]),
        Stage::ConsentMethod => (ViewId::ConsentMethod, &[AgreeAll, ChooseEach, Finish]),
        Stage::Consent(at) => (consent_view(rules, *at), &[Agree, Refuse, Finish]),
        Stage::Prescription => (
            ViewId::PrescriptionForm,
            &[ElectronicPrescription, PaperPrescription, Finish],
        ),
        Stage::Subsidy => (ViewId::Subsidy, &[Use, UseNot, Finish]),
        Stage::HighCost => (ViewId::HighCost, &[Provide, ProvideNot, Finish]),
        Stage::Letters(page) => {
            on_page = session.letter_choices(*page, rules);
            (ViewId::Letters, &on_page)
        }
        Stage::Gathering
        | Stage::Signing(_)
        | Stage::Signed(_)
        | Stage::Checking(_)
        | Stage::NothingAsked
        | Stage::Completing(_)
        | Stage::Over(_) => (ViewId::Wait, &[]),
    };
    let mut view = View::new(id, 0);
    view.choices = choices.to_vec();
    view.phone = session.phone.map(|by| by.kind.unwrap_or(Phone::Any));
    view.warning_s = session.timer.and_then(|timer| timer.warning_s);
    if view.warning_s.is_some() && !view.choices.contains(&Continue) {
        view.choices.push(Continue);
    }
    match &session.stage {
        Stage::Pin { wrong } => {
            view.pad = Some(true);
            let tries = match session.phone {
                // Before a phone was held nobody knows.
                Some(by) => by.tries,
                None => Some(state.card.map_or(0, |card| card.tries)),
            };
            view.tries_left = tries.filter(|tries| *wrong || *tries <= SHOW_TRIES_FROM);
        }
        Stage::Trouble(trouble) if state.phones => {
            view.form = match trouble {
                Trouble::Unreadable => None,
                Trouble::OtherPhone => Some(Form::OtherPhone),
                Trouble::CardThere => Some(Form::CardSlot),
                Trouble::NoPhone => Some(Form::PhoneSlot),
            };
        }
        Stage::Compare(compare) => view.hint = compare.hint,
        Stage::Method => view.camera_fault = state.misses_camera().then_some(true),
        Stage::Expired => view.form = Some(Form::EligibilityOnly),
        Stage::Earlier => {
            view.variant = session.earlier().map(|e| e.categories.variant);
            view.personal = Some(true);
        }
        Stage::ConsentMethod => view.variant = Some(rules.categories.variant),
        Stage::Letters(page) => {
            view.step = u8::try_from(page + 1).ok();
            view.steps = u8::try_from(session.pages(rules)).ok();
            view.personal = Some(true);
        }
        Stage::Consent(at) => {
            view.variant = Some(rules.categories.variant);
            view.step = u8::try_from(at + 1).ok();
            view.steps = u8::try_from(rules.categories.groups.len()).ok();
        }
        _ => {}
    }
    view
}

fn consent_view(rules: &Rules, at: usize) -> ViewId {
    match rules.categories.groups.get(at) {
        Some(ConsentGroup::Surgery) => ViewId::ConsentSurgery,
        Some(ConsentGroup::Care) => ViewId::ConsentCare,
        Some(ConsentGroup::Medicine) => ViewId::ConsentMedicine,
        Some(ConsentGroup::CheckUps) => ViewId::ConsentCheckUps,
        // No group is asked at a place that does not exist; `Consent` never gets there.
        None => ViewId::Wait,
    }
}
