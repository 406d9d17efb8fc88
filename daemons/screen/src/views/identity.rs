// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who is it: P-00, P-02, P-04 with F-03, P-05, P-05a, P-05x.

use uketsuke_bus::mode1::{Form, Phone, ViewId};

use super::frame::{self, Telling};
use super::{PIN_DIGITS, Scene, choices};
use crate::texts::key;
use crate::ui::node::*;

/// From this many tries down P-04 says how many are left (flows: 2).
const FEW_TRIES: u8 = 2;
/// Room between the keys of the pad, mm.
const KEY_GAP_MM: f32 = 3.0;
/// Room for words beside the pad on the smallest panel, mm.
const LEFT_MM: f32 = 88.0;
/// Largest width of a button under the words, mm.
const LONE_BUTTON_MM: f32 = 48.0;
/// Room between the pad and the buttons at its side, mm.
const BESIDE_PAD_MM: f32 = 4.0;
/// Room between the parts of the pad view, mm.
const PAD_GAP_MM: f32 = 2.0;
/// Rows of the pad.
const PAD_ROWS: f32 = 4.0;
/// What is above and below the pad on a wide panel, mm: the edges.
const WIDE_REST_MM: f32 = 8.0;
/// What is above and below the pad on a tall panel, mm: head, question, dots, bar, gaps.
const TALL_REST_MM: f32 = 90.0;
/// Keys side by side in the low pad: the eraser stands beside the digits where there is room.
const LOW_WIDE_KEYS: f32 = 6.0;
const LOW_TALL_KEYS: f32 = 5.0;
/// Width of what stands beside the low pad on a wide panel, with the room before it, mm.
const LOW_SIDE_MM: f32 = 38.0;
/// Width of a button below the low pad on a tall panel, mm.
const LOW_TALL_SIDE_MM: f32 = 34.0;

/// P-00: who we are, and what to do first.
pub(super) fn idle(scene: &Scene<'_>, facility: &str) -> Node {
    let telling = Telling {
        above: Some(place_name(facility)),
        title: scene.text(key::PLACE_CARD),
        heard: None,
        then: Vec::new(),
        art: Icon::PlaceCard,
        art_label: key::PLACE_CARD_PICTURE,
    };
    frame::told(scene, telling)
}

/// The facility. Free text is set in the regular weight, the only one with every kanji.
pub(super) fn place_name(facility: &str) -> Node {
    text(facility)
        .size(TextSize::Lead)
        .ink(Colour::Muted)
        .letters(Letters::Japanese)
        // Who stands before the reader knows where he is.
        .silent()
}

/// P-02: face or PIN.
pub(super) fn method(scene: &Scene<'_>) -> Node {
    let privacy = text(scene.text(key::METHOD_PRIVACY)).ink(Colour::Muted);
    choice(scene, scene.text(key::CHOOSE_METHOD), privacy)
}

/// P-05a: which phone.
pub(super) fn which_phone(scene: &Scene<'_>) -> Node {
    let which = text(scene.text(key::PHONE_CHOOSE)).size(TextSize::Lead);
    choice(scene, scene.text(key::PHONE_TITLE), which)
}

/// A heading, one line below it, and large answers.
pub(super) fn choice(scene: &Scene<'_>, title: String, below: Node) -> Node {
    let lines = if scene.wide() { 1 } else { 2 };
    let sizes = [TextSize::Title, TextSize::Lead];
    let size = frame::fit(scene, &title, frame::inner_mm(scene), lines, &sizes);
    frame::question(scene, [heading(title).size(size).live(), below])
}

/// P-05: the reader beside this one waits for the phone.
pub(super) fn hold_phone(scene: &Scene<'_>) -> Node {
    let then = match scene.view.phone {
        Some(Phone::Iphone) => key::PHONE_HOLD_IPHONE,
        _ => key::PHONE_HOLD_STILL,
    };
    let telling = Telling {
        above: None,
        title: scene.text(key::PHONE_HOLD),
        heard: None,
        then: vec![scene.text(then)],
        art: Icon::HoldPhone,
        art_label: key::PHONE_PICTURE,
    };
    frame::told(scene, telling)
}

/// P-05x: the card or the centre is at work.
pub(super) fn wait(scene: &Scene<'_>) -> Node {
    let telling = Telling {
        above: None,
        title: scene.text(key::WAIT),
        heard: None,
        then: vec![scene.text(if scene.by_phone() {
            key::WAIT_PHONE
        } else {
            key::WAIT_CARD
        })],
        art: Icon::Wait,
        art_label: key::WAIT,
    };
    frame::told(scene, telling)
}

/// P-04, F-03 which is the same pad with the bad news above it, and S-01.
pub(super) fn pin(scene: &Scene<'_>, digits: u8) -> Node {
    let words = question(scene);
    let dots = entered(scene, digits);
    let open = scene.view.pad == Some(true);
    if open && scene.low() {
        return low_pad(scene, words, dots);
    }
    let words = words.into_iter().chain([dots, spacer()]);
    if scene.wide() {
        let count = choices::count(scene).max(1) as f32;
        let room = ((LEFT_MM - KEY_GAP_MM * (count - 1.0)) / count).min(LONE_BUTTON_MM);
        let equal = choices::beside_pad(scene, room)
            .into_iter()
            .map(|b| b.at_least(MIN_TARGET_MM, MIN_TARGET_MM))
            .map(|b| b.width(Length::Mm(0.0)).grow().max_width(LONE_BUTTON_MM));
        let aside = row(equal).gap(KEY_GAP_MM).rigid();
        let body = column(words.chain([aside])).gap(PAD_GAP_MM);
        if !open {
            return frame::bare(scene, body);
        }
        let key_mm = key_side(scene.panel.height_mm - WIDE_REST_MM);
        frame::beside(scene, body, pad(scene, key_mm))
    } else {
        let key_mm = key_side(scene.panel.height_mm - TALL_REST_MM);
        let room = frame::inner_mm(scene) - 3.0 * key_mm - 2.0 * KEY_GAP_MM - BESIDE_PAD_MM;
        let side = choices::beside_pad(scene, room)
            .into_iter()
            .map(|b| b.at_least(MIN_TARGET_MM, key_mm));
        let side = column(side)
            .gap(KEY_GAP_MM)
            .along(Place::End)
            .width(Length::Mm(0.0))
            .grow();
        let controls = if open {
            vec![pad(scene, key_mm), side]
        } else {
            vec![side]
        };
        let controls = row(controls).gap(BESIDE_PAD_MM).rigid();
        frame::bare(scene, column(words.chain([controls])).gap(PAD_GAP_MM))
    }
}

/// The pad in the lower half: two rows of five digits, and beside or below them what else can be
/// pressed. Four rows are higher than half of the smallest glass.
fn low_pad(scene: &Scene<'_>, words: Vec<Node>, dots: Node) -> Node {
    let across = if scene.wide() {
        LOW_WIDE_KEYS
    } else {
        LOW_TALL_KEYS
    };
    let gaps = KEY_GAP_MM * (across - 1.0);
    let side_mm = if scene.wide() { LOW_SIDE_MM } else { 0.0 };
    let key_mm = (frame::inner_mm(scene) - gaps - side_mm) / across;
    let high = if scene.wide() { MIN_TARGET_MM } else { key_mm };
    let sized = |node: Node| {
        node.width(Length::Mm(key_mm.min(KEY_MM)))
            .height(Length::Mm(high.min(KEY_MM)))
            .rigid()
    };
    let line = |digits: [u8; 5]| digits.map(digit_key).map(sized).to_vec();
    let [a, b, c, d, e, f, g, h, i, j] = scene.pad_order;
    let (mut first, second) = (line([a, b, c, d, e]), line([f, g, h, i, j]));
    if scene.wide() {
        first.push(sized(erase(scene)));
    }
    let rows = [first, second].map(|keys| row(keys).gap(KEY_GAP_MM).rigid());
    let pad = column(rows).gap(KEY_GAP_MM).rigid();
    if scene.wide() {
        let words = column(words).gap(PAD_GAP_MM).width(Length::Mm(0.0)).grow();
        let above = row([words, dots]).gap(BESIDE_PAD_MM).grow();
        let room = LOW_SIDE_MM - BESIDE_PAD_MM;
        let side = choices::beside_low_pad(scene, room)
            .into_iter()
            .map(|b| b.at_least(MIN_TARGET_MM, MIN_TARGET_MM));
        let side = column(side).gap(KEY_GAP_MM).width(Length::Mm(0.0)).grow();
        let below = row([pad, side]).gap(BESIDE_PAD_MM).rigid();
        let more = choices::more_time_wanted(scene).map(|more| row([more]));
        return frame::around(scene, vec![above, below], more);
    }
    let asides = choices::beside_low_pad(scene, LOW_TALL_SIDE_MM)
        .into_iter()
        .map(|b| {
            b.at_least(KEY_MM, MIN_TARGET_MM)
                .width(Length::Mm(0.0))
                .grow()
        });
    let erase = erase(scene)
        .width(Length::Mm(KEY_MM))
        .height(Length::Mm(MIN_TARGET_MM))
        .rigid();
    let below = row([erase].into_iter().chain(asides))
        .gap(KEY_GAP_MM)
        .rigid();
    let words = column(words.into_iter().chain([dots]))
        .gap(frame::GAP_MM)
        .grow();
    let more = choices::more_time_wanted(scene).map(|more| row([more]));
    frame::around(scene, vec![words, pad, below], more)
}

/// The side of a key when the pad may be `room` mm high.
fn key_side(room: f32) -> f32 {
    let side = (room - KEY_GAP_MM * (PAD_ROWS - 1.0)) / PAD_ROWS;
    side.clamp(MIN_TARGET_MM, KEY_MM)
}

/// What to do, or what went wrong.
fn question(scene: &Scene<'_>) -> Vec<Node> {
    let wrong = match scene.view.form {
        Some(Form::WrongPasscode) => Some(key::PASSCODE_WRONG),
        Some(Form::UnverifiedPasscode) => Some(key::PASSCODE_UNVERIFIED),
        _ => None,
    };
    if let Some(wrong) = wrong {
        let wrong = heading(scene.text(wrong)).size(TextSize::Lead);
        return vec![wrong.ink(Colour::Alert).live()];
    }
    if scene.view.id == ViewId::WrongPin {
        let wrong = heading(scene.text(key::PIN_WRONG))
            .size(TextSize::Lead)
            .ink(Colour::Alert);
        let tries = scene.view.tries_left.map(|n| {
            let words = scene.with(key::PIN_WRONG_TRIES, [("tries", n.into())]);
            let size = frame::fit(scene, &words, LEFT_MM, 1, &[TextSize::Body, TextSize::Note]);
            text(words).size(size)
        });
        return [Some(wrong.live()), tries].into_iter().flatten().collect();
    }
    let words = scene.text(if scene.view.id == ViewId::Passcode {
        key::ENTER_PASSCODE
    } else {
        key::ENTER_PIN
    });
    if scene.by_phone() {
        // A phone's PIN need not be that of its holder's card. One line: the dots need the rest.
        let whose = scene.text(key::PHONE_PIN);
        let size = frame::fit(scene, &whose, LEFT_MM, 1, &[TextSize::Body, TextSize::Note]);
        let whose = text(whose).size(size);
        return vec![heading(words).size(TextSize::Lead).live(), whose];
    }
    let size = frame::fit(
        scene,
        &words,
        LEFT_MM,
        2,
        &[TextSize::Title, TextSize::Lead],
    );
    vec![heading(words).size(size).live()]
}

/// The dots, and how many tries are left where they are few.
fn entered(scene: &Scene<'_>, digits: u8) -> Node {
    let label = scene.with(
        key::PIN_COUNT,
        [("count", digits.into()), ("digits", PIN_DIGITS.into())],
    );
    let mut parts = vec![dots(digits, PIN_DIGITS, label)];
    if let Some(tries) = scene.view.tries_left.filter(|n| *n <= FEW_TRIES)
        && scene.view.id == ViewId::Pin
    {
        parts.push(
            text(scene.with(key::TRIES_LEFT, [("tries", tries.into())]))
                .bold()
                .ink(Colour::Alert),
        );
    }
    if scene.low() && scene.wide() {
        // The words stand beside the dots there.
        return column(parts).gap(frame::GAP_MM).rigid();
    }
    row(parts).gap(6.0).across(Place::Centre).rigid()
}

/// Takes the last digit back.
fn erase(scene: &Scene<'_>) -> Node {
    let words = scene.text(key::PIN_CORRECT);
    let size = frame::fit(
        scene,
        &words,
        KEY_MM - 3.0,
        1,
        &[TextSize::Body, TextSize::Note],
    );
    pad_key(words, ERASE_ACTION).size(size)
}

/// Three columns, four rows; the last digit is taken back at the right of the zero.
fn pad(scene: &Scene<'_>, key_mm: f32) -> Node {
    let sized = |node: Node| {
        node.width(Length::Mm(key_mm))
            .height(Length::Mm(key_mm))
            .rigid()
    };
    let line = |nodes: [Node; 3]| row(nodes.map(sized)).gap(KEY_GAP_MM).rigid();
    let [a, b, c, d, e, f, g, h, i, last] = scene.pad_order;
    column([
        line([a, b, c].map(digit_key)),
        line([d, e, f].map(digit_key)),
        line([g, h, i].map(digit_key)),
        line([column([]), digit_key(last), erase(scene)]),
    ])
    .gap(KEY_GAP_MM)
    .rigid()
}
