// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random walks: what the exploration leaves out because it would multiply. Everybody at one desk
//! (other cards, phones, staff, the terminal), every group asked, the times of a product.

use std::time::Instant;

use fastrand::Rng;
use uketsuke_bus::consent::{ConsentGroup, Variant};
use uketsuke_bus::view::ViewId;

use super::deeds::{Do, Who, deeds};
use super::ghost::{Truth, judge_idle};
use super::world::Awaited;
use super::{BREATH, Node, Search, facility, name, with_choices, with_letters, with_limit};
use crate::domain::{Faces, Millis, Rules, State};

/// Deeds of one walk. From P-00 to P-13 takes ten.
const DEEDS: usize = 60;
/// Walks where nobody asks for more (`make soak` does).
const WALKS: u64 = 20_000;
/// So many of a hundred deeds are anything at all; the others are what leads on, where anything does.
const ANYTHING: u8 = 20;

/// The most that can happen at one desk, at the speed of one.
fn everybody() -> Rules {
    use ConsentGroup::{Care, CheckUps, Surgery};
    let Rules {
        held_reminder,
        held,
        ..
    } = Rules::default();
    Rules {
        held_reminder,
        held,
        ..with_limit(with_choices(with_letters(facility(
            Variant::X,
            &[Surgery, Care, CheckUps],
        ))))
    }
}

/// One deed, and when it happens, counted from the one before. Most often what leads on: with everything
/// equally likely no walk would get as far as P-13.
fn deed(random: &mut Rng, search: &Search<'_>, node: &Node) -> (Do, Millis) {
    let who = [
        Who::Cards,
        Who::Phones,
        Who::Staff,
        Who::Terminal,
        Who::Expiring,
        Who::Letters,
        Who::Face,
    ];
    let mut choice = deeds(&node.state, &node.truth, who[random.usize(..who.len())]);
    if random.u8(..100) >= ANYTHING {
        let (before, awaited) = (search.view(node), Awaited::of(&node.state));
        let onward = |deed: &&Do| deed.leads_on() && deed.is_meant(&before, &awaited);
        let onward: Vec<_> = choice.iter().filter(onward).copied().collect();
        if !onward.is_empty() {
            choice = onward;
        }
    }
    let deed = choice[random.usize(..choice.len())];
    let now = match (deed, node.state.deadline()) {
        (Do::Wait, Some(at)) => at,
        (Do::Breath, Some(at)) if at > BREATH => BREATH,
        _ => Millis(0),
    };
    (deed, now)
}

#[test]
fn random_walks_hold_every_invariant_and_end_idle() {
    let walks = std::env::var("UKETSUKE_WALKS").map_or(WALKS, |n| {
        n.parse().expect("UKETSUKE_WALKS is a number of walks")
    });
    let rules = everybody();
    let search = Search::new(&rules, Who::Terminal);
    let start = Instant::now();
    let (mut done, mut visual, mut off) = (0_u64, 0_u64, 0_u64);
    for seed in 0..walks {
        let mut random = Rng::with_seed(seed);
        let mut node = Node {
            state: State {
                phones: true,
                faces: Faces::Works,
                staff: true,
                ..State::default()
            },
            truth: Truth::of(Faces::Works),
        };
        let mut way = Vec::new();
        for _ in 0..DEEDS {
            let (deed, now) = deed(&mut random, &search, &node);
            let (after, result) = search.take(&node, deed, now);
            way.push(format!(
                "{} -> {}",
                name(deed),
                search.view(&after).id.as_str()
            ));
            if let Err(invariant) = result {
                panic!(
                    "walk {seed}: {invariant:?} is broken\n  {}",
                    way.join("\n  ")
                );
            }
            visual += u64::from(!node.state.is_visual() && after.state.is_visual());
            off += u64::from(node.state.is_visual() && !after.state.is_visual());
            let ended = search.view(&after).id;
            done += u64::from(
                search.view(&node).id != ended
                    && matches!(ended, ViewId::Done | ViewId::VisualDone),
            );
            node = after;
        }
        if let Err(invariant) = judge_idle(&node.state, &rules) {
            panic!(
                "walk {seed}: {invariant:?} is broken, then nobody does anything\n  {}",
                way.join("\n  ")
            );
        }
        off += u64::from(node.state.is_visual());
    }
    assert!(
        done > 0 && visual > 0,
        "walks that lead nowhere show nothing"
    );
    assert_eq!(visual, off, "opened and over");
    println!(
        "{walks} walks of {DEEDS} deeds: {done} check-ins done, visual mode on {visual} times and off {off} times, {:.1} s",
        start.elapsed().as_secs_f64()
    );
}
