// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]

use super::super::cut::Left;
use super::super::flash::tests::Chip;
use super::super::log::made_up::{entry, file, flush, write};
use super::*;
use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;
use uketsuke_boot::efi::option::{LoadOption, Target};

/// First sectors of the partitions, each of a MiB; the disk's table is a real one.
const EFI_A: u64 = 2048;
const EFI_B: u64 = 4096;
const ROOT_B: u64 = 6144;
const VERITY_B: u64 = 8192;
const DATA: u64 = 10240;

struct Made {
    folder: tempfile::TempDir,
    guids: BTreeMap<String, uuid::Uuid>,
}

/// A disk with partitions, and a bundle whose images are two sectors of 1, 2 and 3.
fn made() -> Made {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disk");
    File::create_new(&path).unwrap().set_len(RECORDED).unwrap();
    let mut disk = gpt::GptConfig::new().writable(true).create(&path).unwrap();
    disk.update_partitions(BTreeMap::new()).unwrap();
    for label in ["efi-a", "efi-b", "root-b", "verity-b", "data"] {
        let kind = gpt::partition_types::LINUX_FS;
        disk.add_partition(label, 1 << 20, kind, 0, Some(2048))
            .unwrap();
    }
    let starts: Vec<u64> = disk.partitions().values().map(|p| p.first_lba).collect();
    assert_eq!(starts, [EFI_A, EFI_B, ROOT_B, VERITY_B, DATA]);
    let parts = disk.partitions().values();
    let guids = parts.map(|p| (p.name.clone(), p.part_guid)).collect();
    disk.write().unwrap();
    for ((name, _), value) in PARTS.iter().zip([1u8, 2, 3]) {
        std::fs::write(folder.path().join(name), vec![value; 1024]).unwrap();
    }
    Made { folder, guids }
}

/// The flash with entries 0 and 1 for the slots, and its states from `change` on.
fn chip(made: &Made, change: impl FnOnce(&mut Chip)) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut chip = Chip::new();
    for (name, label) in [("Boot0000", "efi-a"), ("Boot0001", "efi-b")] {
        let target = Target {
            number: 1,
            start: 0,
            blocks: 0,
            guid: made.guids[label],
            file: "x".to_owned(),
        };
        chip.set(name, &LoadOption::new(name, target).encode());
    }
    chip.set("BootOrder", &[0, 0, 1, 0]);
    let base = chip.now.clone();
    chip.states.clear();
    change(&mut chip);
    // As QEMU programs: the sector of each byte.
    let mut before = base.clone();
    let mut entries = Vec::new();
    for state in &chip.states {
        let at = (0..state.len()).find(|at| state[*at] != before[*at]);
        let sector = at.unwrap_or(0) / 512;
        let bytes = &state[sector * 512..][..512];
        entries.push(entry(sector as u64, 1, 0, bytes));
        before.clone_from(state);
    }
    (base, entries)
}

/// The install: slot B written and flushed, then a note on the data partition.
fn install() -> Vec<Vec<u8>> {
    vec![
        write(DATA, 1, 9),
        flush(),
        write(EFI_B, 2, 1),
        write(ROOT_B, 2, 2),
        write(VERITY_B, 2, 3),
        flush(),
        write(DATA, 1, 10),
        flush(),
    ]
}

/// A recording of these entries before the install, during it, and after it; of the flash
/// everything is after it.
fn open(
    made: &Made,
    before: &[Vec<u8>],
    install: &[Vec<u8>],
    after: &[Vec<u8>],
    (chip, flash): (Vec<u8>, Vec<Vec<u8>>),
) -> Result<Recording, RecordingError> {
    let path = |name: &str| made.folder.path().join(name);
    let length = |entries: &[Vec<u8>]| 512 + entries.concat().len() as u64;
    let whole = [before, install, after].concat();
    std::fs::write(path("disk.writes"), file(whole.len() as u64, &whole)).unwrap();
    std::fs::write(path("flash"), chip).unwrap();
    let log = file(flash.len() as u64, &flash);
    std::fs::write(path("flash.writes"), &log).unwrap();
    let mark = |entries: &[Vec<u8>], flash| Mark {
        disk: length(entries),
        flash,
    };
    let end = mark(&whole, log.len() as u64);
    let marks = [
        mark(before, 512),
        mark(&[before, install].concat(), 512),
        end,
        end,
    ];
    let files = Files {
        disk: &path("disk"),
        flash: &path("flash"),
        disk_log: &path("disk.writes"),
        flash_log: &path("flash.writes"),
        begin: &path("begin"),
    };
    Recording::open(&files, marks, marks.to_vec())
}

fn activation(chip: &mut Chip) {
    chip.set("BootNext", &[1, 0]);
    chip.delete("BootNext");
    chip.set("BootOrder", &[1, 0, 0, 0]);
}

#[test]
fn a_good_update_passes_and_is_told() {
    let made = made();
    let before = [write(EFI_A, 1, 7), flush()];
    let after = [write(DATA, 1, 11), flush()];
    let flash = chip(&made, activation);
    let recording = open(&made, &before, &install(), &after, flash).unwrap();
    assert_eq!(recording.entries(), 2..12);
    assert_eq!(recording.flushes(recording.entries()), 4);
    recording.slots_are_left_alone().unwrap();
    let scratch = made.folder.path().join("scratch");
    let bytes = recording
        .other_slot_is_whole(made.folder.path(), &scratch)
        .unwrap();
    assert_eq!(bytes, 3 * 1024);
    let choices = recording.firmware_starts_a_whole_slot().unwrap();
    let told: Vec<_> = choices.iter().map(|(_, c)| (c.next, c.first)).collect();
    let (a, b) = (Some(Slot::A), Some(Slot::B));
    assert_eq!(told, [(None, a), (b, a), (None, a), (None, b)]);
    let written: Vec<Written> = [2, 4, 5, 7, 8, 10]
        .map(|after| recording.written(&Cut::orderly(&recording.disk.entries, after)))
        .into();
    use Written::{Nothing, Partly, Wholly};
    assert_eq!(written, [Nothing, Nothing, Partly, Partly, Wholly, Wholly]);
}

#[test]
fn a_planted_write_to_a_slot_is_found() {
    let made = made();
    let flash = || chip(&made, |_| ());
    for planted in [write(EFI_A, 1, 0), write(1, 1, 0), write(EFI_B - 1, 1, 0)] {
        let mut bad = install();
        bad.insert(3, planted);
        let recording = open(&made, &[], &bad, &[], flash()).unwrap();
        let error = recording.slots_are_left_alone().unwrap_err();
        assert!(matches!(
            error,
            RecordingError::Touched {
                stretch: "install",
                ..
            }
        ));
    }
    // What is right while the slot is written is wrong once it may start.
    let after = [write(ROOT_B, 1, 2)];
    let recording = open(&made, &[], &install(), &after, flash()).unwrap();
    let error = recording.slots_are_left_alone().unwrap_err();
    assert!(matches!(
        error,
        RecordingError::Touched {
            stretch: "activation",
            ..
        }
    ));
}

#[test]
fn a_slot_that_is_not_whole_or_not_flushed_is_found() {
    let made = made();
    let scratch = made.folder.path().join("scratch");
    let whole = |install: &[Vec<u8>]| {
        let recording = open(&made, &[], install, &[flush()], chip(&made, |_| ())).unwrap();
        recording.other_slot_is_whole(made.folder.path(), &scratch)
    };
    let mut other = install();
    other[3] = write(ROOT_B, 2, 4);
    let error = whole(&other).unwrap_err();
    assert!(
        matches!(error, RecordingError::NotWhole("rootfs.img")),
        "{error}"
    );
    let unflushed: Vec<_> = install().into_iter().take(5).collect();
    let error = whole(&unflushed).unwrap_err();
    assert!(
        matches!(error, RecordingError::NotDurable { write: 4 }),
        "{error}"
    );
}

#[test]
fn firmware_that_is_led_astray_is_found() {
    let made = made();
    let choices = |change: fn(&mut Chip)| {
        let recording = open(&made, &[], &install(), &[], chip(&made, change)).unwrap();
        recording.firmware_starts_a_whole_slot()
    };
    let error = choices(|chip| chip.delete("BootOrder")).unwrap_err();
    assert!(
        matches!(
            error,
            RecordingError::Leads {
                stretch: "activation",
                ..
            }
        ),
        "{error}"
    );
    let error = choices(|chip| chip.set("BootOrder", &[7, 0])).unwrap_err();
    assert!(matches!(error, RecordingError::Leads { .. }), "{error}");
    // The other slot before it is there: the same change during the install.
    let flash = chip(&made, activation);
    let mut recording = open(&made, &[], &install(), &[], flash).unwrap();
    recording.stretches[0].flash = recording.stretches[1].flash.clone();
    recording.stretches[1].flash.start = recording.stretches[1].flash.end;
    let error = recording.firmware_starts_a_whole_slot().unwrap_err();
    assert!(
        matches!(
            error,
            RecordingError::Leads {
                stretch: "install",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_cut_leaves_disk_and_flash_of_the_same_time() {
    let made = made();
    let flash = chip(&made, |chip| chip.set("BootNext", &[1, 0]));
    let after = [write(DATA, 1, 11)];
    let recording = open(&made, &[], &install(), &after, flash).unwrap();
    let (disk, variables) = (made.folder.path().join("d"), made.folder.path().join("v"));
    let cut = Cut::orderly(&recording.disk.entries, 4);
    let choice = recording.leave(&cut, &disk, &variables).unwrap();
    assert_eq!((choice.next, choice.first), (None, Some(Slot::A)));
    let byte = |sector: u64| {
        let mut byte = [0];
        let file = File::open(&disk).unwrap();
        file.read_exact_at(&mut byte, sector * 512).unwrap();
        byte[0]
    };
    assert_eq!(
        [byte(DATA), byte(EFI_B), byte(ROOT_B), byte(VERITY_B)],
        [9, 1, 2, 0]
    );
    assert_eq!(
        Layout::of(&disk).unwrap().extent(Role::Data),
        recording.layout.extent(Role::Data)
    );
}

#[test]
fn what_was_not_flushed_before_the_install_may_still_be_lost() {
    let made = made();
    let before = [
        write(DATA, 1, 5),
        flush(),
        write(DATA, 1, 6),
        write(DATA, 1, 7),
    ];
    let recording = open(&made, &before, &install(), &[], chip(&made, |_| ())).unwrap();
    assert_eq!(recording.entries().start, 4);
    let mut data = recording
        .partition(Role::Data, &made.folder.path().join("data"))
        .unwrap();
    let cut = Cut {
        after: 4,
        durable: 2,
        left: vec![(2, Left::Whole)],
    };
    data.cut(&recording.disk, &cut).unwrap();
    assert_eq!(std::fs::read(data.path()).unwrap()[0], 6);
}
