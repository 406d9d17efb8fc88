// SPDX-License-Identifier: MIT OR Apache-2.0
//! Commands that need a key of the card: signatures and the proof that it is there.

use openssl::pkey::{PKey, Private};

use super::Card;
use crate::apdu::{Command, Sw};
use crate::files::{Content, OwnKey};
use crate::sign;

impl Card {
    /// INTERNAL AUTHENTICATE: a signature over the challenge, by a key made for it.
    pub(super) fn authenticate(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        /// What `80 2A` calls a message it hashes itself.
        const MESSAGE: u8 = 3;
        if command.p1 != 0 {
            return Err(Sw::WRONG_P1P2);
        }
        if command.p2 == 0 {
            // The own key of an application is there and not for this.
            return Err(self.own_key().err().unwrap_or(Sw::CONDITIONS));
        }
        self.follow_reference(command.p2)?;
        match &self.current_file()?.content {
            Content::Authentication(key) => {
                if command.le.is_none_or(|le| le < sign::SIGNATURE_LENGTH) {
                    return Err(Sw::WRONG_LENGTH);
                }
                sign::compute(key, MESSAGE, command.data)
            }
            Content::Key(..) | Content::LostKey(_) | Content::Terminals(_) | Content::Opaque => {
                Err(Sw::CONDITIONS)
            }
            _ => Err(Sw::WRONG_FILE_KIND),
        }
    }

    /// COMPUTE DIGITAL SIGNATURE, by the key of a file or the application's own.
    pub(super) fn compute_signature(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        if command.p1 > 5 {
            return Err(Sw::WRONG_P1P2);
        }
        let key = if command.p2 == 0 {
            self.own_key()?
        } else {
            self.follow_reference(command.p2)?;
            match &self.current_file()?.content {
                Content::Key(key, access) => {
                    self.permits(*access)?;
                    key
                }
                Content::LostKey(access) => {
                    self.permits(*access)?;
                    return Err(Sw::CONDITIONS);
                }
                _ => return Err(Sw::WRONG_FILE_KIND),
            }
        };
        if command.le.is_none_or(|le| le < sign::SIGNATURE_LENGTH) {
            return Err(Sw::WRONG_LENGTH);
        }
        sign::compute(key, command.p1, command.data)
    }

    /// The key of the current application that needs nothing.
    fn own_key(&self) -> Result<&PKey<Private>, Sw> {
        let index = self.application.ok_or(Sw::WRONG_P1P2)?;
        match &self.parts.applications[index].own_key {
            OwnKey::Signs(key) => Ok(key),
            OwnKey::Lost => Err(Sw::CONDITIONS),
            OwnKey::None => Err(Sw::WRONG_P1P2),
        }
    }

    /// SET SESSION KEY, which every application refuses in its own word.
    pub(super) fn set_session_key(&self) -> Sw {
        match self.application {
            Some(index) if self.parts.applications[index].has_key_delivery_word => {
                Sw::NO_KEY_DELIVERY
            }
            Some(_) => Sw::NOT_AUTHORISED,
            None => Sw::UNKNOWN_INS,
        }
    }
}
