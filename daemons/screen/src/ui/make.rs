// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words that views are written in: one function per kind of node; see [`super::node`].

use super::node::*;

/// Children side by side.
pub fn row(children: impl IntoIterator<Item = Node>) -> Node {
    let mut node = Node::new(Kind::Group).flow(Flow::Row);
    node.children = children.into_iter().collect();
    node
}

/// Children one below the other.
pub fn column(children: impl IntoIterator<Item = Node>) -> Node {
    let mut node = Node::new(Kind::Group);
    node.children = children.into_iter().collect();
    node
}

/// Running text.
pub fn text(label: impl Into<String>) -> Node {
    Node::new(Kind::Text).label(label)
}

/// The heading of the view.
pub fn heading(label: impl Into<String>) -> Node {
    Node::new(Kind::Heading)
        .label(label)
        .size(TextSize::Title)
        .bold()
}

/// A button: at least a main key high, label in the middle; see [`Node::primary`].
pub fn button(label: impl Into<String>, action: impl Into<String>) -> Node {
    let mut node = Node::new(Kind::Button)
        .label(label)
        .flow(Flow::Row)
        .centre()
        .gap(2.5)
        .pad_xy(5.0, 2.0)
        .at_least(KEY_MM, KEY_MM)
        .size(TextSize::Lead)
        .fill(Colour::Surface)
        .line(Colour::Outline, 0.5)
        .radius(3.0);
    node.action = Some(action.into());
    node
}

/// A digit of the PIN pad: action `digit-0` to `digit-9`, masked. `digit` is 0 to 9.
pub fn digit_key(digit: u8) -> Node {
    key(digit.to_string(), format!("digit-{digit}"), true)
}

/// A key of the pad that is no digit, such as the eraser.
pub fn pad_key(label: impl Into<String>, action: impl Into<String>) -> Node {
    key(label.into(), action.into(), false).size(TextSize::Body)
}

fn key(label: String, action: String, masked: bool) -> Node {
    let mut node = button(label, action).at_least(MIN_TARGET_MM, MIN_TARGET_MM);
    node.kind = Kind::Key { masked };
    node.style.size = TextSize::Title;
    node.style.width = Length::Mm(KEY_MM);
    node.style.height = Length::Mm(KEY_MM);
    node.style.pad = (0.5, 0.5);
    node
}

/// Digits entered: `label` is what is read, such as "2 of 4 digits".
pub fn dots(filled: u8, of: u8, label: impl Into<String>) -> Node {
    let mut node = Node::new(Kind::Dots { filled, of }).label(label).live();
    node.style.shrink = false;
    node
}

/// A sign by itself, its side in mm.
pub fn icon(icon: Icon, mm: f32) -> Node {
    Node::new(Kind::Icon(icon))
        .width(Length::Mm(mm))
        .height(Length::Mm(mm))
        .rigid()
}

/// What a camera sees, or a sign; its sides in mm.
pub fn live(icon: Icon, width_mm: f32, height_mm: f32) -> Node {
    Node::new(Kind::Live(icon))
        .width(Length::Mm(width_mm))
        .height(Length::Mm(height_mm))
        .radius(4.0)
        .rigid()
}

/// Takes the room that is left.
pub fn spacer() -> Node {
    Node::new(Kind::Spacer).grow()
}

/// A status strip; see [`Node::tone`].
pub fn strip(label: impl Into<String>) -> Node {
    Node::new(Kind::Strip)
        .label(label)
        .flow(Flow::Row)
        .across(Place::Centre)
        .gap(2.5)
        .pad_xy(4.0, 2.5)
        .radius(3.0)
        .live()
        .tone(Tone::Plain)
}

/// Joins phrases so that a line breaks only between them: characters inside a phrase are joined by
/// U+2060, phrases by U+200B. Latin words keep their own rules, so a space still breaks.
pub fn phrases<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            out.push('\u{200b}');
        }
        let mut previous: Option<char> = None;
        for c in part.chars() {
            if previous.is_some_and(|p| !p.is_ascii() || !c.is_ascii()) {
                out.push('\u{2060}');
            }
            out.push(c);
            previous = Some(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_break_only_between_each_other_and_read_clean() {
        let joined = phrases(["4桁の", "PIN を"]);
        assert_eq!(joined, "4\u{2060}桁\u{2060}の\u{200b}PIN \u{2060}を");
        assert_eq!(text(joined).spoken(), "4桁のPIN を");
    }
}
