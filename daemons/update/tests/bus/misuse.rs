// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every method in every state: what is refused, by which name, and that a refusal changes nothing.

use uketsuke_bus::update1::{Update1Error, UpdateState};

use super::desk::{Desk, URL, on_the_bus, write};
use super::rauc::Bundle;

const METHODS: [&str; 6] = [
    "Install",
    "InstallStick",
    "Activate",
    "Confirm",
    "Rollback",
    "Cancel",
];

async fn call(desk: &Desk, method: &str) -> Result<(), Update1Error> {
    match method {
        "Install" => desk.update.install(URL).await,
        "InstallStick" => desk.update.install_stick().await,
        "Activate" => desk.update.activate().await,
        "Confirm" => desk.update.confirm().await,
        "Rollback" => desk.update.rollback().await,
        _ => desk.update.cancel().await,
    }
}

/// Calls each method the table refuses in this state. `-`: it is allowed, and not called here.
async fn refused(desk: &Desk, state: UpdateState, names: [&str; 6]) {
    assert_eq!(desk.update.state().await.unwrap(), state);
    let before = desk.state_file();
    for (method, expected) in METHODS.into_iter().zip(names) {
        if expected == "-" {
            continue;
        }
        let answer = call(desk, method).await;
        let said = answer.map_or_else(|error| super::desk::name(Err(error)), |()| "ok".into());
        assert_eq!(said, expected, "{method} in {state:?}");
        assert_eq!(desk.state_file(), before, "{method} in {state:?}");
        assert_eq!(desk.update.state().await.unwrap(), state, "{method}");
    }
}

#[test]
fn every_method_in_every_state_has_its_answer() {
    on_the_bus(async {
        use UpdateState::*;
        let mut desk = Desk::start().await;
        desk.sees(Unconfirmed).await;
        write(&desk.path("stick/1.raucb"), "bundle");
        let trial = "Unconfirmed";
        let nothing = "NothingPending";
        let no_way_back = "NothingToRollBack";
        let late = "NotCancellable";
        refused(
            &desk,
            Unconfirmed,
            [trial, trial, trial, "-", trial, nothing],
        )
        .await;
        desk.update.confirm().await.unwrap();
        refused(
            &desk,
            Confirmed,
            ["-", "-", nothing, "ok", no_way_back, nothing],
        )
        .await;

        desk.rauc.set().hold_inspect = true;
        desk.update.install(URL).await.unwrap();
        refused(&desk, Checking, ["Busy", "Busy", "Busy", "ok", "Busy", "-"]).await;
        desk.rauc.set().hold_inspect = false;
        desk.sees(Installing).await;
        refused(
            &desk,
            Installing,
            ["Busy", "Busy", "Busy", "ok", "Busy", late],
        )
        .await;
        desk.until("RAUC was asked", async |desk| {
            desk.rauc.set().operation == "installing"
        })
        .await;
        desk.rauc.finish(Some("failed")).await;
        desk.sees(Idle).await;
        refused(&desk, Idle, ["-", "-", nothing, "ok", no_way_back, nothing]).await;

        desk.install().await;
        refused(&desk, Installed, ["-", "-", "-", "ok", no_way_back, "-"]).await;
        desk.activate().await;
        refused(
            &desk,
            Activating,
            ["Busy", "Busy", "Busy", "ok", "Busy", late],
        )
        .await;
        desk.boot("system1", "1.1.0").await;
        desk.sees(Unconfirmed).await;
        refused(&desk, Unconfirmed, [trial, trial, trial, "-", trial, late]).await;

        for _ in 0..2 {
            desk.boot("system0", "1.0.0").await;
            desk.sees(Installed).await;
            desk.activate().await;
        }
        desk.boot("system0", "1.0.0").await;
        desk.sees(RolledBack).await;
        assert_eq!(desk.last_error().await, "NeverConfirmed");
        refused(
            &desk,
            RolledBack,
            ["-", "-", nothing, "ok", no_way_back, nothing],
        )
        .await;
    });
}

#[test]
fn addresses_that_are_not_for_this_reader_never_reach_the_installer() {
    on_the_bus(async {
        let desk = Desk::confirmed().await;
        for (address, fault) in [
            ("", "BadAddress"),
            ("/etc/passwd", "BadAddress"),
            ("file:///var/lib/uketsuke/stick/1.raucb", "BadAddress"),
            ("sftp://updates.example/readers/1.raucb", "BadAddress"),
            ("https://a:b@updates.example/readers/1.raucb", "BadAddress"),
            (
                "https://updates.example/readers/1.raucb?token=x",
                "BadAddress",
            ),
            ("http://updates.example/readers/1.raucb", "NotAllowed"),
            ("https://evil.example/readers/1.raucb", "NotAllowed"),
            ("https://updates.example/readers/../1.raucb", "NotAllowed"),
        ] {
            let said = super::desk::name(desk.update.install(address).await);
            assert_eq!(said, fault, "{address}");
        }
        assert_eq!(desk.rauc.calls(), [""; 0]);
    });
}

#[test]
fn a_system_below_the_floor_or_of_another_version_is_not_confirmed() {
    on_the_bus(async {
        let mut desk = Desk::confirmed().await;
        desk.install().await;
        desk.activate().await;
        // Something else lies in the slot than what was installed.
        desk.boot("system1", "1.4.0").await;
        desk.sees(UpdateState::Unconfirmed).await;
        assert_eq!(
            super::desk::name(desk.update.confirm().await),
            "WrongVersion"
        );
        desk.boot("system0", "0.9.0").await;
        desk.sees(UpdateState::Unconfirmed).await;
        desk.rauc.calls();
        assert_eq!(super::desk::name(desk.update.confirm().await), "Downgrade");
        assert_eq!(desk.rauc.calls(), [""; 0]);
        assert!(!desk.update.confirmed().await.unwrap());
    });
}

#[test]
fn before_the_installer_speaks_every_call_says_so() {
    on_the_bus(async {
        let mut desk = Desk::prepare().await;
        desk.rauc.leave().await;
        write(&desk.path("os-release"), "IMAGE_VERSION=1.0.0\n");
        write(&desk.path("stick/1.raucb"), "bundle");
        let (bus, places) = (desk.bus.builder(), desk.places());
        let (config, clock) = (desk.config.clone(), desk.hands.clone());
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        tokio::task::spawn_local(async move {
            let tick = std::time::Duration::from_millis(10);
            let ready = move || ready.send(()).unwrap();
            uketsuke_update::app::serve(bus, places, &config, clock, tick, None, ready, || {}).await
        });
        is_ready.await.unwrap();
        for method in METHODS {
            let said = super::desk::name(call(&desk, method).await);
            assert_eq!(said, "InstallerDown", "{method}");
        }
        assert_eq!(desk.update.slot().await.unwrap(), "");
        assert_eq!(desk.update.version().await.unwrap(), "1.0.0");
        assert!(!desk.update.confirmed().await.unwrap());
        // It comes, and all is well.
        desk.rauc.set().bundle = Ok(Bundle::of("1.1.0"));
        desk.rauc.arrive(&desk.bus).await;
        desk.sees(UpdateState::Unconfirmed).await;
        desk.update.confirm().await.unwrap();
    });
}
