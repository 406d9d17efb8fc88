// SPDX-License-Identifier: MIT OR Apache-2.0
//! A private pcscd and the card program beside it.
#![allow(clippy::unwrap_used, dead_code)]

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use uketsuke_virtual_card::control::{Client, Request};
use uketsuke_virtual_card::pcscd::Pcscd;

/// Limit of every wait for an event; never a time that is waited for.
pub const LIMIT: Duration = Duration::from_secs(30);

pub struct Bed {
    pub pcscd: Pcscd,
    pub card: Client,
    program: Child,
    pub dir: TempDir,
}

impl Bed {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        crate::cards::copy_to(&dir.path().join("cards"));
        let pcscd = Pcscd::start(&dir.path().join("pcscd")).unwrap();
        let (program, card) = start_program(&pcscd, &dir);
        Self {
            pcscd,
            card,
            program,
            dir,
        }
    }

    pub fn state(&self) -> PathBuf {
        self.dir.path().join("cards")
    }

    /// Kills the card program without warning and starts it again.
    pub fn restart_program(&mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
        (self.program, self.card) = start_program(&self.pcscd, &self.dir);
    }

    /// Lays the card on the reader and waits until pcscd has noticed it.
    pub fn place(&mut self, profile: &str) {
        self.card.place(profile).unwrap();
        self.wait_until_noticed(0);
    }

    pub fn wait_until_noticed(&mut self, slot: u8) {
        wait_for("power", || {
            self.card.request(&Request::State { slot }).unwrap()["noticed"] == true
        });
    }

    /// Runs an OpenSC tool with the card's driver named, so that no other driver probes first.
    pub fn opensc(&self, tool: &str, arguments: &[&str]) -> Output {
        let config = self.dir.path().join("opensc.conf");
        std::fs::write(
            &config,
            "app default { card_drivers = jpki; framework pkcs15 { use_file_caching = no; } }",
        )
        .unwrap();
        Command::new(tool)
            .args(arguments)
            .env("PCSCLITE_CSOCK_NAME", &self.pcscd.socket)
            .env("OPENSC_CONF", &config)
            .current_dir(self.dir.path())
            .output()
            .unwrap()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn start_program(pcscd: &Pcscd, dir: &TempDir) -> (Child, Client) {
    let control = dir.path().join("control");
    let mut program = Command::new(env!("CARGO_BIN_EXE_uketsuke-virtual-card"))
        .args(["--vpcd", &pcscd.address().to_string()])
        .args(["--ins-ms", "0", "--sign-ms", "0"])
        .arg("--network")
        .arg(pcscd.network())
        .arg("--control")
        .arg(&control)
        .arg("--state")
        .arg(dir.path().join("cards"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    let mut out = std::io::BufReader::new(program.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut ready).unwrap();
    assert_eq!(ready, "uketsuke-virtual-card: ready\n");
    (program, Client::connect(&control).unwrap())
}

pub fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < LIMIT, "no {what} within {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub fn text(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    text
}
