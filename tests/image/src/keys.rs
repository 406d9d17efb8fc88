// SPDX-License-Identifier: MIT OR Apache-2.0
//! Private keys: PEM, OpenSSH, PGP, PuTTY and age by their words, DER by its shape.

use memchr::memmem;

use crate::walk::Entry;
use crate::{Finding, Rule};

/// Ends of the first line of an armoured key. What a library only knows the words of has no key
/// behind them.
const ARMOUR: [&[u8]; 2] = [b"PRIVATE KEY-----", b"PRIVATE KEY BLOCK-----"];
const WORDS: [&[u8]; 2] = [b"PuTTY-User-Key-File-", b"AGE-SECRET-KEY-1"];
/// Largest file that is a key and nothing else.
const KEY_BYTES: usize = 32 << 10;

/// The private keys in one file.
#[must_use]
pub fn look(entry: &Entry) -> Option<Finding> {
    let what = armoured(&entry.content).or_else(|| der(&entry.content))?;
    Some(Finding::new(Rule::PrivateKey, &entry.path, what))
}

fn armoured(bytes: &[u8]) -> Option<&'static str> {
    for end in ARMOUR {
        let mut rest = bytes;
        while let Some(at) = memmem::find(rest, end) {
            let before = &rest[at.saturating_sub(40)..at];
            rest = &rest[at + end.len()..];
            if memmem::find(before, b"-----BEGIN ").is_some() && followed_by_key(rest) {
                return Some("an armoured private key");
            }
        }
    }
    for word in WORDS {
        let mut rest = bytes;
        while let Some(at) = memmem::find(rest, word) {
            rest = &rest[at + word.len()..];
            let next = rest.iter().take(20);
            if next
                .filter(|b| b.is_ascii_alphanumeric() || **b == b':')
                .count()
                >= 8
            {
                return Some("a private key");
            }
        }
    }
    None
}

/// Whether Base64 follows: at least 40 characters of it in the lines behind the armour.
fn followed_by_key(rest: &[u8]) -> bool {
    // Old PEM files say first how they are encrypted; a blank line ends that.
    let body = match memmem::find(&rest[..rest.len().min(256)], b"\n\n") {
        Some(at) if rest.starts_with(b"\nProc-Type") || rest.starts_with(b"\nVersion") => {
            &rest[at..]
        }
        _ => rest,
    };
    let text = body.iter().filter(|b| !b"\r\n\\n ".contains(b));
    text.take(40)
        .filter(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b))
        .count()
        == 40
}

/// PKCS #8, PKCS #1, SEC 1 and PKCS #12 as whole files.
fn der(bytes: &[u8]) -> Option<&'static str> {
    if bytes.len() > KEY_BYTES {
        return None;
    }
    let (body, rest) = element(bytes, 0x30)?;
    if rest.iter().any(|b| !b.is_ascii_whitespace()) {
        return None;
    }
    let (version, rest) = element(body, 0x02)?;
    match version {
        // PKCS #8: version, algorithm, key. PKCS #1: version, then eight more numbers.
        [0 | 1]
            if element(rest, 0x30).is_some_and(|(algorithm, rest)| {
                element(algorithm, 0x06).is_some() && element(rest, 0x04).is_some()
            }) =>
        {
            Some("a private key (PKCS #8)")
        }
        [0] if numbers(rest) == 8 => Some("an RSA private key (PKCS #1)"),
        [1] if element(rest, 0x04).is_some_and(|(key, _)| (20..=66).contains(&key.len())) => {
            Some("an EC private key (SEC 1)")
        }
        [3] if element(rest, 0x30).is_some_and(|(info, _)| element(info, 0x06).is_some()) => {
            Some("a key store (PKCS #12)")
        }
        _ => None,
    }
}

fn numbers(mut rest: &[u8]) -> usize {
    let mut count = 0;
    while let Some((_, next)) = element(rest, 0x02) {
        count += 1;
        rest = next;
    }
    count
}

/// One DER element with this tag: its content and what follows.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = match *length {
        short @ 0..=0x7F => (usize::from(short), rest),
        long @ (0x81 | 0x82) => {
            let count = usize::from(long - 0x80);
            let length = rest
                .get(..count)?
                .iter()
                .fold(0, |n, b| n << 8 | usize::from(*b));
            (length, &rest[count..])
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}
