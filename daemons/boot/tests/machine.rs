// SPDX-License-Identifier: MIT OR Apache-2.0
//! The commands on a machine made of files: a disk image with a real partition table, `/sys` as the
//! kernel lays it out, firmware variables in a folder.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use uketsuke_boot::disk::Disk;
use uketsuke_boot::efi::option::LoadOption;
use uketsuke_boot::efi::vars::{GLOBAL, LOADER, Name, UKETSUKE, Variables};
use uketsuke_boot::firmware::{self, LOADER as UKI};
use uketsuke_boot::judge::{self, Outcome};
use uketsuke_boot::machine::Machine;
use uketsuke_boot::slot::{Role, Slot};
use uuid::Uuid;

const LABELS: [&str; 6] = ["efi-a", "root-a", "verity-a", "efi-b", "root-b", "verity-b"];
const PANIC: &str = "Panic#1 Part1\n\
    <3>[   31.1] device-mapper: verity: 254:2: data block 4711 is corrupted\n\
    <0>[   31.2] Kernel panic - not syncing: dm-verity device corrupted\n";

/// A machine below a temporary folder.
struct Fake {
    root: tempfile::TempDir,
}

impl Fake {
    /// A machine with the disk `vda`, booted from `slot`.
    fn booted(slot: Slot) -> Fake {
        let fake = Fake {
            root: tempfile::tempdir().unwrap(),
        };
        for folder in [
            "sys/class/block",
            "sys/firmware/efi/efivars",
            "sys/fs/pstore",
            "dev/uketsuke",
            "run",
        ] {
            fs::create_dir_all(fake.path(folder)).unwrap();
        }
        fake.add_disk("vda");
        fake.boot(slot);
        fake
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn machine(&self) -> Machine {
        Machine::at(self.root.path())
    }

    fn variables(&self) -> Variables {
        self.machine().variables()
    }

    /// A disk with both slots; partition `n` is `NAMEn`.
    fn add_disk(&self, name: &str) {
        let image = self.path("dev").join(name);
        File::create(&image).unwrap().set_len(16 << 20).unwrap();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&image)
            .unwrap();
        let blocks = u32::try_from((16 << 20) / 512 - 1).unwrap();
        let mbr = gpt::mbr::ProtectiveMBR::with_lb_size(blocks);
        mbr.overwrite_lba0(&mut file).unwrap();
        let config = gpt::GptConfig::new().writable(true);
        let mut table = config.create_from_device(file, None).unwrap();
        for label in LABELS {
            let kind = gpt::partition_types::LINUX_FS;
            table.add_partition(label, 1 << 20, kind, 0, None).unwrap();
        }
        table.write().unwrap().flush().unwrap();
        let device = self.path("sys/devices/virtual/block").join(name);
        for number in 1..=LABELS.len() {
            let part = format!("{name}{number}");
            fs::create_dir_all(device.join(&part)).unwrap();
            fs::write(device.join(&part).join("partition"), format!("{number}\n")).unwrap();
            symlink(device.join(&part), self.path("sys/class/block").join(part)).unwrap();
        }
        fs::create_dir_all(device.join("queue")).unwrap();
        fs::write(device.join("queue/logical_block_size"), "512\n").unwrap();
        symlink(&device, self.path("sys/class/block").join(name)).unwrap();
    }

    fn disk(&self) -> Disk {
        self.machine().read_disk("vda").unwrap()
    }

    /// As systemd-stub of `slot` and udev leave it.
    fn boot(&self, slot: Slot) {
        let esp = self.disk().part(Role::Efi(slot)).unwrap().clone();
        let text = esp.guid.hyphenated().to_string().to_uppercase();
        let utf16: Vec<u8> = text
            .encode_utf16()
            .chain([0])
            .flat_map(u16::to_le_bytes)
            .collect();
        let name = Name::new("LoaderDevicePartUUID", LOADER);
        self.variables().write(&name, &utf16).unwrap();
        let link = self.path("dev/uketsuke/efi");
        let _ = fs::remove_file(&link);
        symlink(format!("../vda{}", esp.number), link).unwrap();
    }

    fn panic(&self, count: u32) {
        let name = format!("sys/fs/pstore/dmesg-efi_pstore-1760000000010{count:02}");
        fs::write(self.path(&name), PANIC).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_uketsuke-boot"))
            .arg("--root")
            .arg(self.root.path())
            .args(arguments)
            .output()
            .unwrap()
    }

    fn order(&self) -> Vec<&'static str> {
        let nvram = firmware::read(&self.variables());
        let label = |number: &u16| match nvram.options[number].as_ref().unwrap() {
            option if option.description == "system0" => "system0",
            option if option.description == "system1" => "system1",
            _ => "other",
        };
        nvram.order.iter().map(label).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn slots_prints_the_links_of_the_booted_disk() {
    for (slot, role) in [(Slot::A, "root"), (Slot::B, "")] {
        let fake = Fake::booted(slot);
        let output = fake.run(&["slots", "/dev/vda2"]);
        let mut expected = "UKETSUKE_SLOT_LINK=uketsuke/slots/root-a\n".to_owned();
        if !role.is_empty() {
            expected += "UKETSUKE_ROLE_LINK=uketsuke/root\n";
        }
        assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
    }
}

#[test]
fn slots_survives_a_broken_first_table() {
    let fake = Fake::booted(Slot::A);
    let mut image = OpenOptions::new()
        .write(true)
        .open(fake.path("dev/vda"))
        .unwrap();
    image.write_all(&[0; 4096]).unwrap();
    let output = fake.run(&["slots", "/dev/vda4"]);
    assert_eq!(
        text(&output.stdout),
        "UKETSUKE_SLOT_LINK=uketsuke/slots/efi-b\n"
    );
}

#[test]
fn a_stick_with_the_same_labels_gets_nothing() {
    let fake = Fake::booted(Slot::A);
    fake.add_disk("sda");
    let output = fake.run(&["slots", "/dev/sda2"]);
    assert!(!output.status.success());
    assert_eq!(text(&output.stdout), "");
    assert!(
        text(&output.stderr).contains("sda2 gets no link"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_kernel_started_without_firmware_is_told_so() {
    let fake = Fake::booted(Slot::A);
    let name = Name::new("LoaderDevicePartUUID", LOADER);
    fake.variables().delete(&name).unwrap();
    let output = fake.run(&["slots", "/dev/vda2"]);
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("LoaderDevicePartUUID"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn entries_are_made_once_and_found_again() {
    let fake = Fake::booted(Slot::B);
    let output = fake.run(&["entries"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(fake.order(), ["system1", "system0"]);
    let nvram = firmware::read(&fake.variables());
    let first = nvram.options[&nvram.order[0]].clone().unwrap();
    let target = first.target.unwrap();
    let esp = fake.disk().part(Role::Efi(Slot::B)).unwrap().clone();
    assert_eq!((target.guid, target.number), (esp.guid, esp.number));
    assert_eq!(target.file, UKI);
    let again = fake.run(&["entries"]);
    assert_eq!(text(&again.stderr), "", "a second run writes nothing");
    let report = fs::read_to_string(fake.path("run/uketsuke/boot.json")).unwrap();
    assert!(
        report.contains(r#""slot": "b""#) && report.contains(r#""trial": false"#),
        "{report}"
    );
}

#[test]
fn garbage_in_the_firmwares_memory_stops_nothing() {
    let fake = Fake::booted(Slot::A);
    let efivars = fake.path("sys/firmware/efi/efivars");
    let global = GLOBAL.hyphenated();
    fs::write(efivars.join(format!("Boot0000-{global}")), [7]).unwrap();
    fs::write(
        efivars.join(format!("Boot0001-{global}")),
        b"\x07\0\0\0\xff\xff\xff",
    )
    .unwrap();
    fs::write(
        efivars.join(format!("BootOrder-{global}")),
        b"\x07\0\0\0\x01\0\x09",
    )
    .unwrap();
    let output = fake.run(&["entries"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let nvram = firmware::read(&fake.variables());
    assert_eq!(nvram.order, [2, 3, 1]);
    assert_eq!(
        nvram.options[&1], None,
        "what is not understood is left alone"
    );
}

#[test]
fn memory_that_cannot_be_written_is_said_and_the_rest_is_done() {
    let fake = Fake::booted(Slot::A);
    let order = format!("BootOrder-{}", GLOBAL.hyphenated());
    fs::create_dir(fake.path("sys/firmware/efi/efivars").join(order)).unwrap();
    let output = fake.run(&["entries"]);
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("BootOrder"),
        "{}",
        text(&output.stderr)
    );
    let numbers = fake.variables().boot_numbers().unwrap();
    assert_eq!(numbers, [0, 1], "the entries themselves are there");
    let report = fs::read_to_string(fake.path("run/uketsuke/boot.json")).unwrap();
    assert!(report.contains("BootOrder"), "{report}");
}

#[test]
fn a_panic_of_dm_verity_changes_over_once_and_a_second_one_ends_on_the_safe_screen() {
    let fake = Fake::booted(Slot::A);
    assert!(fake.run(&["entries"]).status.success());
    assert_eq!(judge::judge(&fake.machine()), Outcome::Continue);
    fake.panic(1);
    assert!(matches!(judge::judge(&fake.machine()), Outcome::Reboot(_)));
    assert_eq!(fake.order(), ["system1", "system0"]);
    assert_eq!(fs::read_dir(fake.path("sys/fs/pstore")).unwrap().count(), 0);
    let state = firmware::state(&fake.variables());
    assert_eq!(state.corrupt, [true, false]);

    fake.boot(Slot::B);
    assert_eq!(judge::judge(&fake.machine()), Outcome::Continue);
    assert_eq!(fake.order(), ["system1", "system0"]);
    assert!(fake.run(&["entries"]).status.success());
    let report = fs::read_to_string(fake.path("run/uketsuke/boot.json")).unwrap();
    assert!(
        report.contains("\"corrupt\": [\n    \"a\"\n  ]"),
        "{report}"
    );

    fake.panic(2);
    assert!(matches!(judge::judge(&fake.machine()), Outcome::Stay(_)));
    let refused = fake.run(&["judge"]);
    assert_eq!(refused.status.code(), Some(3), "the root stays closed");
}

#[test]
fn judge_makes_the_other_entry_where_the_firmware_lost_it() {
    let fake = Fake::booted(Slot::A);
    fake.panic(1);
    assert!(matches!(judge::judge(&fake.machine()), Outcome::Reboot(_)));
    assert_eq!(fake.order(), ["system1", "system0"]);
}

#[test]
fn without_a_disk_the_firmwares_word_counts() {
    let fake = Fake::booted(Slot::A);
    assert!(fake.run(&["entries"]).status.success());
    let number = firmware::read(&fake.variables()).order[0];
    let current = Name::new("BootCurrent", GLOBAL);
    fake.variables()
        .write(&current, &number.to_le_bytes())
        .unwrap();
    fs::remove_file(fake.path("dev/uketsuke/efi")).unwrap();
    for _ in 0..3 {
        assert!(matches!(
            judge::emergency(&fake.machine()),
            Outcome::Reboot(_)
        ));
    }
    assert_eq!(fake.order(), ["system1", "system0"]);
    assert_eq!(firmware::state(&fake.variables()).emergencies, [3, 0]);
    judge::forgive(&fake.machine());
    assert_eq!(firmware::state(&fake.variables()).emergencies, [0, 0]);
}

#[test]
fn only_a_good_verdict_on_the_running_slot_clears_it() {
    let fake = Fake::booted(Slot::A);
    assert!(fake.run(&["entries"]).status.success());
    assert!(matches!(
        judge::emergency(&fake.machine()),
        Outcome::Reboot(_)
    ));
    let verdict = fake.path("verdict");
    let settle = |slot: &str, good: bool| {
        let json = format!(r#"{{"format":1,"version":"1","slot":"{slot}","good":{good}}}"#);
        fs::write(&verdict, json).unwrap();
        let output = fake.run(&["settled", "--verdict", verdict.to_str().unwrap()]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        firmware::state(&fake.variables()).emergencies
    };
    assert_eq!(settle("a", false), [1, 0]);
    assert_eq!(settle("b", true), [1, 0]);
    assert_eq!(settle("a", true), [0, 0]);
}

#[test]
fn the_machine_keeps_its_id_until_a_reset() {
    let fake = Fake::booted(Slot::A);
    let id = || {
        assert!(fake.run(&["identity"]).status.success());
        fs::read_to_string(fake.path("run/machine-id")).unwrap()
    };
    let first = id();
    assert_eq!(first.len(), 33);
    assert!(Uuid::parse_str(first.trim()).is_ok());
    assert_eq!(id(), first);
    let name = Name::new("UketsukeMachineId", UKETSUKE);
    fake.variables().write(&name, b"not an id").unwrap();
    let second = id();
    assert_ne!(second, first);
    fake.variables().write(&name, &[b'0'; 32]).unwrap();
    assert_ne!(id().trim(), "0".repeat(32), "no id is the nil id");
}

#[test]
fn nothing_is_rebooted_below_another_root() {
    let fake = Fake::booted(Slot::A);
    fake.panic(1);
    let output = fake.run(&["judge"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("not the machine's own root"));
}

#[test]
fn a_load_option_of_ours_is_what_efibootmgr_would_read() {
    let fake = Fake::booted(Slot::A);
    assert!(fake.run(&["entries"]).status.success());
    let variable = fake.variables().read(&Name::boot(0)).unwrap().unwrap();
    assert_eq!(variable.attributes, 7);
    assert_eq!(
        LoadOption::parse(&variable.data).unwrap().description,
        "system0"
    );
    assert!(Path::new(&fake.path("run/uketsuke/boot.json")).exists());
}
