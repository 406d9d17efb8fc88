// SPDX-License-Identifier: MIT OR Apache-2.0
//! `myna-card`, the public library for this card, at the same duties as the daemon: what a caller
//! of its application wrappers writes.

use myna_card::ap::jpki::{JpkiAp, SignatureScheme};
use myna_card::ap::surface::SurfaceAp;
use myna_card::{Command, MasterFile, Pin, Transmit};
use pcsc::MAX_BUFFER_SIZE;

use super::DIGEST_INFO;
use crate::support::{DIGEST, PIN};

/// Its link, over the pcscd that everybody here uses.
struct Link<'a>(&'a pcsc::Card);

impl Transmit for Link<'_> {
    fn transmit(&mut self, command: &[u8]) -> myna_card::Result<Vec<u8>> {
        let mut buffer = [0; MAX_BUFFER_SIZE];
        Ok(self.0.transmit(command, &mut buffer).unwrap().to_vec())
    }
}

fn digest_info() -> Vec<u8> {
    [&DIGEST_INFO[..], &DIGEST].concat()
}

/// Clears what was presented, identifies the card, reads the certificate, asks for the tries, presents
/// the PIN and signs.
pub fn job(card: &pcsc::Card) {
    let mut card = myna_card::Card::new(Link(card));
    MasterFile::select(&mut card).unwrap();
    let mut jpki = JpkiAp::select(&mut card).unwrap();
    assert!(jpki.read_token_type().unwrap().is_physical_card());
    jpki.read_auth_certificate_der().unwrap();
    assert_eq!(jpki.auth_pin_retries().unwrap().count(), Some(3));
    jpki.verify_auth_pin(&Pin::numeric(PIN).unwrap()).unwrap();
    jpki.sign_with_auth_key(SignatureScheme::Verbatim, &digest_info())
        .unwrap();
}

/// Asks for the tries, presents 照合番号B, reads certificate and record, and has the card prove itself.
pub fn photo(card: &pcsc::Card, number: &str) {
    let mut card = myna_card::Card::new(Link(card));
    let mut surface = SurfaceAp::select(&mut card).unwrap();
    let tries = surface.retries(myna_card::ap::surface::ef::CODE_B);
    assert!(tries.unwrap().count().is_some());
    surface
        .verify_code_b(&Pin::numeric(number).unwrap())
        .unwrap();
    surface.read_certificate().unwrap();
    surface.read_card_face().unwrap();
    let prove = Command::with_data_le(0x80, 0x2A, 0, 0, digest_info(), 256);
    surface.card().call_ok(&prove).unwrap();
}
