// SPDX-License-Identifier: MIT OR Apache-2.0
//! Phones (スマホ用電子証明書): the same application under another label, its certificate closed until
//! the holder has proved who he is, and held to the reader for a second or two.

use uketsuke_bus::card1::CardKind;
use zeroize::Zeroizing;

use super::{Identity, Session, SessionError, Step};
use crate::apdu::{Command, Digest, Pin, Sw};
use crate::certificate::Certificate;
use crate::link::Link;
use crate::token::LABEL_BYTES;

/// What is asked for of the token information behind its label: the file of a card ends there.
const MARK_BYTES: usize = 128;

/// Whether this is one.
#[must_use]
pub fn is_phone(kind: CardKind) -> bool {
    matches!(kind, CardKind::PhoneAndroid | CardKind::PhoneIphone)
}

/// What a phone gave.
pub struct Signed {
    /// PKCS #1 v1.5.
    pub signature: Vec<u8>,
    /// None where an iPhone signs and does not show it.
    pub certificate: Option<Certificate>,
}

impl<L: Link> Session<L> {
    /// What it is besides its label, which was read. An iPhone is asked for no tries: nobody enters
    /// its PIN here.
    pub(super) async fn phone(&mut self, kind: CardKind) -> Result<Identity, SessionError> {
        let mark = self.mark().await?;
        let tries = match kind {
            CardKind::PhoneAndroid => self.tries().await?,
            _ => 0,
        };
        Ok(Identity {
            mark,
            tries,
            ..Identity::bare(kind)
        })
    }

    /// The rest of the token information, which is selected: a card has its serial number there. What
    /// a phone has is not published, so it may have nothing.
    async fn mark(&mut self) -> Result<Zeroizing<Vec<u8>>, SessionError> {
        let step = Step::Identify;
        let answer = self
            .send(step, &Command::read(LABEL_BYTES, MARK_BYTES))
            .await?;
        match answer.sw {
            Sw::OK => Ok(answer.data),
            sw if sw.is_refusal() || sw.is_warning() => Ok(Zeroizing::default()),
            sw => Err(SessionError::Status { step, sw }),
        }
    }

    /// Presents `pin` once, where there is one (Android; an iPhone's holder has unlocked it), reads
    /// the certificate and signs, if it `is_welcome`. Whatever comes out, the PIN is sent once at most.
    ///
    /// # Errors
    /// [`SessionError::WrongPin`], [`SessionError::PinBlocked`] and [`SessionError::NotAllowed`]
    /// leave the session usable. After any other the caller must end it.
    pub async fn sign_phone(
        &mut self,
        pin: Option<Pin>,
        digest: &Digest,
        is_welcome: impl Fn(&Certificate) -> bool,
    ) -> Result<Signed, SessionError> {
        let typed = pin.is_some();
        if let Some(pin) = pin {
            self.present_pin(pin).await?;
        }
        let certificate = match self.certificate().await {
            Err(SessionError::Status {
                step: Step::Certificate,
                sw: Sw::CLOSED,
            }) if !typed => None,
            Ok(None) if typed => {
                return Err(SessionError::Garbled {
                    step: Step::Certificate,
                    what: "a phone without certificate",
                });
            }
            other => other?,
        };
        if certificate.as_ref().is_some_and(|it| !is_welcome(it)) {
            return Err(SessionError::Unwelcome);
        }
        let signature = match self.signature(digest).await {
            Err(SessionError::Status {
                step: Step::Sign,
                sw: Sw::CLOSED,
            }) if !typed => return Err(SessionError::NotAllowed),
            other => other?,
        };
        Ok(Signed {
            signature,
            certificate,
        })
    }
}
