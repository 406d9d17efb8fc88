// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where real cards differ, or where nobody knows: switches. Those that say what is on a card hold
//! from its next placing on, the others at once.

use serde::{Deserialize, Serialize};

/// The switches of all cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// A wrong VERIFY takes back an earlier success in the same application. Unknown on real cards.
    pub failed_verify_revokes: bool,
    /// A presented secret survives a warm reset, as measured on real cards.
    pub survives_warm_reset: bool,
    /// The first command after power-on is answered `6F00`, as seen on one real card.
    pub first_command_fails: bool,
    /// When GET DATA gives the contact ATR; cards differ.
    pub contact_atr: ContactAtr,
    /// Tries of the 生年月日 key, 1 to 15; without limit if none. Unknown.
    pub birth_key_tries: Option<u8>,
    /// 照合番号B opens EF 0003 of the 券面入力補助AP, which sources contradict each other about. From
    /// the next placing.
    pub b_opens_digests: bool,
    /// The holder has unlocked the iPhone (Face ID, Touch ID): its key signs and its certificate is
    /// read with nothing presented, as in a clinic, where nothing is typed for an iPhone.
    pub iphone_unlocked: bool,
    /// An iPhone's EF 000A needs the PIN as Android's does, unlocked or not. Unknown. From the next
    /// placing.
    pub iphone_certificate_needs_pin: bool,
    /// EF 0008 for a certificate that is not there. Unknown. From the next placing.
    pub absent_certificate_byte: u8,
    /// EF 0001 and 001A without a 署名用 certificate. Unknown. From the next placing.
    pub absent_signature_file: AbsentFile,
    /// EF 001B without a 署名用 certificate. Unknown. From the next placing.
    pub absent_signature_password: AbsentPassword,
    /// A card without PIN has USER_PIN_INITIALIZED of EF 0006 cleared. Unknown. From the next placing.
    pub pinless_clears_flag: bool,
    /// On a card without PIN the other PINs are blocked too, instead of set. Unknown. From the next
    /// placing.
    pub pinless_blocks_other_pins: bool,
    /// EF 0016 knows the test terminal, so that `80 A2` takes its certificate; if not, the card refuses
    /// each, as real ones refuse strangers. What follows the certificate is not public and made up.
    pub knows_test_terminal: bool,
}

/// When GET DATA `5F51` is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContactAtr {
    /// With and without an application selected.
    Always,
    /// Only without one.
    WithoutApplication,
    /// Only with one.
    WithApplication,
}

/// What is left of a file whose content was never issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbsentFile {
    /// It cannot be selected (`6A82`).
    Missing,
    /// It has no bytes (`6B00`).
    Empty,
    /// It stays closed (`6982`), as an issued one does before the password.
    Closed,
}

/// What is left of a password that was never set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbsentPassword {
    /// It cannot be selected (`6A82`).
    Missing,
    /// It has no tries (`63C0`).
    Blocked,
    /// It has all its tries (`63C5`).
    Untouched,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            failed_verify_revokes: true,
            survives_warm_reset: true,
            first_command_fails: false,
            contact_atr: ContactAtr::Always,
            birth_key_tries: None,
            b_opens_digests: true,
            iphone_unlocked: true,
            iphone_certificate_needs_pin: false,
            // Anything but 8F, which is all that is known.
            absent_certificate_byte: 0,
            absent_signature_file: AbsentFile::Closed,
            absent_signature_password: AbsentPassword::Blocked,
            pinless_clears_flag: false,
            pinless_blocks_other_pins: true,
            knows_test_terminal: true,
        }
    }
}
