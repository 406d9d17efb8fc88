// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card at a reader played by the test, byte by byte: power, removal, faults, control.
#![allow(clippy::unwrap_used)]

mod cards;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use uketsuke_virtual_card::control::{self, Request};
use uketsuke_virtual_card::fault::Kind;
use uketsuke_virtual_card::latency::Latency;
use uketsuke_virtual_card::tray::{Options, Tray};
use uketsuke_virtual_card::vpcd;

const LIMIT: Duration = Duration::from_secs(30);

/// A whole login: what a reader sends, from the selection to the signature.
const LOGIN: [&[u8]; 6] = [
    b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01",
    b"\x00\xA4\x02\x0C\x02\x00\x18",
    b"\x00\x20\x00\x80",
    b"\x00\x20\x00\x80\x049999",
    b"\x00\xA4\x02\x0C\x02\x00\x17",
    b"\x80\x2A\x02\x80\x2000000000000000000000000000000000\x00",
];
/// Which of them presents the wrong PIN.
const VERIFY: usize = 3;

struct Bed {
    tray: Tray,
    driver: TcpListener,
    _dir: TempDir,
}

impl Bed {
    fn new() -> Self {
        let dir = cards::copied();
        let driver = TcpListener::bind("127.0.0.1:0").unwrap();
        let tray = Tray::start(&Options {
            vpcd: driver.local_addr().unwrap(),
            state: dir.path().to_owned(),
            latency: Latency::NONE,
        })
        .unwrap();
        Self {
            tray,
            driver,
            _dir: dir,
        }
    }

    /// Lays the card down and powers it.
    fn place(&self, profile: &str) -> Contact {
        self.tray.place(profile, 0).unwrap();
        self.contact()
    }

    /// The connection of the card that lies there now. One of the card before it may still wait to
    /// be accepted: that card is found again when its reader goes, until it is taken away.
    fn contact(&self) -> Contact {
        loop {
            let (stream, _) = self.driver.accept().unwrap();
            stream.set_read_timeout(Some(LIMIT)).unwrap();
            let mut contact = Contact(stream);
            if contact.ask(&[4]).is_some() {
                contact.tell(1);
                return contact;
            }
        }
    }

    fn pin(&self) -> (Option<u8>, u64) {
        let state = self.tray.state(0).unwrap();
        (state.pin_tries, state.verifies_wrong)
    }
}

/// The driver's end of the connection.
struct Contact(TcpStream);

impl Contact {
    fn tell(&mut self, control: u8) {
        vpcd::send(&mut self.0, &[control]).unwrap();
    }

    /// The answer; `None` when the card has gone.
    fn ask(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        vpcd::send(&mut self.0, message).ok()?;
        let mut length = [0; 2];
        self.0.read_exact(&mut length).ok()?;
        let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
        self.0.read_exact(&mut answer).ok()?;
        Some(answer)
    }

    fn login(&mut self) -> Option<Vec<Vec<u8>>> {
        LOGIN.iter().map(|command| self.ask(command)).collect()
    }

    fn has_ended(&mut self) -> bool {
        matches!(self.0.read(&mut [0]), Ok(0) | Err(_))
    }
}

#[test]
fn being_asked_for_the_atr_is_not_power() {
    let bed = Bed::new();
    bed.tray.place("normal-adult", 0).unwrap();
    let (stream, _) = bed.driver.accept().unwrap();
    let mut contact = Contact(stream);
    assert_eq!(contact.ask(&[4]).unwrap()[0], 0x3B);
    assert!(!bed.tray.state(0).unwrap().powered);
    contact.tell(1);
    contact.ask(&[4]).unwrap();
    assert!(bed.tray.state(0).unwrap().powered);
    contact.tell(0);
    contact.ask(&[4]).unwrap();
    let state = bed.tray.state(0).unwrap();
    assert!(!state.powered && state.noticed && state.placed && state.connected);
}

#[test]
fn every_card_of_the_list_can_be_placed_and_answers() {
    let bed = Bed::new();
    for listed in bed.tray.profiles() {
        let mut contact = bed.place(&listed.name);
        let answer = contact.ask(LOGIN[0]).unwrap();
        let expected: &[u8] = match &*listed.name {
            "mute" => &vpcd::NO_ANSWER,
            _ if listed.pin.is_some() => &[0x90, 0x00],
            _ => &[0x6A, 0x82],
        };
        assert_eq!(answer, expected, "{}", listed.name);
        let state = bed.tray.state(0).unwrap();
        assert_eq!(state.profile, Some(listed.name));
        assert_eq!(state.pin_tries.is_some(), listed.pin.is_some());
    }
}

#[test]
fn a_switch_of_what_is_on_a_card_holds_from_its_next_placing() {
    use uketsuke_virtual_card::behaviour::AbsentFile;
    use uketsuke_virtual_card::card::Behaviour;
    let bed = Bed::new();
    let select = |contact: &mut Contact| {
        contact.ask(LOGIN[0]).unwrap();
        contact.ask(b"\x00\xA4\x02\x0C\x02\x00\x01").unwrap()
    };
    let mut contact = bed.place("pinless");
    assert_eq!(select(&mut contact), [0x90, 0x00]);
    bed.tray.set_behaviour(Behaviour {
        absent_signature_file: AbsentFile::Missing,
        ..Behaviour::default()
    });
    assert_eq!(select(&mut contact), [0x90, 0x00]);
    assert_eq!(select(&mut bed.place("pinless")), [0x6A, 0x82]);
}

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
fn any_card_gives_the_answer_to_reset_that_is_chosen() {
    let bed = Bed::new();
    let answer = |name: Option<&str>| {
        bed.tray.set_atr(0, name).unwrap();
        bed.place("normal-adult").ask(&[4]).unwrap()
    };
    let own = answer(None);
    for known in uketsuke_virtual_card::atr::ALL {
        assert_eq!(answer(Some(known.name)), known.atr, "{}", known.name);
    }
    assert_eq!(answer(None), own);
    assert!(bed.tray.set_atr(0, Some("golden")).is_err());
    assert!(bed.tray.set_atr(2, None).is_err());
}

#[test]
fn a_random_answer_to_reset_is_a_new_one_at_each_power_on_and_no_sooner() {
    let bed = Bed::new();
    bed.tray.set_atr(0, Some("random-pupi")).unwrap();
    let mut contact = bed.place("normal-adult");
    let first = contact.ask(&[4]).unwrap();
    assert_eq!(contact.ask(&[4]).unwrap(), first);
    contact.tell(2);
    assert_eq!(
        contact.ask(&[4]).unwrap(),
        first,
        "a reset leaves the power on"
    );
    contact.tell(0);
    contact.tell(1);
    assert_ne!(contact.ask(&[4]).unwrap(), first);
    assert!(contact.login().is_some());
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

#[test]
fn a_reader_that_goes_away_takes_the_power_with_it_and_the_next_finds_the_card() {
    let bed = Bed::new();
    let mut contact = bed.place("normal-adult");
    assert!(contact.login().is_some());
    drop(contact);
    let mut next = bed.contact();
    let no_application = next.ask(LOGIN[1]).unwrap();
    assert_eq!(no_application, [0x6A, 0x82]);
    assert_eq!(bed.tray.log(0).unwrap().len(), LOGIN.len() + 1);
}

#[test]
fn placing_another_card_takes_the_first_away() {
    let bed = Bed::new();
    let mut first = bed.place("normal-adult");
    let mut second = bed.place("second-adult");
    assert!(first.has_ended());
    let answers = second.login().unwrap();
    assert_eq!(answers[3], [0x63, 0xC2]);
    let state = bed.tray.state(0).unwrap();
    assert_eq!(state.profile.as_deref(), Some("second-adult"));
    assert!(bed.tray.place("nobody", 0).is_err());
    assert!(bed.tray.place("normal-adult", 2).is_err());
}

#[test]
fn the_log_has_no_data_and_the_counters_add_up() {
    let bed = Bed::new();
    bed.place("normal-adult").login().unwrap();
    let log = bed.tray.log(0).unwrap();
    let lines: Vec<_> = log
        .iter()
        .map(|entry| {
            format!(
                "{}{}{}{} {} {:?} {} {}",
                entry.cla,
                entry.ins,
                entry.p1,
                entry.p2,
                entry.lc,
                entry.le,
                entry.length,
                entry.sw
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "00A4040C 10 None 0 9000",
            "00A4020C 2 None 0 9000",
            "00200080 0 None 0 63C3",
            "00200080 4 None 0 63C2",
            "00A4020C 2 None 0 9000",
            "802A0280 32 Some(256) 0 6982",
        ]
    );
    let state = bed.tray.state(0).unwrap();
    assert_eq!(
        (state.apdus, state.verifies, state.verifies_wrong),
        (6, 1, 1)
    );
    bed.place("normal-adult");
    let state = bed.tray.state(0).unwrap();
    assert_eq!(
        (state.apdus, state.verifies),
        (0, 1),
        "commands are counted per placing, tries per card"
    );
}

#[test]
fn latency_is_spent_before_the_answer_leaves() {
    let bed = Bed::new();
    bed.tray.set_latency(Latency {
        ins_ms: 15,
        sign_ms: 60,
    });
    bed.place("normal-adult").login().unwrap();
    let log = bed.tray.log(0).unwrap();
    assert!(log[..5].iter().all(|entry| entry.ms >= 15), "{log:?}");
    assert!(log[5].ms >= 60, "{log:?}");
}

#[test]
fn every_request_of_the_protocol_has_its_answer() {
    let bed = Bed::new();
    let ask = |line: &str| -> Value {
        match serde_json::from_str::<Request>(line) {
            Ok(request) => control::handle(&bed.tray, request),
            Err(error) => json!({ "error": error.to_string() }),
        }
    };
    let profiles = ask(r#"{"do":"profiles"}"#);
    assert_eq!(profiles["ok"], true);
    assert!(profiles["profiles"].as_array().unwrap().len() >= 11);
    assert_eq!(profiles["profiles"][0]["name"], "normal-adult");
    assert_eq!(
        ask(r#"{"do":"place","profile":"normal-adult","slot":0}"#),
        json!({"ok": true})
    );
    bed.contact().login().unwrap();
    let state = ask(r#"{"do":"state"}"#);
    assert_eq!(state["placed"], true);
    assert_eq!(state["pin_tries"], 2);
    assert_eq!(state["ok"], true);
    assert_eq!(ask(r#"{"do":"log"}"#)["log"][3]["sw"], "63C2");
    assert_eq!(
        ask(r#"{"do":"reset","profile":"normal-adult"}"#)["ok"],
        true
    );
    assert_eq!(ask(r#"{"do":"state"}"#)["pin_tries"], 3);
    assert_eq!(
        ask(r#"{"do":"fault","at_apdu":3,"kind":"lift-after"}"#)["ok"],
        true
    );
    assert_eq!(ask(r#"{"do":"disarm"}"#)["ok"], true);
    assert_eq!(
        ask(r#"{"do":"latency","ins_ms":1,"sign_ms":2}"#)["ok"],
        true
    );
    assert_eq!(
        ask(r#"{"do":"behave","survives_warm_reset":false}"#)["ok"],
        true
    );
    let switches = ask(r#"{"do":"switches"}"#);
    assert_eq!(switches["behaviour"]["survives_warm_reset"], false);
    assert_eq!(switches["behaviour"]["b_opens_digests"], true);
    assert_eq!(
        ask(r#"{"do":"behave","absent_signature_file":"empty","contact_atr":"with-application"}"#)
            ["ok"],
        true
    );
    for name in switches["atrs"].as_array().unwrap() {
        assert_eq!(
            ask(&json!({"do": "atr", "name": name}).to_string())["ok"],
            true
        );
    }
    assert_eq!(ask(r#"{"do":"atr"}"#)["ok"], true);
    assert!(
        ask(r#"{"do":"ca"}"#)["pem"]
            .as_str()
            .unwrap()
            .contains("BEGIN CERTIFICATE")
    );
    assert_eq!(ask(r#"{"do":"lift"}"#), json!({"ok": true}));
    assert_eq!(ask(r#"{"do":"state"}"#)["placed"], false);

    for wrong in [
        r#"{"do":"place","profile":"nobody"}"#,
        r#"{"do":"place"}"#,
        r#"{"do":"lift","slot":7}"#,
        r#"{"do":"fault","at_apdu":1,"kind":"explode"}"#,
        r#"{"do":"fault","at_apdu":0,"kind":"mute"}"#,
        r#"{"do":"latency","ins_ms":-1,"sign_ms":0}"#,
        r#"{"do":"dance"}"#,
        r#"{"do":"atr","name":"golden"}"#,
        r#"{"do":"behave","absent_signature_file":"eaten"}"#,
        r#"{"do":"state","sloth":1}"#,
        "nonsense",
    ] {
        assert!(ask(wrong)["error"].is_string(), "{wrong}");
    }
}

#[test]
fn the_socket_answers_line_by_line_also_after_nonsense() {
    let bed = Bed::new();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("control");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let tray = Arc::new(bed.tray);
    // Ends with the test program; the listener has no other end.
    std::thread::spawn({
        let tray = Arc::clone(&tray);
        move || control::serve(&listener, &tray)
    });
    let mut client = control::Client::connect(&path).unwrap();
    assert!(
        client
            .place("nobody")
            .unwrap_err()
            .to_string()
            .contains("nobody")
    );
    client.place("normal-adult").unwrap();
    assert_eq!(
        client.state().unwrap().profile.as_deref(),
        Some("normal-adult")
    );
    assert_eq!(client.profiles().unwrap()[1].pin.as_deref(), Some("4321"));
    assert!(client.log().unwrap().is_empty());
    client.lift().unwrap();

    let mut raw = std::os::unix::net::UnixStream::connect(&path).unwrap();
    raw.write_all(b"nonsense\n{\"do\":\"state\"}\n").unwrap();
    raw.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answers = String::new();
    raw.read_to_string(&mut answers).unwrap();
    let answers: Vec<Value> = answers
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(answers[0]["error"].is_string());
    assert_eq!(answers[1]["ok"], true);
}
