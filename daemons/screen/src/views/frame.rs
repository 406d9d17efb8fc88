// SPDX-License-Identifier: MIT OR Apache-2.0
//! How every view is put together: head, words, answers, and the bar at the lower edge.

use super::head::head;
use super::{Scene, choices, controls};
use crate::texts::{Key, plain};
use crate::ui::node::*;

/// Room at the left and right edge of the glass, mm.
pub(super) const EDGE_MM: f32 = 6.0;
/// Room at the upper and lower edge of the glass, mm.
pub(super) const TOP_MM: f32 = 4.0;
/// Room between the parts of a view, mm.
pub(super) const GAP_MM: f32 = 3.0;
/// The same at the lower edge where all that is touched must lie in the lower half, mm: three rows
/// of the smallest targets fill half of the smallest glass.
const LOW_BOTTOM_MM: f32 = 2.5;
/// Largest side of a picture, mm; beyond, it would be decoration.
const PICTURE_MM: f32 = 80.0;
/// Width of a mirror over its height.
const LIVE_ASPECT: f32 = 1.1;
/// Largest share of the glass's shorter side that a picture takes beside larger letters.
const LARGE_SHARE: f32 = 0.3;

/// Width for text between the edges, mm.
pub(super) fn inner_mm(scene: &Scene<'_>) -> f32 {
    scene.panel.width_mm - 2.0 * EDGE_MM
}

/// Words, then the answers, then the ways aside.
pub(super) fn question(scene: &Scene<'_>, words: impl IntoIterator<Item = Node>) -> Node {
    let mut words = column(words).gap(GAP_MM).grow();
    if !scene.wide() {
        words = words.along(Place::Centre);
    }
    if !scene.low() {
        words.children.extend(choices::link(scene));
    }
    let mut parts: Vec<Node> = [words].into_iter().chain(choices::mains(scene)).collect();
    if scene.wide() || !scene.low() {
        return finish(scene, parts, choices::sides(scene));
    }
    parts.extend(choices::link_and_sides(scene));
    let last = choices::more_time_wanted(scene);
    around(scene, parts, last.map(|more| row([more])))
}

/// A view that tells something: words and a large picture.
pub(super) struct Telling {
    /// A sign or a line above the title.
    pub above: Option<Node>,
    /// What a person reads first.
    pub title: String,
    /// What is heard instead, where the title holds something personal.
    pub heard: Option<Key>,
    /// What to do now.
    pub then: Vec<String>,
    /// The picture, for those who do not read.
    pub art: Icon,
    /// What the picture shows.
    pub art_label: Key,
}

/// Words beside the picture on a wide panel, above it on a tall one; then what can be pressed.
pub(super) fn told(scene: &Scene<'_>, telling: Telling) -> Node {
    let side = picture_mm(scene, telling.then.len());
    let picture = icon(telling.art, side);
    with_words(scene, telling, picture, side)
}

/// The same beside a mirror, as large as the words of every language leave it. The sign stands in its place
/// until the camera sees something.
pub(super) fn mirrored(scene: &Scene<'_>, telling: Telling) -> Node {
    let down = picture_mm(scene, telling.then.len());
    // Larger letters need the width.
    let across = if scene.scale == Scale::NORMAL {
        down * LIVE_ASPECT
    } else {
        down
    };
    let picture = live(telling.art, across, down);
    with_words(scene, telling, picture, across)
}

/// Side of a picture beside a title and so many sentences, mm.
fn picture_mm(scene: &Scene<'_>, sentences: usize) -> f32 {
    let room = if scene.wide() {
        scene.panel.height_mm
    } else {
        scene.panel.width_mm
    };
    let crowded = choices::are_several(scene);
    // On a tall panel the words need the height that the picture takes, and so do several choices,
    // which have a row or two of their own.
    let share = match (scene.wide(), sentences) {
        (_, 0 | 1) if crowded => 0.36,
        (false, 0) if scene.view.choices.is_empty() => 0.66,
        (false, 0) => 0.56,
        (false, 2..) => 0.32,
        (false, _) => 0.46,
        _ => 0.5,
    };
    let side = (room * share).min(PICTURE_MM);
    if scene.scale == Scale::NORMAL {
        side
    } else {
        // Who asked for larger letters reads the words.
        side.min(room * LARGE_SHARE)
    }
}

fn with_words(scene: &Scene<'_>, telling: Telling, picture: Node, across: f32) -> Node {
    let crowded = choices::are_several(scene);
    let lines = if scene.scale == Scale::NORMAL { 2 } else { 3 };
    let picture = picture
        .label(scene.text(telling.art_label))
        .ink(Colour::Primary);
    let width = if scene.wide() {
        inner_mm(scene) - across - EDGE_MM
    } else {
        inner_mm(scene)
    };
    let words = words(scene, telling, width, lines);
    let body = if scene.wide() {
        let words = column(words)
            .gap(if crowded { 2.0 } else { 3.0 })
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
        // More than the bar has room for.
        parts.extend(within.take());
    }
    finish(scene, parts, within)
}

/// Head and body above each other, with nothing of the choices: the body has them.
pub(super) fn bare(scene: &Scene<'_>, body: Node) -> Node {
    around(scene, vec![body.grow()], None)
}

/// Head, body and bar at the left, and at the right something as tall as the glass.
pub(super) fn beside(scene: &Scene<'_>, body: Node, right: Node) -> Node {
    let left = column([head(scene), body.grow(), controls::bar(scene, None)])
        .gap(GAP_MM)
        .width(Length::Mm(0.0))
        .grow();
    row([left, right])
        .gap(EDGE_MM)
        .pad_xy(EDGE_MM, TOP_MM)
        .fill(Colour::Ground)
        .grow()
}

/// The words of a telling in so many lines of so many mm.
fn words(scene: &Scene<'_>, telling: Telling, width: f32, lines: u8) -> Vec<Node> {
    let mut words: Vec<Node> = telling.above.into_iter().collect();
    let size = fit(
        scene,
        &telling.title,
        width,
        lines,
        &[TextSize::Title, TextSize::Lead],
    );
    let title = heading(telling.title).size(size).live();
    words.push(match telling.heard {
        Some(heard) => title.heard(scene.text(heard)),
        None => title,
    });
    words.extend(telling.then.into_iter().map(|then| {
        let size = fit(
            scene,
            &then,
            width,
            lines,
            &[TextSize::Lead, TextSize::Body],
        );
        text(then).size(size)
    }));
    words
}

/// What stands over a view: a title, something below it, the way back.
pub(super) fn over(scene: &Scene<'_>, title: Node, parts: impl IntoIterator<Item = Node>) -> Node {
    let parts = [title.grow()].into_iter().chain(parts).collect();
    finish(scene, parts, choices::back_from_overlay(scene))
}

/// The ways aside stand in the bar on a wide panel and above it on a tall one.
pub(super) fn finish(scene: &Scene<'_>, mut parts: Vec<Node>, sides: Option<Node>) -> Node {
    if scene.wide() {
        return around(scene, parts, sides);
    }
    parts.extend(sides);
    around(scene, parts, None)
}

/// Head, parts and the bar.
pub(super) fn around(scene: &Scene<'_>, parts: Vec<Node>, in_bar: Option<Node>) -> Node {
    let parts = [head(scene)]
        .into_iter()
        .chain(parts)
        .chain([controls::bar(scene, in_bar)]);
    let inside = column(parts).gap(GAP_MM).pad_xy(EDGE_MM, 0.0).grow();
    let view = column([inside]).fill(Colour::Ground).grow();
    if scene.low() {
        // The upper edge takes what the lower one gives up.
        let edge = row([]).height(Length::Mm(TOP_MM - LOW_BOTTOM_MM)).rigid();
        let mut view = view.pad_xy(0.0, LOW_BOTTOM_MM);
        view.children.insert(0, edge);
        view
    } else {
        view.pad_xy(0.0, TOP_MM)
    }
}

/// The largest of `sizes`, largest first, at which a text [`fits`]; the last one if none does.
pub(super) fn fit(
    scene: &Scene<'_>,
    words: &str,
    width_mm: f32,
    lines: u8,
    sizes: &[TextSize],
) -> TextSize {
    let largest = sizes
        .iter()
        .find(|size| fits(scene, words, width_mm, lines, **size));
    largest.or(sizes.last()).copied().unwrap_or_default()
}

/// Whether a text, as far as one can guess, needs no more than `lines` lines of `width_mm`. The
/// guess only picks a size: the layout breaks the lines, and a test over all views sees that they
/// fit.
pub(super) fn fits(
    scene: &Scene<'_>,
    words: &str,
    width_mm: f32,
    lines: u8,
    size: TextSize,
) -> bool {
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
    let room = width_mm / size.mm(scene.scale);
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
