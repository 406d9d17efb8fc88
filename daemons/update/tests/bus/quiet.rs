// SPDX-License-Identifier: MIT OR Apache-2.0
//! When an update takes over by itself, on simulated clocks.

use uketsuke_bus::update1::{Update1Error, UpdateState};
use uketsuke_bus::view::ViewId;
use uketsuke_common::config::Activation;

use super::desk::{Desk, name, on_the_bus};

const HOUR: u64 = 3600;

/// Waits long enough for the daemon to look for a quiet time, and says whether it found one.
async fn taken_over(desk: &Desk) -> bool {
    for _ in 0..20 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        desk.heard().await;
    }
    desk.restarting()
}

#[test]
fn an_update_waits_for_the_night() {
    on_the_bus(async {
        let desk = Desk::confirmed().await;
        desk.install().await;
        // 12:00 to 01:59 in Japan.
        for minutes in [0, 11, 60, 11 * 60 - 71 + 2 * 60 + 59] {
            desk.hands.pass(60 * minutes);
            assert!(!taken_over(&desk).await);
        }
        desk.hands.pass(60);
        desk.sees(UpdateState::Activating).await;
        desk.until("the restart", async |desk| desk.restarting())
            .await;
    });
}

#[test]
fn a_patient_in_the_night_is_waited_for_and_then_some() {
    on_the_bus(async {
        let desk = Desk::confirmed().await;
        desk.install().await;
        desk.shows(ViewId::Method).await;
        desk.heard().await;
        desk.hands.pass(15 * HOUR);
        assert!(!taken_over(&desk).await);
        assert!(matches!(
            desk.update.activate().await,
            Err(Update1Error::Busy(_))
        ));
        assert_eq!(desk.update.tries().await.unwrap(), 0);
        desk.shows(ViewId::Idle).await;
        desk.heard().await;
        desk.hands.pass(9 * 60);
        assert!(!taken_over(&desk).await);
        desk.hands.pass(60);
        desk.sees(UpdateState::Activating).await;
    });
}

#[test]
fn after_a_week_any_quiet_hour_will_do() {
    on_the_bus(async {
        let desk = Desk::confirmed().await;
        desk.install().await;
        desk.hands.pass(7 * 24 * HOUR - 1);
        assert!(!taken_over(&desk).await);
        desk.hands.pass(1);
        desk.sees(UpdateState::Activating).await;
    });
}

#[test]
fn a_power_cut_is_followed_by_the_next_quiet_time() {
    on_the_bus(async {
        let mut desk = Desk::confirmed().await;
        desk.install().await;
        desk.hands.pass(15 * HOUR);
        desk.sees(UpdateState::Activating).await;
        desk.boot("system0", "1.0.0").await;
        desk.sees(UpdateState::Installed).await;
        assert!(!taken_over(&desk).await);
        desk.hands.pass(11 * 60);
        desk.sees(UpdateState::Activating).await;
        assert_eq!(desk.update.tries().await.unwrap(), 2);
    });
}

#[test]
fn on_request_means_on_request() {
    on_the_bus(async {
        let mut desk = Desk::prepare().await;
        desk.config.activate = Activation::OnRequest;
        desk.boot("system0", "1.0.0").await;
        desk.update.confirm().await.unwrap();
        desk.install().await;
        desk.hands.pass(30 * 24 * HOUR + 15 * HOUR);
        assert!(!taken_over(&desk).await);
        desk.activate().await;
    });
}

#[test]
fn a_mode_manager_that_is_away_does_not_keep_its_own_cure_away() {
    on_the_bus(async {
        let mut desk = Desk::confirmed().await;
        desk.install().await;
        desk.mode_leaves().await;
        desk.heard().await;
        // It may be back in a moment, with its patient.
        desk.hands.pass(29);
        assert_eq!(name(desk.update.activate().await), "Busy");
        desk.hands.pass(1);
        desk.activate().await;
    });
}

#[test]
fn a_firmware_that_refuses_is_not_asked_every_minute() {
    on_the_bus(async {
        let desk = Desk::confirmed().await;
        desk.install().await;
        desk.rauc.calls();
        desk.rauc.set().refuse_mark = Some("efi backend: Failed to run efibootmgr".into());
        desk.hands.pass(15 * HOUR);
        desk.until("the first attempt", async |desk| {
            desk.last_error().await == "Internal"
        })
        .await;
        desk.hands.pass(60 * 29);
        assert!(!taken_over(&desk).await);
        assert_eq!(desk.rauc.calls(), ["Mark active other"]);
        desk.hands.pass(60);
        desk.until("the second attempt", async |desk| {
            desk.rauc.set().calls.len() == 1
        })
        .await;
    });
}
