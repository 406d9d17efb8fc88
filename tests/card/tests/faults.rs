// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes wrong at a chosen command, as a reader feels it: cards torn away, answers spoilt.
#![allow(clippy::unwrap_used)]

mod bed;
mod cards;

use std::io::Read;

use bed::{Bed, LOGIN, VERIFY};
use uketsuke_virtual_card::fault::Kind;
use uketsuke_virtual_card::latency::Latency;
use uketsuke_virtual_card::vpcd;

#[test]
fn a_card_lifted_before_any_command_has_not_felt_it() {
    let bed = Bed::new();
    for at in 0..LOGIN.len() {
        bed.tray.reset("normal-adult").unwrap();
        bed.tray
            .fault(0, u32::try_from(at).unwrap() + 1, Kind::LiftBefore)
            .unwrap();
        let mut contact = bed.place("normal-adult");
        assert!(contact.login().is_none());
        assert!(!bed.tray.state(0).unwrap().placed);
        assert_eq!(bed.tray.log(0).unwrap().len(), at + 1);
        let spent = u8::from(at > VERIFY);
        assert_eq!(
            bed.pin(),
            (Some(3 - spent), spent.into()),
            "lifted before command {at}"
        );
    }
}

#[test]
fn a_card_lifted_after_any_command_remembers_it() {
    let bed = Bed::new();
    for at in 0..LOGIN.len() {
        bed.tray.reset("normal-adult").unwrap();
        bed.tray
            .fault(0, u32::try_from(at).unwrap() + 1, Kind::LiftAfter)
            .unwrap();
        let mut contact = bed.place("normal-adult");
        assert!(contact.login().is_none());
        let log = bed.tray.log(0).unwrap();
        assert!(!log[at].answered && !log[at].sw.is_empty());
        let spent = u8::from(at >= VERIFY);
        assert_eq!(
            bed.pin(),
            (Some(3 - spent), spent.into()),
            "lifted after command {at}"
        );
    }
}

#[test]
fn a_card_torn_away_in_the_middle_of_an_answer_remembers_the_command() {
    let bed = Bed::new();
    for at in 0..LOGIN.len() {
        bed.tray.reset("normal-adult").unwrap();
        let number = u32::try_from(at).unwrap() + 1;
        bed.tray.fault(0, number, Kind::LiftDuring).unwrap();
        let mut contact = bed.place("normal-adult");
        for command in &LOGIN[..at] {
            contact.ask(command).unwrap();
        }
        vpcd::send(&mut contact.0, LOGIN[at]).unwrap();
        let mut torn = Vec::new();
        contact.0.read_to_end(&mut torn).unwrap();
        assert_eq!(torn, [0, 2], "the length of a status word and none of it");
        assert!(!bed.tray.state(0).unwrap().placed);
        let spent = u8::from(at >= VERIFY);
        assert_eq!(bed.pin(), (Some(3 - spent), spent.into()), "command {at}");
    }
}

#[test]
fn a_fault_strikes_once_and_the_card_is_well_again() {
    let bed = Bed::new();
    bed.tray.fault(0, 2, Kind::Garbled).unwrap();
    let answers = bed.place("normal-adult").login().unwrap();
    assert_eq!(answers[1], [0xBA, 0xDD]);
    assert_eq!(answers[3], [0x63, 0xC2]);
    let answers = bed.place("normal-adult").login().unwrap();
    assert_eq!(answers[1], [0x90, 0x00]);
}

#[test]
fn short_long_and_mute_answers_come_as_their_names_say() {
    let bed = Bed::new();
    let read: [&[u8]; 2] = [LOGIN[0], b"\x00\xB0\x86\x00\x20"];
    let answer = |kind| {
        bed.tray.fault(0, 2, kind).unwrap();
        let mut contact = bed.place("normal-adult");
        contact.ask(read[0]).unwrap();
        contact.ask(read[1]).unwrap()
    };
    assert_eq!(answer(Kind::Short).len(), 17);
    assert_eq!(answer(Kind::Long).len(), 32 + 512 + 2);
    assert_eq!(answer(Kind::Mute), vpcd::NO_ANSWER);
    assert!(answer(Kind::Delay).starts_with(b"JPKIAPICCTOKEN2"));
    let slowest = bed.tray.log(0).unwrap().last().unwrap().ms;
    assert!(slowest >= 5_000, "{slowest} ms");
}

#[test]
fn a_disarmed_fault_does_not_strike_and_command_0_does_not_exist() {
    let bed = Bed::new();
    bed.tray.fault(0, 1, Kind::LiftBefore).unwrap();
    bed.tray.disarm(0).unwrap();
    assert!(bed.place("normal-adult").login().is_some());
    assert!(bed.tray.fault(0, 0, Kind::Mute).is_err());
}

#[test]
fn lifting_ends_a_command_that_is_being_worked_on() {
    let bed = Bed::new();
    bed.tray.set_latency(Latency {
        ins_ms: 3_600_000,
        sign_ms: 0,
    });
    let mut contact = bed.place("normal-adult");
    vpcd::send(&mut contact.0, LOGIN[0]).unwrap();
    while bed.tray.state(0).unwrap().apdus == 0 {
        std::thread::yield_now();
    }
    bed.tray.lift(0).unwrap();
    assert!(contact.has_ended());
}
