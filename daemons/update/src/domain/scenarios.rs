// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lives of updates, told one by one.
#![allow(clippy::unwrap_used)]

mod trouble;

use super::*;

const JOB: &str = "5f1e0000-0000-4000-8000-000000000000";
const NOW: u64 = 1_800_000_000;

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn manifest(version: &str) -> Manifest {
    Manifest {
        reader: "uketsuke-reference".into(),
        compatible: "uketsuke-reference".into(),
        version: version.into(),
        hash: "ab".repeat(32),
        format: "verity".into(),
        classes: CLASSES.map(String::from).to_vec(),
        programs: false,
    }
}

/// A reader, driven by hand.
struct Reader {
    machine: Machine,
    boots: u32,
}

impl Reader {
    /// A new one with 1.0.0 in slot A, confirmed.
    fn new() -> Self {
        let mut reader = Self {
            machine: Machine::default(),
            boots: 0,
        };
        reader.boot(Slot::A, "1.0.0");
        assert_eq!(reader.state(), "unconfirmed");
        reader.confirm();
        reader
    }

    fn feed(&mut self, event: Event) -> Vec<Effect> {
        let (next, effects) = self.machine.step(event, NOW).unwrap();
        self.machine = next;
        effects
    }

    fn refused(&self, event: Event) -> Fault {
        self.machine.step(event, NOW).unwrap_err().fault
    }

    fn state(&self) -> String {
        let wire = serde_json::to_value(self.machine.record.state.wire()).unwrap();
        wire.as_str().unwrap().to_owned()
    }

    fn boot_with(&mut self, slot: Slot, runs: &str, condemned: Option<Condemned>) -> Vec<Effect> {
        self.boots += 1;
        self.feed(Event::Started {
            here: Here {
                slot,
                version: version(runs),
            },
            boot: format!("boot {}", self.boots),
            condemned,
            restarting: false,
        })
    }

    fn boot(&mut self, slot: Slot, runs: &str) -> Vec<Effect> {
        self.boot_with(slot, runs, None)
    }

    /// The daemon alone starts anew.
    fn killed(&mut self, restarting: bool) -> Vec<Effect> {
        let here = self.machine.here.take().unwrap();
        let boot = self.machine.record.boot.clone();
        self.feed(Event::Started {
            here,
            boot,
            condemned: None,
            restarting,
        })
    }

    fn confirm(&mut self) {
        assert_eq!(self.feed(Event::Confirm), [Effect::MarkGood]);
        assert_eq!(self.feed(Event::MarkedGood(Ok(()))), []);
        assert_eq!(self.state(), "confirmed");
    }

    fn install(&mut self, version: &str) {
        assert_eq!(self.feed(Event::Install(JOB.into())), [Effect::Inspect]);
        self.feed(Event::Inspected(Ok(manifest(version))));
        assert_eq!(self.state(), "installing");
        self.feed(Event::InstallEnded(Ok(())));
        assert_eq!(self.state(), "installed");
    }

    fn activate(&mut self) {
        let now = Event::Activate { patient: false };
        assert_eq!(self.feed(now), [Effect::MarkActive]);
        assert_eq!(self.feed(Event::Marked(Told::Yes)), []);
        assert_eq!(self.state(), "activating");
    }

    fn floor(&self) -> String {
        self.machine.record.floor.as_ref().unwrap().to_string()
    }
}

#[test]
fn an_update_goes_from_the_old_slot_to_the_new_one() {
    let mut reader = Reader::new();
    assert_eq!(reader.floor(), "1.0.0");
    reader.feed(Event::Install(JOB.into()));
    let effects = reader.feed(Event::Inspected(Ok(manifest("1.1.0"))));
    let hash = "ab".repeat(32);
    let transaction = JOB.to_owned();
    assert_eq!(effects, [Effect::Install { transaction, hash }]);
    let other = reader.machine.record.slots.of(Slot::B);
    assert_eq!(other.state, SlotState::Incomplete);
    reader.feed(Event::InstallEnded(Ok(())));
    reader.activate();
    reader.boot(Slot::B, "1.1.0");
    assert_eq!(reader.state(), "unconfirmed");
    assert!(!reader.machine.confirmed());
    reader.confirm();
    // The step back stays possible.
    assert_eq!(reader.floor(), "1.0.0");
    // Called again it has nothing to do.
    assert_eq!(reader.feed(Event::Confirm), []);
    reader.install("1.2.0");
    reader.activate();
    reader.boot(Slot::A, "1.2.0");
    reader.confirm();
    assert_eq!(reader.floor(), "1.1.0");
}

#[test]
fn nothing_older_nothing_equal_and_nothing_foreign_is_installed() {
    let mut reader = Reader::new();
    reader.install("1.1.0");
    reader.activate();
    reader.boot(Slot::B, "1.1.0");
    reader.confirm();
    let change = |change: &dyn Fn(&mut Manifest)| {
        let mut manifest = manifest("1.2.0");
        change(&mut manifest);
        manifest
    };
    let table = [
        (change(&|m| m.version = "1.0.0".into()), Fault::Downgrade),
        (
            change(&|m| m.version = "1.1.0-rc.1".into()),
            Fault::Downgrade,
        ),
        (change(&|m| m.version = "1.1.0".into()), Fault::SameVersion),
        (
            change(&|m| m.version = "1.1.0+9".into()),
            Fault::SameVersion,
        ),
        (change(&|m| m.version = "1.2".into()), Fault::BadVersion),
        (change(&|m| m.version = String::new()), Fault::BadVersion),
        (change(&|m| m.version = "v1.2.0".into()), Fault::BadVersion),
        (
            change(&|m| m.compatible = "other".into()),
            Fault::WrongCompatible,
        ),
        (change(&|m| m.compatible.clear()), Fault::WrongCompatible),
        (change(&|m| m.format = "plain".into()), Fault::WrongFormat),
        (change(&|m| m.format = "crypt".into()), Fault::WrongFormat),
        (change(&|m| m.format.clear()), Fault::WrongFormat),
        (change(&|m| m.classes.truncate(2)), Fault::WrongFormat),
        (
            change(&|m| m.classes.push("efi".into())),
            Fault::WrongFormat,
        ),
        (
            change(&|m| m.classes[0] = "data".into()),
            Fault::WrongFormat,
        ),
        (
            change(&|m| m.classes[0] = "rootfs".into()),
            Fault::WrongFormat,
        ),
        (change(&|m| m.programs = true), Fault::WrongFormat),
        (change(&|m| m.hash.clear()), Fault::BadBundle),
        (change(&|m| m.hash = "x".repeat(64)), Fault::BadBundle),
    ];
    let before = reader.machine.record.slots.clone();
    for (manifest, fault) in table {
        reader.feed(Event::Install(JOB.into()));
        assert_eq!(reader.feed(Event::Inspected(Ok(manifest.clone()))), []);
        assert_eq!(
            reader.machine.record.last_error,
            Some(fault),
            "{manifest:?}"
        );
        assert_eq!(reader.state(), "confirmed");
        assert_eq!(reader.machine.record.slots, before);
    }
    assert_eq!(reader.machine.record.last_result, LastResult::Failed);
}

#[test]
fn a_refused_bundle_leaves_the_waiting_update_alone() {
    let mut reader = Reader::new();
    reader.install("1.1.0");
    reader.feed(Event::Install(JOB.into()));
    assert_eq!(reader.state(), "checking");
    let refusal = Refusal::new(Fault::WrongSignature, "");
    reader.feed(Event::Inspected(Err(refusal)));
    assert_eq!(reader.state(), "installed");
    reader.activate();
}

#[test]
fn a_newer_update_takes_the_place_of_the_one_that_waits() {
    let mut reader = Reader::new();
    reader.install("1.1.0");
    reader.install("1.2.0");
    reader.activate();
    reader.boot(Slot::B, "1.2.0");
    reader.confirm();
}

#[test]
fn a_failed_installation_leaves_nothing_to_activate() {
    let mut reader = Reader::new();
    reader.install("1.1.0");
    reader.feed(Event::Install(JOB.into()));
    reader.feed(Event::Inspected(Ok(manifest("1.2.0"))));
    let refusal = Refusal::new(Fault::Unreachable, "");
    reader.feed(Event::InstallEnded(Err(refusal)));
    assert_eq!(reader.state(), "idle");
    assert_eq!(reader.machine.record.last_error, Some(Fault::Unreachable));
    let activate = Event::Activate { patient: false };
    assert_eq!(reader.refused(activate), Fault::NothingPending);
    let rollback = Event::Rollback { patient: false };
    assert_eq!(reader.refused(rollback), Fault::NothingToRollBack);
}

#[test]
fn a_field_engineer_goes_back_one_step_and_no_further() {
    let mut reader = Reader::new();
    let back = || Event::Rollback { patient: false };
    assert_eq!(reader.refused(back()), Fault::NothingToRollBack);
    for (slot, next) in [(Slot::B, "1.1.0"), (Slot::A, "1.2.0")] {
        reader.install(next);
        assert_eq!(reader.refused(back()), Fault::NothingToRollBack);
        reader.activate();
        reader.boot(slot, next);
        assert_eq!(reader.refused(back()), Fault::Unconfirmed);
        reader.confirm();
    }
    assert_eq!(
        reader.refused(Event::Rollback { patient: true }),
        Fault::Busy
    );
    assert_eq!(reader.feed(back()), [Effect::MarkActive]);
    reader.feed(Event::Marked(Told::Yes));
    reader.boot(Slot::B, "1.1.0");
    assert_eq!(reader.state(), "unconfirmed");
    reader.confirm();
    assert_eq!(reader.floor(), "1.1.0");
    // The other slot is newer now: no way back to it but an update.
    assert_eq!(reader.refused(back()), Fault::NothingToRollBack);
    reader.install("1.2.0");
}

#[test]
fn a_rollback_that_fails_its_check_comes_back_to_the_newer_system() {
    let mut reader = Reader::new();
    reader.install("1.1.0");
    reader.activate();
    reader.boot(Slot::B, "1.1.0");
    reader.confirm();
    reader.feed(Event::Rollback { patient: false });
    reader.feed(Event::Marked(Told::Yes));
    reader.boot(Slot::A, "1.0.0");
    let verdict = Some(Condemned {
        version: version("1.0.0"),
        slot: Slot::A,
        id: 1,
    });
    reader.boot_with(Slot::B, "1.1.0", verdict);
    assert_eq!(reader.state(), "rolled-back");
    assert!(reader.machine.confirmed());
    let back = Event::Rollback { patient: false };
    assert_eq!(reader.refused(back), Fault::NothingToRollBack);
}

#[test]
fn what_waits_can_be_cancelled_and_what_is_on_its_way_cannot() {
    let mut reader = Reader::new();
    assert_eq!(reader.refused(Event::Cancel), Fault::NothingPending);
    reader.feed(Event::Install(JOB.into()));
    reader.feed(Event::Cancel);
    assert_eq!(reader.state(), "confirmed");
    // Its answer comes all the same.
    assert_eq!(reader.feed(Event::Inspected(Ok(manifest("1.1.0")))), []);
    assert_eq!(reader.state(), "confirmed");
    reader.feed(Event::Install(JOB.into()));
    reader.feed(Event::Inspected(Ok(manifest("1.1.0"))));
    assert_eq!(reader.refused(Event::Cancel), Fault::NotCancellable);
    reader.feed(Event::InstallEnded(Ok(())));
    reader.feed(Event::Cancel);
    assert_eq!(reader.state(), "idle");
    reader.boot(Slot::A, "1.0.0");
    assert_eq!(reader.state(), "idle");
    reader.install("1.1.0");
    reader.activate();
    assert_eq!(reader.refused(Event::Cancel), Fault::NotCancellable);
    reader.boot(Slot::B, "1.1.0");
    assert_eq!(reader.refused(Event::Cancel), Fault::NotCancellable);
}

#[test]
fn before_the_slot_is_known_everything_is_refused() {
    let machine = Machine::default();
    for event in [
        Event::Install(JOB.into()),
        Event::Activate { patient: false },
        Event::Confirm,
        Event::Rollback { patient: false },
        Event::Cancel,
    ] {
        let refusal = machine.step(event, NOW).unwrap_err();
        assert_eq!(refusal.fault, Fault::InstallerDown);
    }
}

#[test]
fn a_patient_is_never_sent_away() {
    let mut reader = Reader::new();
    reader.install("1.1.0");
    let activate = Event::Activate { patient: true };
    assert_eq!(reader.refused(activate), Fault::Busy);
    assert_eq!(reader.machine.record.state.pending().unwrap().tries, 0);
}
