// SPDX-License-Identifier: MIT OR Apache-2.0
//! How each action is worded, and where its button stands.

use uketsuke_bus::mode1::{Action, ViewId};

use super::{Scene, frame};
use crate::texts::{Key, key};
use crate::ui::node::*;

/// Height of a main choice, mm.
const MAIN_MM: f32 = 22.0;
/// Room between two main choices, mm.
const MAIN_GAP_MM: f32 = 3.0;
/// What a main choice holds besides its label, mm: sign, gap, room inside.
const BESIDE_LABEL_MM: f32 = 22.0;
/// How much wider a look aside is than a way out beside it: its words are longer.
const LINK_SHARE: f32 = 1.6;
/// Smallest width of a way aside, mm.
const SIDE_MM: f32 = 36.0;

/// Weight of a choice on the screen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// An answer to the question: large and filled. All answers of a view look alike.
    Main,
    /// One of several things to tick.
    Row,
    /// A look aside, right below the words.
    Link,
    /// A way back or out: outlined.
    Side,
}

fn weight(action: Action, on: ViewId) -> Weight {
    match action {
        // Beside the camera the PIN is a way aside.
        Action::Pin
            if matches!(
                on,
                ViewId::Face | ViewId::FaceUnclear | ViewId::NumberUnread
            ) =>
        {
            Weight::Side
        }
        Action::Face
        | Action::Pin
        | Action::AgreeAll
        | Action::ChooseEach
        | Action::KeepEarlier
        | Action::ChooseAgain
        | Action::Agree
        | Action::Refuse
        | Action::Android
        | Action::Iphone
        | Action::Retry
        | Action::ElectronicPrescription
        | Action::PaperPrescription
        | Action::Use
        | Action::UseNot
        | Action::Provide
        | Action::ProvideNot
        | Action::NextPage
        | Action::Submit
        | Action::SubmitNone
        | Action::Continue => Weight::Main,
        // P-12 draws them as rows.
        Action::Tick1 | Action::Tick2 | Action::Tick3 => Weight::Row,
        Action::ShowEarlier => Weight::Link,
        // On P-00 the card is the first way, on F-17 the last.
        Action::Phone
        | Action::Card
        | Action::Back
        | Action::Finish
        | Action::Staff
        | Action::Stop => Weight::Side,
    }
}

fn wording(action: Action, on: ViewId) -> (Key, Option<Icon>) {
    match action {
        Action::Face if on == ViewId::Method => (key::METHOD_FACE, Some(Icon::Face)),
        Action::Face => (key::USE_FACE, Some(Icon::Face)),
        Action::Pin => (key::METHOD_PIN, Some(Icon::Keypad)),
        Action::Finish => (key::FINISH, None),
        Action::AgreeAll => (key::CONSENT_ALL, Some(Icon::Check)),
        Action::ChooseEach => (key::CONSENT_EACH, Some(Icon::Document)),
        Action::KeepEarlier => (key::CARRY_OVER, Some(Icon::Check)),
        Action::ChooseAgain => (key::CHOOSE_AGAIN, Some(Icon::Document)),
        Action::ShowEarlier => (key::SHOW_EARLIER, None),
        Action::Back => (key::BACK, Some(Icon::Back)),
        Action::ElectronicPrescription => (key::PRESCRIPTION_ELECTRONIC, Some(Icon::Phone)),
        Action::PaperPrescription => (key::PRESCRIPTION_PAPER, Some(Icon::Document)),
        Action::Use => (key::USE, Some(Icon::Check)),
        Action::UseNot => (key::USE_NOT, Some(Icon::Cross)),
        Action::Provide => (key::PROVIDE, Some(Icon::Check)),
        Action::ProvideNot => (key::PROVIDE_NOT, Some(Icon::Cross)),
        Action::Tick1 | Action::Tick2 | Action::Tick3 => (key::LETTER, Some(Icon::Document)),
        Action::NextPage => (key::NEXT_PAGE, None),
        Action::Submit => (key::SUBMIT, Some(Icon::Check)),
        Action::SubmitNone => (key::SUBMIT_NONE, Some(Icon::Cross)),
        Action::Agree => (key::AGREE, Some(Icon::Check)),
        Action::Refuse => (key::DISAGREE, Some(Icon::Cross)),
        Action::Continue => (key::WARNING_CONTINUE, None),
        Action::Phone => (key::USE_PHONE, Some(Icon::Phone)),
        Action::Android => (key::PHONE_ANDROID, Some(Icon::Phone)),
        Action::Iphone => (key::PHONE_IPHONE, Some(Icon::Phone)),
        Action::Retry => (key::RETRY, None),
        Action::Card => (key::USE_CARD, Some(Icon::Card)),
        Action::Staff => (key::STAFF_BUTTON, Some(Icon::Staff)),
        Action::Stop => (key::STOP, None),
    }
}

/// The button of one action, outlined.
pub(super) fn plain(scene: &Scene<'_>, action: Action) -> Node {
    let (words, sign) = wording(action, scene.view.id);
    let node = button(scene.text(words), action.as_str()).size(TextSize::Body);
    match sign {
        Some(sign) => node.icon(sign),
        None => node,
    }
}

/// A main choice.
fn main(scene: &Scene<'_>, action: Action, size: TextSize) -> Node {
    let (words, sign) = wording(action, scene.view.id);
    let node = button(scene.text(words), action.as_str())
        .size(size)
        .primary()
        .at_least(KEY_MM, MAIN_MM)
        .pad_xy(4.0, 2.0)
        .gap(3.0);
    match sign {
        Some(sign) => node.icon_of(sign, 11.0),
        None => node,
    }
}

/// Choices of the view that stand among the answers, without the one of the time-out warning.
fn of(scene: &Scene<'_>, wanted: Weight) -> Vec<Action> {
    let warned = warned(scene);
    scene
        .view
        .choices
        .iter()
        .copied()
        .filter(|a| weight(*a, scene.view.id) == wanted && !(warned && *a == Action::Continue))
        .collect()
}

/// The answers, side by side on a wide panel, stacked on a tall one; `None` if there are none. Half
/// of a wide panel has no row for a look aside, which then stands beside them, outlined.
pub(super) fn mains(scene: &Scene<'_>) -> Option<Node> {
    let actions = of(scene, Weight::Main);
    let links = if scene.low() && scene.wide() {
        of(scene, Weight::Link)
    } else {
        Vec::new()
    };
    let across = if scene.wide() {
        (actions.len() + links.len()).max(1) as f32
    } else {
        1.0
    };
    let room = (frame::inner_mm(scene) - MAIN_GAP_MM * (across - 1.0)) / across - BESIDE_LABEL_MM;
    // One size for all: a smaller answer would look like the lesser one.
    let all_fit = |size, lines| {
        actions.iter().all(|a| {
            let words = scene.text(wording(*a, scene.view.id).0);
            frame::fits(scene, &words, room, lines, size)
        })
    };
    let size = if all_fit(TextSize::Lead, 1) {
        TextSize::Lead
    } else if links.is_empty() || all_fit(TextSize::Body, 2) {
        TextSize::Body
    } else {
        TextSize::Note
    };
    let links = links.into_iter().map(|a| {
        let node = plain(scene, a).at_least(KEY_MM, MAIN_MM).pad_xy(2.0, 2.0);
        node.size(size.min(TextSize::Body))
    });
    let buttons: Vec<Node> = actions
        .into_iter()
        .map(|a| main(scene, a, size))
        // What needs so many words has no room for signs.
        .map(|node| match size {
            TextSize::Note => Node { icon: None, ..node }.pad_xy(2.0, 0.5),
            _ => node,
        })
        .chain(links)
        .collect();
    if buttons.is_empty() {
        return None;
    }
    Some(if scene.wide() {
        // Equal shares whatever the labels say.
        row(buttons.into_iter().map(|b| b.width(Length::Mm(0.0)).grow()))
            .gap(5.0)
            .rigid()
    } else {
        column(buttons).gap(MAIN_GAP_MM).rigid()
    })
}

/// What can be ticked, from the top.
pub(super) fn rows(scene: &Scene<'_>) -> Vec<Action> {
    of(scene, Weight::Row)
}

/// The answers at the size of a column beside the rows.
pub(super) fn stacked(scene: &Scene<'_>) -> Vec<Node> {
    let answers = of(scene, Weight::Main).into_iter();
    answers.map(|a| main(scene, a, TextSize::Body)).collect()
}

/// The ways back and out, and the button for more time.
pub(super) fn ways_out(scene: &Scene<'_>) -> Vec<Node> {
    let mut buttons: Vec<Node> = of(scene, Weight::Link)
        .into_iter()
        .chain(of(scene, Weight::Side))
        .map(|a| plain(scene, a))
        .collect();
    if warned(scene) && offered(scene, Action::Continue) {
        buttons.push(more_time(scene));
    }
    buttons
}

/// What to look at before answering; `None` if there is nothing.
pub(super) fn link(scene: &Scene<'_>) -> Option<Node> {
    // Rows that another view than P-12 has are drawn as plain buttons.
    let links: Vec<Node> = of(scene, Weight::Link)
        .into_iter()
        .chain(rows(scene))
        .map(|a| plain(scene, a).at_least(SIDE_MM, MIN_TARGET_MM))
        .collect();
    (!links.is_empty()).then(|| row(links).gap(4.0).rigid())
}

/// The ways back and out, in one row, and the button for more time after them, where it moves
/// nothing; `None` if there are none.
pub(super) fn sides(scene: &Scene<'_>) -> Option<Node> {
    in_a_row(
        scene,
        of(scene, Weight::Side)
            .into_iter()
            .map(|a| plain(scene, a))
            .collect(),
    )
}

/// Looks aside, ways back and out in one row, without the button for more time; `None` if there are
/// none.
pub(super) fn link_and_sides(scene: &Scene<'_>) -> Option<Node> {
    let one = |action, share: f32| {
        let node = plain(scene, action);
        let room = frame::inner_mm(scene) * share / (1.0 + share) - 2.0 * MIN_GAP_MM;
        let sizes = [TextSize::Body, TextSize::Note];
        let size = frame::fit(scene, &node.label, room, 1, &sizes);
        node.size(size)
            .pad_xy(2.0, 1.0)
            .at_least(KEY_MM, MIN_TARGET_MM)
            .width(Length::Mm(0.0))
            .grow_by(share)
    };
    let links = of(scene, Weight::Link)
        .into_iter()
        .map(|a| one(a, LINK_SHARE));
    let sides = of(scene, Weight::Side).into_iter().map(|a| one(a, 1.0));
    let buttons: Vec<Node> = links.chain(sides).collect();
    (!buttons.is_empty()).then(|| row(buttons).gap(MIN_GAP_MM).rigid())
}

/// The button of the time-out warning, while it is warned.
pub(super) fn more_time_wanted(scene: &Scene<'_>) -> Option<Node> {
    (warned(scene) && offered(scene, Action::Continue))
        .then(|| more_time(scene).at_least(KEY_MM, MIN_TARGET_MM))
}

/// Every choice in one row, answers first and filled; `None` if there are none.
pub(super) fn all_in_a_row(scene: &Scene<'_>) -> Option<Node> {
    let answers = of(scene, Weight::Main)
        .into_iter()
        .map(|a| plain(scene, a).primary());
    let aside = of(scene, Weight::Link)
        .into_iter()
        .chain(rows(scene))
        .chain(of(scene, Weight::Side));
    in_a_row(
        scene,
        answers.chain(aside.map(|a| plain(scene, a))).collect(),
    )
}

/// Whether there are more choices than one, the one of the time-out warning aside.
pub(super) fn are_several(scene: &Scene<'_>) -> bool {
    let warning = |a: &&Action| **a == Action::Continue;
    scene.view.choices.iter().filter(|a| !warning(a)).count() > 1
}

/// The way back from an overlay, and the button for more time where the view behind it needs one.
pub(super) fn back_from_overlay(scene: &Scene<'_>) -> Option<Node> {
    let back = button(scene.text(key::BACK), CLOSE_ACTION)
        .icon(Icon::Back)
        .size(TextSize::Body)
        .pad_xy(3.0, 1.0);
    in_a_row(scene, vec![back])
}

fn in_a_row(scene: &Scene<'_>, mut buttons: Vec<Node>) -> Option<Node> {
    if warned(scene) && offered(scene, Action::Continue) {
        buttons.push(more_time(scene));
    }
    let sized = buttons
        .into_iter()
        .map(|b| b.at_least(SIDE_MM, MIN_TARGET_MM))
        .collect::<Vec<_>>();
    (!sized.is_empty()).then(|| row(sized).gap(4.0).wrap().rigid())
}

/// Every choice as a small button, for the room beside the PIN pad.
///
/// `room` is the width of one, mm.
pub(super) fn beside_pad(scene: &Scene<'_>, room: f32) -> Vec<Node> {
    let mut buttons = beside_low_pad(scene, room);
    if warned(scene) && offered(scene, Action::Continue) {
        buttons.push(small(scene, more_time(scene), room));
    }
    buttons
}

/// The same without the button for more time, which stands in the bar there.
pub(super) fn beside_low_pad(scene: &Scene<'_>, room: f32) -> Vec<Node> {
    let all =
        [Weight::Main, Weight::Row, Weight::Link, Weight::Side].map(|weight| of(scene, weight));
    all.into_iter()
        .flatten()
        .map(|action| Node {
            icon: None,
            ..plain(scene, action)
        })
        .map(|node| small(scene, node, room))
        .collect()
}

/// A button in `room` mm. In the low layout it must stay as low as a key.
fn small(scene: &Scene<'_>, node: Node, room: f32) -> Node {
    let lines = if scene.low() { 1 } else { 2 };
    let fits = frame::fits(scene, &node.label, room - 4.0, lines, TextSize::Body);
    node.size(if fits { TextSize::Body } else { TextSize::Note })
        .pad_xy(1.5, if scene.low() { 0.5 } else { 1.0 })
}

/// The button of the time-out warning.
pub(super) fn more_time(scene: &Scene<'_>) -> Node {
    plain(scene, Action::Continue).primary()
}

/// Whether `mode` offers this.
pub(super) fn offered(scene: &Scene<'_>, action: Action) -> bool {
    scene.view.choices.contains(&action)
}

/// How many buttons [`beside_pad`] gives.
pub(super) fn count(scene: &Scene<'_>) -> usize {
    scene.view.choices.len()
}

fn warned(scene: &Scene<'_>) -> bool {
    scene.view.warning_s.is_some()
}
