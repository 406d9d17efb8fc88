// SPDX-License-Identifier: MIT OR Apache-2.0
//! One answer of a card: data and status word, and the label that says what the card is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uketsuke_card::apdu::{ANSWER_BYTES, Response, Sw};
use uketsuke_card::token::{LABEL_BYTES, Token};

fuzz_target!(|raw: &[u8]| {
    answer(raw);
    label(raw);
});

fn answer(raw: &[u8]) {
    let Some(Response { data, sw }) = Response::parse(raw) else {
        assert!(!(2..=ANSWER_BYTES).contains(&raw.len()));
        return;
    };
    assert_eq!([&data[..], &sw.0.to_be_bytes()].concat(), raw);
    // A status word means one thing at most.
    let meanings = [
        sw == Sw::OK,
        sw == Sw::INTERNAL,
        sw.tries().is_some(),
        sw.is_blocked(),
        sw.waiting().is_some(),
        sw.right_length().is_some(),
    ];
    let meant = meanings.into_iter().filter(|meant| *meant).count();
    assert!(meant <= 1, "{sw}");
    // No refusal reads as a success, and none of them as tries left.
    assert!(!sw.is_refusal() || sw.is_blocked() || meant == 0, "{sw}");
    assert!(sw.tries().is_none_or(|tries| tries < 16));
}

fn label(raw: &[u8]) {
    let label = &raw[..raw.len().min(LABEL_BYTES)];
    let token = Token::from_label(label);
    // Padding is nothing.
    for padding in [b' ', 0] {
        let padded = [label, &[padding; 4]].concat();
        assert_eq!(Token::from_label(&padded), token);
    }
    // A name is known whole or not at all.
    if token != Token::Unknown {
        assert_eq!(Token::from_label(&[b"X", label].concat()), Token::Unknown);
        assert_eq!(Token::from_label(&label[1..]), Token::Unknown);
    }
}
