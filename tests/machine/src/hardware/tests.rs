// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a machine is started with.

#![allow(clippy::unwrap_used)]
use super::*;

fn hardware(parts: Parts) -> (tempfile::TempDir, Hardware) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("image")).unwrap();
    fs::write(folder.path().join("image/enter"), "").unwrap();
    let tools = Tools::find(folder.path()).unwrap();
    let hardware = Hardware::empty(&tools, &folder.path().join("m"), parts).unwrap();
    (folder, hardware)
}

fn line(hardware: &Hardware) -> String {
    let arguments = hardware.arguments(None).unwrap();
    let texts = arguments.iter().map(|a| a.to_str().unwrap());
    texts.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_machine_without_forwards_reaches_nothing_and_has_no_tpm() {
    let (_folder, hardware) = hardware(Parts::default());
    let line = line(&hardware);
    assert!(line.contains("-accel tcg,thread=multi"));
    assert!(line.contains("user,id=net,restrict=on -device"), "{line}");
    for absent in ["tpm", "guestfwd", "shell", "smm=on", "bootindex", "kvm"] {
        assert!(!line.contains(absent), "{absent}: {line}");
    }
}

#[test]
fn every_part_asked_for_is_there() {
    let (folder, hardware) = hardware(Parts {
        tpm: true,
        secure_boot: Some("maker.crt".into()),
        forwards: vec![Forward {
            guest: 8443,
            host: 40_001,
        }],
        shell: true,
        strings: vec!["io.systemd.credential:a=b,c".to_owned()],
        ..Parts::default()
    });
    let line = line(&hardware);
    for present in [
        "q35,smm=on",
        "secboot",
        "path=/checkout/m/shell.sock,server=on,wait=off",
        "guestfwd=tcp:10.0.2.100:8443-cmd:socat - TCP:127.0.0.1:40001",
        "value=io.systemd.credential:a=b,,c",
        "tpm-crb",
    ] {
        assert!(line.contains(present), "{present}: {line}");
    }
    drop(folder);
}

#[test]
fn an_arm_board_has_its_own_processor_firmware_and_display() {
    let (_folder, hardware) = hardware(Parts {
        architecture: Architecture::Arm64,
        tpm: true,
        ..Parts::default()
    });
    let line = line(&hardware);
    for present in ["-M virt", "AAVMF_CODE", "virtio-gpu-pci", "tpm-tis-device"] {
        assert!(line.contains(present), "{present}: {line}");
    }
    for absent in ["q35", "OVMF", "virtio-vga", "tpm-crb"] {
        assert!(!line.contains(absent), "{absent}: {line}");
    }
}

#[test]
fn a_recorded_machine_logs_disk_and_variables() {
    let (_folder, hardware) = hardware(Parts {
        recorded: true,
        ..Parts::default()
    });
    let line = line(&hardware);
    for present in [
        "pflash1=variables",
        "/checkout/m/disk.raw",
        "/checkout/m/disk.writes",
        "/checkout/m/variables.writes",
    ] {
        assert!(line.contains(present), "{present}: {line}");
    }
    assert_eq!(line.matches("blklogwrites").count(), 2);
    assert!(
        !line.contains("disk.qcow2") && !line.contains("unit=1"),
        "{line}"
    );
}

#[test]
fn a_twin_has_the_same_things_and_leaves_the_first_alone() {
    let (folder, hardware) = hardware(Parts::default());
    for name in ["disk.qcow2", "variables.fd", "tpm/state", "console.log"] {
        fs::write(hardware.directory().join(name), name).unwrap();
    }
    let twin = hardware.twin(&folder.path().join("twin")).unwrap();
    assert_eq!(fs::read(twin.disk()).unwrap(), b"disk.qcow2");
    assert_eq!(
        fs::read(twin.directory().join("tpm/state")).unwrap(),
        b"tpm/state"
    );
    assert!(!twin.console().exists(), "a log is no part of a machine");
    assert!(hardware.disk().exists());
}
