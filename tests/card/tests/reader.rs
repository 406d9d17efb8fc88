// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card at a reader played by the test: power, placing, answers to reset, control.
#![allow(clippy::unwrap_used)]

mod bed;
mod cards;

use std::io::{Read, Write};
use std::sync::Arc;

use bed::{Bed, Contact, LOGIN};
use serde_json::{Value, json};
use uketsuke_virtual_card::control::{self, Request};
use uketsuke_virtual_card::latency::Latency;
use uketsuke_virtual_card::vpcd;

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
