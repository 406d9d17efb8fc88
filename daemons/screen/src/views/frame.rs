// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is the same on every view: language button, progress, time-out warning, answers, staff
//! strip.

use uketsuke_bus::mode1::{Form, Hop, Operation, ViewId};

use super::{Scene, choices};
use crate::texts::{Key, key, plain};
use crate::ui::node::*;

/// Room at the left and right edge of the glass, mm.
pub(super) const EDGE_MM: f32 = 6.0;
/// Room at the upper and lower edge of the glass, mm.
pub(super) const TOP_MM: f32 = 4.0;
/// Room between the parts of a view, mm.
pub(super) const GAP_MM: f32 = 3.0;
/// Height of the language button and so of the head, mm.
const HEAD_MM: f32 = 15.0;
/// Room for the label of the language button where the head is narrowest, beside the pad, mm.
const LANGUAGE_MM: f32 = 27.5;
/// Width of one bar of the progress and room between two, mm.
const BAR_MM: f32 = 11.0;
const BAR_GAP_MM: f32 = 1.5;
/// Room between the parts of the head, mm.
const HEAD_GAP_MM: f32 = 4.0;
/// Room between what stands side by side in the foot, mm.
const BESIDE_MM: f32 = 5.0;
/// Room between the lines of the foot, mm.
const FOOT_GAP_MM: f32 = 1.5;
/// Height of a line about what the terminal holds, with the room below it, mm, rounded down.
const HELD_MM: f32 = 8.0;
/// Largest side of a picture, mm; beyond, it would be decoration.
const PICTURE_MM: f32 = 80.0;
/// Parts of a check-in that the progress shows.
const STEPS: u8 = 3;

/// Width for text between the edges, mm.
pub(super) fn inner_mm(scene: &Scene<'_>) -> f32 {
    scene.panel.width_mm - 2.0 * EDGE_MM
}

/// Words, then the answers, then the ways aside.
pub(super) fn question(scene: &Scene<'_>, words: impl IntoIterator<Item = Node>) -> Node {
    let mut words = column(words).gap(GAP_MM).grow();
    words.children.extend(choices::link(scene));
    if !scene.wide() {
        words = words.along(Place::Centre);
    }
    let mut parts = vec![words];
    parts.extend(choices::mains(scene));
    finish(scene, parts, choices::sides(scene))
}

/// A view that tells something: words and a large picture.
pub(super) struct Telling {
    /// A sign or a line above the title.
    pub above: Option<Node>,
    /// What a person reads first.
    pub title: String,
    /// What to do now.
    pub then: Vec<String>,
    /// The picture, for those who do not read.
    pub art: Icon,
    /// What the picture shows.
    pub art_label: Key,
}

/// Words beside the picture on a wide panel, above it on a tall one; then what can be pressed.
pub(super) fn told(scene: &Scene<'_>, telling: Telling) -> Node {
    let room = if scene.wide() {
        scene.panel.height_mm
    } else {
        scene.panel.width_mm
    };
    let crowded = choices::are_several(scene);
    // On a tall panel the words need the height that the picture takes, and so do several choices,
    // which have a row or two of their own.
    let share = match (scene.wide(), telling.then.len()) {
        (_, 0 | 1) if crowded => 0.4,
        (false, 0) if scene.view.choices.is_empty() => 0.7,
        (false, 0) => 0.6,
        (false, 2..) => 0.36,
        _ => 0.5,
    };
    let mut side = (room * share).min(PICTURE_MM);
    if held(scene).is_some() && (crowded || !scene.wide()) {
        // Its line is taken from the picture, not from the words.
        side -= HELD_MM;
    }
    let picture = icon(telling.art, side)
        .label(scene.text(telling.art_label))
        .ink(Colour::Primary);
    let width = if scene.wide() {
        inner_mm(scene) - side - EDGE_MM
    } else {
        inner_mm(scene)
    };
    let mut words: Vec<Node> = telling.above.into_iter().collect();
    let size = fit(&telling.title, width, 2, &[TextSize::Title, TextSize::Lead]);
    words.push(heading(telling.title).size(size).live());
    words.extend(telling.then.into_iter().map(|then| {
        let size = fit(&then, width, 2, &[TextSize::Lead, TextSize::Body]);
        text(then).size(size)
    }));
    let body = if scene.wide() {
        let words = column(words)
            .gap(4.0)
            .along(Place::Centre)
            .width(Length::Mm(0.0))
            .grow();
        row([words, picture]).gap(EDGE_MM).across(Place::Centre)
    } else {
        let words = column(words.into_iter().map(|w| w.align(Place::Centre))).gap(5.0);
        column([
            spacer(),
            words,
            spacer(),
            picture.place(Place::Centre),
            spacer(),
        ])
    };
    let mut parts = vec![body.grow()];
    let mut within = choices::all_in_a_row(scene);
    if crowded {
        // The time-out warning needs the foot for itself.
        parts.extend(within.take());
    }
    finish(scene, parts, within)
}

/// Head and body above each other, with nothing of the choices: the body has them.
pub(super) fn bare(scene: &Scene<'_>, body: Node) -> Node {
    let inside = column([head(scene), body.grow()])
        .gap(GAP_MM)
        .pad_xy(EDGE_MM, 0.0)
        .grow();
    around(vec![inside, foot(scene, None)])
}

/// Head and body at the left, and at the right something as tall as the glass.
pub(super) fn beside(scene: &Scene<'_>, body: Node, right: Node) -> Node {
    let left = column([head(scene), body.grow()])
        .gap(GAP_MM)
        .width(Length::Mm(0.0))
        .grow();
    let inside = row([left, right]).gap(EDGE_MM).pad_xy(EDGE_MM, 0.0).grow();
    around(vec![inside, foot(scene, None)])
}

/// What stands over a view: a title where the head was, something below it, the way back.
pub(super) fn over(scene: &Scene<'_>, title: Node, body: Node) -> Node {
    let back = choices::back_from_overlay(scene);
    framed(scene, title, vec![body], back)
}

fn finish(scene: &Scene<'_>, parts: Vec<Node>, sides: Option<Node>) -> Node {
    framed(scene, head(scene), parts, sides)
}

fn framed(scene: &Scene<'_>, head: Node, parts: Vec<Node>, sides: Option<Node>) -> Node {
    let (above, within) = if scene.wide() {
        (None, sides)
    } else {
        (sides, None)
    };
    let parts = [head].into_iter().chain(parts).chain(above);
    let inside = column(parts).gap(GAP_MM + 1.0).pad_xy(EDGE_MM, 0.0).grow();
    around(vec![inside, foot(scene, within)])
}

fn around(parts: Vec<Node>) -> Node {
    column(parts)
        .gap(GAP_MM)
        .pad_xy(0.0, TOP_MM)
        .fill(Colour::Ground)
        .grow()
}

/// The language button in its corner, and how far the check-in is.
fn head(scene: &Scene<'_>) -> Node {
    let parts = language(scene)
        .into_iter()
        .chain([spacer()])
        .chain(progress(scene));
    row(parts)
        .gap(HEAD_GAP_MM)
        .across(Place::Centre)
        .at_least(0.0, HEAD_MM)
        .rigid()
}

/// Opens the choice of languages, where there is one. The globe says it to whoever cannot read the
/// present language.
fn language(scene: &Scene<'_>) -> Option<Node> {
    if scene.languages.len() < 2 {
        return None;
    }
    let words = scene.text(key::LANGUAGE_BUTTON);
    let size = fit(&words, LANGUAGE_MM, 1, &[TextSize::Body, TextSize::Note]);
    let button = button(words, LANGUAGES_ACTION)
        .icon(Icon::Language)
        .size(size)
        .pad_xy(3.0, 1.0)
        .at_least(36.0, HEAD_MM)
        .rigid();
    Some(button)
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
        | ViewId::Letters => Some((2, key::STEP_CONSENT)),
        ViewId::Done | ViewId::VisualDone | ViewId::Expiring | ViewId::WaitAtReception => {
            Some((STEPS, key::STEP_DONE))
        }
        _ => None,
    }
}

/// Where the patient is: the name of the part, and as many bars as there are parts.
fn progress(scene: &Scene<'_>) -> Option<Node> {
    let (now, name) = step(scene.view.id).filter(|_| !scene.starting())?;
    let bars = (1..=STEPS).map(|part| {
        let colour = if part <= now {
            Colour::Primary
        } else {
            Colour::Line
        };
        row([])
            .width(Length::Mm(BAR_MM))
            .height(Length::Mm(1.8))
            .radius(0.9)
            .fill(colour)
            .rigid()
    });
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
    let part = scene.with(
        key::PROGRESS_OF,
        [("step", now.into()), ("steps", STEPS.into())],
    );
    Some(
        column([
            text(words)
                .size(TextSize::Note)
                .ink(Colour::Muted)
                .align(Place::End),
            row(bars)
                .gap(BAR_GAP_MM)
                .along(Place::End)
                .rigid()
                .label(part),
        ])
        .gap(1.2)
        .rigid(),
    )
}

/// The bottom line: ways aside where it has them; that the view will end by itself, or what staff
/// should know, or where to get help; and the view's code for staff. The time-out warning comes
/// here, where nothing else moves when it comes: a finger on its way still meets what it aimed at.
/// What the terminal holds the reader in stands above it: it may hold all day, and where to get
/// help stays.
fn foot(scene: &Scene<'_>, sides: Option<Node>) -> Node {
    let place = if sides.is_some() {
        Place::End
    } else {
        Place::Start
    };
    let mut line = vec![message(scene, place).width(Length::Mm(0.0)).grow()];
    if !scene.starting() {
        let id = text(scene.view.id.as_str())
            .size(TextSize::Note)
            .ink(Colour::Muted)
            .rigid();
        line.push(id);
    }
    let line = row(line).gap(BESIDE_MM).across(Place::Centre);
    let held = held(scene).map(|said| note(said, place));
    // Together they are as high as the button beside them.
    let lines = column(held.into_iter().chain([line]))
        .gap(FOOT_GAP_MM)
        .width(Length::Mm(0.0))
        .grow();
    row(sides.into_iter().chain([lines]))
        .gap(BESIDE_MM)
        .pad_xy(EDGE_MM, 0.0)
        .across(Place::Centre)
        .rigid()
}

fn message(scene: &Scene<'_>, place: Place) -> Node {
    if scene.view.warning_s.is_some() {
        let words = text(scene.text(key::WARNING))
            .size(TextSize::Note)
            .bold()
            .live();
        let words = words
            .ink(Colour::Warning)
            .align(place)
            .width(Length::Mm(0.0))
            .grow();
        return row([words])
            .pad_xy(1.0, 0.0)
            .radius(1.5)
            .fill(Colour::WarningGround);
    }
    match staff(scene) {
        Some(said) => note(said, place),
        None => text(scene.text(key::STAFF_CALL))
            .size(TextSize::Note)
            .ink(Colour::Muted)
            .align(place),
    }
}

/// A few words for staff: the words, their sign, and how much they matter.
type Said = (String, Icon, Tone);

fn note((words, sign, tone): Said, place: Place) -> Node {
    let line = strip(words).size(TextSize::Note).icon(sign).tone(tone);
    row([line.pad_xy(3.0, 0.8).radius(2.0)]).along(place)
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

/// The largest of `sizes`, largest first, at which a text [`fits`]; the last one if none does.
pub(super) fn fit(words: &str, width_mm: f32, lines: u8, sizes: &[TextSize]) -> TextSize {
    let largest = sizes
        .iter()
        .find(|size| fits(words, width_mm, lines, **size));
    largest.or(sizes.last()).copied().unwrap_or_default()
}

/// Whether a text, as far as one can guess, needs no more than `lines` lines of `width_mm`. The
/// guess only picks a size: the layout breaks the lines, and a test over all views sees that they
/// fit.
pub(super) fn fits(words: &str, width_mm: f32, lines: u8, size: TextSize) -> bool {
    // Mean advances of the bold weights, in em.
    let ems = |phrase: &str| -> f32 {
        plain(phrase)
            .chars()
            .map(|c| match c {
                ' '..='~' => 0.57,
                '\u{a1}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => 0.6,
                '\u{3040}'..='\u{30ff}' | '\u{ac00}'..='\u{d7a3}' => 0.92,
                _ => 1.0,
            })
            .sum()
    };
    // A space with U+2060 behind it holds, so it ends no phrase.
    let held = words.replace(" \u{2060}", "x");
    let room = width_mm / size.mm();
    let (mut needed, mut used) = (1, 0.0);
    for phrase in held.split_inclusive([' ', '\u{200b}']).map(ems) {
        if phrase > room {
            return false;
        }
        if used + phrase > room {
            needed += 1;
            used = 0.0;
        }
        used += phrase;
    }
    needed <= lines
}
