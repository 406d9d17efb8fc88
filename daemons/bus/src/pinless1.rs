// SPDX-License-Identifier: MIT OR Apache-2.0
//! `jp.uketsuke.Pinless1`: who may have a card sign without its PIN (特定機関認証).
//!
//! The operator of such a key is licensed, and neither the key's place (a module, a service, the
//! terminal) nor the whole exchange with the card is public. So the interface says as little as
//! possible: the service writes commands, the card daemon takes them to the card and the answers back,
//! until the service says that the key of the certificate is free. What is signed the card daemon
//! writes itself, and nothing but what terminal authentication is made of is let through.

/// Most bytes in the data field of a command: the first part of a terminal's card-verifiable
/// certificate.
pub const PART_BYTES: u16 = 307;

/// Why the service goes no further.
#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "jp.uketsuke.Pinless1.Error")]
pub enum PinlessError {
    /// The bus itself failed.
    #[zbus(error)]
    ZBus(zbus::Error),
    /// Its key, certificate or licence cannot be had now.
    NotReady(String),
    /// The card did not answer as a card that knows the service's certificate does.
    Refused(String),
    /// There is no dialogue of this number, or it is over.
    NoDialogue(String),
}

/// The service. One dialogue at a time, with the card daemon alone.
#[zbus::proxy(
    interface = "jp.uketsuke.Pinless1",
    default_service = "jp.uketsuke.Pinless1",
    default_path = "/jp/uketsuke/Pinless1"
)]
pub trait Pinless1 {
    /// Begins a dialogue with a card whose 公的個人認証AP is selected, and ends an earlier one. Returns
    /// the dialogue's number and the first command for the card.
    ///
    /// Errors: `NotReady`.
    fn begin(&self) -> Result<(u64, Vec<u8>), PinlessError>;

    /// Takes what the card answered, status word included, and returns the next command; no bytes
    /// when the key of the certificate may be used, which ends the dialogue.
    ///
    /// Errors: `Refused`, `NotReady`, `NoDialogue`; each ends the dialogue.
    fn answer(&self, dialogue: u64, answer: &[u8]) -> Result<Vec<u8>, PinlessError>;

    /// Ends a dialogue that will not go on; one that is over already is none to complain of.
    fn end(&self, dialogue: u64) -> Result<(), PinlessError>;
}
