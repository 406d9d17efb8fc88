// SPDX-License-Identifier: MIT OR Apache-2.0
//! The house leaves nothing behind, however it ends, and touches nothing of the host.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use uketsuke_house::client::{HouseClient, LIMIT};
use uketsuke_house::options::Options;

/// Base directory of a run.
async fn base(house: &HouseClient) -> PathBuf {
    let config = house.state().await.unwrap().config;
    Path::new(&config).parent().unwrap().to_owned()
}

/// Command lines of living processes that name `base`.
fn living(base: &Path) -> Vec<String> {
    let base = base.to_str().unwrap();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|p| fs::read(p.path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(base))
        .collect()
}

fn wait_until_gone(base: &Path) {
    let end = Instant::now() + LIMIT;
    while base.exists() || !living(base).is_empty() {
        assert!(
            Instant::now() < end,
            "{} {:?}",
            base.display(),
            living(base)
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn an_ended_house_leaves_no_process_and_no_directory() {
    let passwd = fs::read("/etc/passwd").unwrap();
    let sockets = Path::new("/run/pcscd").exists();
    let house = HouseClient::start(&Options::of_a_test()).unwrap();
    let base = base(&house).await;
    assert!(base.is_dir() && !living(&base).is_empty());
    assert_eq!(
        fs::read("/etc/passwd").unwrap(),
        passwd,
        "the host's users are as they were"
    );
    assert_eq!(
        Path::new("/run/pcscd").exists(),
        sockets,
        "the host's pcscd is as it was"
    );
    drop(house);
    assert!(!base.exists());
    wait_until_gone(&base);
}

#[tokio::test]
async fn two_houses_stand_side_by_side() {
    let (one, two) = (
        HouseClient::start(&Options::of_a_test()).unwrap(),
        HouseClient::start(&Options::of_a_test()).unwrap(),
    );
    one.place("normal-adult").await.unwrap();
    one.wait_view("P-02").await.unwrap();
    assert_eq!(two.wait_view("P-00").await.unwrap().picture.view, "P-00");
}

#[tokio::test]
async fn pcscd_and_the_virtual_card_come_back_in_any_order() {
    let house = HouseClient::start(&Options::of_a_test()).unwrap();
    house.wait_view("P-00").await.unwrap();
    house.pcscd(false).await.unwrap();
    house.wait_view("F-10").await.unwrap();
    house.pcscd(true).await.unwrap();
    house.kill("virtual-card", "KILL").await.unwrap();
    house.wait_restarted("virtual-card", 1).await.unwrap();
    house.wait_view("P-00").await.unwrap();
    house.place("normal-adult").await.unwrap();
    house.wait_view("P-02").await.unwrap();
}

/// A shell that starts the bench and is then killed, as a test runner may be.
fn bench_below_a_shell(out: &Path) -> Child {
    let own = std::env::current_exe().unwrap();
    let bench = own
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("uketsuke-bench");
    Command::new("/bin/sh")
        .args(["-c", "\"$0\" --port 0 --quiet > \"$1\"; true"])
        .args([bench.as_os_str(), out.as_os_str()])
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_house_ends_with_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut shell = bench_below_a_shell(&out);
    let end = Instant::now() + LIMIT;
    while !fs::read_to_string(&out).is_ok_and(|text| text.contains("Bench: ")) {
        assert!(Instant::now() < end, "the bench comes up");
        std::thread::sleep(Duration::from_millis(20));
    }
    let url = fs::read_to_string(&out).unwrap();
    let port = url
        .trim()
        .trim_end_matches('/')
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    kill(
        Pid::from_raw(i32::try_from(shell.id()).unwrap()),
        Signal::SIGKILL,
    )
    .unwrap();
    shell.wait().unwrap();
    while std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_ok() {
        assert!(Instant::now() < end, "the page is gone");
        std::thread::sleep(Duration::from_millis(20));
    }
}
