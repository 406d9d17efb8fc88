// SPDX-License-Identifier: MIT OR Apache-2.0
//! A signature without PIN (特定機関認証): somebody licensed proves to the card who he is, and then its
//! key signs. What he says to the card is public in part only, so that he writes the commands himself;
//! they pass through here, if they are of the kinds that such a proof is made of.

use uketsuke_bus::pinless1::PinlessError;

use super::{Session, SessionError, Step};
use crate::apdu::{Command, Digest, JPKI, Response, Sw};
use crate::link::Link;

/// Most commands of a dialogue. Known are four; the rest is room for what is not public.
const MOST_COMMANDS: u32 = 16;

/// Who may have a card sign without PIN.
pub trait Authenticator {
    /// The first command for a card whose 公的個人認証AP is selected.
    fn begin(&mut self) -> impl Future<Output = Result<Vec<u8>, PinlessError>> + Send;

    /// The next, after this answer; no bytes when the card's key is free.
    fn answer(
        &mut self,
        answer: &[u8],
    ) -> impl Future<Output = Result<Vec<u8>, PinlessError>> + Send;
}

impl<L: Link> Session<L> {
    /// Has `authenticator` free the key, and the card sign.
    ///
    /// # Errors
    /// After each the caller must end the session: the card may be half way open.
    pub async fn sign_pinless(
        &mut self,
        authenticator: &mut impl Authenticator,
        digest: &Digest,
    ) -> Result<Vec<u8>, SessionError> {
        if !self.at_pin {
            let sw = self
                .send(Step::Identify, &Command::select_application(JPKI))
                .await?
                .sw;
            self.want_ok(Step::Identify, sw)?;
        }
        self.at_pin = false;
        let mut next = authenticator.begin().await?;
        let mut room = MOST_COMMANDS;
        while !next.is_empty() {
            let command = Command::relayed(&next).ok_or(SessionError::NotRelayed)?;
            room = room.checked_sub(1).ok_or(SessionError::NotRelayed)?;
            let Response { data, sw } = self.send(Step::Pinless, &command).await?;
            // A refusal is the service's to understand; what is none says that the card is not well.
            if sw != Sw::OK && !sw.is_refusal() && !sw.is_warning() {
                let step = Step::Pinless;
                return Err(SessionError::Status { step, sw });
            }
            let answer = [&data[..], &sw.0.to_be_bytes()].concat();
            next = authenticator.answer(&answer).await?;
        }
        self.signature(digest).await
    }
}
