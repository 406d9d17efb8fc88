// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects as a card writes them.

/// An object with the shortest length.
#[must_use]
pub fn object(tag: u16, value: &[u8]) -> Vec<u8> {
    let length = match value.len() {
        short @ ..=0x7F => vec![short as u8],
        middle @ ..=0xFF => vec![0x81, middle as u8],
        long => return longhand(tag, long, value),
    };
    [&head(tag)[..], &length, value].concat()
}

/// An object that claims `length` bytes, in the form of three that real cards write short ones in too.
#[must_use]
pub fn longhand(tag: u16, length: usize, value: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    [&head(tag)[..], &[0x82, high, low], value].concat()
}

fn head(tag: u16) -> Vec<u8> {
    match tag.to_be_bytes() {
        [0, one] => vec![one],
        two => two.to_vec(),
    }
}
