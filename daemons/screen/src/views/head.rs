// SPDX-License-Identifier: MIT OR Apache-2.0
//! The upper edge of every view, where nothing is pressed: at the left where to get help, or that
//! the view will end by itself, or what staff should know; at the right how far the check-in is and
//! the view's code for staff.
//!
//! It keeps its height, so that nothing moves when the time-out warning comes: a finger on its way
//! still meets what it aimed at. What the terminal holds the reader in stands above the rest: it may
//! hold all day, and where to get help stays.

use uketsuke_bus::mode1::{Form, Hop, Operation, ViewId};

use super::Scene;
use crate::texts::{Key, key};
use crate::ui::node::*;

/// Least height, mm: two lines of the smallest text.
const HEAD_MM: f32 = 14.0;
/// Room between the words and the progress, mm.
const BESIDE_MM: f32 = 5.0;
/// Room between the lines, mm.
const LINE_GAP_MM: f32 = 1.2;
/// Parts of a check-in that the progress shows.
const STEPS: u8 = 3;
/// Width of the bar of one part, mm.
const STEP_MM: f32 = 9.0;

/// Words at the left, progress and code at the right.
pub(super) fn head(scene: &Scene<'_>) -> Node {
    let words = column([message(scene)]).width(Length::Mm(0.0)).grow();
    let line = row([words].into_iter().chain(where_it_is(scene))).gap(BESIDE_MM);
    match held(scene).or_else(|| camera(scene)) {
        Some(said) => column([note(said), line]).gap(LINE_GAP_MM).rigid(),
        None => line.at_least(0.0, HEAD_MM).rigid(),
    }
}

/// How far the check-in is, and the view's code.
fn where_it_is(scene: &Scene<'_>) -> Option<Node> {
    if scene.starting() {
        return None;
    }
    let code = text(scene.view.id.as_str())
        .size(TextSize::Note)
        .for_staff()
        .ink(Colour::Muted)
        .rigid();
    let Some((now, name)) = step(scene.view.id) else {
        return Some(code);
    };
    // Larger letters, the pad beside it and the warning on a tall panel need the room for the words
    // at the left; the bars say the same.
    let narrow = scene.wide() && scene.view.pad == Some(true);
    let warned = scene.view.warning_s.is_some() && !scene.wide();
    let room = scene.scale == Scale::NORMAL && !narrow && !warned;
    let words = room.then(|| progress_words(scene, name));
    let line = row(words.into_iter().chain([code]))
        .gap(BESIDE_MM)
        .along(Place::End);
    Some(
        column([line, bars(scene, now).silent()])
            .gap(LINE_GAP_MM)
            .rigid(),
    )
}

/// The part a view belongs to. P-05x stands between any two, so it belongs to none.
fn step(id: ViewId) -> Option<(u8, Key)> {
    match id {
        ViewId::Method
        | ViewId::WhichPhone
        | ViewId::HoldPhone
        | ViewId::PhoneUnreadable
        | ViewId::Pin
        | ViewId::WrongPin
        | ViewId::Face
        | ViewId::FaceUnclear
        | ViewId::FaceFailed
        | ViewId::NumberUnread
        | ViewId::PinUnusable => Some((1, key::STEP_IDENTITY)),
        ViewId::ConsentMethod
        | ViewId::CarryOver
        | ViewId::EarlierConsents
        | ViewId::ConsentSurgery
        | ViewId::ConsentCare
        | ViewId::ConsentMedicine
        | ViewId::ConsentCheckUps
        | ViewId::PrescriptionForm
        | ViewId::Subsidy
        | ViewId::HighCost
        | ViewId::Letters => Some((2, key::STEP_CONSENT)),
        ViewId::Done | ViewId::VisualDone | ViewId::Expiring | ViewId::WaitAtReception => {
            Some((STEPS, key::STEP_DONE))
        }
        _ => None,
    }
}

/// The name of the part, and where it has several views which of them this is.
fn progress_words(scene: &Scene<'_>, name: Key) -> Node {
    let name = scene.text(name);
    // P-12 counts its pages itself.
    let counted = scene.view.id != ViewId::Letters;
    let words = match (scene.view.step, scene.view.steps) {
        (Some(step), Some(steps)) if counted => scene.with(
            key::PROGRESS_COUNT,
            [
                ("name", name.into()),
                ("step", step.into()),
                ("steps", steps.into()),
            ],
        ),
        _ => name,
    };
    // On a narrow glass there is no room for it, and the ear is told the same on every glass.
    text(words).size(TextSize::Note).ink(Colour::Muted).silent()
}

/// As many bars as there are parts.
fn bars(scene: &Scene<'_>, now: u8) -> Node {
    let bars = (1..=STEPS).map(|part| {
        let colour = if part <= now {
            Colour::Primary
        } else {
            Colour::Line
        };
        row([])
            .width(Length::Mm(STEP_MM))
            .height(Length::Mm(1.8))
            .radius(0.9)
            .fill(colour)
            .rigid()
    });
    let part = scene.with(
        key::PROGRESS_OF,
        [("step", now.into()), ("steps", STEPS.into())],
    );
    row(bars).gap(1.5).along(Place::End).rigid().label(part)
}

fn message(scene: &Scene<'_>) -> Node {
    if scene.view.warning_s.is_some() {
        let words = text(scene.text(key::WARNING))
            .size(TextSize::Note)
            .bold()
            .live();
        let words = words.ink(Colour::Warning).width(Length::Mm(0.0)).grow();
        return row([words])
            .pad_xy(1.0, 0.0)
            .radius(1.5)
            .fill(Colour::WarningGround);
    }
    match staff(scene) {
        Some(said) => note(said),
        None => text(scene.text(key::STAFF_CALL))
            .size(TextSize::Note)
            .ink(Colour::Muted)
            // The first thing the voice says, and not with every view again.
            .silent(),
    }
}

/// A few words for staff: the words, their sign, and how much they matter.
type Said = (String, Icon, Tone);

fn note((words, sign, tone): Said) -> Node {
    let line = strip(words)
        .size(TextSize::Note)
        .for_staff()
        .icon(sign)
        .tone(tone);
    row([line.pad_xy(3.0, 0.8).radius(2.0)])
}

/// What only staff need to know, in the place of where to get help.
fn staff(scene: &Scene<'_>) -> Option<Said> {
    if scene.starting() {
        return Some((scene.text(key::STAFF_STARTING), Icon::Wait, Tone::Plain));
    }
    let words = match scene.view.hop? {
        Hop::Terminal => key::STAFF_HOP_TERMINAL,
        Hop::Network => key::STAFF_HOP_NETWORK,
        Hop::Centre => key::STAFF_HOP_CENTRE,
    };
    Some((scene.text(words), Icon::Network, Tone::Warning))
}

/// That no face can be compared because a camera does not work (F-06). Like what the terminal holds it
/// may last all day; there is room for one of the two on P-00, and P-02 says this one.
fn camera(scene: &Scene<'_>) -> Option<Said> {
    let view = scene.view;
    let matters_more = view.hop.is_some() || view.warning_s.is_some();
    (view.camera_fault == Some(true) && !matters_more)
        .then(|| (scene.text(key::STAFF_CAMERA), Icon::Warning, Tone::Warning))
}

/// What the terminal holds the reader in, where it is not 無人運転 (MODE-09). A hop that is down
/// and the time-out warning matter more.
fn held(scene: &Scene<'_>) -> Option<Said> {
    let view = scene.view;
    if view.hop.is_some() || view.warning_s.is_some() {
        return None;
    }
    let still = view.form == Some(Form::StillHeld);
    let (now, remind, sign) = match view.operation? {
        Operation::Unattended => return None,
        Operation::PinOnly => (
            key::STAFF_HELD_PIN_ONLY,
            key::STAFF_STILL_PIN_ONLY,
            Icon::Keypad,
        ),
        Operation::Visual => (key::STAFF_HELD_VISUAL, key::STAFF_STILL_VISUAL, Icon::Staff),
    };
    if let Some(minutes) = view.held_min {
        let words = scene.with(key::STAFF_HELD_RUN, [("minutes", minutes.into())]);
        return Some((words, sign, if still { Tone::Warning } else { Tone::Plain }));
    }
    Some(if still {
        (scene.text(remind), Icon::Warning, Tone::Warning)
    } else {
        (scene.text(now), sign, Tone::Plain)
    })
}
