// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cards fresh from the box without making a hundred RSA keys for each test: they are made once, below
//! `target`, and every test gets a copy of its own.
#![allow(clippy::unwrap_used, dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use uketsuke_virtual_card::card::Behaviour;
use uketsuke_virtual_card::profile::PROFILES;
use uketsuke_virtual_card::vault::{Vault, VaultError};

/// Whether this program has made sure that all cards are there.
static MADE: Mutex<bool> = Mutex::new(false);

/// A state directory with all cards, unused.
pub fn copied() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy_to(dir.path());
    dir
}

/// The same at `to`.
pub fn copy_to(to: &Path) {
    let mut are_made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let made = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("virtual-cards");
    // Held while copying, against another test program.
    let mut vault = open(&made);
    if !*are_made {
        for profile in PROFILES {
            vault.card(profile, Behaviour::default()).unwrap();
        }
        *are_made = true;
    }
    copy(&made, to);
}

fn open(dir: &Path) -> Vault {
    let began = Instant::now();
    loop {
        match Vault::open(dir) {
            Err(VaultError::InUse(_)) if began.elapsed() < Duration::from_secs(60) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            other => return other.unwrap(),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
