// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pad in another order each time (SCR-01): what is typed is what is read on the keys.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use uketsuke_bus::mode1::{Action, Details, View, ViewId};
use uketsuke_bus::secret::take;
use uketsuke_screen::desk::{Desk, Effect, Event, SETTLE};

use super::hand::{press, setup};

fn pad(id: ViewId, number: u64) -> View {
    let mut view = View::new(id, number);
    view.choices = vec![Action::Finish];
    view.pad = Some(true);
    view
}

fn show(desk: &mut Desk, view: View, now: Instant) {
    desk.event(Event::View(Some(view), Details::default()), now);
}

/// The digits as they stand on the glass, line by line.
fn order(desk: &Desk) -> Vec<String> {
    let mut keys: Vec<_> = desk.scene().tree().into_iter().collect();
    keys.retain(|node| {
        node.action
            .as_deref()
            .is_some_and(|a| a.starts_with("digit-"))
    });
    keys.sort_by_key(|node| (node.y, node.x));
    keys.into_iter().map(|node| node.label).collect()
}

fn shuffling(orientation: usize) -> Desk {
    let mut shuffled = setup(orientation);
    shuffled.usual.shuffle_pad = true;
    Desk::new(shuffled)
}

#[test]
fn each_pad_has_an_order_of_its_own_and_keeps_it() {
    let now = Instant::now();
    let mut orders = BTreeSet::new();
    for orientation in 0..2 {
        let mut desk = shuffling(orientation);
        for number in (1..40).step_by(2) {
            // A wrong PIN shows the pad anew.
            let id = [ViewId::Pin, ViewId::WrongPin][usize::from(number % 4 == 1)];
            show(&mut desk, pad(id, number), now);
            let first = order(&desk);
            assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 10);
            let mut warned = pad(id, number + 1);
            warned.warning_s = Some(15);
            warned.choices.push(Action::Continue);
            show(&mut desk, warned, now);
            assert_eq!(order(&desk), first, "the warning moves no key");
            orders.insert(first);
        }
    }
    // Two alike of 40 come once in 4,600 runs, three pairs never.
    assert!(orders.len() >= 38, "{} orders of 40", orders.len());
}

#[test]
fn what_is_read_on_the_keys_is_what_is_typed() {
    let mut now = Instant::now();
    for orientation in 0..2 {
        let mut desk = shuffling(orientation);
        show(&mut desk, pad(ViewId::Pin, 1), now);
        let before = order(&desk);
        for (digit, between) in [
            ("digit-8", "screen-languages"),
            ("digit-0", "screen-close"),
            ("digit-3", "screen-layout-low"),
        ] {
            if between == "screen-close" {
                now += SETTLE;
                press(&mut desk, between, now);
            }
            now += SETTLE;
            assert!(press(&mut desk, digit, now).is_none());
            now += SETTLE;
            if between != "screen-close" {
                press(&mut desk, between, now);
            }
        }
        assert_eq!(order(&desk), before, "the low pad has the same order");
        now += Duration::from_secs(1);
        let Some(Effect::EnterPin(1, fd)) = press(&mut desk, "digit-3", now) else {
            panic!("no PIN")
        };
        assert_eq!(take(fd, 4).unwrap().expose(), b"8033");
    }
}

#[test]
fn as_delivered_the_pad_is_that_of_a_telephone() {
    let now = Instant::now();
    let mut desk = Desk::new(setup(0));
    show(&mut desk, pad(ViewId::Pin, 1), now);
    assert_eq!(order(&desk).concat(), "1234567890");
}
