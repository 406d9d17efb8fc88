// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a confined process can still do, and what kills it.
#![allow(clippy::unwrap_used, reason = "a panic is the report")]

use std::fs::File;
use std::net::UdpSocket;
use std::num::NonZeroUsize;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, exit};
use std::time::Instant;

use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::signal::Signal;
use uketsuke_once::confine;

const NAME: &str = "a_confined_process_computes_and_dies_of_anything_else";
const ACT: &str = "UKETSUKE_CONFINED_ACT";

fn map(access: ProtFlags) {
    let size = NonZeroUsize::new(4096).unwrap();
    let flags = MapFlags::MAP_PRIVATE;
    // SAFETY: a fresh mapping that nobody uses.
    let _ = unsafe { mmap_anonymous(None, size, access, flags) };
}

/// In the process that this test starts of itself.
fn act(act: &str) -> ! {
    confine(&[]).unwrap();
    match act {
        "compute" => {
            let numbers: Vec<u64> = (0..1 << 20).collect();
            assert!(numbers.iter().sum::<u64>() > 0 && Instant::now().elapsed().as_secs() == 0);
            map(ProtFlags::PROT_READ | ProtFlags::PROT_WRITE);
        }
        "file" => drop(File::open("/etc/passwd")),
        "network" => drop(UdpSocket::bind("127.0.0.1:0")),
        "program" => drop(Command::new("/bin/true").spawn()),
        "write" => eprintln!("to a descriptor that is open"),
        "code" => map(ProtFlags::PROT_READ | ProtFlags::PROT_EXEC),
        // SAFETY: without arguments, and it ends this process.
        "trace" => drop(unsafe { libc::syscall(libc::SYS_ptrace, 0, 0, 0, 0) }),
        other => panic!("{other}"),
    }
    exit(7)
}

#[test]
fn a_confined_process_computes_and_dies_of_anything_else() {
    if let Ok(act) = std::env::var(ACT) {
        self::act(&act);
    }
    let own = std::env::current_exe().unwrap();
    let end = |act: &str| {
        let mut command = Command::new(&own);
        command.args([NAME, "--exact", "--nocapture"]).env(ACT, act);
        command.output().unwrap().status
    };
    assert_eq!(end("compute").code(), Some(7));
    for act in ["file", "network", "program", "write", "code", "trace"] {
        assert_eq!(end(act).signal(), Some(Signal::SIGSYS as i32), "{act}");
    }
}
