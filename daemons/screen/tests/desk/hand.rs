// SPDX-License-Identifier: MIT OR Apache-2.0
//! A desk to look at and a finger to touch it with.

use std::time::{Duration, Instant};

use uketsuke_bus::mode1::{Details, View};
use uketsuke_bus::screen1::{Ease, Language};
use uketsuke_common::config::Voice;
use uketsuke_screen::desk::{Desk, Effect, Event, Setup, Usual};
use uketsuke_screen::output::{Phase, Touch};
use uketsuke_screen::ui::scene::TreeNode;
use uketsuke_screen::{pictures, texts, views};

/// The reference panel: 0 lying, 1 standing.
pub fn setup(orientation: usize) -> Setup {
    let (_, size, panel) = pictures::orientations()[orientation];
    Setup {
        usual: Usual {
            facility: views::gallery::FACILITY.to_owned(),
            language: Language::Ja,
            languages: texts::LANGUAGES.to_vec(),
            ease: Ease::default(),
            same_key: Duration::from_millis(100),
            shuffle_pad: false,
            voice: Voice::Keypad,
            chimes: true,
        },
        panel,
        size,
    }
}

/// A view of the gallery, with its personal part.
pub fn sample(name: &str) -> (Option<View>, Details) {
    let sample = views::gallery()
        .into_iter()
        .find(|s| s.name == name)
        .unwrap();
    (sample.view, sample.details)
}

/// A desk that shows a view of the gallery.
pub fn desk(name: &str) -> Desk {
    let mut desk = Desk::new(setup(0));
    let (view, details) = sample(name);
    desk.event(Event::View(view, details), Instant::now());
    desk
}

/// The node with this action.
pub fn node(desk: &Desk, action: &str) -> TreeNode {
    let tree = desk.scene().tree();
    tree.into_iter()
        .find(|n| n.action.as_deref() == Some(action))
        .unwrap()
}

/// A touch in the middle of a node.
pub fn middle(node: &TreeNode, phase: Phase) -> Touch {
    Touch {
        x: node.x + node.w / 2,
        y: node.y + node.h / 2,
        phase,
    }
}

/// A finger down and up in the middle of a button.
pub fn press(desk: &mut Desk, action: &str, now: Instant) -> Option<Effect> {
    let node = node(desk, action);
    assert!(desk.touch(middle(&node, Phase::Down), now).is_none());
    desk.touch(middle(&node, Phase::Up), now)
}
