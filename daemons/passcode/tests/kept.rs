// SPDX-License-Identifier: MIT OR Apache-2.0
//! The file, with and without a counter of the board beside it (MODE-05): what was put back is recognised,
//! what a power cut left is not mistaken for it.
#![allow(clippy::unwrap_used)]

mod support;

use std::cell::Cell;
use std::fs;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use support::{CHEAP, Says, at_once, code};
use uketsuke_passcode::counts::{HIGHEST_WAIT, Refusal};
use uketsuke_passcode::gate::{IssueError, Verdict};
use uketsuke_passcode::kept::{Counter, Folder, Keep, KeptError, NoCounter};
use uketsuke_passcode::verifier::Pepper;
use uketsuke_passcode::{Gate, Tried};

/// A TPM's counter.
#[derive(Clone, Default)]
struct Grows {
    says: Rc<Cell<u64>>,
    /// The power goes before the next step.
    cut: Rc<Cell<bool>>,
    /// It does not answer.
    silent: Rc<Cell<bool>>,
}

impl Counter for Grows {
    fn value(&mut self) -> io::Result<u64> {
        if self.silent.get() {
            return Err(io::Error::other("silence"));
        }
        Ok(self.says.get())
    }

    fn step(&mut self) -> io::Result<()> {
        if self.cut.get() {
            return Err(io::Error::other("no power"));
        }
        self.says.set(self.says.get() + 1);
        Ok(())
    }
}

fn open(folder: &Path, counter: &Grows) -> Gate<Folder<Grows>> {
    Gate::open(
        Folder::new(folder, Some(counter.clone())),
        CHEAP,
        Duration::ZERO,
    )
    .unwrap()
}

fn without(folder: &Path) -> Gate<Folder<NoCounter>> {
    Gate::open(Folder::new(folder, None), CHEAP, Duration::ZERO).unwrap()
}

fn issue<K: Keep>(gate: &mut Gate<K>, n: u32) -> Result<(), IssueError> {
    gate.issue("suzuki", &code(n), &Pepper::new([1; 32]))
}

fn try_wrong<K: Keep>(gate: &mut Gate<K>, n: u32) -> Result<Tried, KeptError> {
    let mut wrong = Says::always(Verdict::Wrong);
    at_once(gate.attempt(&code(n), Duration::ZERO, &mut wrong))
}

fn highest<K: Keep>(gate: &mut Gate<K>) -> bool {
    matches!(gate.look(Duration::ZERO), Err(Refusal::Wait(wait)) if wait >= HIGHEST_WAIT)
}

#[test]
fn every_state_that_is_put_back_costs_the_highest_wait() {
    let folder = tempfile::tempdir().unwrap();
    let counter = Grows::default();
    let file = folder.path().join("passcodes.json");
    let mut gate = open(folder.path(), &counter);
    assert!(!file.exists(), "a file before the first code");
    gate.issue("suzuki", &code(1), &Pepper::new([1; 32]))
        .unwrap();
    let mut states = vec![fs::read(&file).unwrap()];
    for n in 0..4 {
        let mut wrong = Says::always(Verdict::Wrong);
        at_once(gate.attempt(&code(100 + n), Duration::ZERO, &mut wrong)).unwrap();
        states.push(fs::read(&file).unwrap());
    }
    let (newest, older) = states.split_last().unwrap();
    assert_eq!(open(folder.path(), &counter).look(Duration::ZERO), Ok(()));
    let says = counter.says.get();
    for state in older {
        fs::write(&file, state).unwrap();
        assert!(highest(&mut open(folder.path(), &counter)));
        // And again: what was found out is written down.
        assert!(highest(&mut open(folder.path(), &counter)));
        counter.says.set(says);
    }
    fs::write(&file, newest).unwrap();
    assert_eq!(open(folder.path(), &counter).look(Duration::ZERO), Ok(()));
}

#[test]
fn a_power_cut_between_file_and_counter_is_no_older_state_and_nothing_was_compared() {
    let folder = tempfile::tempdir().unwrap();
    let counter = Grows::default();
    let mut gate = open(folder.path(), &counter);
    gate.issue("suzuki", &code(1), &Pepper::new([1; 32]))
        .unwrap();
    counter.cut.set(true);
    let mut asked = Says::always(Verdict::Right("suzuki".into()));
    let cut = at_once(gate.attempt(&code(1), Duration::ZERO, &mut asked));
    assert!(matches!(cut, Err(KeptError::Counter(_))));
    assert_eq!(asked.asked.get(), 0);
    counter.cut.set(false);
    let mut gate = open(folder.path(), &counter);
    assert_eq!((gate.look(Duration::ZERO), gate.in_a_row()), (Ok(()), 1));
    // The step was made up for: the next is no older one either.
    assert_eq!(open(folder.path(), &counter).look(Duration::ZERO), Ok(()));
}

#[test]
fn without_a_counter_the_waits_begin_anew_with_the_power_and_a_damaged_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        Gate::open(
            Folder::<NoCounter>::new(folder.path(), None),
            CHEAP,
            Duration::ZERO,
        )
    };
    let mut gate = open().unwrap();
    gate.issue("suzuki", &code(1), &Pepper::new([1; 32]))
        .unwrap();
    for n in 0..5 {
        let mut wrong = Says::always(Verdict::Wrong);
        at_once(gate.attempt(&code(100 + n), Duration::ZERO, &mut wrong)).unwrap();
    }
    let nearly = Duration::from_secs(59);
    assert_eq!(gate.look(nearly), Err(Refusal::Wait(1)));
    for _ in 0..3 {
        let mut gate = open().unwrap();
        assert_eq!(gate.accounts(), 1);
        assert_eq!(gate.look(Duration::ZERO), Err(Refusal::Wait(60)));
    }
    let file = folder.path().join("passcodes.json");
    let whole = fs::read(&file).unwrap();
    for (content, what) in [
        (&whole[..whole.len() / 2], "EOF"),
        (&b"{}"[..], "missing field"),
        (&[b' '; 256 * 1024 + 1][..], "larger than 262144 bytes"),
    ] {
        fs::write(&file, content).unwrap();
        let told = open().err().map(|error| error.to_string()).unwrap();
        assert!(
            told.contains("passcodes.json") && told.contains(what),
            "{told}"
        );
    }
}

#[test]
fn a_file_that_knows_a_counter_is_never_believed_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let counter = Grows::default();
    let file = folder.path().join("passcodes.json");
    issue(&mut open(folder.path(), &counter), 1).unwrap();
    let bound = fs::read(&file).unwrap();
    for _ in 0..2 {
        fs::write(&file, &bound).unwrap();
        let mut gate = without(folder.path());
        assert!(gate.put_back());
        assert!(highest(&mut gate));
    }
    // It is written down without a number, and so the counter's coming back costs the same again.
    assert!(!without(folder.path()).put_back());
    let mut gate = open(folder.path(), &counter);
    assert!(gate.put_back());
    assert!(highest(&mut gate));
    assert!(!open(folder.path(), &counter).put_back());
}

#[test]
fn a_file_from_before_the_counter_costs_the_highest_wait_or_a_code_issued_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passcodes.json");
    issue(&mut without(folder.path()), 1).unwrap();
    let unbound = fs::read(&file).unwrap();
    for says in [0, 1, 7] {
        let counter = Grows::default();
        counter.says.set(says);
        fs::write(&file, &unbound).unwrap();
        let mut gate = open(folder.path(), &counter);
        assert!(gate.put_back());
        assert!(highest(&mut gate));
        assert!(!open(folder.path(), &counter).put_back());
        let mut gate = open(folder.path(), &counter);
        issue(&mut gate, 2).unwrap();
        assert_eq!(gate.look(Duration::ZERO), Ok(()));
    }
}

#[test]
fn only_what_an_earlier_file_would_allow_more_of_wears_the_counter() {
    let folder = tempfile::tempdir().unwrap();
    let counter = Grows::default();
    let mut gate = open(folder.path(), &counter);
    issue(&mut gate, 1).unwrap();
    let stepped = |act: &mut dyn FnMut()| {
        let before = counter.says.get();
        act();
        counter.says.get() - before
    };
    assert_eq!(
        stepped(&mut || {
            try_wrong(&mut gate, 2).unwrap();
        }),
        1
    );
    // One of the last five wrong ones: can be typed without end.
    for _ in 0..50 {
        assert_eq!(
            stepped(&mut || {
                try_wrong(&mut gate, 2).unwrap();
            }),
            0
        );
    }
    let mut right = || {
        let mut right = Says::always(Verdict::Right("suzuki".into()));
        at_once(gate.attempt(&code(1), Duration::ZERO, &mut right)).unwrap();
    };
    assert_eq!(stepped(&mut right), 1);
    try_wrong(&mut gate, 3).unwrap();
    let mut month = || {
        for hour in 1..=30 * 24 {
            gate.tick(Duration::from_secs(hour * 60 * 60)).unwrap();
        }
    };
    assert_eq!(stepped(&mut month), 0);
    assert_eq!(stepped(&mut || issue(&mut gate, 4).unwrap()), 1);
    assert_eq!(
        stepped(&mut || {
            gate.withdraw("suzuki").unwrap();
        }),
        1
    );
    assert!(!open(folder.path(), &counter).put_back());
}

#[test]
fn a_write_whose_step_failed_gives_its_number_to_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let counter = Grows::default();
    let file = folder.path().join("passcodes.json");
    let mut gate = open(folder.path(), &counter);
    issue(&mut gate, 1).unwrap();
    try_wrong(&mut gate, 2).unwrap();
    counter.cut.set(true);
    assert!(issue(&mut gate, 3).is_err());
    // A state in which every failure is forgotten, as nobody was told that it came to be.
    let forgotten = fs::read(&file).unwrap();
    counter.cut.set(false);
    try_wrong(&mut gate, 4).unwrap();
    assert!(!open(folder.path(), &counter).put_back());
    fs::write(&file, forgotten).unwrap();
    assert!(highest(&mut open(folder.path(), &counter)));
}

#[test]
fn a_counter_that_does_not_answer_lets_nothing_be_compared() {
    let folder = tempfile::tempdir().unwrap();
    let counter = Grows::default();
    let mut gate = open(folder.path(), &counter);
    issue(&mut gate, 1).unwrap();
    let before = fs::read(folder.path().join("passcodes.json")).unwrap();
    counter.silent.set(true);
    let mut asked = Says::always(Verdict::Right("suzuki".into()));
    let tried = at_once(gate.attempt(&code(1), Duration::ZERO, &mut asked));
    assert!(matches!(tried, Err(KeptError::Counter(_))));
    assert_eq!(asked.asked.get(), 0);
    assert!(matches!(issue(&mut gate, 2), Err(IssueError::Kept(_))));
    let again = Gate::open(
        Folder::new(folder.path(), Some(counter.clone())),
        CHEAP,
        Duration::ZERO,
    );
    assert!(matches!(again, Err(KeptError::Counter(_))));
    let after = fs::read(folder.path().join("passcodes.json")).unwrap();
    assert_eq!(before, after);
}
