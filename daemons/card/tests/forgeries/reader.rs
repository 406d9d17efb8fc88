// SPDX-License-Identifier: MIT OR Apache-2.0
//! The daemon's session before a card that is lied about, and what it makes of it.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openssl::pkey::PKey;
use uketsuke_card::session::{Limits, Session, SessionError};
use uketsuke_record::{CHALLENGE_BYTES, KeyId, Photo, RecordError, Reference, Roots};
use uketsuke_virtual_card::card::{Behaviour, Card};
use uketsuke_virtual_card::profile;
use uketsuke_virtual_card::surface::{self, ROOT_ID};
use uketsuke_virtual_card::vault::Vault;

use crate::between::{Between, CERTIFICATE, Lies, RECORD};

const LIMITS: Limits = Limits {
    apdu: Duration::from_secs(60),
    sign: Duration::from_secs(60),
};

/// A challenge where it does not matter which.
pub const CHALLENGE: [u8; CHALLENGE_BYTES] = [0x3C; CHALLENGE_BYTES];

/// A card of the vault, and what is on its face.
pub struct Original {
    pub card: Arc<Mutex<Card>>,
    pub number: String,
    pub certificate: Vec<u8>,
    pub record: Vec<u8>,
}

impl Original {
    /// Makes the card and reads its face.
    pub fn of(vault: &mut Vault, name: &str) -> Self {
        let profile = profile::find(name).unwrap();
        let mut card = vault.card(profile, Behaviour::default()).unwrap();
        let number = vault.number_b(profile).unwrap();
        let mut send = |bytes: &[u8]| card.transmit(bytes).0.into_bytes();
        let application = [&[0x00, 0xA4, 0x04, 0x0C, 0x0A][..], surface::AID].concat();
        let verify = [&[0x00, 0x20, 0x00, 0x80, 14][..], number.as_bytes()].concat();
        for command in [
            application,
            vec![0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x12],
            verify,
        ] {
            assert_eq!(send(&command), [0x90, 0x00]);
        }
        let mut file = |fid: u16| {
            let [high, low] = fid.to_be_bytes();
            assert_eq!(
                send(&[0x00, 0xA4, 0x02, 0x0C, 0x02, high, low]),
                [0x90, 0x00]
            );
            let mut bytes = Vec::new();
            loop {
                let [high, low] = u16::try_from(bytes.len()).unwrap().to_be_bytes();
                let part = send(&[0x00, 0xB0, high, low, 0x00]);
                let data = part.len() - 2;
                if data == 0 {
                    return bytes;
                }
                bytes.extend(&part[..data]);
            }
        };
        let (certificate, record) = (file(CERTIFICATE), file(RECORD));
        card.power_cycle();
        Self {
            card: Arc::new(Mutex::new(card)),
            number,
            certificate,
            record,
        }
    }
}

/// Roots as the daemon reads them from their folder; `test_cards` as in its configuration.
pub fn roots(vault: &Vault, folder: &Path, test_cards: bool) -> Roots {
    let test = folder.join("test");
    std::fs::create_dir_all(&test).unwrap();
    let pem = vault.surface_root().unwrap();
    std::fs::write(test.join(format!("{}.pem", KeyId(ROOT_ID))), pem).unwrap();
    // A reader in service has roots too, only others.
    let other = PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
    let in_service = KeyId(*b"8888823\x08\x05001\0\0\0\x01");
    std::fs::write(
        folder.join(format!("{in_service}.pem")),
        other.public_key_to_pem().unwrap(),
    )
    .unwrap();
    uketsuke_card::roots::read(folder, test_cards).unwrap()
}

/// A daemon's session with one card, opened anew when it has to be.
pub struct Reader {
    pub link: Between,
    number: String,
    session: Option<Session<Between>>,
}

impl Reader {
    pub fn before(original: &Original) -> Self {
        Self {
            link: Between::new(Arc::clone(&original.card)),
            number: original.number.clone(),
            session: None,
        }
    }

    /// What the reader makes of the card with these lies told.
    pub async fn photo(
        &mut self,
        lies: &Lies,
        challenge: &[u8; CHALLENGE_BYTES],
        roots: &Roots,
    ) -> Result<Photo, SessionError> {
        *self.link.lies.lock().unwrap() = lies.clone();
        let mut session = match self.session.take() {
            Some(session) => session,
            None => {
                let (session, _) = Session::open(self.link.clone(), LIMITS).await.unwrap();
                session.expect("a card of ours")
            }
        };
        let number = Reference::new(self.number.as_bytes()).unwrap();
        let photo = session.photo(number, challenge, roots).await;
        // As the daemon does: any other end of it is the end of the session.
        if matches!(
            photo,
            Ok(_) | Err(SessionError::Forged(_) | SessionError::NoPhoto)
        ) {
            self.session = Some(session);
        }
        photo
    }
}

/// The refusal by its name, without the places in the file.
pub fn named(error: &SessionError) -> String {
    match error {
        SessionError::Forged(error) => match error {
            RecordError::Shape { part, .. } => format!("Shape ({part})"),
            RecordError::Content { part, what } => format!("Content ({part}: {what})"),
            RecordError::UnknownRoot(_) => "UnknownRoot".into(),
            RecordError::CertificateForged => "CertificateForged".into(),
            RecordError::RecordForged => "RecordForged".into(),
            RecordError::NotPresent => "NotPresent".into(),
        },
        SessionError::NoPhoto => "NoPhoto".into(),
        SessionError::Garbled { what, .. } => format!("Garbled ({what})"),
        SessionError::Status { step, sw } => format!("Status ({step}: {sw})"),
        other => panic!("no refusal: {other}"),
    }
}
