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
mod ghost;
mod walks;
mod world;

use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use uketsuke_bus::consent::{Categories, ConsentGroup, Variant};
use uketsuke_bus::view::ViewId;

use super::rules::Defect;
use super::{Effect, Millis, Rules, State, step, view};
use canonical::canonical;
use deeds::{Do, Who, deeds};
use ghost::{Invariant, Truth, judge_idle, judge_late};
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
        let start = Node {
            state: State {
                phones: self.who == Who::Phones,
                staff: matches!(self.who, Who::Staff | Who::Terminal),
                ..State::default()
            },
            truth: Truth::default(),
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

fn effect_name(effect: &Effect) -> &'static str {
    match effect {
        Effect::ReadCertificate(_) => "read",
        Effect::Challenge(_) => "challenge",
        Effect::Sign { .. } => "VERIFY+sign",
        Effect::SignOnPhone { .. } => "sign",
        Effect::SignByEye { .. } => "sign-by-eye",
        Effect::Verify(_) => "verify",
        Effect::Note(_) => "note",
        Effect::ReadSigner(_) => "read-signer",
        Effect::CheckIn { .. } => "check-in",
        Effect::Complete { .. } => "complete",
        Effect::Abandon(_) => "abandon",
        Effect::Release => "release",
        Effect::Remind => "remind",
        Effect::TellStaff => "tell-staff",
    }
}

fn name(deed: Do) -> String {
    use world::{Lying, Which};
    let ok = |fine: bool| if fine { "ok" } else { "failed" };
    match deed {
        Do::Place(Lying::Card(Which::A), tries) => format!("card A placed, {tries} tries"),
        Do::Place(Lying::Card(_), tries) => format!("card B placed, {tries} tries"),
        Do::Place(Lying::Locked, _) => "locked card B placed".into(),
        Do::Place(Lying::Foreign, _) => "foreign card placed".into(),
        Do::Place(Lying::Mute, _) => "mute card placed".into(),
        Do::Place(Lying::Phone(Which::I), _) => "iPhone held".into(),
        Do::Place(Lying::Phone(_), tries) => format!("Android held, {tries} tries"),
        Do::Place(Lying::PhoneHere, _) => "phone where cards belong".into(),
        Do::Place(Lying::CardBeside, _) => "card where phones belong".into(),
        Do::Place(Lying::ForeignBeside, _) => "foreign card held".into(),
        Do::Place(Lying::MuteBeside, _) => "mute phone held".into(),
        Do::Phones(true) => "phone reader up".into(),
        Do::Phones(false) => "phone reader down".into(),
        Do::Staff(true) => "a passcode is issued".into(),
        Do::Staff(false) => "the last passcode is withdrawn".into(),
        Do::Hold(operation) => format!("terminal: {}", operation.as_str()),
        Do::Vouched => "terminal: vouched".into(),
        Do::Verified(_, said) => match said {
            super::Passed::Right => "passcode right".into(),
            super::Passed::Wrong => "passcode wrong".into(),
            super::Passed::Unverified => "passcode unverified".into(),
            super::Passed::Wait(_) | super::Passed::Closed => "passcode barred".into(),
        },
        Do::Lift => "card lifted".into(),
        Do::ReaderDown => "reader down".into(),
        Do::ReaderUp => "reader up".into(),
        Do::Link(None) => "link up".into(),
        Do::Link(Some(hop)) => format!("{} down", hop.as_str()),
        Do::ScreenGone => "screen gone".into(),
        Do::ScreenBack => "screen back".into(),
        Do::Press(action) => format!("press {}", action.as_str()),
        Do::TypePin => "four digits typed".into(),
        Do::Certificate(_, Ok(Which::A)) => "certificate of A".into(),
        Do::Certificate(_, Ok(Which::B)) => "certificate of B".into(),
        Do::Certificate(_, Ok(Which::P)) => "certificate of Android".into(),
        Do::Certificate(_, Ok(Which::I)) => "certificate of iPhone".into(),
        Do::Certificate(_, Err(_)) => "certificate failed".into(),
        Do::Challenge(_, result) => format!("challenge {}", ok(result.is_ok())),
        Do::Signed(_, Ok(())) => "PIN right, signed".into(),
        Do::Signed(_, Err(super::SignFault::WrongPin { .. })) => "PIN wrong".into(),
        Do::Signed(_, Err(_)) => "signing failed".into(),
        Do::CheckedIn(_, Ok(said)) if said.expired => "centre: certificate expired".into(),
        Do::CheckedIn(_, Ok(said)) if said.near => "centre: certificate about to expire".into(),
        Do::CheckedIn(_, Ok(said)) if said.letters => "centre: letters wait".into(),
        Do::CheckedIn(_, Ok(_)) => "centre answers".into(),
        Do::CheckedIn(_, Err(_)) => "check-in failed".into(),
        Do::Completed(_, result) => format!("complete {}", ok(result.is_ok())),
        Do::Wait => "time to the next deadline".into(),
        Do::Breath => "5 s".into(),
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

/// The same where 電子カルテ情報共有サービス is in use, with a page for each letter.
fn with_letters(rules: Rules) -> Rules {
    Rules {
        letters: true,
        letters_a_page: 1,
        ..rules
    }
}

/// The same where the form of prescription and certificates of public subsidy are asked about.
fn with_choices(rules: Rules) -> Rules {
    Rules {
        prescription: true,
        subsidy: true,
        ..rules
    }
}

#[test]
fn every_state_that_can_be_reached_holds_every_invariant() {
    use ConsentGroup::{Care, CheckUps, Medicine, Surgery};
    let facilities = [
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
            "P-10, P-11, letters, Y, P-09d",
            with_choices(with_letters(facility(Variant::Y, &[CheckUps]))),
            Who::Letters,
        ),
        (
            "letters, not in use",
            facility(Variant::Y, &[CheckUps]),
            Who::Letters,
        ),
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
        "1 done only by the card that is still the same and accepted a PIN or was vouched for, or by the phone that was asked, signed for this challenge, consents durable",
        "2 visual mode is on only from the right passcode or the terminal's tick on, for the one card placed next, until it has signed or left; screen, reader, link and last passcode going end it, and what the terminal holds with it",
        "3 doing nothing leads to idle (or to F-16 while the card lies there) in time, and the patient is told",
        "4 no consent but those touched on this visit or carried over by touch; no form of prescription, no use of certificates but those touched; no letter but those that stand ticked when 提出する is pressed",
        "5 one VERIFY for four digits typed, one signature of an iPhone for a touch; none at no tries, without a challenge, or with the link down",
        "6 after the end no name, certificate or consent in state or view",
        "7 P-14 once, before P-13 and after the answers are durable, to whom it concerns and to nobody else",
        "+ late answers and touches on what is not offered change nothing",
    ] {
        println!("  {line}");
    }
}

#[test]
fn each_planted_defect_is_found_with_its_shortest_path() {
    use ConsentGroup::{CheckUps, Medicine};
    for (defect, label, expected) in [
        (
            Defect::AnyCardResumes,
            "any card takes up another's answers",
            Invariant::OneProof,
        ),
        (
            Defect::DoneBeforeDurable,
            "done before the consents are durable",
            Invariant::OneProof,
        ),
        (
            Defect::RepeatVerify,
            "VERIFY repeated after a transport error",
            Invariant::OneVerify,
        ),
        (
            Defect::KeepName,
            "the name stays after the end",
            Invariant::NothingRemains,
        ),
        (
            Defect::EndlessConsent,
            "P-06 without a time-out",
            Invariant::LeadsToIdle,
        ),
        (
            Defect::AssumeConsent,
            "a refusal counts as consent",
            Invariant::OwnConsent,
        ),
        (
            Defect::PhoneAskedAgain,
            "a phone still held is asked again after a wrong PIN",
            Invariant::OneVerify,
        ),
        (
            Defect::AnyPhoneSigned,
            "the certificate is read of whatever is held",
            Invariant::OneProof,
        ),
        (
            Defect::EndlessHold,
            "P-05 without a time-out",
            Invariant::LeadsToIdle,
        ),
        (
            Defect::VisualStays,
            "visual mode stays on after its patient",
            Invariant::OnePatient,
        ),
        (
            Defect::VisualOutlivesScreen,
            "visual mode outlives the screen it was opened on",
            Invariant::OnePatient,
        ),
        (
            Defect::EndlessVisual,
            "visual mode waits for ever",
            Invariant::LeadsToIdle,
        ),
        (
            Defect::LatePasscodeOpens,
            "a passcode that is right too late opens",
            Invariant::LateIsNothing,
        ),
        (
            Defect::HoldStays,
            "the terminal's visual mode stays on after its patient",
            Invariant::OnePatient,
        ),
        (
            Defect::HeldForEver,
            "the terminal's visual mode stays on while nobody comes",
            Invariant::LeadsToIdle,
        ),
        (
            Defect::EndlessNotice,
            "P-14 waits for ever",
            Invariant::LeadsToIdle,
        ),
        (
            Defect::NoticeForAll,
            "P-14 also for an expired certificate",
            Invariant::Noticed,
        ),
        (
            Defect::AssumeUse,
            "利用しない counts as 利用する",
            Invariant::OwnConsent,
        ),
        (
            Defect::AssumeForm,
            "a form of prescription that nobody chose",
            Invariant::OwnConsent,
        ),
        (
            Defect::SubmitAnyway,
            "提出しない submits what is ticked",
            Invariant::OwnConsent,
        ),
        (
            Defect::TicksForgotten,
            "ticks are lost with the page",
            Invariant::OwnConsent,
        ),
        (
            Defect::LettersForAll,
            "P-12 without any letter",
            Invariant::OwnConsent,
        ),
    ] {
        let who = match defect {
            Defect::PhoneAskedAgain | Defect::AnyPhoneSigned | Defect::EndlessHold => Who::Phones,
            Defect::VisualStays
            | Defect::VisualOutlivesScreen
            | Defect::EndlessVisual
            | Defect::LatePasscodeOpens => Who::Staff,
            Defect::HoldStays | Defect::HeldForEver => Who::Terminal,
            Defect::EndlessNotice | Defect::NoticeForAll => Who::Expiring,
            Defect::SubmitAnyway | Defect::TicksForgotten | Defect::LettersForAll => Who::Letters,
            _ => Who::Cards,
        };
        let rules = Rules {
            planted: Some(defect),
            ..match defect {
                Defect::AssumeUse => with_choices(facility(Variant::Y, &[CheckUps])),
                _ => with_letters(facility(Variant::Y, &[Medicine, CheckUps])),
            }
        };
        let found = Search::new(&rules, who).run().found;
        let (invariant, path) = found.unwrap_or_else(|| panic!("not found: {label}"));
        println!("{label}: {invariant:?}\n{path}");
        assert!(invariant == expected, "{label}: found as {invariant:?}");
    }
}
