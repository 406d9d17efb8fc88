// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]
use super::*;

fn spec(script: &str) -> Spec {
    Spec {
        name: "probe".into(),
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        env: Vec::new(),
        user: nix::unistd::getuid().as_raw(),
        ready: Ready::FirstLine,
        watchdog: None,
        restart_after: Some(Duration::from_millis(1)),
        never_restart_on: vec![78],
    }
}

#[tokio::test]
async fn a_killed_process_comes_back_and_is_counted() {
    let handle = Handle::start(spec("echo up; exec sleep 1000"), &Logs::new(false));
    handle.ready().await.unwrap();
    handle.signal(Signal::SIGKILL).unwrap();
    let mut watch = handle.watch();
    let limit = Duration::from_secs(30);
    let back = watch.wait_for(|p| p.restarts == 1 && p.life == Life::Ready);
    assert_eq!(
        tokio::time::timeout(limit, back)
            .await
            .unwrap()
            .unwrap()
            .ended
            .as_deref(),
        Some("SIGKILL")
    );
    handle.stop().await;
    assert_eq!(handle.process().life, Life::Stopped);
}

#[tokio::test]
async fn exit_78_is_final_and_its_log_is_in_the_error() {
    let handle = Handle::start(spec("echo wrong key >&2; exit 78"), &Logs::new(false));
    let error = handle.ready().await.unwrap_err().to_string();
    assert!(error.contains("exit status 78"), "{error}");
    assert_eq!(handle.process().restarts, 0);
}

#[tokio::test]
async fn a_process_that_starves_its_watchdog_is_killed() {
    let mut spec = spec("echo up; exec sleep 1000");
    spec.watchdog = Some(Duration::from_millis(50));
    let handle = Handle::start(spec, &Logs::new(false));
    let mut watch = handle.watch();
    let killed = watch.wait_for(|p| p.ended.as_deref() == Some("SIGKILL"));
    tokio::time::timeout(Duration::from_secs(30), killed)
        .await
        .unwrap()
        .unwrap();
    handle.stop().await;
}
