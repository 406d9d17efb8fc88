// SPDX-License-Identifier: MIT OR Apache-2.0
//! How each action is worded, and where its button stands.

use uketsuke_bus::mode1::{Action, ViewId};

use super::Scene;
use crate::texts::{Key, key};
use crate::ui::node::*;

/// Height of a main choice, mm.
const MAIN_MM: f32 = 26.0;

/// Weight of a choice on the screen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// An answer to the question: large and filled. All answers of a view look alike.
    Main,
    /// A way aside or out: outlined.
    Side,
}

fn weight(action: Action) -> Weight {
    match action {
        Action::Face
        | Action::Pin
        | Action::AgreeAll
        | Action::ChooseEach
        | Action::KeepEarlier
        | Action::ChooseAgain
        | Action::Agree
        | Action::Refuse
        | Action::Continue => Weight::Main,
        Action::ShowEarlier | Action::Back | Action::Finish => Weight::Side,
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
        Action::Agree => (key::AGREE, Some(Icon::Check)),
        Action::Refuse => (key::DISAGREE, Some(Icon::Cross)),
        Action::Continue => (key::WARNING_CONTINUE, None),
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

fn main(scene: &Scene<'_>, action: Action) -> Node {
    let (words, sign) = wording(action, scene.view.id);
    let node = button(scene.text(words), action.as_str())
        .primary()
        .at_least(KEY_MM, MAIN_MM)
        .gap(4.0);
    match sign {
        Some(sign) => node.icon_of(sign, 11.0),
        None => node,
    }
}

/// Choices of the view that stand among the answers, without the one of the time-out warning.
fn of(scene: &Scene<'_>, wanted: Weight) -> Vec<Action> {
    let warned = scene.view.warning_s.is_some();
    scene
        .view
        .choices
        .iter()
        .copied()
        .filter(|a| weight(*a) == wanted && !(warned && *a == Action::Continue))
        .collect()
}

/// The answers, side by side on a wide panel, stacked on a tall one; `None` if there are none.
pub(super) fn mains(scene: &Scene<'_>) -> Option<Node> {
    let buttons: Vec<Node> = of(scene, Weight::Main)
        .into_iter()
        .map(|a| main(scene, a))
        .collect();
    if buttons.is_empty() {
        return None;
    }
    Some(if scene.wide() {
        row(buttons.into_iter().map(|b| share(b.grow())))
            .gap(5.0)
            .rigid()
    } else {
        column(buttons).gap(4.0).rigid()
    })
}

/// Equal shares of a row whatever the labels say.
fn share(node: Node) -> Node {
    node.width(Length::Mm(0.0))
}

/// The ways aside and out, in one row; `None` if there are none.
pub(super) fn sides(scene: &Scene<'_>) -> Option<Node> {
    let buttons: Vec<Node> = of(scene, Weight::Side)
        .into_iter()
        .map(|a| plain(scene, a).at_least(36.0, MIN_TARGET_MM))
        .collect();
    (!buttons.is_empty()).then(|| row(buttons).gap(4.0).wrap().rigid())
}

/// Every way aside and the answers too, as outlined buttons, for the column beside the PIN pad.
pub(super) fn beside_pad(scene: &Scene<'_>) -> Vec<Node> {
    let mut actions = of(scene, Weight::Main);
    actions.extend(of(scene, Weight::Side));
    actions.into_iter().map(|a| plain(scene, a)).collect()
}

/// Whether `mode` offers this.
pub(super) fn offered(scene: &Scene<'_>, action: Action) -> bool {
    scene.view.choices.contains(&action)
}
