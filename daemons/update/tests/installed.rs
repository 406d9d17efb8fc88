// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files beside the daemon say what its code relies on: RAUC's configuration and bus policy.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use uketsuke_update::domain::{CLASSES, Slot};

const SYSTEM: &str = include_str!("../../../rauc/system.conf");
const POLICY: &str = include_str!("../../../systemd/dbus/de.pengutronix.rauc.conf");
const DROP_IN: &str = include_str!("../../../systemd/system/rauc.service.d/20-uketsuke.conf");
const CLIENT: &str = include_str!("../src/rauc/mod.rs");

type Groups = BTreeMap<&'static str, BTreeMap<&'static str, &'static str>>;

/// A key file: groups of keys.
fn groups() -> Groups {
    let mut groups = Groups::new();
    let mut group = "";
    for line in SYSTEM.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            Some(name) => group = name,
            None => {
                let (key, value) = line.split_once('=').unwrap();
                let before = groups.entry(group).or_default().insert(key, value);
                assert_eq!(before, None, "{key} twice");
            }
        }
    }
    groups
}

#[test]
fn rauc_takes_verity_alone_activates_nothing_and_runs_no_handler() {
    let groups = groups();
    let names: BTreeSet<&str> = groups
        .keys()
        .copied()
        .filter(|g| !g.starts_with("slot."))
        .collect();
    assert_eq!(names, BTreeSet::from(["keyring", "streaming", "system"]));
    for (group, key, value) in [
        ("system", "bundle-formats", "verity"),
        ("system", "bootloader", "efi"),
        ("system", "activate-installed", "false"),
        ("keyring", "use-bundle-signing-time", "false"),
        ("keyring", "allow-partial-chain", "false"),
        ("streaming", "sandbox-user", "uketsuke-stream"),
    ] {
        assert_eq!(groups[group][key], value, "{key}");
    }
}

#[test]
fn both_slots_have_every_part_on_the_booted_disk_and_the_drop_in_lets_rauc_write_them() {
    let groups = groups();
    let slots = groups.keys().filter(|g| g.starts_with("slot.")).count();
    assert_eq!(slots, 2 * CLASSES.len());
    for (number, slot) in [Slot::A, Slot::B].into_iter().enumerate() {
        for class in CLASSES {
            let part = &groups[format!("slot.{class}.{number}").as_str()];
            let label = class.replace("rootfs", "root");
            let device = format!("/dev/uketsuke/slots/{label}-{}", slot.as_str());
            assert_eq!(part["device"], device);
            assert_eq!(part["type"], "raw");
            assert!(
                DROP_IN.contains(&format!("\nDeviceAllow={device} rw\n")),
                "{device}"
            );
            match part.get("bootname") {
                Some(name) => assert_eq!((class, Slot::from_bootname(name)), ("efi", Some(slot))),
                None => assert_eq!(part["parent"], format!("efi.{number}")),
            }
        }
    }
}

#[test]
fn the_policy_lets_the_daemon_call_what_it_calls_and_nobody_anything_else() {
    let allowed = |line: &&str| line.trim_start().starts_with("<allow send_");
    let members: BTreeSet<&str> = POLICY
        .lines()
        .filter(allowed)
        .map(|line| line.split("send_member=\"").nth(1).unwrap())
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let expected = [
        ("InspectBundle", "fn inspect_bundle"),
        ("InstallBundle", "fn install_bundle"),
        ("Mark", "fn mark("),
        ("GetSlotStatus", "fn get_slot_status"),
        ("Get", "#[zbus(property)]"),
        ("GetAll", "#[zbus(property)]"),
    ];
    assert_eq!(
        members,
        expected.iter().map(|(member, _)| *member).collect()
    );
    for (member, code) in expected {
        assert!(CLIENT.contains(code), "{member} is allowed for nothing");
    }
    let users: Vec<&str> = POLICY
        .lines()
        .filter_map(|line| line.trim().strip_prefix("<policy "))
        .collect();
    assert_eq!(
        users,
        [
            "context=\"default\">",
            "user=\"root\">",
            "user=\"uketsuke-update\">"
        ]
    );
    assert!(!POLICY.contains("<allow send_destination=\"de.pengutronix.rauc\"/>"));
}
