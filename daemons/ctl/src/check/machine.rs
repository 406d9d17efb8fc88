// SPDX-License-Identifier: MIT OR Apache-2.0
//! Checks that look at this machine's own files: root, slots, TPM, clock, configuration.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use uketsuke_common::config;

use super::storage::{self, mapped, mount_of};
use super::{Finding, Place};
use crate::firmware::{Firmware, Standing};

/// Looks at what of these checks is wanted.
pub fn look(place: &Place, wanted: &impl Fn(&str) -> bool) -> Vec<Finding> {
    let root = place.root.as_path();
    let mut findings = Vec::new();
    let mut add = |name: &str, look: &dyn Fn() -> Finding| {
        if wanted(name) {
            findings.push(look());
        }
    };
    add("root", &|| verity(root));
    add("slot", &|| slot(root));
    add("secure-boot", &|| secure_boot(root));
    add("tpm", &|| tpm(root));
    add("clock", &|| clock(root, SystemTime::now()));
    add("camera", &|| {
        Finding::absent("camera", "this version uses no camera")
    });
    add("configuration", &configuration);
    add("provisioning", &|| provisioning(root));
    if wanted("storage") || wanted("sealed") {
        let found = storage::look(place).into_iter();
        findings.extend(found.filter(|finding| wanted(finding.name)));
    }
    findings
}

/// The root file system must be the one whose hash is in the signed kernel image.
fn verity(root: &Path) -> Finding {
    let mounts = fs::read_to_string(root.join("proc/self/mountinfo")).unwrap_or_default();
    let Some(mount) = mount_of(&mounts, Path::new("/")) else {
        return Finding::bad("root", "its mount cannot be told");
    };
    match mapped(root, &mount.device) {
        Some(uuid) if uuid.starts_with("CRYPT-VERITY-") => {
            Finding::ok("root", format!("{} on dm-verity", mount.kind))
        }
        _ => Finding::bad("root", format!("{} without dm-verity", mount.kind)),
    }
}

fn slot(root: &Path) -> Finding {
    let firmware = Firmware::below(root);
    if !firmware.present() {
        return Finding::absent("slot", "no UEFI variables");
    }
    let booted = match firmware.booted() {
        Ok(booted) => booted,
        Err(error) => return Finding::bad("slot", error.to_string()),
    };
    let labels = partitions(root);
    let label = |uuid: &str| labels.iter().find(|(known, _)| known == uuid);
    let Some((_, here)) = label(&booted) else {
        return Finding::bad("slot", format!("partition {booted} is on no disk"));
    };
    let other = match here.as_str() {
        "efi-a" => "efi-b",
        "efi-b" => "efi-a",
        _ => return Finding::bad("slot", format!("started from {here}, which is no slot")),
    };
    if !labels.iter().any(|(_, name)| name == other) {
        return Finding::bad("slot", format!("started from {here}; {other} is not there"));
    }
    let what = match firmware.standing() {
        Standing::Confirmed => "confirmed",
        Standing::Trial => "on trial",
        Standing::Unknown => "the firmware does not say what it starts by itself",
    };
    Finding::ok("slot", format!("{here}, {what}; {other} is there"))
}

/// Letter of the slot that runs, `a` or `b`; `None` where that cannot be told.
#[must_use]
pub fn booted_slot(root: &Path) -> Option<String> {
    let booted = Firmware::below(root).booted().ok()?;
    let labels = partitions(root);
    let (_, label) = labels.iter().find(|(uuid, _)| *uuid == booted)?;
    Some(label.strip_prefix("efi-")?.to_owned())
}

/// UUID and label of every partition that udev has seen, from its database: /dev/disk is hidden
/// from our sandbox.
fn partitions(root: &Path) -> Vec<(String, String)> {
    let Ok(entries) = fs::read_dir(root.join("run/udev/data")) else {
        return Vec::new();
    };
    let mut partitions = Vec::new();
    for entry in entries.flatten() {
        if !entry.file_name().as_encoded_bytes().starts_with(b"b") {
            continue;
        }
        // A device may vanish while we look.
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let value = |key| text.lines().find_map(|line| line.strip_prefix(key));
        if let (Some(uuid), Some(name)) = (
            value("E:ID_PART_ENTRY_UUID="),
            value("E:ID_PART_ENTRY_NAME="),
        ) {
            partitions.push((uuid.to_ascii_lowercase(), name.to_owned()));
        }
    }
    partitions
}

fn secure_boot(root: &Path) -> Finding {
    match Firmware::below(root).secure_boot() {
        Some(true) => Finding::ok("secure-boot", "on"),
        Some(false) => Finding::absent("secure-boot", "off"),
        None => Finding::absent("secure-boot", "the firmware does not say"),
    }
}

/// Whether there is a TPM 2.0.
pub fn tpm_present(root: &Path) -> bool {
    fs::read_to_string(root.join("sys/class/tpm/tpm0/tpm_version_major"))
        .is_ok_and(|version| version.trim() == "2")
}

fn tpm(root: &Path) -> Finding {
    if tpm_present(root) {
        Finding::ok("tpm", "TPM 2.0")
    } else if root.join("sys/class/tpm/tpm0").exists() {
        Finding::bad("tpm", "there is one, but it does not say 2.0")
    } else {
        Finding::absent("tpm", "none")
    }
}

/// No clock can be right that is behind the image itself; more is known only with a time server.
fn clock(root: &Path, now: SystemTime) -> Finding {
    let built = fs::metadata(root.join("usr/lib/os-release")).and_then(|m| m.modified());
    let at = time::OffsetDateTime::from(now);
    let date = format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute());
    match built {
        Ok(built) if now < built => {
            Finding::bad("clock", format!("{date} is before this version was made"))
        }
        _ if now < UNIX_EPOCH => Finding::bad("clock", date),
        _ if root.join("run/systemd/timesync/synchronized").exists() => {
            Finding::ok("clock", format!("{date}, by a time server"))
        }
        _ => Finding::absent("clock", format!("{date}, not set by a time server")),
    }
}

fn configuration() -> Finding {
    match config::load() {
        Ok(_) => Finding::ok("configuration", "every key is in its range"),
        Err(problems) => Finding::bad("configuration", problems.to_string()),
    }
}

/// What the provisioning says of itself: in force, and how the last attempt ended.
fn provisioning(root: &Path) -> Finding {
    let run = root.join("run/uketsuke");
    let in_force = run.join("reader.d/50-provision.toml").exists();
    let report = fs::read_to_string(run.join("provision-report.txt")).unwrap_or_default();
    let line = |key: &str| report.lines().find_map(|line| line.strip_prefix(key));
    let last = line("result:").map_or("no report", str::trim);
    let attempt = match line("time:") {
        Some(time) => format!("{last} ({})", time.trim()),
        None => last.to_owned(),
    };
    let failed = ["refused", "failed", "damaged"]
        .iter()
        .any(|word| last.starts_with(word));
    match (in_force, failed) {
        (_, true) => Finding::bad("provisioning", attempt),
        (true, false) => Finding::ok("provisioning", attempt),
        (false, false) => Finding::absent("provisioning", "this reader belongs to no clinic yet"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::super::Verdict::{Absent, Bad, Ok};
    use super::*;
    use crate::firmware::tests::{A, B, machine};

    fn partition(root: &Path, name: &str, uuid: &str, label: &str) {
        let directory = root.join("run/udev/data");
        fs::create_dir_all(&directory).unwrap();
        let text = format!("S:x\nE:ID_PART_ENTRY_NAME={label}\nE:ID_PART_ENTRY_UUID={uuid}\n");
        fs::write(directory.join(name), text).unwrap();
    }

    #[test]
    fn the_slot_is_named_with_its_standing_and_its_other_half() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(slot(root.path()).verdict, Absent);
        machine(root.path(), B, A);
        assert_eq!(slot(root.path()).verdict, Bad, "no such partition");
        partition(root.path(), "b259:4", B, "efi-b");
        assert_eq!(slot(root.path()).verdict, Bad, "the other one is missing");
        partition(root.path(), "b259:1", A, "efi-a");
        let found = slot(root.path());
        assert_eq!(found.verdict, Ok);
        assert_eq!(found.what, "efi-b, on trial; efi-a is there");
        assert_eq!(booted_slot(root.path()).as_deref(), Some("b"));
        machine(root.path(), B, B);
        assert!(slot(root.path()).what.contains("confirmed"));
        partition(root.path(), "b259:4", B, "stick");
        assert_eq!(slot(root.path()).verdict, Bad);
    }

    #[test]
    fn only_a_verity_root_is_a_good_root() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(verity(root.path()).verdict, Bad);
        fs::create_dir_all(root.path().join("proc/self")).unwrap();
        let mounts = "21 1 254:0 / / ro - erofs /dev/mapper/root ro\n";
        fs::write(root.path().join("proc/self/mountinfo"), mounts).unwrap();
        let dm = root.path().join("sys/dev/block/254:0/dm");
        fs::create_dir_all(&dm).unwrap();
        fs::write(dm.join("uuid"), "CRYPT-LUKS2-x\n").unwrap();
        assert_eq!(verity(root.path()).verdict, Bad);
        fs::write(dm.join("uuid"), "CRYPT-VERITY-x-root\n").unwrap();
        assert_eq!(verity(root.path()).verdict, Ok);
    }

    #[test]
    fn a_clock_before_the_image_is_wrong_and_an_unset_one_is_not_called_right() {
        let root = tempfile::tempdir().unwrap();
        let release = root.path().join("usr/lib/os-release");
        fs::create_dir_all(release.parent().unwrap()).unwrap();
        fs::write(&release, "").unwrap();
        let now = SystemTime::now() + Duration::from_secs(5);
        let year = Duration::from_secs(365 * 86_400);
        assert_eq!(clock(root.path(), now - year).verdict, Bad);
        assert_eq!(clock(root.path(), now).verdict, Absent);
        let mark = root.path().join("run/systemd/timesync/synchronized");
        fs::create_dir_all(mark.parent().unwrap()).unwrap();
        fs::write(mark, "").unwrap();
        assert_eq!(clock(root.path(), now).verdict, Ok);
        assert_eq!(clock(root.path(), now - year).verdict, Bad);
    }

    #[test]
    fn a_tpm_of_another_generation_is_bad_and_none_is_absent() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(tpm(root.path()).verdict, Absent);
        let directory = root.path().join("sys/class/tpm/tpm0");
        fs::create_dir_all(&directory).unwrap();
        assert_eq!(tpm(root.path()).verdict, Bad);
        fs::write(directory.join("tpm_version_major"), "2\n").unwrap();
        assert_eq!(tpm(root.path()).verdict, Ok);
    }

    #[test]
    fn a_blank_reader_is_not_called_provisioned_and_a_refused_set_is_told() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(provisioning(root.path()).verdict, Absent);
        let directory = root.path().join("run/uketsuke/reader.d");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("50-provision.toml"), "").unwrap();
        assert_eq!(provisioning(root.path()).verdict, Ok);
        let report = root.path().join("run/uketsuke/provision-report.txt");
        let text = "time:   2026-04-01 09:00\nsource: stick\nresult: refused: the configuration before stays in force\n";
        fs::write(&report, text).unwrap();
        let found = provisioning(root.path());
        assert_eq!(found.verdict, Bad);
        assert!(found.what.contains("refused") && found.what.contains("2026-04-01"));
    }
}
