// SPDX-License-Identifier: MIT OR Apache-2.0
//! Histories of boots, judged.

use proptest::prelude::*;

use super::*;

const DISK: Option<DiskFacts> = Some(DiskFacts {
    data: Some(Uuid::from_u128(7)),
});

fn record(number: u32) -> Option<Evidence> {
    Some(Evidence {
        record: format!("1700000000:{number}"),
        hint: None,
    })
}

/// A box that runs from A and has a data partition.
fn running() -> State {
    let (state, verdict) = State::default().judge(Some(Slot::A), None, DISK);
    assert_eq!(verdict, Verdict::Continue);
    state
}

#[test]
fn healthy_boots_and_power_cuts_change_nothing() {
    let state = running();
    for _ in 0..1000 {
        let (next, verdict) = state.clone().judge(Some(Slot::A), None, DISK);
        assert_eq!((&next, verdict), (&state, Verdict::Continue));
    }
}

#[test]
fn a_corrupt_root_leads_to_the_other_slot() {
    let (state, verdict) = running().judge(Some(Slot::A), record(1), DISK);
    assert_eq!(verdict, Verdict::SwitchTo(Slot::B));
    assert_eq!(state.corrupt, [true, false]);
    let (state, verdict) = state.judge(Some(Slot::B), None, DISK);
    assert_eq!(verdict, Verdict::Continue);
    assert_eq!(state.cleared(Slot::B).corrupt, [true, false]);
}

#[test]
fn both_roots_corrupt_stay_on_the_safe_screen_over_power_cycles() {
    let (state, _) = running().judge(Some(Slot::A), record(1), DISK);
    let (state, _) = state.judge(Some(Slot::B), None, DISK);
    let (mut state, mut verdict) = state.judge(Some(Slot::B), record(2), DISK);
    for _ in 0..3 {
        assert_eq!(verdict, Verdict::Stay { retry: false });
        (state, verdict) = state.judge(Some(Slot::B), None, DISK);
    }
    assert_eq!(state.corrupt, [true, true]);
}

#[test]
fn a_trial_that_panics_speaks_against_the_trial_not_against_the_slot_that_came_back() {
    let (state, _) = running().judge(Some(Slot::B), None, DISK);
    let (state, verdict) = state.judge(Some(Slot::A), record(1), DISK);
    assert_eq!(verdict, Verdict::Continue);
    assert_eq!(state.corrupt, [false, true]);
}

#[test]
fn a_repaired_slot_may_be_tried_and_is_cleared_when_confirmed() {
    let (state, _) = running().judge(Some(Slot::A), record(1), DISK);
    let (state, _) = state.judge(Some(Slot::B), None, DISK);
    let (state, verdict) = state.judge(Some(Slot::A), None, DISK);
    assert_eq!(verdict, Verdict::Continue);
    assert_eq!(state.cleared(Slot::A).corrupt, [false, false]);
}

#[test]
fn a_corrupt_slot_that_comes_back_because_the_other_does_not_start_ends_the_loop() {
    let (state, _) = running().judge(Some(Slot::A), record(1), DISK);
    let (_, verdict) = state.judge(Some(Slot::A), record(2), DISK);
    assert_eq!(verdict, Verdict::Stay { retry: false });
}

#[test]
fn a_record_that_cannot_be_deleted_is_judged_once() {
    let (state, _) = running().judge(Some(Slot::A), record(1), DISK);
    let (state, verdict) = state.judge(Some(Slot::B), record(1), DISK);
    assert_eq!(verdict, Verdict::Continue);
    let (state, verdict) = state.judge(Some(Slot::B), record(1), DISK);
    assert_eq!(verdict, Verdict::Continue);
    assert_eq!(state.corrupt, [true, false]);
}

#[test]
fn without_memory_the_device_numbers_are_the_witness() {
    let evidence = Some(Evidence {
        record: "1:1".to_owned(),
        hint: Some(Slot::B),
    });
    let (state, verdict) = State::default().judge(Some(Slot::A), evidence, DISK);
    assert_eq!(verdict, Verdict::Continue);
    assert_eq!(state.corrupt, [false, true]);
}

#[test]
fn a_disk_written_anew_starts_with_a_clean_slate() {
    let mut state = running();
    state.corrupt = [true, true];
    state.emergencies = [3, 3];
    for data in [None, Some(Uuid::from_u128(8))] {
        let disk = Some(DiskFacts { data });
        let (state, verdict) = state.clone().judge(Some(Slot::A), None, disk);
        assert_eq!(verdict, Verdict::Continue);
        assert_eq!((state.corrupt, state.emergencies), ([false; 2], [0; 2]));
    }
}

#[test]
fn a_disk_that_cannot_be_read_keeps_the_marks() {
    let mut state = running();
    state.corrupt = [true, true];
    let (_, verdict) = state.judge(Some(Slot::A), None, None);
    assert_eq!(verdict, Verdict::Stay { retry: false });
}

#[test]
fn a_box_that_never_had_a_data_partition_tries_again_after_a_while() {
    let fresh = Some(DiskFacts { data: None });
    let (state, _) = State::default().judge(Some(Slot::A), record(1), fresh);
    let (_, verdict) = state.judge(Some(Slot::A), record(2), fresh);
    assert_eq!(verdict, Verdict::Stay { retry: true });
}

#[test]
fn emergencies_change_over_after_three_and_then_wait() {
    let mut state = running();
    let mut seen = Vec::new();
    let mut booted = Slot::A;
    for _ in 0..7 {
        let verdict;
        (state, verdict) = state.emergency(Some(booted), DISK);
        if let Verdict::SwitchTo(slot) = verdict {
            booted = slot;
        }
        seen.push(verdict);
    }
    use Verdict::{Reboot, Stay, SwitchTo};
    let wait = Stay { retry: true };
    let expected = [
        Reboot,
        Reboot,
        SwitchTo(Slot::B),
        Reboot,
        Reboot,
        wait,
        wait,
    ];
    assert_eq!(seen, expected);
    let (_, verdict) = state.forgiven().judge(Some(Slot::A), None, DISK);
    assert_eq!(verdict, Verdict::Continue);
}

#[test]
fn emergencies_in_between_confirmed_boots_do_not_add_up() {
    let mut state = running();
    for _ in 0..20 {
        let verdict;
        (state, verdict) = state.emergency(Some(Slot::A), DISK);
        assert_eq!(verdict, Verdict::Reboot);
        state = state.cleared(Slot::A);
    }
}

#[test]
fn an_emergency_never_changes_over_to_a_corrupt_slot() {
    let mut state = running();
    state.corrupt = [false, true];
    state.emergencies = [2, 0];
    let (_, verdict) = state.emergency(Some(Slot::A), DISK);
    assert_eq!(verdict, Verdict::Stay { retry: true });
}

#[test]
fn emergencies_of_a_slot_that_comes_back_because_the_other_does_not_start_end_the_loop() {
    let mut state = running();
    let mut seen = Vec::new();
    for _ in 0..5 {
        let verdict;
        (state, verdict) = state.emergency(Some(Slot::A), DISK);
        seen.push(verdict);
    }
    use Verdict::{Reboot, Stay, SwitchTo};
    let wait = Stay { retry: true };
    let expected = [Reboot, Reboot, SwitchTo(Slot::B), wait, wait];
    assert_eq!(seen, expected);
    let (_, verdict) = state.forgiven().judge(Some(Slot::A), None, DISK);
    assert_eq!(verdict, Verdict::Continue);
}

#[test]
fn garbage_is_nothing_remembered() {
    for garbage in [
        &b""[..],
        b"2 last=a",
        b"\xff\xfe",
        b"1 last=c emergency=x,y,z data=7",
    ] {
        assert_eq!(State::parse(garbage), State::default());
    }
    let high = State::parse(b"1 emergency=200,1");
    assert_eq!(high.emergencies, [EMERGENCIES, 1]);
}

fn any_slot() -> impl Strategy<Value = Slot> {
    prop_oneof![Just(Slot::A), Just(Slot::B)]
}

/// One thing that can happen to a box: a slot boots, and the last boot left a panic or not; or the
/// boot ends in an emergency.
#[derive(Clone, Copy, Debug)]
struct Boot {
    slot: Slot,
    panicked: bool,
    emergency: bool,
}

impl Boot {
    fn all() -> impl Iterator<Item = Boot> {
        Slot::BOTH.into_iter().flat_map(|slot| {
            (0..4).map(move |bits| Boot {
                slot,
                panicked: bits & 1 != 0,
                emergency: bits & 2 != 0,
            })
        })
    }

    fn happens_to(self, state: State) -> (State, Verdict) {
        // A record found is a new one each time; which one it was is no part of the state here.
        let evidence = self.panicked.then(|| record(1)).flatten();
        let (state, verdict) = state.judge(Some(self.slot), evidence, DISK);
        let (mut state, verdict) = match verdict {
            Verdict::Continue if self.emergency => state.emergency(Some(self.slot), DISK),
            verdict => (state, verdict),
        };
        state.judged = None;
        (state, verdict)
    }
}

/// Every history there is, of any length: without anything confirmed in between, a box reboots at
/// most as often as two slots have emergencies and corrupt marks, then stays. Whichever slot the
/// firmware takes, whatever it was told.
#[test]
fn no_history_of_failures_loops() {
    const MOST: usize = 2 * EMERGENCIES as usize + 2;
    // The most reboots with which a state is reached; a state is followed again when it grows.
    let mut reached = vec![(running(), 0)];
    let mut open = vec![(running(), 0)];
    while let Some((state, before)) = open.pop() {
        for boot in Boot::all() {
            let (next, verdict) = boot.happens_to(state.clone());
            let reboots = match verdict {
                Verdict::Reboot => before + 1,
                Verdict::SwitchTo(slot) => {
                    assert!(!next.out(slot), "{boot:?} after {state}: {slot} is out");
                    before + 1
                }
                Verdict::Continue => before,
                Verdict::Stay { .. } => continue,
            };
            assert!(reboots <= MOST, "{boot:?} after {state}: {reboots} reboots");
            match reached.iter_mut().find(|(known, _)| *known == next) {
                Some((_, most)) if *most >= reboots => continue,
                Some((_, most)) => *most = reboots,
                None => reached.push((next.clone(), reboots)),
            }
            open.push((next, reboots));
        }
    }
    let most = reached.iter().map(|(_, most)| *most).max();
    println!("{} states, at most {most:?} reboots", reached.len());
    assert!(reached.len() > 20, "explored {} states", reached.len());
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        last in proptest::option::of(any_slot()),
        corrupt: [bool; 2], a in 0..=EMERGENCIES, b in 0..=EMERGENCIES,
        data in proptest::option::of(any::<u128>().prop_map(Uuid::from_u128)),
        judged in proptest::option::of("[0-9:]{1,30}"),
    ) {
        let state = State { last, corrupt, emergencies: [a, b], data, judged };
        prop_assert_eq!(State::parse(state.to_string().as_bytes()), state);
    }

    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = State::parse(&bytes);
    }
}
