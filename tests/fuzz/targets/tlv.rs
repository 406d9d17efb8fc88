// SPDX-License-Identifier: MIT OR Apache-2.0
//! Heads of objects, of records and of DER: what one claims to be is what its bytes say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uketsuke_card::der;
use uketsuke_fuzz::tlv::{longhand, object};

fuzz_target!(|bytes: &[u8]| {
    record(bytes);
    der_head(bytes);
    der_objects(bytes);
});

/// Written again, the head is the same; and no head says more than the bytes it stands in.
fn record(bytes: &[u8]) {
    let Some(total) = uketsuke_record::total(bytes) else {
        return;
    };
    let tag_length = 1 + usize::from(bytes[0] & 0x1F == 0x1F);
    let tag = match tag_length {
        1 => u16::from(bytes[0]),
        _ => u16::from_be_bytes([bytes[0], bytes[1]]),
    };
    let length_length = match bytes[tag_length] {
        0x81 => 2,
        0x82 => 3,
        _ => 1,
    };
    let head = tag_length + length_length;
    let value = vec![0; total - head];
    let again = match length_length {
        // The one form that `object` never writes where a shorter one will do.
        2 if value.len() < 0x80 => {
            [&bytes[..tag_length], &[0x81, value.len() as u8], &value].concat()
        }
        3 => longhand(tag, value.len(), &value),
        _ => object(tag, &value),
    };
    assert_eq!(again.len(), total);
    assert_eq!(again[..head], bytes[..head]);
    // The length of a file is asked of its first bytes.
    for end in 0..head {
        assert_eq!(uketsuke_record::total(&bytes[..end]), None);
    }
    assert_eq!(uketsuke_record::total(&bytes[..head]), Some(total));
}

/// DER has one form for each length.
fn der_head(bytes: &[u8]) {
    let Some((tag, head, length)) = der::header(bytes) else {
        return;
    };
    let again = object(u16::from(tag), &vec![0; length]);
    assert_eq!(again[..head], bytes[..head]);
    assert_eq!(again.len(), head + length);
    assert_eq!(der::total(bytes), Some(again.len()));
}

/// The objects that are walked over are the bytes, one after another.
fn der_objects(bytes: &[u8]) {
    let (mut rest, mut again) = (der::Objects(bytes), Vec::new());
    loop {
        let before = rest.0;
        // A tag that no certificate has: the step takes nothing.
        assert!(rest.expect(0x1F).is_none());
        assert_eq!(rest.0, before);
        let Some((tag, content)) = rest.next() else {
            break;
        };
        again.extend(object(u16::from(tag), content));
    }
    assert_eq!([&again, rest.0].concat(), bytes);
}
