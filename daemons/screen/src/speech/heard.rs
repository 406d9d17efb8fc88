// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is heard of a tree: heading first, then the words in reading order; buttons when the ring
//! comes to them. Signs are for the eye, and what is for staff alone is theirs to read.

use uketsuke_bus::screen1::Language;

use crate::texts::plain;
use crate::ui::node::{Heard, Kind, Node};

/// A sentence, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line {
    /// Whose voice.
    pub language: Language,
    /// The words, without marks for line breaking.
    pub words: String,
}

/// Heading and words of a view that is written in `language`.
#[must_use]
pub fn words(view: &Node, language: Language) -> Vec<Line> {
    let mut found = Vec::new();
    collect(view, language, &mut found);
    let (headings, rest): (Vec<_>, Vec<_>) = found.into_iter().partition(|(first, _)| *first);
    headings
        .into_iter()
        .chain(rest)
        .map(|(_, line)| line)
        .collect()
}

/// What is heard when the ring comes to the button with this action.
#[must_use]
pub fn label(view: &Node, action: &str, language: Language) -> Option<Line> {
    if view.action.as_deref() == Some(action) {
        return line(view, language);
    }
    let mut children = view.children.iter();
    children.find_map(|child| label(child, action, language))
}

/// Lines in reading order, and whether each is a heading.
fn collect(node: &Node, language: Language, found: &mut Vec<(bool, Line)>) {
    match node.kind {
        Kind::Button | Kind::Key { .. } | Kind::Icon(_) | Kind::Live(_) | Kind::Spacer => {}
        // What stands in a named group is read as its name.
        Kind::Group if node.label.is_empty() => {
            for child in &node.children {
                collect(child, language, found);
            }
        }
        Kind::Group | Kind::Text | Kind::Heading | Kind::Dots { .. } | Kind::Strip => {
            let heading = node.kind == Kind::Heading;
            found.extend(line(node, language).map(|line| (heading, line)));
        }
    }
}

fn line(node: &Node, language: Language) -> Option<Line> {
    if node.style.for_staff {
        return None;
    }
    let (language, words) = match &node.heard {
        Heard::Label => (language, plain(&node.label)),
        Heard::Nothing => return None,
        Heard::Words(words) => (language, plain(words)),
        Heard::In(other, words) => (*other, plain(words)),
    };
    (!words.is_empty()).then_some(Line { language, words })
}
