// SPDX-License-Identifier: MIT OR Apache-2.0
//! A simulated `jp.uketsuke.Pinless1`, which works with the virtual card and with no other: it has the
//! test terminal's key, made when the virtual cards were, and a real card knows no such terminal.
//!
//! It is no 特定機関認証. What of its dialogue is public and what is made up stands in the virtual
//! card's `card/terminal.rs`.

use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use uketsuke_bus::pinless1::PinlessError;
use zbus::interface;

/// Where the certificate is cut: its signature, the second part, has 261 bytes.
const FIRST_PART: usize = 307;
/// SELECT of the key that the card checks terminals with.
const SELECT: [u8; 7] = [0x00, 0xA4, 0x02, 0x0C, 2, 0x00, 0x16];
/// GET CHALLENGE, 8 bytes.
const CHALLENGE: [u8; 5] = [0x00, 0x84, 0x00, 0x00, 8];
const DONE: [u8; 2] = [0x90, 0x00];

/// The test terminal.
pub struct Terminal {
    certificate: Vec<u8>,
    key: PKey<Private>,
    /// Number of the last dialogue, and what its card is to answer next.
    last: u64,
    awaited: Option<Awaited>,
}

/// Which command the card is answering.
#[derive(Clone, Copy)]
enum Awaited {
    Selected,
    FirstPart,
    SecondPart,
    Challenge,
    Proof,
}

/// Why there is no terminal.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// It is not one that the virtual card makes.
    #[error("a certificate of {0} bytes, where one has 568")]
    Length(usize),
    /// The key cannot be read.
    #[error("the terminal's key")]
    Key(#[from] openssl::error::ErrorStack),
}

impl Terminal {
    /// With a certificate and its key, PEM, as the virtual card's tray hands them out.
    ///
    /// # Errors
    /// [`TerminalError`].
    pub fn new(certificate: Vec<u8>, key: &[u8]) -> Result<Self, TerminalError> {
        if certificate.len() != 568 {
            return Err(TerminalError::Length(certificate.len()));
        }
        Ok(Self {
            certificate,
            key: PKey::private_key_from_pem(key)?,
            last: 0,
            awaited: None,
        })
    }

    fn next(&mut self, awaited: Awaited, answer: &[u8]) -> Result<Vec<u8>, PinlessError> {
        let data = answer
            .strip_suffix(&DONE)
            .ok_or_else(|| PinlessError::Refused("the card knows no such terminal".into()))?;
        let (next, command) = match awaited {
            Awaited::Selected => {
                let part = &self.certificate[..FIRST_PART];
                (Awaited::FirstPart, extended([0x80, 0xA2, 0x06, 0xC1], part))
            }
            Awaited::FirstPart => {
                let part = &self.certificate[FIRST_PART..];
                (
                    Awaited::SecondPart,
                    extended([0x80, 0xA2, 0x00, 0xC1], part),
                )
            }
            Awaited::SecondPart => (Awaited::Challenge, CHALLENGE.to_vec()),
            Awaited::Challenge => {
                let proof = self.sign(data);
                let proof = proof.map_err(|error| PinlessError::NotReady(error.to_string()))?;
                (Awaited::Proof, extended([0x00, 0x82, 0x00, 0x80], &proof))
            }
            Awaited::Proof => return Ok(Vec::new()),
        };
        self.awaited = Some(next);
        Ok(command)
    }

    fn sign(&self, challenge: &[u8]) -> Result<Vec<u8>, openssl::error::ErrorStack> {
        Signer::new(MessageDigest::sha256(), &self.key)?.sign_oneshot_to_vec(challenge)
    }
}

fn extended(header: [u8; 4], data: &[u8]) -> Vec<u8> {
    let [high, low] = (data.len() as u16).to_be_bytes();
    [&header[..], &[0, high, low], data].concat()
}

/// The service.
#[interface(name = "jp.uketsuke.Pinless1")]
impl Terminal {
    /// Begins a dialogue with a card whose 公的個人認証AP is selected, and ends an earlier one. Returns
    /// the dialogue's number and the first command for the card.
    fn begin(&mut self) -> Result<(u64, Vec<u8>), PinlessError> {
        self.last += 1;
        self.awaited = Some(Awaited::Selected);
        Ok((self.last, SELECT.to_vec()))
    }

    /// Takes what the card answered, status word included, and returns the next command; no bytes when
    /// the key of the certificate may be used, which ends the dialogue.
    fn answer(&mut self, dialogue: u64, answer: Vec<u8>) -> Result<Vec<u8>, PinlessError> {
        let awaited = self.awaited.take().filter(|_| dialogue == self.last);
        let none = || PinlessError::NoDialogue(format!("dialogue {dialogue} is over"));
        self.next(awaited.ok_or_else(none)?, &answer)
    }

    /// Ends a dialogue that will not go on.
    fn end(&mut self, dialogue: u64) {
        self.awaited.take_if(|_| dialogue == self.last);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use openssl::rsa::Rsa;
    use uketsuke_bus::contract::assert_contract;
    use zbus::object_server::Interface;

    fn terminal() -> Terminal {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        Terminal::new(vec![7; 568], &key.private_key_to_pem_pkcs8().unwrap()).unwrap()
    }

    #[test]
    fn the_simulated_service_has_the_committed_interface() {
        let mut served = String::new();
        terminal().introspect_to_writer(&mut served, 0);
        assert_contract("jp.uketsuke.Pinless1.xml", &served);
    }

    #[test]
    fn a_refusal_and_another_dialogue_end_a_dialogue() {
        let mut terminal = terminal();
        let (first, command) = terminal.begin().unwrap();
        assert_eq!(command, SELECT);
        assert_eq!(terminal.answer(first, vec![0x90, 0]).unwrap().len(), 314);
        let refused = terminal.answer(first, vec![0x69, 0x85]).unwrap_err();
        assert!(matches!(refused, PinlessError::Refused(_)));
        let over = |it: &mut Terminal, dialogue| {
            let error = it.answer(dialogue, vec![0x90, 0]).unwrap_err();
            assert!(matches!(error, PinlessError::NoDialogue(_)));
        };
        over(&mut terminal, first);
        let (second, _) = terminal.begin().unwrap();
        over(&mut terminal, first);
        let (third, _) = terminal.begin().unwrap();
        assert!(second < third);
        terminal.end(third);
        over(&mut terminal, third);
    }
}
