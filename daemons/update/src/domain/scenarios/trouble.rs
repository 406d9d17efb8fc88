// SPDX-License-Identifier: MIT OR Apache-2.0
//! Power cuts, verdicts and kills on the way.

use super::*;

#[test]
fn a_power_cut_on_the_way_is_tried_again_three_times_and_then_given_up() {
    let mut reader = Reader::new();
    reader.install("1.1.0");
    for tries in 1..=3 {
        reader.activate();
        assert_eq!(reader.machine.record.state.pending().unwrap().tries, tries);
        reader.boot(Slot::A, "1.0.0");
        let expected = if tries < 3 {
            "installed"
        } else {
            "rolled-back"
        };
        assert_eq!(reader.state(), expected);
    }
    assert_eq!(
        reader.machine.record.last_error,
        Some(Fault::NeverConfirmed)
    );
    assert!(reader.machine.confirmed());
    for _ in 0..10 {
        reader.boot(Slot::A, "1.0.0");
        assert_eq!(reader.state(), "rolled-back");
    }
    let activate = Event::Activate { patient: false };
    assert_eq!(reader.refused(activate), Fault::NothingPending);
    // An order is another matter.
    reader.install("1.1.0");
}

#[test]
fn a_verdict_is_not_waited_out_and_counts_once() {
    let verdict = |id| {
        Some(Condemned {
            version: version("1.1.0"),
            slot: Slot::B,
            id,
        })
    };
    let mut reader = Reader::new();
    reader.install("1.1.0");
    reader.activate();
    reader.boot(Slot::B, "1.1.0");
    reader.boot_with(Slot::A, "1.0.0", verdict(1));
    assert_eq!(reader.state(), "rolled-back");
    assert_eq!(reader.machine.record.last_error, Some(Fault::Unhealthy));
    let content = reader.machine.record.slots.of(Slot::B);
    assert_eq!(content.state, SlotState::Bad);
    // Installed anew and cut off: the file of the first time is still there.
    reader.install("1.1.0");
    reader.activate();
    reader.boot_with(Slot::A, "1.0.0", verdict(1));
    assert_eq!(reader.state(), "installed");
    reader.activate();
    reader.boot_with(Slot::A, "1.0.0", verdict(2));
    assert_eq!(reader.state(), "rolled-back");
}

#[test]
fn a_verdict_on_another_version_says_nothing() {
    let mut reader = Reader::new();
    reader.install("1.1.0");
    reader.activate();
    let other = Some(Condemned {
        version: version("1.0.5"),
        slot: Slot::B,
        id: 1,
    });
    reader.boot_with(Slot::A, "1.0.0", other);
    assert_eq!(reader.state(), "installed");
}

#[test]
fn a_thousand_power_cuts_of_a_confirmed_slot_change_nothing() {
    let mut reader = Reader::new();
    let mut before = reader.machine.record.clone();
    for _ in 0..1000 {
        assert_eq!(reader.boot(Slot::A, "1.0.0"), []);
    }
    before.boot = reader.machine.record.boot.clone();
    assert_eq!(reader.machine.record, before);
}

#[test]
fn a_slot_that_was_written_past_us_is_on_trial_and_below_the_floor_never_confirmed() {
    let mut reader = Reader::new();
    reader.install("1.1.0");
    reader.activate();
    reader.boot(Slot::B, "1.1.0");
    reader.confirm();
    reader.boot(Slot::A, "0.9.0");
    assert_eq!(reader.state(), "unconfirmed");
    assert_eq!(reader.refused(Event::Confirm), Fault::Downgrade);
    let install = Event::Install(JOB.into());
    assert_eq!(reader.refused(install), Fault::Unconfirmed);
    reader.boot(Slot::B, "1.1.0");
    assert!(reader.machine.confirmed());
}

#[test]
fn what_was_installed_is_what_is_confirmed() {
    let mut reader = Reader::new();
    reader.install("1.1.0");
    reader.activate();
    reader.boot(Slot::B, "1.3.0");
    assert_eq!(reader.refused(Event::Confirm), Fault::WrongVersion);
    reader.boot(Slot::A, "1.0.0");
    assert_eq!(reader.state(), "installed");
}

#[test]
fn a_firmware_that_cannot_be_told_costs_no_try() {
    let mut reader = Reader::new();
    reader.install("1.1.0");
    for _ in 0..10 {
        reader.feed(Event::Activate { patient: false });
        let no = Told::No(Refusal::new(Fault::InstallerDown, ""));
        reader.feed(Event::Marked(no));
        assert_eq!(reader.state(), "installed");
        assert_eq!(reader.machine.record.state.pending().unwrap().tries, 0);
    }
    let install = Event::MarkedGood(Err(Refusal::new(Fault::Internal, "")));
    assert_eq!(reader.feed(install), []);
    reader.activate();
    reader.boot(Slot::B, "1.1.0");
    reader.feed(Event::Confirm);
    reader.feed(Event::MarkedGood(Err(Refusal::new(Fault::Internal, ""))));
    assert_eq!(reader.state(), "unconfirmed");
    reader.confirm();
}

#[test]
fn an_answer_that_was_lost_counts_as_a_try() {
    let mut reader = Reader::new();
    reader.install("1.1.0");
    for tries in 1..=3 {
        reader.feed(Event::Activate { patient: false });
        let perhaps = Told::Perhaps(Refusal::new(Fault::InstallerDown, ""));
        reader.feed(Event::Marked(perhaps));
        let expected = if tries < 3 {
            "installed"
        } else {
            "rolled-back"
        };
        assert_eq!(reader.state(), expected);
    }
}

#[test]
fn a_daemon_killed_in_any_state_knows_where_it_was() {
    let mut reader = Reader::new();
    reader.feed(Event::Install(JOB.into()));
    assert_eq!(reader.killed(false), []);
    assert_eq!(reader.state(), "confirmed");
    assert_eq!(reader.machine.record.last_error, Some(Fault::Interrupted));

    reader.feed(Event::Install(JOB.into()));
    reader.feed(Event::Inspected(Ok(manifest("1.1.0"))));
    let ask = Effect::Ask {
        transaction: JOB.into(),
    };
    assert_eq!(reader.killed(false), [ask]);
    reader.feed(Event::InstallEnded(Ok(())));
    assert_eq!(reader.killed(false), []);
    assert_eq!(reader.state(), "installed");

    reader.feed(Event::Activate { patient: false });
    assert_eq!(reader.killed(false), []);
    assert_eq!(reader.state(), "installed");
    assert_eq!(reader.machine.record.state.pending().unwrap().tries, 1);
    reader.activate();
    assert_eq!(reader.killed(true), []);
    assert_eq!(reader.state(), "activating");
    reader.boot(Slot::B, "1.1.0");
    assert_eq!(reader.killed(false), []);
    assert_eq!(reader.state(), "unconfirmed");
    reader.confirm();
    assert_eq!(reader.killed(false), []);
    assert!(reader.machine.confirmed());
}

#[test]
fn a_power_cut_while_writing_is_asked_about_and_harmless() {
    let mut reader = Reader::new();
    reader.feed(Event::Install(JOB.into()));
    reader.feed(Event::Inspected(Ok(manifest("1.1.0"))));
    let ask = Effect::Ask {
        transaction: JOB.into(),
    };
    assert_eq!(reader.boot(Slot::A, "1.0.0"), [ask]);
    let cut = Refusal::new(Fault::Interrupted, "");
    reader.feed(Event::InstallEnded(Err(cut)));
    assert_eq!(reader.state(), "idle");
    assert!(reader.machine.confirmed());
    reader.install("1.1.0");
}
