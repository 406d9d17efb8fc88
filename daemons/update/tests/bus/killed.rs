// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real program, killed by signal 9 in every state, and what the next one makes of it.

use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use uketsuke_bus::update1::{LastResult, SlotState, UpdateState};

use super::desk::{Desk, URL, on_the_bus};

/// The program, killed when dropped.
struct Program(Child);

impl Program {
    fn start(desk: &Desk) -> Self {
        let config = desk.path("config");
        if !config.exists() {
            std::fs::create_dir(&config).unwrap();
            let text = "[update]\nservers = [\"https://updates.example/readers/\"]\n";
            std::fs::write(config.join("reader.toml"), text).unwrap();
        }
        let child = Command::new(env!("CARGO_BIN_EXE_uketsuke-update"))
            .env("DBUS_SYSTEM_BUS_ADDRESS", desk.bus.address())
            .env("UKETSUKE_CONFIG", config)
            .env("UKETSUKE_OS_RELEASE", desk.path("os-release"))
            .env("STATE_DIRECTORY", desk.path("state"))
            .env("RUNTIME_DIRECTORY", desk.path("run"))
            .env_remove("NOTIFY_SOCKET")
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        Self(child)
    }

    async fn kill(mut self, desk: &Desk) {
        let pid = Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        kill(pid, Signal::SIGKILL).unwrap();
        self.0.wait().unwrap();
        desk.until("it is gone", async |desk| {
            desk.update.state().await.is_err()
        })
        .await;
    }

    /// A new one that knows its slot.
    async fn again(self, desk: &Desk) -> Self {
        self.kill(desk).await;
        let next = Self::start(desk);
        desk.until("it is back", async |desk| {
            desk.update.slot().await.is_ok_and(|slot| !slot.is_empty())
        })
        .await;
        next
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself, which the test says then.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A confirmed reader whose daemon is the real program.
async fn real() -> (Desk, Program) {
    let mut desk = Desk::confirmed().await;
    desk.kill().await;
    let program = Program::start(&desk);
    desk.sees(UpdateState::Confirmed).await;
    desk.until("the slot is known", async |desk| {
        !desk.update.slot().await.unwrap().is_empty()
    })
    .await;
    (desk, program)
}

#[test]
fn killed_while_looking_it_is_where_it_was() {
    on_the_bus(async {
        let (desk, program) = real().await;
        desk.rauc.set().hold_inspect = true;
        desk.update.install(URL).await.unwrap();
        desk.sees(UpdateState::Checking).await;
        let _program = program.again(&desk).await;
        desk.rauc.set().hold_inspect = false;
        desk.sees(UpdateState::Confirmed).await;
        assert_eq!(desk.last_error().await, "Interrupted");
        assert!(desk.update.confirmed().await.unwrap());
        desk.install().await;
    });
}

#[test]
fn killed_while_writing_it_waits_for_the_end() {
    on_the_bus(async {
        let (desk, program) = real().await;
        desk.reach_installing().await;
        let program = program.again(&desk).await;
        desk.sees(UpdateState::Installing).await;
        desk.rauc.progress(70, "Copying").await;
        desk.until("the progress is shown", async |desk| {
            desk.update.percent().await.unwrap() == 70
        })
        .await;
        desk.rauc.finish(None).await;
        desk.sees(UpdateState::Installed).await;
        // Killed at rest it stays at rest.
        let _program = program.again(&desk).await;
        desk.sees(UpdateState::Installed).await;
        assert_eq!(desk.rauc.set().arguments.len(), 1);
    });
}

#[test]
fn an_end_that_nobody_heard_is_found_out() {
    on_the_bus(async {
        for failed in [false, true] {
            let (desk, program) = real().await;
            desk.reach_installing().await;
            program.kill(&desk).await;
            desk.rauc.finish(failed.then_some("failed")).await;
            let _program = Program::start(&desk);
            if failed {
                desk.sees(UpdateState::Idle).await;
                assert_eq!(desk.last_error().await, "Interrupted");
                let other = desk.update.other_state().await.unwrap();
                assert_eq!(other, SlotState::Incomplete);
            } else {
                desk.sees(UpdateState::Installed).await;
                let result = desk.update.last_result().await.unwrap();
                assert_eq!(result, LastResult::Installed);
            }
        }
    });
}

#[test]
fn killed_while_the_firmware_is_told_it_counts_and_asks_for_no_restart() {
    on_the_bus(async {
        let (desk, program) = real().await;
        desk.install().await;
        desk.rauc.set().hold_mark = true;
        let client = desk.update.clone();
        let calling = tokio::task::spawn_local(async move {
            loop {
                if client
                    .activate()
                    .await
                    .is_err_and(|e| !e.to_string().contains("patient"))
                {
                    return;
                }
            }
        });
        desk.sees(UpdateState::Activating).await;
        let program = program.again(&desk).await;
        calling.abort();
        desk.rauc.set().hold_mark = false;
        desk.sees(UpdateState::Installed).await;
        assert_eq!(desk.update.tries().await.unwrap(), 1);
        assert_eq!(desk.last_error().await, "Interrupted");
        assert!(!desk.restarting());
        // With the restart on its way it stays where it is.
        desk.activate().await;
        let _program = program.again(&desk).await;
        desk.sees(UpdateState::Activating).await;
        assert_eq!(desk.update.tries().await.unwrap(), 2);
    });
}

#[test]
fn killed_on_trial_it_is_still_on_trial() {
    on_the_bus(async {
        let mut desk = Desk::confirmed().await;
        desk.install().await;
        desk.activate().await;
        desk.boot("system1", "1.1.0").await;
        desk.kill().await;
        let program = Program::start(&desk);
        desk.sees(UpdateState::Unconfirmed).await;
        desk.rauc.set().hold_mark = true;
        let client = desk.update.clone();
        let calling = tokio::task::spawn_local(async move { client.confirm().await });
        desk.until("the firmware is told", async |desk| {
            desk.rauc
                .set()
                .calls
                .iter()
                .any(|call| call == "Mark good booted")
        })
        .await;
        let program = program.again(&desk).await;
        assert!(calling.await.unwrap().is_err());
        desk.rauc.set().hold_mark = false;
        desk.sees(UpdateState::Unconfirmed).await;
        desk.update.confirm().await.unwrap();
        let _program = program.again(&desk).await;
        desk.sees(UpdateState::Confirmed).await;
        assert!(desk.update.confirmed().await.unwrap());
        assert_eq!(desk.update.floor().await.unwrap(), "1.0.0");
    });
}
