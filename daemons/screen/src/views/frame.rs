// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is the same on every view: language switch, progress, time-out warning, staff strip.

use uketsuke_bus::mode1::{Action, Hop, ViewId};

use super::{Scene, choices};
use crate::texts::{Key, LANGUAGES, catalogue, code, key};
use crate::ui::node::*;

/// Room at the edge of the glass, mm.
pub(super) const EDGE_MM: f32 = 6.0;
/// Height of the language switch and so of the head, mm.
const HEAD_MM: f32 = 15.0;
/// Parts of a check-in that the progress shows.
const STEPS: u8 = 3;

/// Head, body and foot, one below the other.
pub(super) fn stacked(scene: &Scene<'_>, body: Node) -> Node {
    let inside = column(
        [Some(head(scene)), Some(body.grow()), warning(scene)]
            .into_iter()
            .flatten(),
    )
    .gap(4.0)
    .pad_xy(EDGE_MM, 0.0)
    .grow();
    column([inside, foot(scene)])
        .gap(3.0)
        .pad_xy(0.0, 5.0)
        .fill(Colour::Ground)
        .grow()
}

/// A narrow body with the head above it, and at its right something as tall as the glass.
pub(super) fn beside(scene: &Scene<'_>, body: Node, right: Node) -> Node {
    let left = column(
        [Some(head(scene)), Some(body.grow()), warning(scene)]
            .into_iter()
            .flatten(),
    )
    .gap(3.0)
    .width(Length::Mm(0.0))
    .grow();
    let inside = row([left, right]).gap(6.0).pad_xy(EDGE_MM, 0.0).grow();
    column([inside, foot(scene)])
        .gap(2.0)
        .pad_xy(0.0, 4.0)
        .fill(Colour::Ground)
        .grow()
}

/// Words with a large picture, beside them on a wide panel, below them on a tall one; then what can
/// be pressed.
pub(super) fn pictured(
    scene: &Scene<'_>,
    words: impl IntoIterator<Item = Node>,
    art: Icon,
    art_label: Key,
) -> Node {
    let picture = |mm| {
        icon(art, mm)
            .label(scene.text(art_label))
            .ink(Colour::Primary)
    };
    let body = if scene.wide() {
        let words = column(words)
            .gap(5.0)
            .along(Place::Centre)
            .width(Length::Mm(0.0))
            .grow();
        row([words, picture((scene.panel.height_mm * 0.5).min(60.0))])
            .gap(6.0)
            .across(Place::Centre)
    } else {
        let words = column(words.into_iter().map(|w| w.align(Place::Centre))).gap(5.0);
        let picture = picture((scene.panel.width_mm * 0.68).min(80.0)).place(Place::Centre);
        column([spacer(), words, spacer(), picture, spacer()])
    };
    let mut parts = vec![body.grow()];
    parts.extend(choices::mains(scene));
    parts.extend(choices::sides(scene));
    stacked(scene, column(parts).gap(4.0))
}

/// The language switch in its corner, and how far the check-in is.
fn head(scene: &Scene<'_>) -> Node {
    let mut parts = vec![language(scene), spacer()];
    parts.extend(progress(scene));
    row(parts).gap(4.0).across(Place::Centre).rigid()
}

/// One press to the other language, written in that language.
fn language(scene: &Scene<'_>) -> Node {
    let here = scene.texts.language();
    let there = LANGUAGES.into_iter().find(|l| *l != here).unwrap_or(here);
    button(
        catalogue(there).text(key::LANGUAGE_NAME),
        format!("{LANGUAGE_ACTION}{}", code(there)),
    )
    .icon(Icon::Language)
    .size(TextSize::Body)
    .pad_xy(3.0, 1.0)
    .at_least(36.0, HEAD_MM)
    .rigid()
}

fn step(id: ViewId) -> Option<(u8, Key)> {
    match id {
        ViewId::Method | ViewId::Pin | ViewId::WrongPin | ViewId::PinUnusable | ViewId::Wait => {
            Some((1, key::STEP_IDENTITY))
        }
        ViewId::ConsentMethod
        | ViewId::CarryOver
        | ViewId::EarlierConsents
        | ViewId::ConsentSurgery
        | ViewId::ConsentCare
        | ViewId::ConsentMedicine
        | ViewId::ConsentCheckUps => Some((2, key::STEP_CONSENT)),
        ViewId::Done | ViewId::WaitAtReception => Some((STEPS, key::STEP_DONE)),
        _ => None,
    }
}

/// Where the patient is: the name of the part, and as many bars as there are parts.
fn progress(scene: &Scene<'_>) -> Option<Node> {
    let (now, name) = step(scene.view.id).filter(|_| scene.view.number > 0)?;
    let bars = (1..=STEPS).map(|part| {
        let colour = if part <= now {
            Colour::Primary
        } else {
            Colour::Line
        };
        row([])
            .width(Length::Mm(11.0))
            .height(Length::Mm(1.8))
            .radius(0.9)
            .fill(colour)
            .rigid()
    });
    let name = scene.text(name);
    let words = scene.with(
        key::PROGRESS,
        [
            ("step", now.into()),
            ("steps", STEPS.into()),
            ("name", name.into()),
        ],
    );
    Some(
        column([
            text(words)
                .size(TextSize::Note)
                .ink(Colour::Muted)
                .align(Place::End),
            row(bars).gap(1.5).along(Place::End).rigid(),
        ])
        .gap(1.2)
        .rigid(),
    )
}

/// The time-out warning with its button, over any view; `None` while there is time.
fn warning(scene: &Scene<'_>) -> Option<Node> {
    scene.view.warning_s?;
    let words = column([
        text(scene.text(key::WARNING)).bold().live(),
        text(scene.text(key::WARNING_ASK)),
    ])
    .along(Place::Centre)
    .width(Length::Mm(0.0))
    .grow();
    let mut parts = vec![words];
    if choices::offered(scene, Action::Continue) {
        parts.push(
            choices::plain(scene, Action::Continue)
                .primary()
                .at_least(32.0, KEY_MM)
                .rigid(),
        );
    }
    Some(
        row(parts)
            .gap(4.0)
            .pad_xy(4.0, 2.0)
            .across(Place::Centre)
            .radius(3.0)
            .line(Colour::Warning, 0.5)
            .fill(Colour::WarningGround)
            .rigid(),
    )
}

/// The bottom line: where to get help, or what staff should know, and the view's code for staff.
fn foot(scene: &Scene<'_>) -> Node {
    let staff = match (scene.view.number, scene.view.hop) {
        (0, _) => Some(key::STAFF_STARTING),
        (_, Some(Hop::Terminal)) => Some(key::STAFF_HOP_TERMINAL),
        (_, Some(Hop::Network)) => Some(key::STAFF_HOP_NETWORK),
        (_, Some(Hop::Centre)) => Some(key::STAFF_HOP_CENTRE),
        (_, None) => None,
    };
    let message = match staff {
        Some(words) => strip(scene.text(words))
            .icon(if scene.view.hop.is_some() {
                Icon::Network
            } else {
                Icon::Wait
            })
            .tone(if scene.view.hop.is_some() {
                Tone::Warning
            } else {
                Tone::Plain
            })
            .pad_xy(3.0, 0.8)
            .radius(2.0),
        None => text(scene.text(key::STAFF_CALL)).ink(Colour::Muted),
    };
    let mut parts = vec![message.size(TextSize::Note), spacer()];
    if scene.view.number > 0 {
        parts.push(
            text(scene.view.id.as_str())
                .size(TextSize::Note)
                .ink(Colour::Muted)
                .rigid(),
        );
    }
    row(parts)
        .gap(4.0)
        .pad_xy(EDGE_MM, 0.0)
        .across(Place::Centre)
        .rigid()
}
