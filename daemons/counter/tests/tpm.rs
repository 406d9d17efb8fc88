// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real process against a software TPM (swtpm): what it says only grows, whatever is done to the TPM
//! and whenever the power goes (MODE-05).
#![allow(clippy::unwrap_used, reason = "a panic is the report")]

mod support;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::{Ask, PASSWORD, counter, device};
use uketsuke_counter::wire::{Answer, Cause, Question};
use uketsuke_testkit::tpm::{Door, SoftTpm};

const VALUE: Question = Question::Value;
const STEP: Question = Question::Step;

#[test]
fn it_is_made_when_first_asked_and_grows_by_one() {
    let tpm = SoftTpm::start();
    let ask = Ask::of(&tpm);
    assert_eq!(ask.answer(STEP), Answer::Failed(Cause::Absent));
    let first = ask.says(VALUE);
    assert_eq!(ask.says(VALUE), first);
    for n in 1..=20 {
        assert_eq!(ask.says(STEP), first + n);
        assert_eq!(ask.says(VALUE), first + n);
    }
}

#[test]
fn no_power_cut_takes_from_it() {
    let mut tpm = SoftTpm::start();
    let mut says = Ask::of(&tpm).says(VALUE);
    for _ in 0..5 {
        says += 1;
        assert_eq!(Ask::of(&tpm).says(STEP), says);
        tpm.power_off();
        tpm.power_on();
        assert_eq!(Ask::of(&tpm).says(VALUE), says);
    }
}

#[test]
fn made_anew_it_begins_above_what_it_ever_said() {
    let undefine = format!("8002 0000001f 00000122 40000001 {} {PASSWORD}", counter());
    // By the lockout's empty password; takes every index of the owner away.
    let clear = format!("8002 0000001b 00000126 4000000a {PASSWORD}");
    let mut tpm = SoftTpm::start();
    for way in [&undefine, &clear, &undefine] {
        let before = (0..5).map(|_| {
            Ask::of(&tpm).says(VALUE);
            Ask::of(&tpm).says(STEP)
        });
        let before = before.max().unwrap();
        assert_eq!(tpm.command(way)[6..10], [0; 4], "{way}");
        assert_eq!(Ask::of(&tpm).answer(STEP), Answer::Failed(Cause::Absent));
        tpm.power_off();
        tpm.power_on();
        let after = Ask::of(&tpm).says(VALUE);
        assert!(after > before, "{after} after {before}");
    }
}

#[test]
fn a_power_cut_before_its_first_step_is_made_up_for() {
    let tpm = SoftTpm::start();
    let made = tpm.command(&define("000b", "02040014", "0000", "0008"));
    assert_eq!(made[6..10], [0; 4]);
    let ask = Ask::of(&tpm);
    assert_eq!(ask.answer(STEP), Answer::Failed(Cause::Absent));
    let first = ask.says(VALUE);
    assert_eq!(ask.says(STEP), first + 1);
}

/// `TPM2_NV_DefineSpace` of our index.
fn define(name: &str, attributes: &str, policy: &str, bytes: &str) -> String {
    let public = format!("{} {name} {attributes} {policy} {bytes}", counter());
    let digits = public.bytes().filter(u8::is_ascii_hexdigit).count();
    let length = digits / 2;
    format!(
        "8002 {:08x} 0000012a 40000001 {PASSWORD} 0000 {length:04x} {public}",
        31 + length
    )
}

#[test]
fn an_index_that_is_not_as_we_make_it_is_neither_read_nor_stepped() {
    let policy = format!("0020 {}", "11".repeat(32));
    for (name, attributes, policy, bytes) in [
        // Plain data that anybody sets to what he likes.
        ("000b", "02040004", "0000", "0008"),
        // A counter: with the owner's rights besides, within reach of the lockout, orderly, lockable.
        ("000b", "02060016", "0000", "0008"),
        ("000b", "00040014", "0000", "0008"),
        ("000b", "06040014", "0000", "0008"),
        ("000b", "02044014", "0000", "0008"),
        // With a policy; with another kind of name.
        ("000b", "02040014", policy.as_str(), "0008"),
        ("000c", "02040014", "0000", "0008"),
    ] {
        let tpm = SoftTpm::start();
        let made = tpm.command(&define(name, attributes, policy, bytes));
        assert_eq!(made[6..10], [0; 4], "{attributes}");
        let before = read_public(&tpm);
        for question in [VALUE, STEP] {
            let answer = Ask::of(&tpm).answer(question);
            assert_eq!(answer, Answer::Failed(Cause::Foreign), "{attributes}");
        }
        assert_eq!(read_public(&tpm), before, "{attributes}");
    }
}

fn read_public(tpm: &SoftTpm) -> Vec<u8> {
    tpm.command(&format!("8001 0000000e 00000169 {}", counter()))
}

#[test]
fn an_owner_with_a_password_is_said_and_a_counter_of_before_serves_on() {
    // TPM2_HierarchyChangeAuth of the owner.
    let change = format!("8002 00000021 00000129 40000001 {PASSWORD} 0004 01020304");
    let tpm = SoftTpm::start();
    assert_eq!(tpm.command(&change)[6..10], [0; 4]);
    let ask = Ask::of(&tpm);
    assert_eq!(ask.answer(VALUE), Answer::Failed(Cause::Refused));
    let log = ask.log(VALUE);
    assert!(log.contains("NV_DefineSpace"), "{log}");
    let tpm = SoftTpm::start();
    let ask = Ask::of(&tpm);
    let first = ask.says(VALUE);
    assert_eq!(tpm.command(&change)[6..10], [0; 4]);
    assert_eq!(ask.says(STEP), first + 1);
}

#[test]
fn no_tpm_and_a_tpm_out_of_reach_are_two_things() {
    let folder = tempfile::tempdir().unwrap();
    let none = Ask::at(folder.path().join("tpmrm0").display().to_string());
    assert_eq!(none.answer(VALUE), Answer::NoTpm);
    assert_eq!(none.answer(STEP), Answer::NoTpm);
    let away = folder.path().join("tpm.socket");
    std::fs::write(&away, []).unwrap();
    let away = Ask::at(away.display().to_string());
    assert_eq!(away.answer(VALUE), Answer::Failed(Cause::Device));
    let log = away.log(VALUE);
    assert!(log.contains("tpm.socket"), "{log}");
}

/// What stands between the process and the TPM and ends the process's life at one command, before the TPM
/// has it or after.
fn cut(tpm: &SoftTpm, folder: &std::path::Path, at: usize, reaches: bool) -> (Ask, Door) {
    let socket = tpm.socket();
    let path = folder.join(format!("cut-{at}-{reaches}"));
    let seen = Arc::new(AtomicUsize::new(0));
    let door = Door::open(&path, move |mut near| {
        let mut far = UnixStream::connect(&socket).unwrap();
        let mut bytes = [0; 4096];
        loop {
            let length = near.read(&mut bytes).unwrap();
            if length == 0 {
                return;
            }
            let last = seen.fetch_add(1, Ordering::SeqCst) == at;
            if last && !reaches {
                return;
            }
            far.write_all(&bytes[..length]).unwrap();
            let length = far.read(&mut bytes).unwrap();
            if last {
                return;
            }
            near.write_all(&bytes[..length]).unwrap();
        }
    });
    (Ask::at(path.display().to_string()), door)
}

#[test]
fn ended_at_any_command_it_has_made_one_step_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut cuts = 0;
    for reaches in [false, true] {
        // The first value: ReadPublic, DefineSpace, Increment, Read. A step: ReadPublic, Increment, Read.
        for at in 0..4 {
            let tpm = SoftTpm::start();
            let (ask, door) = cut(&tpm, folder.path(), at, reaches);
            assert_eq!(ask.answer(VALUE), Answer::Failed(Cause::Answer));
            drop(door);
            let first = Ask::of(&tpm).says(VALUE);
            assert_eq!(Ask::of(&tpm).says(VALUE), first);
            cuts += 1;
            if at == 3 {
                continue;
            }
            let (ask, door) = cut(&tpm, folder.path(), at, reaches);
            assert_eq!(ask.answer(STEP), Answer::Failed(Cause::Answer));
            drop(door);
            let stepped = at == 2 || (at == 1 && reaches);
            assert_eq!(Ask::of(&tpm).says(VALUE), first + u64::from(stepped));
            cuts += 1;
        }
    }
    println!("counter: ended at {cuts} commands, never less than before");
}

#[test]
fn what_is_no_question_is_answered_with_that_and_reaches_no_tpm() {
    let tpm = SoftTpm::start();
    let before = read_public(&tpm);
    for byte in [0, 3, b'v', 0xFF] {
        let answer = support::raw(&device(&tpm), &[byte]);
        let answer = Answer::from_bytes(answer.try_into().unwrap());
        assert_eq!(answer, Some(Answer::Failed(Cause::Question)));
    }
    assert_eq!(support::raw(&device(&tpm), &[]), [0; 0]);
    assert_eq!(read_public(&tpm), before);
}
