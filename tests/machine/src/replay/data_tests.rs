// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]

use super::*;
use uketsuke_update::domain::{Bundle, Pending, Rest};

const OLD: Version = Version::new(0, 1, 0);
const NEW: Version = Version::new(0, 2, 0);

/// A record after so many of the steps of an update from slot A, each as the daemon saves it.
fn records() -> Vec<Record> {
    let started = |slot, version: &Version, boot: &str| Event::Started {
        here: Here {
            slot,
            version: version.clone(),
        },
        boot: boot.to_owned(),
        condemned: None,
        restarting: false,
    };
    let events = [
        started(Slot::A, &OLD, "first"),
        Event::Confirm,
        Event::MarkedGood(Ok(())),
        Event::Install("job".to_owned()),
    ];
    let mut machine = Machine::default();
    let mut records = Vec::new();
    for event in events {
        machine = machine.step(event, 1).unwrap().0;
        records.push(machine.record.clone());
    }
    let mut installing = machine.record.clone();
    installing.state = State::Installing {
        transaction: "job".to_owned(),
        bundle: Bundle {
            version: NEW,
            hash: "ab".repeat(32),
        },
        slot: Slot::B,
    };
    machine.record = installing.clone();
    records.push(installing);
    for event in [
        Event::InstallEnded(Ok(())),
        Event::Activate { patient: false },
        started(Slot::B, &NEW, "second"),
        Event::MarkedGood(Ok(())),
    ] {
        machine = machine.step(event, 1).unwrap().0;
        records.push(machine.record.clone());
    }
    records
}

#[test]
fn every_record_of_an_update_goes_on_in_the_slots_that_can_start() {
    let records = records();
    let names: Vec<String> = records.iter().map(state).collect();
    assert_eq!(names[3..6], ["checking", "installing", "installed"]);
    assert_eq!(names[6..], ["activating", "unconfirmed", "confirmed"]);
    for record in &records {
        goes_on(record, Slot::A, &OLD).unwrap();
    }
    for record in &records[5..] {
        goes_on(record, Slot::B, &NEW).unwrap();
    }
}

#[test]
fn a_record_that_leads_nowhere_is_found() {
    let records = records();
    let mut raised = records[7].clone();
    raised.floor = Some(Version::new(0, 3, 0));
    let error = goes_on(&raised, Slot::B, &NEW).unwrap_err();
    assert!(error.to_string().contains("Downgrade"), "{error}");
    let mut other = records[6].clone();
    other.state = State::Unconfirmed(Some(Pending {
        version: Version::new(0, 9, 0),
        slot: Slot::B,
        tries: 1,
        since: 0,
        rollback: false,
    }));
    let error = goes_on(&other, Slot::B, &NEW).unwrap_err();
    assert!(
        matches!(error, DataError::Stuck { slot: "b", .. }),
        "{error}"
    );
}

#[test]
fn a_record_that_is_ahead_of_the_disk_is_found() {
    let mut records = records();
    let installed = records[5].clone();
    is_true(&installed, Written::Wholly).unwrap();
    for written in [Written::Nothing, Written::Partly] {
        assert!(is_true(&installed, written).is_err(), "{written:?}");
    }
    is_true(&records[3], Written::Nothing).unwrap();
    let behind = is_true(&records[3], Written::Partly).unwrap_err();
    assert!(behind.to_string().contains("partly written"), "{behind}");
    // The state alone is not enough: what is said of the slot counts too.
    let known = records[4].clone();
    assert!(is_true(&known, Written::Partly).is_err());
    let text = serde_json::to_string(&known).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    value["slots"]["b"]["state"] = "incomplete".into();
    records[4] = serde_json::from_value(value).unwrap();
    is_true(&records[4], Written::Partly).unwrap();
    let mut idle = records[4].clone();
    idle.state = State::Rest(Rest::Idle);
    assert!(is_true(&idle, Written::Partly).is_err());
}

#[test]
fn a_record_that_is_lost_or_broken_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let lost = record(folder.path()).unwrap_err();
    assert!(lost.to_string().contains("is not there"), "{lost}");
    let wanted = records().remove(2);
    Store::new(folder.path()).save(&wanted).unwrap();
    assert_eq!(record(folder.path()).unwrap(), wanted);
    std::fs::write(folder.path().join("state.json"), "{\"format\": 1").unwrap();
    let broken = record(folder.path()).unwrap_err();
    assert!(broken.to_string().contains("no record"), "{broken}");
}

#[test]
fn notes_are_groups_of_pairs() {
    let notes = b"[slot.rootfs.0]\nbundle.version=0.1.0\nstatus=ok\n\n[slot.efi.1]\nsize=5\n";
    assert_eq!(key_file(notes).unwrap().len(), 2);
    assert!(key_file(b"").unwrap().is_empty());
    for (bad, line) in [
        (&b"status=ok\n"[..], 1),
        (b"[slot.efi.1]\nsta", 2),
        (b"[slot.efi.1\n", 1),
        (b"[a]\nb=1\n\0\0\0\0", 3),
        (b"[a]\nb=\0\0", 2),
    ] {
        let error = key_file(bad).unwrap_err();
        assert!(
            matches!(error, DataError::Notes { line: l, .. } if l == line),
            "{error}"
        );
    }
}

#[test]
fn exit_codes_are_read_off_the_last_line() {
    assert_eq!(ended("data: clean\nended 8 1 0\n"), Some([8, 1, 0]));
    assert_eq!(ended("ended 1 0 0\nno\n"), None);
    assert_eq!(ended("ended 1 0\n"), None);
}
