// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card's face (券面事項確認AP): its number presented once, its record and itself proved.

use uketsuke_record::{CHALLENGE_BYTES, CvCertificate, FaceRecord, Photo, Proof, Reference, Roots};

use super::{Session, SessionError, Step};
use crate::apdu::{Command, Ef, SURFACE};
use crate::link::Link;

/// 照合番号B is not presented with fewer tries left (CARD-03): the card has ten, and what a camera read
/// wrongly must never lock it.
pub const REFERENCE_FLOOR: u8 = 3;
/// Longest record: READ BINARY has 15 bits of offset.
const MOST_RECORD_BYTES: usize = 0x7FFF;

impl<L: Link> Session<L> {
    /// Opens the card's face with 照合番号B, presented once, and hands the photo out if record and card
    /// are proved. `challenge` must be fresh and random.
    ///
    /// # Errors
    /// [`SessionError::WrongReference`], [`SessionError::ReferenceFloor`],
    /// [`SessionError::NoPhoto`] and [`SessionError::Forged`] leave the session usable. After any
    /// other the caller must drop it.
    pub async fn photo(
        &mut self,
        reference: Reference,
        challenge: &[u8; CHALLENGE_BYTES],
        roots: &Roots,
    ) -> Result<Photo, SessionError> {
        let step = Step::Face;
        self.at_pin = false;
        let sw = self
            .send(step, &Command::select_application(SURFACE))
            .await?
            .sw;
        if sw.is_refusal() {
            return Err(SessionError::NoPhoto);
        }
        self.want_ok(step, sw)?;
        self.present(reference).await?;
        let step = Step::Record;
        let short =
            |first: &[u8]| uketsuke_record::total(first).filter(|n| *n <= MOST_RECORD_BYTES);
        let sw = self.send(step, &Command::select(Ef::Issuer)).await?.sw;
        self.want_ok(step, sw)?;
        let certificate = self.object(step, short).await?;
        let sw = self.send(step, &Command::select(Ef::Face)).await?.sw;
        self.want_ok(step, sw)?;
        let file = self.object(step, short).await?;
        let certificate = CvCertificate::parse(&certificate)?;
        let record = FaceRecord::parse(&file)?.ok_or(SessionError::NoPhoto)?;
        // Before the card is asked for anything more: a forged record costs no signature.
        let genuine = record.verified(&certificate, roots)?;
        let step = Step::Proof;
        let answer = self.send(step, &Command::prove(challenge)).await?;
        self.want_ok(step, answer.sw)?;
        let proof = Proof {
            challenge,
            answer: &answer.data,
        };
        Ok(genuine.photo(&proof)?)
    }

    /// Presents 照合番号B once, if enough tries are left.
    async fn present(&mut self, reference: Reference) -> Result<(), SessionError> {
        let step = Step::Face;
        let sw = self.send(step, &Command::select(Ef::NumberB)).await?.sw;
        self.want_ok(step, sw)?;
        let sw = self.send(step, &Command::query_tries()).await?.sw;
        let left = match sw.is_blocked() {
            true => 0,
            false => sw.tries().ok_or(SessionError::Status { step, sw })?,
        };
        if left < REFERENCE_FLOOR {
            return Err(SessionError::ReferenceFloor { left });
        }
        let verify = Command::verify_reference(&reference);
        drop(reference);
        let step = Step::Reference;
        let sw = self.send(step, &verify).await?.sw;
        drop(verify);
        if let Some(left) = sw.tries() {
            return Err(SessionError::WrongReference { left });
        }
        if sw.is_blocked() {
            return Err(SessionError::ReferenceFloor { left: 0 });
        }
        self.want_ok(step, sw)
    }
}
