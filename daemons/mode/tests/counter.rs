// SPDX-License-Identifier: MIT OR Apache-2.0
//! Passcodes bound to a counter in the TPM, over the real bus, the real process of the counter and a software
//! TPM (MODE-05): what is put back costs the longest wait; a TPM that fails costs staff their button and
//! patients nothing.
#![allow(clippy::unwrap_used)]

mod peers;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use peers::{Desk, card, on_the_bus};
use tempfile::TempDir;
use uketsuke_bus::secret;
use uketsuke_bus::staff::{Keeping, StaffError};
use uketsuke_bus::view::{Action, Form, View, ViewId};
use uketsuke_mode::domain::Rules;
use uketsuke_mode::staff::PEPPER;
use uketsuke_passcode::counts::HIGHEST_WAIT;
use uketsuke_testkit::tpm::{Door, SoftTpm, counter_program};

/// A box: what outlives its power.
struct Board {
    /// Goes before the folder that its socket lies in.
    door: Option<Door>,
    folder: Arc<TempDir>,
    tpm: SoftTpm,
}

impl Board {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(PEPPER), [7; 32]).unwrap();
        let mut board = Self {
            door: None,
            folder: Arc::new(folder),
            tpm: SoftTpm::start(),
        };
        board.open_door();
        board
    }

    fn open_door(&mut self) {
        let socket = self.folder.path().join("counter.socket");
        let device = self.tpm.socket().display().to_string();
        self.door = Some(Door::of_program(&socket, counter_program(), vec![device]));
    }

    async fn start(&self) -> Desk {
        Desk::start_on(Rules::default(), self.folder.clone()).await
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("passcodes.json")
    }

    fn power_cut(&mut self) {
        self.tpm.power_off();
        self.tpm.power_on();
    }
}

fn number(file: &Path) -> Option<u64> {
    let text = std::fs::read(file).unwrap();
    let kept: serde_json::Value = serde_json::from_slice(&text).unwrap();
    kept["counter"].as_u64()
}

/// Types wrong codes, from P-00; the view behind the last.
async fn wrong(desk: &Desk, codes: &[&str]) -> View {
    let is_wrong = |v: &View| v.form == Some(Form::WrongPasscode);
    desk.type_passcode(codes[0]).await;
    for code in &codes[1..] {
        let view = desk.sees_that("S-01, wrong", is_wrong).await;
        desk.type_pin(&view, code.as_bytes()).await;
        desk.sees(ViewId::Wait).await;
    }
    desk.sees_that("S-01, wrong", is_wrong).await
}

/// The right code is refused for the longest wait.
async fn barred(desk: &Desk) {
    desk.type_passcode("0417").await;
    let view = desk
        .sees_that("S-01, barred", |v| v.form == Some(Form::WaitPasscode))
        .await;
    assert!(
        view.wait_s.is_some_and(|s| s + 60 >= HIGHEST_WAIT),
        "{view:?}"
    );
}

#[test]
fn an_older_state_that_is_put_back_costs_the_longest_wait() {
    on_the_bus(async {
        let mut board = Board::new();
        let desk = board.start().await;
        desk.issue("suzuki", "0417").await;
        let fresh = std::fs::read(board.file()).unwrap();
        wrong(&desk, &["0001", "0002", "0003"]).await;
        let newest = std::fs::read(board.file()).unwrap();
        let first = number(&board.file()).unwrap();
        drop(desk);
        // A restart is none, and keeps the count.
        board.power_cut();
        let desk = board.start().await;
        desk.type_passcode("0417").await;
        desk.sees(ViewId::Visual).await;
        assert_eq!(number(&board.file()), Some(first + 1));
        drop(desk);
        for state in [&fresh, &newest] {
            board.power_cut();
            std::fs::write(board.file(), state).unwrap();
            let desk = board.start().await;
            barred(&desk).await;
            drop(desk);
            // It is written down: another restart shortens nothing.
            barred(&board.start().await).await;
        }
        // A code issued anew ends it.
        let desk = board.start().await;
        desk.issue("suzuki", "0999").await;
        desk.type_passcode("0999").await;
        desk.sees(ViewId::Visual).await;
    });
}

#[test]
fn a_tpm_made_empty_and_a_counter_taken_away_are_older_states() {
    on_the_bus(async {
        let password = "00000009 40000009 0000 00 0000";
        let clear = format!("8002 0000001b 00000126 4000000a {password}");
        let undefine = format!("8002 0000001f 00000122 40000001 01825541 {password}");
        let mut board = Board::new();
        for way in [clear, undefine] {
            let desk = board.start().await;
            desk.issue("suzuki", "0417").await;
            drop(desk);
            assert_eq!(board.tpm.command(&way)[6..10], [0; 4], "{way}");
            barred(&board.start().await).await;
        }
        // Without any TPM what knows one is not believed either.
        let desk = board.start().await;
        desk.issue("suzuki", "0417").await;
        drop(desk);
        board.door = None;
        barred(&board.start().await).await;
        assert_eq!(number(&board.file()), None);
        board.open_door();
        barred(&board.start().await).await;
    });
}

#[test]
fn a_tpm_that_fails_while_the_reader_runs_opens_nothing_and_counts_nothing_twice() {
    on_the_bus(async {
        let mut board = Board::new();
        let desk = board.start().await;
        desk.issue("suzuki", "0417").await;
        board.tpm.power_off();
        desk.type_passcode("0417").await;
        let view = desk
            .sees_that("S-01, not verified", |v| {
                v.form == Some(Form::UnverifiedPasscode)
            })
            .await;
        let code = secret::seal(b"0999").unwrap();
        let refused = desk.staff.issue("suzuki", code.into()).await;
        assert!(matches!(refused, Err(StaffError::NotKept(_))));
        board.tpm.power_on();
        desk.type_pin(&view, b"0417").await;
        desk.sees(ViewId::Visual).await;
    });
}

#[test]
fn a_tpm_that_fails_at_the_start_leaves_a_reader_for_patients() {
    on_the_bus(async {
        let mut board = Board::new();
        let desk = board.start().await;
        desk.issue("suzuki", "0417").await;
        drop(desk);
        let before = std::fs::read(board.file()).unwrap();
        board.tpm.power_off();
        let mut desk = board.start().await;
        assert_eq!(desk.sees(ViewId::Idle).await.choices, []);
        let code = secret::seal(b"0999").unwrap();
        let refused = desk.staff.issue("suzuki", code.into()).await;
        assert!(matches!(refused, Err(StaffError::NoPasscodes(_))));
        desk.cards.place(&card(b"A")).await;
        let view = desk.sees(ViewId::Method).await;
        assert!(view.choices.contains(&Action::Pin));
        drop(desk);
        assert_eq!(std::fs::read(board.file()).unwrap(), before);
        board.tpm.power_on();
        let desk = board.start().await;
        desk.type_passcode("0417").await;
        desk.sees(ViewId::Visual).await;
    });
}

#[test]
fn a_tpm_that_is_late_gives_staff_their_passcodes_without_a_restart() {
    on_the_bus(async {
        let mut board = Board::new();
        let desk = board.start().await;
        desk.issue("suzuki", "0417").await;
        drop(desk);
        board.tpm.power_off();
        let desk = board.start().await;
        assert_eq!(desk.sees(ViewId::Idle).await.choices, []);
        assert_eq!(desk.mode.passcodes().await.unwrap(), Keeping::None);
        board.tpm.power_on();
        desk.sees_that("P-00 with the button for staff", |view| {
            view.choices == [Action::Staff]
        })
        .await;
        assert_eq!(desk.mode.passcodes().await.unwrap(), Keeping::Bound);
        assert_eq!(desk.staff.accounts().await.unwrap(), 1);
        desk.type_passcode("0417").await;
        desk.sees(ViewId::Visual).await;
    });
}
