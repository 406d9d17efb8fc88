// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random words: tokens for browsers, codes for people.

use ring::rand::SecureRandom;
use ring::{digest, hmac};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Broken;

/// 256 random bits that a browser holds. What is kept here is their hash.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Token([u8; 32]);

impl Token {
    /// Draws one.
    pub(crate) fn draw() -> Result<Self, Broken> {
        let mut token = Self([0; 32]);
        random(&mut token.0)?;
        Ok(token)
    }

    /// As a cookie has it: 64 hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut token = Self([0; 32]);
        from_hex(text, &mut token.0).then_some(token)
    }

    /// What [`Token::parse`] takes.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(hex(&self.0))
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }

    /// What every form of this log-in carries: whoever cannot read our pages cannot know it.
    #[must_use]
    pub fn seal(&self) -> String {
        hex(hmac::sign(&self.key(), SEAL).as_ref())
    }

    /// Whether a form carries it.
    pub(crate) fn is_seal(&self, text: &str) -> bool {
        let mut seal = [0; 32];
        from_hex(text, &mut seal) && hmac::verify(&self.key(), SEAL, &seal).is_ok()
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0)
    }
}

const SEAL: &[u8] = b"form";

/// Crockford's alphabet: no I, L, O, U.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// 80 random bits as four groups of four letters and digits, none easily taken for another.
pub(crate) fn readable() -> Result<Zeroizing<String>, Broken> {
    let mut bytes = Zeroizing::new([0; 16]);
    random(&mut *bytes)?;
    let mut text = Zeroizing::new(String::with_capacity(19));
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    Ok(text)
}

/// A code of [`readable`] as a person may type it: small letters, without or with other gaps, and what
/// the alphabet leaves out for what it looks like.
pub(crate) fn code_hash(typed: &str) -> [u8; 32] {
    let letters = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '－' | 'ー'));
    let plain = letters.map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    });
    let plain: Zeroizing<String> = Zeroizing::new(plain.collect());
    sha256(plain.as_bytes())
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

pub(crate) fn random(bytes: &mut [u8]) -> Result<(), Broken> {
    let random = ring::rand::SystemRandom::new();
    random.fill(bytes).map_err(|_| Broken::NoRandom)
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

fn from_hex(text: &str, bytes: &mut [u8]) -> bool {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * bytes.len() {
        return false;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
            return false;
        };
        *byte = high << 4 | low;
    }
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_nothing_else_is() {
        let token = Token::draw().unwrap();
        let text = token.text();
        assert_eq!(text.len(), 64);
        assert_eq!(Token::parse(&text).unwrap().hash(), token.hash());
        assert_ne!(Token::draw().unwrap().text(), text);
        let capital = text.to_ascii_uppercase().replace(char::is_numeric, "A");
        for other in [
            "",
            &text[1..],
            &format!("{}0", *text),
            &capital,
            &"é".repeat(32),
        ] {
            assert!(Token::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_seal_fits_its_own_log_in_alone() {
        let (mine, other) = (Token::draw().unwrap(), Token::draw().unwrap());
        assert!(mine.is_seal(&mine.seal()));
        assert!(!mine.is_seal(&other.seal()));
        assert!(!mine.is_seal("") && !mine.is_seal(&mine.text()));
    }

    #[test]
    fn a_code_may_be_typed_as_it_looks() {
        let code = readable().unwrap();
        assert_eq!(code.len(), 19);
        assert!(!code.contains(['I', 'L', 'O', 'U']));
        let bare = code.replace('-', "").to_ascii_lowercase();
        assert_eq!(code_hash(&bare), code_hash(&code));
        let spaced = code.replace('-', "　").replace('0', "o").replace('1', "l");
        assert_eq!(code_hash(&spaced), code_hash(&code));
        assert_ne!(code_hash(&code[1..]), code_hash(&code));
    }
}
