// SPDX-License-Identifier: MIT OR Apache-2.0
//! Explores the check-in whole: every state that can be reached, and in each everything that can
//! happen, held against the invariants of the design (§4).
//!
//! Two states that differ only in the time of day or in the numbering of requests are one
//! ([`canonical`]). Beside each state runs the truth ([`ghost::Truth`]): which card lies
//! there, what was typed, signed, said and touched. Time passes to the next deadline, or five
//! seconds. A violation comes with the shortest way to it.

mod canonical;
mod deeds;
mod defects;
mod ghost;
mod names;
mod walks;
mod world;

use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use uketsuke_bus::consent::{Categories, ConsentGroup, Variant};
use uketsuke_bus::view::ViewId;

use super::{Faces, Millis, Rules, State, step, view};
use canonical::canonical;
use deeds::{Do, Who, deeds};
use ghost::{Invariant, Truth, judge_idle, judge_late};
use names::{effect_name, name};
use world::{Awaited, Kit};

/// A moment of the exploration; all times are counted from it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Node {
    state: State,
    truth: Truth,
}

/// What one exploration saw; each view with a shortest way to it.
struct Seen {
    states: usize,
    machine_states: usize,
    transitions: usize,
    views: BTreeMap<ViewId, Vec<String>>,
    found: Option<(Invariant, String)>,
}

/// Time that passes in one [`Do::Breath`]; every limit is a multiple.
const BREATH: Millis = Millis(5_000);

struct Search<'a> {
    rules: &'a Rules,
    kit: Kit,
    who: Who,
    numbers: HashMap<Node, usize>,
    nodes: Vec<(Node, usize, Option<Do>)>,
    transitions: usize,
}

impl<'a> Search<'a> {
    fn new(rules: &'a Rules, who: Who) -> Self {
        Self {
            rules,
            who,
            kit: Kit::new(rules),
            numbers: HashMap::new(),
            nodes: Vec::new(),
            transitions: 0,
        }
    }

    fn add(&mut self, node: Node, from: usize, deed: Option<Do>) -> bool {
        if self.numbers.contains_key(&node) {
            return false;
        }
        self.numbers.insert(node.clone(), self.nodes.len());
        self.nodes.push((node, from, deed));
        true
    }

    /// Breadth first, so that the first way to a violation is a shortest one.
    fn run(mut self) -> Seen {
        let faces = match self.who {
            Who::Face => Faces::Works,
            _ => Faces::Absent,
        };
        let start = Node {
            state: State {
                phones: self.who == Who::Phones,
                faces,
                staff: matches!(self.who, Who::Staff | Who::Terminal),
                ..State::default()
            },
            truth: Truth::of(faces),
        };
        self.add(start, 0, None);
        let mut at = 0;
        let mut found = None;
        while at < self.nodes.len() && found.is_none() {
            found = self.visit(at);
            at += 1;
        }
        let mut views = BTreeMap::new();
        for (at, (node, ..)) in self.nodes.iter().enumerate() {
            views
                .entry(self.view(node).id)
                .or_insert_with(|| self.way(at));
        }
        let machine: std::collections::HashSet<_> = self.nodes.iter().map(|n| &n.0.state).collect();
        Seen {
            states: self.nodes.len(),
            machine_states: machine.len(),
            transitions: self.transitions,
            views,
            found,
        }
    }

    fn view(&self, node: &Node) -> uketsuke_bus::view::View {
        view(&node.state, self.rules)
    }

    fn visit(&mut self, at: usize) -> Option<(Invariant, String)> {
        let node = self.nodes[at].0.clone();
        for deed in deeds(&node.state, &node.truth, self.who) {
            let now = match (deed, node.state.deadline()) {
                (Do::Wait, Some(at)) => at,
                (Do::Breath, Some(at)) if at > BREATH => BREATH,
                (Do::Wait | Do::Breath, _) => continue,
                _ => Millis(0),
            };
            self.transitions += 1;
            let (after, result) = self.take(&node, deed, now);
            if let Err(invariant) = result {
                let path = self.path(at, deed, &after);
                return Some((invariant, path));
            }
            if self.add(after.clone(), at, Some(deed))
                && let Err(invariant) = judge_idle(&after.state, self.rules)
            {
                let path = self.path(at, deed, &after) + "      and then nobody does anything\n";
                return Some((invariant, path));
            }
        }
        None
    }

    fn take(&self, node: &Node, deed: Do, now: Millis) -> (Node, Result<(), Invariant>) {
        let before = self.view(node);
        let awaited = Awaited::of(&node.state);
        let (state, effects) = step(&node.state, self.kit.event(deed), now, self.rules);
        let mut truth = node.truth.clone();
        truth.follow(deed, &before, &awaited);
        let result = judge_late(deed, &before, &awaited, (&node.state, &state), &effects)
            .and_then(|()| truth.judge(&state, &effects, self.rules));
        let state = canonical(&state, now);
        (Node { state, truth }, result)
    }

    /// What happens on a shortest way from the start to a node.
    fn way(&self, mut at: usize) -> Vec<String> {
        let mut deeds = Vec::new();
        while let (_, from, Some(deed)) = &self.nodes[at] {
            deeds.push(name(*deed));
            at = *from;
        }
        deeds.reverse();
        deeds
    }

    /// The way from the start, one line a step: what happened, what was done, what was shown.
    fn path(&self, at: usize, last: Do, end: &Node) -> String {
        let mut steps = vec![(Some(last), at, self.view(end).id)];
        let mut here = at;
        while here != 0 {
            let (node, from, deed) = &self.nodes[here];
            steps.push((*deed, *from, self.view(node).id));
            here = *from;
        }
        let mut text = String::new();
        for (number, (deed, from, shown)) in steps.iter().rev().enumerate() {
            let Some(deed) = deed else { continue };
            let effects = self.effects(&self.nodes[*from].0, *deed);
            let _ = writeln!(
                text,
                "  {:2}. {:<28} {:<28} shows {}",
                number + 1,
                name(*deed),
                effects,
                shown.as_str()
            );
        }
        text
    }

    fn effects(&self, node: &Node, deed: Do) -> String {
        let now = match (deed, node.state.deadline()) {
            (Do::Wait, Some(at)) => at,
            (Do::Breath, _) => BREATH,
            _ => Millis(0),
        };
        let (_, effects) = step(&node.state, self.kit.event(deed), now, self.rules);
        let names: Vec<_> = effects.iter().map(effect_name).collect();
        format!("[{}]", names.join(" "))
    }
}

fn facility(variant: Variant, groups: &[ConsentGroup]) -> Rules {
    Rules {
        categories: Arc::new(Categories {
            variant,
            groups: groups.to_vec(),
        }),
        // Beside every other time that runs these would multiply the states: as short as two breaths
        // can tell apart, and in the same order.
        held_reminder: BREATH,
        held: Millis(2 * BREATH.0),
        ..Rules::default()
    }
}

/// A facility whose terminal holds 目視確認 for one patient after another.
fn in_a_run() -> Rules {
    let rules = facility(Variant::Y, &[]);
    Rules {
        run: Some(rules.held),
        ..rules
    }
}

/// A facility whose reader compares faces. Beside the other limits those of a comparison would multiply
/// the states: as short as breaths can tell apart, and in the same order.
fn with_faces() -> Rules {
    Rules {
        lasting: BREATH,
        compare: Millis(2 * BREATH.0),
        read_limit: Millis(2 * BREATH.0),
        challenge_limit: Millis(2 * BREATH.0),
        ..facility(Variant::Y, &[])
    }
}

/// [`facility`] where 電子カルテ情報共有サービス is in use, with a page for each letter.
fn with_letters(rules: Rules) -> Rules {
    Rules {
        letters: true,
        letters_a_page: 1,
        ..rules
    }
}

/// [`facility`] where the form of prescription and certificates of public subsidy are asked about.
fn with_choices(rules: Rules) -> Rules {
    Rules {
        prescription: true,
        subsidy: true,
        ..rules
    }
}

/// [`facility`] where patients are asked whether 限度額情報 may be provided. By itself: beside the choices
/// of [`with_choices`] its answers would multiply theirs, and it asks by the same rule.
fn with_limit(rules: Rules) -> Rules {
    Rules {
        high_cost: true,
        ..rules
    }
}

#[test]
fn every_state_that_can_be_reached_holds_every_invariant() {
    use ConsentGroup::{Care, CheckUps, Medicine, Surgery};
    let facilities = [
        (
            "expiring, Y, P-09d",
            facility(Variant::Y, &[CheckUps]),
            Who::Expiring,
        ),
        (
            "letters, Y, P-09d",
            with_letters(facility(Variant::Y, &[CheckUps])),
            Who::Letters,
        ),
        (
            "letters, none",
            with_letters(facility(Variant::Y, &[])),
            Who::Letters,
        ),
        (
            "P-10, P-11, Y, P-09d",
            with_choices(facility(Variant::Y, &[CheckUps])),
            Who::Cards,
        ),
        (
            "P-10, P-11, none",
            with_choices(facility(Variant::Y, &[])),
            Who::Cards,
        ),
        (
            "P-13b, Y, P-09d",
            with_limit(facility(Variant::Y, &[CheckUps])),
            Who::Cards,
        ),
        (
            "P-13b, none",
            with_limit(facility(Variant::Y, &[])),
            Who::Cards,
        ),
        (
            "letters, not in use",
            facility(Variant::Y, &[CheckUps]),
            Who::Letters,
        ),
        (
            "X, P-09a b d",
            facility(Variant::X, &[Surgery, Care, CheckUps]),
            Who::Cards,
        ),
        (
            "Y, P-09c d",
            facility(Variant::Y, &[Medicine, CheckUps]),
            Who::Cards,
        ),
        ("Y, none", facility(Variant::Y, &[]), Who::Cards),
        (
            "phones, Y, P-09d",
            facility(Variant::Y, &[CheckUps]),
            Who::Phones,
        ),
        ("phones, Y, none", facility(Variant::Y, &[]), Who::Phones),
        (
            "staff, Y, P-09d",
            facility(Variant::Y, &[CheckUps]),
            Who::Staff,
        ),
        ("staff, Y, none", facility(Variant::Y, &[]), Who::Staff),
        (
            "terminal, Y, none",
            facility(Variant::Y, &[]),
            Who::Terminal,
        ),
        ("terminal, a run, Y, none", in_a_run(), Who::Terminal),
        ("face, Y, none", with_faces(), Who::Face),
    ];
    let mut views: BTreeMap<ViewId, (Vec<String>, &str)> = BTreeMap::new();
    for (label, rules, who) in &facilities {
        let start = Instant::now();
        let seen = Search::new(rules, *who).run();
        println!(
            "facility {label}: {} states of the machine, {} with the truth beside, {} transitions, {:.1} s",
            seen.machine_states,
            seen.states,
            seen.transitions,
            start.elapsed().as_secs_f64()
        );
        if let Some((invariant, path)) = seen.found {
            panic!("{invariant:?} is broken; the shortest way there:\n{path}");
        }
        for (view, way) in seen.views {
            match views.entry(view) {
                Entry::Occupied(known) if known.get().0.len() <= way.len() => {}
                Entry::Occupied(mut longer) => drop(longer.insert((way, *label))),
                Entry::Vacant(new) => drop(new.insert((way, *label))),
            }
        }
    }
    let reached: Vec<_> = views.keys().copied().collect();
    assert_eq!(reached, ViewId::ALL, "every view is reached");
    println!("each view, and a shortest way to it from P-00:");
    for (view, (way, label)) in &views {
        println!(
            "  {:5} {:2} ({label}): {}",
            view.as_str(),
            way.len(),
            way.join(" · ")
        );
    }
    println!("held in every state:");
    for line in [
        "1 done only by the card that is still the same and accepted a PIN, was vouched for or had its face found, or by the phone that was asked, signed for this challenge, consents durable",
        "2 visual mode is on only from the right passcode or the terminal's tick on, for the one card placed next, until it has signed or left; screen, reader, link and last passcode going end it, and what the terminal holds with it",
        "3 doing nothing leads to idle (or to F-16 while the card lies there) in time, and the patient is told",
        "4 no consent but those touched on this visit or carried over by touch; no form of prescription, no use of certificates, no 限度額情報 but those touched; no letter but those that stand ticked when 提出する is pressed",
        "5 one VERIFY for four digits typed, one signature of an iPhone for a touch; none at no tries, without a challenge, or with the link down",
        "6 after the end no name, certificate or consent in state or view",
        "7 P-14 once, before P-13 and after the answers are durable, to whom it concerns and to nobody else",
        "8 a card signs once on a face found on it, and on no other; it is compared three times at most, and no camera looks on after that",
        "+ late answers and touches on what is not offered change nothing",
    ] {
        println!("  {line}");
    }
}
