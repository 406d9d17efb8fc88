// SPDX-License-Identifier: MIT OR Apache-2.0
//! A terminal proves who it is (特定機関認証), and the holder's key signs without PIN.
//!
//! Public are the first three commands and what strangers are answered. The rest is made up here, as a
//! card of this make would do it, so that there is something to sign with: nothing may be concluded
//! from it about real cards.
//!
//! ```text
//! SELECT 0016
//! 80 A2 06 C1   7F21 820233 5F4E 820129 <297>     the certificate up to its signature
//! 80 A2 00 C1   5F37 820100 <256>                 the signature, checked with EF 0016
//! 00 84 00 00   8                                 a challenge                          made up
//! 00 82 00 80   <256>                             the terminal's signature over it     made up
//! ```

use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::rand::rand_bytes;
use openssl::rsa::Rsa;
use openssl::sign::Verifier;

use super::Card;
use crate::apdu::{Command, Sw};
use crate::files::{Content, TERMINAL};

/// How the first part begins: tags and lengths up to the body.
const FIRST: [u8; 10] = [0x7F, 0x21, 0x82, 0x02, 0x33, 0x5F, 0x4E, 0x82, 0x01, 0x29];
/// Bytes of the body: two names, the key.
const BODY: usize = 297;
/// How the second part begins.
const SECOND: [u8; 5] = [0x5F, 0x37, 0x82, 0x01, 0x00];
/// Bytes of a signature.
const SIGNATURE: usize = 256;
/// Bytes of the body before the modulus.
const BEFORE_MODULUS: usize = BODY - SIGNATURE;

/// How far it has come. Another application begins it anew.
#[derive(Default)]
pub struct Proving {
    body: Option<Vec<u8>>,
    key: Option<PKey<Public>>,
    challenge: Vec<u8>,
}

impl Card {
    /// `80 A2`: takes a terminal's certificate in its two parts.
    pub(super) fn take_terminal(&mut self, command: &Command<'_>) -> Result<(), Sw> {
        let knows = self.parts.behaviour.knows_test_terminal;
        let authority = match &self.current_file()?.content {
            Content::Terminals(key) if knows => Some(key.clone()),
            _ => None,
        };
        match command.p1p2() {
            0x06C1 => {
                let body = command.data.strip_prefix(&FIRST);
                let body = body.filter(|body| body.len() == BODY && authority.is_some());
                self.terminal = Proving {
                    body: Some(body.ok_or(Sw::CONDITIONS)?.to_vec()),
                    ..Proving::default()
                };
                Ok(())
            }
            0x00C1 => {
                let body = self.terminal.body.take();
                let (Some(authority), Some(body)) = (authority, body) else {
                    return Err(Sw::WRONG_LENGTH);
                };
                let signature = command.data.strip_prefix(&SECOND);
                let signature = signature
                    .filter(|signature| signature.len() == SIGNATURE)
                    .ok_or(Sw::WRONG_LENGTH)?;
                if !signed(&authority, &body, signature) {
                    return Err(Sw::NOT_AUTHORISED);
                }
                let key = public(&body[BEFORE_MODULUS..]).map_err(|_| Sw::INTERNAL)?;
                self.terminal.key = Some(key);
                Ok(())
            }
            _ => Err(Sw::WRONG_P1P2),
        }
    }

    /// GET CHALLENGE.
    pub(super) fn challenge(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        const LONGEST: usize = 256;
        if command.p1p2() != 0 {
            return Err(Sw::WRONG_P1P2);
        }
        let length = match command.le {
            Some(le) if command.data.is_empty() => le,
            _ => return Err(Sw::WRONG_LENGTH),
        };
        if length > LONGEST {
            return Err(Sw::CONDITIONS);
        }
        let mut bytes = vec![0; length];
        rand_bytes(&mut bytes).map_err(|_| Sw::INTERNAL)?;
        self.terminal.challenge.clone_from(&bytes);
        Ok(bytes)
    }

    /// EXTERNAL AUTHENTICATE: the terminal's signature over the last challenge, which is used up.
    pub(super) fn hear_terminal(&mut self, command: &Command<'_>) -> Result<(), Sw> {
        const FEWEST: usize = 8;
        let challenge = std::mem::take(&mut self.terminal.challenge);
        let Some(key) = &self.terminal.key else {
            return Err(Sw::UNKNOWN_INS);
        };
        if command.p1p2() != 0x0080 {
            return Err(Sw::WRONG_P1P2);
        }
        if challenge.len() < FEWEST {
            return Err(Sw::CONDITIONS);
        }
        if !signed(key, &challenge, command.data) {
            return Err(Sw::NOT_AUTHORISED);
        }
        self.opened.1.insert(TERMINAL);
        Ok(())
    }
}

/// PKCS #1 v1.5 with SHA-256.
fn signed(key: &PKey<Public>, bytes: &[u8], signature: &[u8]) -> bool {
    let check = || {
        let mut verifier = Verifier::new(MessageDigest::sha256(), key)?;
        verifier.verify_oneshot(signature, bytes)
    };
    check().unwrap_or(false)
}

fn public(modulus: &[u8]) -> Result<PKey<Public>, ErrorStack> {
    let exponent = BigNum::from_u32(65_537)?;
    PKey::from_rsa(Rsa::from_public_components(
        BigNum::from_slice(modulus)?,
        exponent,
    )?)
}
