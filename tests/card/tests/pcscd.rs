// SPDX-License-Identifier: MIT OR Apache-2.0
//! The private pcscd: beside others, restartable, gone when dropped.
#![allow(clippy::unwrap_used)]

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use uketsuke_virtual_card::pcscd::Pcscd;

fn readers(pcscd: &Pcscd) -> String {
    let out = Command::new("opensc-tool")
        .arg("--list-readers")
        .env("PCSCLITE_CSOCK_NAME", &pcscd.socket)
        .output()
        .unwrap();
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn two_run_beside_each_other_and_leave_the_machine_alone() {
    let (dir_a, dir_b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let before = Path::new("/run/pcscd/pcscd.comm").exists();
    let a = Pcscd::start(dir_a.path()).unwrap();
    let b = Pcscd::start(dir_b.path()).unwrap();
    assert_eq!(Path::new("/run/pcscd/pcscd.comm").exists(), before);
    assert!(readers(&a).contains("Virtual PCD 00 00"), "{}", readers(&a));
    assert!(readers(&b).contains("Virtual PCD 00 01"), "{}", readers(&b));
    // Nobody outside the private network can lay a card on the reader.
    assert!(TcpStream::connect(a.address()).is_err());
    assert!(
        a.within(|| TcpStream::connect(a.address()).is_ok())
            .unwrap()
    );
}

#[test]
fn a_restarted_one_is_reached_at_the_same_socket_and_a_dropped_one_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let mut pcscd = Pcscd::start(dir.path()).unwrap();
    let first = pcscd.pid();
    pcscd.kill();
    pcscd.restart().unwrap();
    assert_ne!(pcscd.pid(), first);
    assert!(readers(&pcscd).contains("Virtual PCD"));
    let process = format!("/proc/{}", pcscd.pid());
    drop(pcscd);
    assert!(!Path::new(&process).exists());
}
