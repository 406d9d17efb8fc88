// SPDX-License-Identifier: MIT OR Apache-2.0
//! P-12: which referral letters (診療情報提供書) are submitted.
//!
//! The rows stand left, what to do with them right of it; on a tall panel above each other. A row is
//! ticked by touching it anywhere. Three rows that can be touched and the answers below them are
//! higher than half of the glass, so in the low layout the rows are numbered and what is touched are
//! the numbers.

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
/// Width of the number of a letter in the low layout, mm.
const NUMBER_MM: f32 = 6.0;
/// What stands beside a letter there, mm: number, gap, and what is lost at the end of a line.
const BESIDE_LISTED_MM: f32 = 20.0;
/// Room between the letters in the low layout, mm.
const LIST_GAP_MM: f32 = 0.5;
/// Room for where in the letters the patient is, mm.
const MARKS_MM: f32 = 40.0;
/// Height of an answer, mm.
const ANSWER_MM: f32 = 15.0;

/// P-12.
pub(super) fn letters(scene: &Scene<'_>, details: &Details) -> Node {
    let page = details.letters.as_ref();
    let ticks = choices::rows(scene).into_iter().enumerate();
    let of_page: Vec<(Action, Option<&LetterRow>)> = ticks
        .map(|(at, tick)| (tick, page.and_then(|page| page.rows.get(at))))
        .collect();
    let ticked = page.map_or(0, |page| page.ticked);
    if scene.low() {
        return low(scene, &of_page, ticked);
    }
    let rows = (1u16..)
        .zip(of_page)
        .map(|(number, (tick, letter))| row_of(scene, number, tick, letter));
    let rows = column(rows).gap(MIN_GAP_MM).rigid();
    if scene.wide() {
        wide(scene, rows, ticked)
    } else {
        tall(scene, rows, ticked)
    }
}

fn wide(scene: &Scene<'_>, rows: Node, ticked: u16) -> Node {
    let answers = choices::stacked(scene).into_iter().map(|node| {
        let node = bare(node).size(TextSize::Body);
        node.at_least(ANSWERS_MM, ANSWER_MM)
    });
    let answers = column(answers)
        .gap(MIN_GAP_MM)
        .width(Length::Mm(ANSWERS_MM))
        .rigid();
    let rows = rows.width(Length::Mm(0.0)).grow();
    let body = row([rows, answers]).gap(frame::EDGE_MM).grow();
    frame::around(
        scene,
        vec![title_line(scene, ticked), body],
        out_in_bar(scene),
    )
}

/// The question, and at its right where in the letters the patient is.
fn title_line(scene: &Scene<'_>, ticked: u16) -> Node {
    let width = frame::inner_mm(scene) - MARKS_MM - frame::GAP_MM;
    let title = title(scene, width, 1).width(Length::Mm(0.0)).grow();
    row([title, marks(scene, ticked)])
        .gap(frame::GAP_MM)
        .across(Place::Centre)
        .rigid()
}

/// The ways out, and the button for more time after them, as narrow as the bar needs them.
fn out_in_bar(scene: &Scene<'_>) -> Option<Node> {
    let out = choices::ways_out(scene).into_iter().map(|node| {
        let node = bare(node).size(TextSize::Note).pad_xy(2.0, 1.0);
        node.at_least(KEY_MM, MIN_TARGET_MM)
    });
    Some(row(out).gap(MIN_GAP_MM).rigid())
}

/// Without its sign: the words need the room.
fn bare(node: Node) -> Node {
    Node { icon: None, ..node }
}

fn tall(scene: &Scene<'_>, rows: Node, ticked: u16) -> Node {
    let body = column([
        title(scene, frame::inner_mm(scene), 2),
        marks(scene, ticked),
        rows,
        spacer(),
        shares(scene, choices::stacked(scene)),
        shares(scene, choices::ways_out(scene)),
    ])
    .gap(frame::GAP_MM);
    frame::bare(scene, body)
}

/// Numbered rows above, their numbers and the answers in the lower half.
fn low(scene: &Scene<'_>, of_page: &[(Action, Option<&LetterRow>)], ticked: u16) -> Node {
    let numbered = || (1u16..).zip(of_page);
    let inner = frame::inner_mm(scene);
    let list = numbered().map(|(number, (_, letter))| {
        let words = letter.map_or_else(|| scene.text(key::LETTER), |l| words_of(scene, l));
        let lines = if scene.wide() { 1 } else { 2 };
        let (words, size) = cut(scene, words, inner - BESIDE_LISTED_MM, lines);
        let size = if crowded(scene) { TextSize::Note } else { size };
        let number = text(number.to_string()).size(size).bold().rigid();
        let words = text(words).size(size).width(Length::Mm(0.0)).grow();
        // Heard when the ring comes to their keys.
        let number = number.width(Length::Mm(NUMBER_MM)).silent();
        row([number, words.silent()]).gap(frame::GAP_MM)
    });
    let list = column(list).gap(LIST_GAP_MM);
    let above = if scene.wide() {
        column([title_line(scene, ticked), list]).gap(LIST_GAP_MM)
    } else {
        column([title(scene, inner, 2), marks(scene, ticked), list]).gap(frame::GAP_MM)
    };
    let keys = numbered().map(|(number, (tick, letter))| key_of(scene, number, *tick, *letter));
    let keys = shares(scene, keys.collect());
    let answers = shares(scene, choices::stacked(scene));
    let parts = vec![above.grow(), keys, answers];
    if scene.wide() {
        return frame::around(scene, parts, out_in_bar(scene));
    }
    let out = shares(scene, choices::ways_out(scene));
    frame::around(scene, parts.into_iter().chain([out]).collect(), None)
}

/// Equal shares of a row, all in the size at which each fits.
fn shares(scene: &Scene<'_>, nodes: Vec<Node>) -> Node {
    let across = nodes.len().max(1) as f32;
    let share = (frame::inner_mm(scene) - MIN_GAP_MM * (across - 1.0)) / across;
    let all_fit = nodes.iter().all(|node| {
        let own_words = node.children.is_empty();
        !own_words || frame::fits(scene, &node.label, share - 4.0, 1, TextSize::Body)
    });
    let size = if all_fit {
        TextSize::Body
    } else {
        TextSize::Note
    };
    let nodes = nodes.into_iter().map(|node| {
        let node = bare(node).size(size).at_least(MIN_TARGET_MM, ANSWER_MM);
        node.pad_xy(1.5, 0.5).width(Length::Mm(0.0)).grow()
    });
    row(nodes).gap(MIN_GAP_MM).rigid()
}

/// The number of a letter to tick it by; it is read as the letter.
fn key_of(scene: &Scene<'_>, number: u16, tick: Action, letter: Option<&LetterRow>) -> Node {
    let words = letter.map_or_else(|| scene.text(key::LETTER), |l| words_of(scene, l));
    let shown = text(number.to_string()).size(TextSize::Lead).bold();
    tickable(scene, (number, words), tick, letter, shown)
}

/// Width of the rows, mm.
fn inner_mm(scene: &Scene<'_>) -> f32 {
    let inner = frame::inner_mm(scene);
    match scene.wide() {
        true => inner - ANSWERS_MM - frame::EDGE_MM,
        false => inner,
    }
}

/// Whether the letters, their numbers and the answers leave no room to spare.
fn crowded(scene: &Scene<'_>) -> bool {
    scene.low() && scene.wide()
}

fn title(scene: &Scene<'_>, width_mm: f32, lines: u8) -> Node {
    let words = scene.text(key::LETTERS_QUESTION);
    let sizes = [TextSize::Lead, TextSize::Body, TextSize::Note];
    // The upper half of a wide panel has room for a line of running text.
    let sizes = if crowded(scene) { &sizes[1..] } else { &sizes };
    let size = frame::fit(scene, &words, width_mm, lines, sizes);
    heading(words).size(size).live()
}

/// Which page of how many, and how many letters are ticked on all of them.
fn marks(scene: &Scene<'_>, ticked: u16) -> Node {
    let (size, place) = match scene.wide() {
        true => (TextSize::Note, Place::End),
        false => (TextSize::Body, Place::Fill),
    };
    let mut marks = Vec::new();
    if let (Some(page), Some(pages)) = (scene.view.step, scene.view.steps) {
        let words = [("page", page.into()), ("pages", pages.into())];
        let heard = scene.with(key::LETTERS_PAGE_HEARD, [("page", page.into())]);
        let page = text(scene.with(key::LETTERS_PAGE, words)).size(size);
        marks.push(page.bold().rigid().heard(heard));
    }
    let words = scene.with(key::LETTERS_TICKED, [("count", ticked.into())]);
    // The letter that was ticked says so itself.
    let ticked = text(words).size(size).ink(Colour::Muted).live();
    marks.push(ticked.silent());
    row(marks).gap(3.0).along(place).rigid()
}

/// A letter that can be ticked. Without its details it stays a letter.
fn row_of(scene: &Scene<'_>, number: u16, tick: Action, letter: Option<&LetterRow>) -> Node {
    let words = letter.map_or_else(|| scene.text(key::LETTER), |l| words_of(scene, l));
    let (words, size) = cut(scene, words, inner_mm(scene) - BESIDE_TEXT_MM, 2);
    // Names hold kanji that the bold weight has not.
    let shown = text(words.as_str())
        .size(size)
        .width(Length::Mm(0.0))
        .grow();
    tickable(scene, (number, words), tick, letter, shown)
        .at_least(KEY_MM, ROW_MM)
        .height(Length::Mm(ROW_MM))
        .pad_xy(3.5, 0.5)
        .along(Place::Start)
}

/// A box to tick with something beside it; it is read as `words`, and heard by its number.
fn tickable(
    scene: &Scene<'_>,
    (number, words): (u16, String),
    tick: Action,
    letter: Option<&LetterRow>,
    shown: Node,
) -> Node {
    let ticked = letter.is_some_and(|letter| letter.ticked);
    let (mark, ink) = match ticked {
        true => (
            icon(Icon::Check, BOX_MM).ink(Colour::OnPrimary),
            Colour::OnPrimary,
        ),
        false => (
            row([])
                .width(Length::Mm(BOX_MM))
                .height(Length::Mm(BOX_MM))
                .radius(1.0)
                .line(Colour::Outline, 0.5)
                .rigid(),
            Colour::Text,
        ),
    };
    let label = match ticked {
        true => scene.with(key::LETTER_IS_TICKED, [("letter", words.as_str().into())]),
        false => words,
    };
    // Day, hospital and department are not recorded; each letter of a page has its number.
    let heard = scene.with(key::LETTER_HEARD, [("number", number.into())]);
    let heard = match ticked {
        true => scene.with(key::LETTER_IS_TICKED, [("letter", heard.as_str().into())]),
        false => heard,
    };
    let mut node = button(label, tick.as_str()).heard(heard).gap(4.0);
    if ticked {
        node = node.primary();
    }
    node.children = vec![mark, shown.ink(ink)];
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

/// The words at the size at which they fit in a line, or in so many smaller ones, cut short where
/// they fit in none.
fn cut(scene: &Scene<'_>, mut words: String, width_mm: f32, lines: u8) -> (String, TextSize) {
    if frame::fits(scene, &words, width_mm, 1, TextSize::Body) {
        return (words, TextSize::Body);
    }
    let fits = |words: &str| frame::fits(scene, words, width_mm, lines, TextSize::Note);
    if fits(&words) {
        return (words, TextSize::Note);
    }
    while !words.is_empty() && !fits(&format!("{words}…")) {
        words.pop();
    }
    (words + "…", TextSize::Note)
}
