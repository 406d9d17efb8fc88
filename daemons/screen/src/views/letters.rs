// SPDX-License-Identifier: MIT OR Apache-2.0
//! P-12: which referral letters (診療情報提供書) are submitted.
//!
//! The rows stand left, what to do with them right of it; on a tall panel above each other. A row is
//! ticked by touching it anywhere.

use uketsuke_bus::mode1::{Action, Details, LetterRow};

use super::{Scene, choices, frame};
use crate::texts::key;
use crate::ui::node::*;

/// Height of a row, mm.
const ROW_MM: f32 = 15.0;
/// Side of the box that is ticked, mm.
const BOX_MM: f32 = 7.0;
/// What a row holds besides its text, mm: box, gap, room inside, and what is lost at the end of a line.
const BESIDE_TEXT_MM: f32 = 26.0;
/// Width of the column of answers on a wide panel, mm.
const ANSWERS_MM: f32 = 52.0;
/// Height of an answer, mm.
const ANSWER_MM: f32 = 15.0;

/// P-12.
pub(super) fn letters(scene: &Scene<'_>, details: &Details) -> Node {
    let page = details.letters.as_ref();
    let rows = choices::rows(scene)
        .into_iter()
        .enumerate()
        .map(|(at, tick)| {
            let letter = page.and_then(|page| page.rows.get(at));
            row_of(scene, tick, letter)
        });
    let rows = column(rows).gap(MIN_GAP_MM).rigid();
    let ticked = page.map_or(0, |page| page.ticked);
    if scene.wide() {
        wide(scene, rows, ticked)
    } else {
        tall(scene, rows, ticked)
    }
}

fn wide(scene: &Scene<'_>, rows: Node, ticked: u16) -> Node {
    let body = column([title(scene, inner_mm(scene), 1), rows]).gap(frame::GAP_MM);
    let answers = choices::stacked(scene).into_iter().map(|node| {
        let node = bare(node).size(TextSize::Body);
        node.at_least(ANSWERS_MM, ANSWER_MM)
    });
    // The ways out share a row, so that the button for more time moves none of them.
    let (more, out): (Vec<Node>, Vec<Node>) = choices::ways_out(scene)
        .into_iter()
        .map(bare)
        .partition(|node| node.action.as_deref() == Some(Action::Continue.as_str()));
    let out = out
        .into_iter()
        .map(|node| narrow(node.size(TextSize::Note)));
    let right = column(
        [marks(scene, ticked)]
            .into_iter()
            .chain(answers)
            .chain([spacer(), row(out).gap(frame::GAP_MM).wrap().rigid()])
            .chain(more.into_iter().map(narrow)),
    )
    .gap(frame::GAP_MM)
    .width(Length::Mm(ANSWERS_MM))
    .rigid();
    frame::beside(scene, body, right)
}

/// Without its sign: the words need the room.
fn bare(node: Node) -> Node {
    Node { icon: None, ..node }
}

/// A way out, as narrow as its row needs it.
fn narrow(node: Node) -> Node {
    node.at_least(MIN_TARGET_MM, MIN_TARGET_MM)
        .pad_xy(1.5, 1.0)
        .grow()
}

fn tall(scene: &Scene<'_>, rows: Node, ticked: u16) -> Node {
    let share = |node: Node| node.width(Length::Mm(0.0)).grow();
    let answers = choices::stacked(scene)
        .into_iter()
        .map(|node| share(bare(node).at_least(KEY_MM, ANSWER_MM)));
    let out = choices::ways_out(scene)
        .into_iter()
        .map(|node| share(bare(node).at_least(KEY_MM, MIN_TARGET_MM).pad_xy(1.5, 1.0)));
    let body = column([
        title(scene, frame::inner_mm(scene), 2),
        marks(scene, ticked),
        rows,
        spacer(),
        row(answers).gap(frame::GAP_MM).rigid(),
        row(out).gap(frame::GAP_MM).rigid(),
    ])
    .gap(frame::GAP_MM);
    frame::bare(scene, body)
}

/// Width of the rows, mm.
fn inner_mm(scene: &Scene<'_>) -> f32 {
    let inner = frame::inner_mm(scene);
    match scene.wide() {
        true => inner - ANSWERS_MM - frame::EDGE_MM,
        false => inner,
    }
}

fn title(scene: &Scene<'_>, width_mm: f32, lines: u8) -> Node {
    let words = scene.text(key::LETTERS_QUESTION);
    let sizes = [TextSize::Title, TextSize::Lead, TextSize::Body];
    let size = frame::fit(&words, width_mm, lines, &sizes);
    heading(words).size(size).live()
}

/// Which page of how many, and how many letters are ticked on all of them.
fn marks(scene: &Scene<'_>, ticked: u16) -> Node {
    let mut marks = Vec::new();
    if let (Some(page), Some(pages)) = (scene.view.step, scene.view.steps) {
        let words = [("page", page.into()), ("pages", pages.into())];
        marks.push(text(scene.with(key::LETTERS_PAGE, words)).bold());
    }
    let words = scene.with(key::LETTERS_TICKED, [("count", ticked.into())]);
    marks.push(text(words).ink(Colour::Muted).live());
    row(marks).gap(4.0).along(Place::Fill).rigid()
}

/// A letter that can be ticked. Without its details it stays a letter.
fn row_of(scene: &Scene<'_>, tick: Action, letter: Option<&LetterRow>) -> Node {
    let (words, ticked) = match letter {
        Some(letter) => (words_of(scene, letter), letter.ticked),
        None => (scene.text(key::LETTER), false),
    };
    let width = inner_mm(scene) - BESIDE_TEXT_MM;
    let (words, size) = cut(words, width);
    let mark = match ticked {
        true => icon(Icon::Check, BOX_MM).ink(Colour::OnPrimary),
        false => row([])
            .width(Length::Mm(BOX_MM))
            .height(Length::Mm(BOX_MM))
            .radius(1.0)
            .line(Colour::Outline, 0.5)
            .rigid(),
    };
    let ink = if ticked {
        Colour::OnPrimary
    } else {
        Colour::Text
    };
    let label = match ticked {
        true => scene.with(key::LETTER_IS_TICKED, [("letter", words.as_str().into())]),
        false => words.clone(),
    };
    // Names hold kanji that the bold weight has not.
    let words = text(words)
        .size(size)
        .ink(ink)
        .width(Length::Mm(0.0))
        .grow();
    let mut node = button(label, tick.as_str())
        .at_least(KEY_MM, ROW_MM)
        .height(Length::Mm(ROW_MM))
        .pad_xy(3.5, 0.5)
        .gap(4.0)
        .along(Place::Start);
    if ticked {
        node = node.primary();
    }
    node.children = vec![mark, words];
    node
}

/// 発行日, 医療機関, 診療科.
fn words_of(scene: &Scene<'_>, letter: &LetterRow) -> String {
    let day = [
        ("month", letter.issued.month.into()),
        ("day", letter.issued.day.into()),
    ];
    let issued = scene.with(key::LETTER_ISSUED, day);
    let (facility, department) = (breakable(&letter.facility), breakable(&letter.department));
    format!("{issued} {facility} {department}")
}

/// A name that may break behind each of its characters, but not within a word of Latin letters.
fn breakable(name: &str) -> String {
    let mut out = String::with_capacity(name.len() * 2);
    for c in name.chars() {
        out.push(c);
        if !c.is_ascii() {
            out.push('\u{200b}');
        }
    }
    out
}

/// The words at the size at which they fit on the row, cut short where they fit at none.
fn cut(mut words: String, width_mm: f32) -> (String, TextSize) {
    if frame::fits(&words, width_mm, 1, TextSize::Body) {
        return (words, TextSize::Body);
    }
    if frame::fits(&words, width_mm, 2, TextSize::Note) {
        return (words, TextSize::Note);
    }
    while !words.is_empty() && !frame::fits(&format!("{words}…"), width_mm, 2, TextSize::Note) {
        words.pop();
    }
    (words + "…", TextSize::Note)
}
