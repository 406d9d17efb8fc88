// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whole updates, and what RAUC may say on the way.

use std::collections::HashMap;

use uketsuke_bus::update1::{LastResult, SlotState, UpdateState, Verdict};

use super::desk::{Desk, URL, name, on_the_bus, write};
use super::rauc::Bundle;

#[test]
fn an_update_by_net_takes_over_and_is_confirmed() {
    on_the_bus(async {
        let mut desk = Desk::confirmed().await;
        desk.reach_installing().await;
        desk.rauc.progress(42, "Copying image to rootfs.1").await;
        desk.until("the progress is shown", async |desk| {
            desk.update.percent().await.unwrap() == 42
        })
        .await;
        assert_eq!(
            desk.update.phase().await.unwrap(),
            "Copying image to rootfs.1"
        );
        assert_eq!(
            desk.update.other_state().await.unwrap(),
            SlotState::Incomplete
        );
        assert_eq!(desk.update.pending_version().await.unwrap(), "1.1.0");
        desk.rauc.finish(None).await;
        desk.sees(UpdateState::Installed).await;
        assert_eq!(desk.update.percent().await.unwrap(), 0);
        desk.activate().await;
        assert_eq!(desk.update.state().await.unwrap(), UpdateState::Activating);
        let expected = [
            format!("Inspect {URL}"),
            "Mark active booted".into(),
            format!("Install {URL}"),
            "Mark active other".into(),
        ];
        assert_eq!(desk.rauc.calls(), expected);

        desk.boot("system1", "1.1.0").await;
        desk.sees(UpdateState::Unconfirmed).await;
        assert!(!desk.update.confirmed().await.unwrap());
        assert_eq!(desk.update.tries().await.unwrap(), 1);
        assert_eq!(name(desk.update.install(URL).await), "Unconfirmed");
        desk.update.confirm().await.unwrap();
        assert_eq!(desk.rauc.calls(), ["Mark good booted"]);
        assert_eq!(desk.update.state().await.unwrap(), UpdateState::Confirmed);
        assert_eq!(desk.update.floor().await.unwrap(), "1.0.0");
        assert_eq!(desk.update.slot().await.unwrap(), "b");
        assert_eq!(desk.update.other_version().await.unwrap(), "1.0.0");
        assert_eq!(desk.update.other_state().await.unwrap(), SlotState::Good);
        assert_eq!(
            desk.update.last_result().await.unwrap(),
            LastResult::Confirmed
        );
        // Once more: nothing is done.
        desk.update.confirm().await.unwrap();
        assert_eq!(desk.rauc.calls(), [""; 0]);
    });
}

#[test]
fn an_installation_is_told_exactly_two_things() {
    on_the_bus(async {
        let desk = Desk::confirmed().await;
        desk.install().await;
        let arguments = desk.rauc.set().arguments.clone();
        let job = arguments[0]["transaction-id"].clone();
        assert_eq!(job.len(), 36);
        let expected = HashMap::from([
            ("transaction-id".to_owned(), job),
            ("require-manifest-hash".to_owned(), "5d".repeat(32)),
        ]);
        assert_eq!(arguments, [expected]);
    });
}

#[test]
fn a_stick_is_another_source_and_nothing_else() {
    on_the_bus(async {
        let desk = Desk::confirmed().await;
        assert_eq!(name(desk.update.install_stick().await), "NoBundle");
        write(&desk.path("stick/._1.1.0.raucb"), "macOS");
        assert_eq!(name(desk.update.install_stick().await), "NoBundle");
        let bundle = desk.path("stick/1.1.0.raucb");
        write(&bundle, "bundle");
        desk.update.install_stick().await.unwrap();
        desk.sees(UpdateState::Installing).await;
        let expected = format!("Inspect {}", bundle.display());
        assert_eq!(desk.rauc.calls()[0], expected);
        write(&desk.path("stick/1.2.0.raucb"), "bundle");
        assert_eq!(name(desk.update.install_stick().await), "SeveralBundles");
    });
}

#[test]
fn what_installer_and_bundle_say_wrong_is_named() {
    on_the_bus(async {
        let desk = Desk::confirmed().await;
        let refused = |text: &str| Err(text.to_owned());
        let changed = |change: fn(&mut Bundle)| {
            let mut bundle = Bundle::of("1.1.0");
            change(&mut bundle);
            Ok(bundle)
        };
        let table: Vec<(Result<Bundle, String>, &str)> = vec![
            (
                refused(
                    "signature verification failed: Verify error: unable to get local issuer certificate",
                ),
                "WrongSignature",
            ),
            (
                refused("signature verification failed: Verify error: certificate has expired"),
                "CertificateExpired",
            ),
            (
                refused(
                    "signature verification failed: Verify error: certificate is not yet valid",
                ),
                "CertificateNotYetValid",
            ),
            (refused("Bundle format 'plain' not allowed"), "WrongFormat"),
            (
                refused("Invalid bundle format: Signature size (9) exceeds bundle size"),
                "BadBundle",
            ),
            (
                refused("Failed to stream bundle x: not found: unexpected HTTP response code 404"),
                "NoBundle",
            ),
            (
                refused(
                    "Failed to stream bundle x: failed to configure streaming: server not responding",
                ),
                "Unreachable",
            ),
            (refused("already processing a different method"), "Busy"),
            (refused("what nobody has heard of"), "Internal"),
            (
                changed(|b| b.compatible = "uketsuke-reference-x86-64-dev"),
                "WrongCompatible",
            ),
            (changed(|b| b.version = "1.0.0".into()), "SameVersion"),
            (changed(|b| b.version = "0.9.9".into()), "Downgrade"),
            (changed(|b| b.version = "1.1".into()), "BadVersion"),
            (changed(|b| b.format = "plain"), "WrongFormat"),
            (changed(|b| b.classes = vec!["rootfs"]), "WrongFormat"),
            (changed(|b| b.hook = true), "WrongFormat"),
            (changed(|b| b.hash.clear()), "BadBundle"),
        ];
        for (bundle, fault) in table {
            desk.rauc.set().bundle = bundle;
            desk.update.install(URL).await.unwrap();
            desk.until(fault, async |desk| desk.last_error().await == fault)
                .await;
            assert_eq!(desk.update.state().await.unwrap(), UpdateState::Confirmed);
            assert_eq!(desk.update.last_result().await.unwrap(), LastResult::Failed);
        }
        let installed = desk
            .rauc
            .calls()
            .iter()
            .any(|call| call.starts_with("Install"));
        assert!(!installed, "something was written");
    });
}

#[test]
fn what_goes_wrong_while_writing_is_named_and_leaves_nothing_to_activate() {
    on_the_bus(async {
        let desk = Desk::confirmed().await;
        for (text, fault) in [
            (
                "Refusing to install bundle with unexpected hash (expected a, got b)",
                "Replaced",
            ),
            (
                "Compatible mismatch: Expected 'a' but bundle manifest has 'b'",
                "WrongCompatible",
            ),
            (
                "Installation error: Failed updating slot rootfs.1: Error reading from file: Input/output error",
                "Unreachable",
            ),
            (
                "Installation error: Failed updating slot rootfs.1: Error writing to file descriptor: No space left on device",
                "StorageFailed",
            ),
            (
                "Installation error: Error while writing status file: Read-only file system",
                "StorageFailed",
            ),
        ] {
            desk.reach_installing().await;
            desk.rauc.finish(Some(text)).await;
            desk.sees(UpdateState::Idle).await;
            assert_eq!(desk.last_error().await, fault);
            assert_eq!(
                desk.update.other_state().await.unwrap(),
                SlotState::Incomplete
            );
            assert_eq!(name(desk.update.activate().await), "NothingPending");
            assert!(desk.update.confirmed().await.unwrap());
        }
        desk.rauc.set().refuse_install = Some("Already processing a different method".into());
        desk.update.install(URL).await.unwrap();
        desk.until("the refusal", async |desk| {
            desk.last_error().await == "Busy"
        })
        .await;
        desk.rauc.set().refuse_install = None;
        desk.install().await;
    });
}

#[test]
fn an_installer_that_leaves_in_the_middle_is_noticed_and_asked_again_later() {
    on_the_bus(async {
        let mut desk = Desk::confirmed().await;
        desk.reach_installing().await;
        desk.rauc.leave().await;
        desk.sees(UpdateState::Idle).await;
        assert_eq!(desk.last_error().await, "InstallerDown");
        desk.update.install(URL).await.unwrap();
        desk.until("the next failure", async |desk| {
            desk.update.state().await.unwrap() == UpdateState::Idle
                && desk.last_error().await == "InstallerDown"
        })
        .await;
        desk.rauc.arrive(&desk.bus).await;
        desk.install().await;
    });
}

#[test]
fn a_power_cut_on_the_way_is_no_verdict_and_a_verdict_is_final() {
    on_the_bus(async {
        let mut desk = Desk::confirmed().await;
        desk.install().await;
        desk.activate().await;
        desk.boot("system1", "1.1.0").await;
        desk.sees(UpdateState::Unconfirmed).await;
        desk.boot("system0", "1.0.0").await;
        desk.sees(UpdateState::Installed).await;
        desk.activate().await;
        assert_eq!(desk.update.tries().await.unwrap(), 2);
        let verdict = Verdict {
            format: 1,
            version: "1.1.0".into(),
            slot: "b".into(),
            good: false,
            reason: "mode: does not answer".into(),
        };
        write(
            &desk.path("verdict"),
            &serde_json::to_string(&verdict).unwrap(),
        );
        desk.boot("system0", "1.0.0").await;
        desk.sees(UpdateState::RolledBack).await;
        assert_eq!(desk.last_error().await, "Unhealthy");
        assert_eq!(desk.update.other_state().await.unwrap(), SlotState::Bad);
        assert_eq!(
            desk.update.last_result().await.unwrap(),
            LastResult::RolledBack
        );
        desk.boot("system0", "1.0.0").await;
        desk.sees(UpdateState::RolledBack).await;
        assert_eq!(name(desk.update.activate().await), "NothingPending");
    });
}

#[test]
fn a_field_engineer_goes_back_one_step() {
    on_the_bus(async {
        let mut desk = Desk::confirmed().await;
        desk.install().await;
        desk.activate().await;
        desk.boot("system1", "1.1.0").await;
        desk.update.confirm().await.unwrap();
        desk.rauc.calls();
        desk.rollback().await;
        assert_eq!(desk.rauc.calls(), ["Mark active other"]);
        assert_eq!(desk.update.pending_version().await.unwrap(), "1.0.0");
        desk.boot("system0", "1.0.0").await;
        desk.sees(UpdateState::Unconfirmed).await;
        desk.update.confirm().await.unwrap();
        assert_eq!(desk.update.floor().await.unwrap(), "1.0.0");
        assert_eq!(name(desk.update.rollback().await), "NothingToRollBack");
    });
}

#[test]
fn a_firmware_that_cannot_be_told_is_an_error_and_costs_no_try() {
    on_the_bus(async {
        let mut desk = Desk::confirmed().await;
        desk.install().await;
        desk.rauc.set().refuse_mark = Some("efi backend: Failed to run efibootmgr".into());
        desk.until("the refusal", async |desk| {
            name(desk.update.activate().await) == "Internal"
        })
        .await;
        assert!(!desk.restarting());
        assert_eq!(desk.update.state().await.unwrap(), UpdateState::Installed);
        assert_eq!(desk.update.tries().await.unwrap(), 0);
        desk.rauc.set().refuse_mark = None;
        desk.activate().await;
        desk.boot("system1", "1.1.0").await;
        desk.rauc.set().refuse_mark = Some("efi backend: Failed to run efibootmgr".into());
        assert_eq!(name(desk.update.confirm().await), "Internal");
        assert!(!desk.update.confirmed().await.unwrap());
        desk.rauc.set().refuse_mark = None;
        desk.update.confirm().await.unwrap();
    });
}

#[test]
fn a_record_that_cannot_be_kept_stops_what_rests_on_it() {
    on_the_bus(async {
        let desk = Desk::confirmed().await;
        desk.install().await;
        let state = desk.path("state");
        let aside = desk.path("aside");
        std::fs::rename(&state, &aside).unwrap();
        desk.rauc.calls();
        desk.until("the refusal", async |desk| {
            name(desk.update.activate().await) == "StorageFailed"
        })
        .await;
        assert_eq!(name(desk.update.install(URL).await), "StorageFailed");
        assert_eq!(name(desk.update.cancel().await), "StorageFailed");
        assert_eq!(desk.rauc.calls(), [""; 0]);
        assert_eq!(desk.update.state().await.unwrap(), UpdateState::Installed);
        // Lost between the look and the writing: nothing is written.
        std::fs::rename(&aside, &state).unwrap();
        desk.rauc.set().hold_inspect = true;
        desk.update.install(URL).await.unwrap();
        std::fs::rename(&state, &aside).unwrap();
        desk.rauc.set().hold_inspect = false;
        desk.sees(UpdateState::Installed).await;
        assert_eq!(desk.last_error().await, "StorageFailed");
        assert_eq!(desk.rauc.calls(), [format!("Inspect {URL}")]);
        std::fs::rename(&aside, &state).unwrap();
        desk.activate().await;
    });
}

#[test]
fn a_cancelled_look_is_forgotten_and_the_next_one_is_its_own() {
    on_the_bus(async {
        let desk = Desk::confirmed().await;
        desk.rauc.set().hold_inspect = true;
        desk.update.install(URL).await.unwrap();
        desk.sees(UpdateState::Checking).await;
        assert_eq!(name(desk.update.install(URL).await), "Busy");
        desk.update.cancel().await.unwrap();
        assert_eq!(desk.update.state().await.unwrap(), UpdateState::Confirmed);
        assert_eq!(
            desk.update.last_result().await.unwrap(),
            LastResult::Cancelled
        );
        desk.rauc.set().hold_inspect = false;
        desk.heard().await;
        assert_eq!(desk.update.state().await.unwrap(), UpdateState::Confirmed);
        desk.install().await;
        desk.update.cancel().await.unwrap();
        assert_eq!(desk.update.state().await.unwrap(), UpdateState::Idle);
        assert_eq!(desk.update.pending_version().await.unwrap(), "");
    });
}
