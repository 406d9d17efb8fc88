// SPDX-License-Identifier: MIT OR Apache-2.0
//! Answers as swtpm 0.7.1 gives them, and everything next to them.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;

use super::*;

const INDEX: u32 = 0x0182_5541;
const ATTRIBUTES: u32 = 0x0204_0014;

/// Gives answers in turn and remembers what was written.
#[derive(Default)]
struct Script {
    answers: VecDeque<Vec<u8>>,
    asked: Vec<Vec<u8>>,
    /// Most bytes that one read gives.
    piece: usize,
}

impl Read for &mut Script {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(answer) = self.answers.front_mut() else {
            return Ok(0);
        };
        let most = if self.piece == 0 {
            usize::MAX
        } else {
            self.piece
        };
        let count = answer.len().min(into.len()).min(most);
        into[..count].copy_from_slice(&answer[..count]);
        answer.drain(..count);
        if answer.is_empty() {
            self.answers.pop_front();
        }
        Ok(count)
    }
}

impl Write for &mut Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.asked.push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn script(answers: &[&[u8]]) -> Script {
    Script {
        answers: answers.iter().map(|answer| answer.to_vec()).collect(),
        ..Script::default()
    }
}

fn public_answer() -> Vec<u8> {
    bytes(
        "8001 0000003e 00000000 000e 01825541 000b 22040014 0000 0008 \
         0022 000b 32055828c158398db2972dc8273938e7b1f548ec6a168420d48847c0c4841cd4",
    )
}

fn read_answer() -> Vec<u8> {
    bytes("8002 0000001d 00000000 0000000a 0008 0000000000000002 0000010000")
}

fn done() -> Vec<u8> {
    bytes("8002 00000013 00000000 00000000 0000010000")
}

#[test]
fn each_command_is_what_the_library_says() {
    let mut script = script(&[&public_answer(), &done(), &done(), &read_answer()]);
    let mut tpm = Tpm::new(&mut script);
    let public = tpm.read_public(INDEX).unwrap().unwrap();
    assert_eq!(public.attributes, ATTRIBUTES | WRITTEN);
    assert!(public.plain);
    tpm.define_counter(INDEX, ATTRIBUTES).unwrap();
    tpm.increment(INDEX).unwrap();
    assert_eq!(tpm.read_counter(INDEX).unwrap(), 2);
    let password = "00000009 40000009 0000 00 0000";
    let asked = [
        "8001 0000000e 00000169 01825541".to_owned(),
        format!(
            "8002 0000002d 0000012a 40000001 {password} 0000 000e 01825541 000b 02040014 0000 0008"
        ),
        format!("8002 0000001f 00000134 01825541 01825541 {password}"),
        format!("8002 00000023 0000014e 01825541 01825541 {password} 0008 0000"),
    ];
    assert_eq!(script.asked, asked.map(|hex| bytes(&hex)));
}

#[test]
fn an_answer_in_pieces_is_one_answer() {
    for piece in 1..12 {
        let mut script = script(&[&read_answer()]);
        script.piece = piece;
        assert_eq!(Tpm::new(&mut script).read_counter(INDEX).unwrap(), 2);
    }
}

#[test]
fn no_index_is_told_from_every_other_refusal() {
    let mut none = script(&[&bytes("8001 0000000a 0000018b")]);
    assert_eq!(Tpm::new(&mut none).read_public(INDEX).unwrap(), None);
    for code in [0x100u32, 0x18C, 0x28B, 0x921, 0x9A2] {
        let answer = [bytes("8001 0000000a"), code.to_be_bytes().to_vec()].concat();
        let mut one = script(&[&answer]);
        let told = Tpm::new(&mut one).read_public(INDEX).unwrap_err();
        assert!(
            matches!(told, TpmError::Refused { code: said, .. } if said == code),
            "{told}"
        );
        let mut one = script(&[&answer]);
        let told = Tpm::new(&mut one).read_counter(INDEX).unwrap_err();
        assert!(told.to_string().contains("NV_Read"), "{told}");
    }
}

#[test]
fn a_tpm_that_is_busy_is_asked_again() {
    let busy: Vec<Vec<u8>> = AGAIN
        .iter()
        .map(|code| [bytes("8001 0000000a"), code.to_be_bytes().to_vec()].concat())
        .collect();
    let mut answers: Vec<&[u8]> = busy.iter().map(Vec::as_slice).collect();
    let done = done();
    answers.push(&done);
    let mut script = script(&answers);
    Tpm::new(&mut script).increment(INDEX).unwrap();
    assert_eq!(script.asked.len(), AGAIN.len() + 1);
}

/// Whatever one byte, one length or one missing byte makes of a good answer: the same number, or none.
/// The number itself is not ours to check.
#[test]
fn an_answer_that_is_bent_is_refused_or_says_another_number() {
    let (read, public) = (read_answer(), public_answer());
    for end in 0..read.len() {
        let mut short = script(&[&read[..end]]);
        assert!(Tpm::new(&mut short).read_counter(INDEX).is_err(), "{end}");
    }
    for end in 0..public.len() {
        let mut short = script(&[&public[..end]]);
        assert!(Tpm::new(&mut short).read_public(INDEX).is_err(), "{end}");
    }
    let number = 16..24;
    for at in 0..read.len() {
        for flip in 1..=u8::MAX {
            let mut bent = read.clone();
            bent[at] ^= flip;
            let mut one = script(&[&bent]);
            let told = Tpm::new(&mut one).read_counter(INDEX);
            assert_eq!(told.is_ok(), number.contains(&at), "{at} {flip:#x}");
        }
    }
    for at in 0..28 {
        for flip in 1..=u8::MAX {
            let mut bent = public.clone();
            bent[at] ^= flip;
            let mut one = script(&[&bent]);
            let told = Tpm::new(&mut one).read_public(INDEX);
            let trusted = told.is_ok_and(|told| {
                told.is_some_and(|told| told.plain && told.attributes == ATTRIBUTES | WRITTEN)
            });
            assert!(!trusted, "{at} {flip:#x}");
        }
    }
    let longer = [&read[..], &[0]].concat();
    let mut one = script(&[&longer]);
    assert!(Tpm::new(&mut one).read_counter(INDEX).is_err());
}
