// SPDX-License-Identifier: MIT OR Apache-2.0
//! One powered card, from its identification to power-down.
//!
//! ```text
//! open:  SELECT ISD      clears what another program may have unlocked
//!        SELECT JPKI     refused: foreign
//!        SELECT 0006, READ 32          what it is
//!        SELECT 000A, READ 256, …      the certificate, trimmed by its DER length
//!        SELECT 0018, VERIFY without data     tries left; the PIN file stays selected
//! sign:  VERIFY                        once per entry, never repeated
//!        SELECT 0017, COMPUTE SIGNATURE
//! phone: after SELECT 0006, READ 32: READ 128 more, by which it is known again
//!        Android: SELECT 0018, VERIFY without data; then, all in one go:
//!        VERIFY (Android alone)        once per entry, never repeated
//!        SELECT 000A, READ 256, …      the certificate, closed before
//!        SELECT 0017, COMPUTE SIGNATURE
//! face:  SELECT card face              drops what was presented to JPKI
//!        SELECT 0012, VERIFY without data     tries left; below three nothing is sent
//!        VERIFY                        照合番号B, once, never repeated
//!        SELECT 0004, READ 256, …      certificate of the issuer
//!        SELECT 0002, READ 256, …      the record, by its own length
//!        COMPUTE SIGNATURE             over a fresh challenge, with the record's key
//!        before a PIN that follows: SELECT JPKI, SELECT 0018, VERIFY without data
//! pinless: SELECT JPKI after the face, then what somebody licensed proves himself with
//!        SELECT 0017, COMPUTE SIGNATURE
//! end:   power-down                    a PIN survives disconnect, reset and re-selection
//! ```
//!
//! 17 commands for a job. The order is chosen for that: the certificate is read before the tries are
//! asked, although nobody has called for it yet, because the PIN file then stays selected and the
//! count fresh until the entry. Asking first and reading later would cost a second SELECT and a
//! second query. Short file identifiers would save five selections, but only one public source has
//! seen them work.
//!
//! A session that met an error of the link, or an answer that it cannot explain, is over: the card
//! is powered down and opened anew, which asks the counter before anything else is entered.

mod error;
mod face;
mod phone;
mod pinless;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use uketsuke_bus::card1::CardKind;
use zeroize::Zeroizing;

use crate::apdu::{CHUNK, Command, Digest, Ef, ISD, JPKI, Pin, Response, SIGNATURE_BYTES, Sw};
use crate::certificate::{Certificate, MOST_BYTES};
use crate::der;
use crate::link::{Link, LinkError};
use crate::token::{LABEL_BYTES, Token};
pub use error::{SessionError, Step};
pub use face::REFERENCE_FLOOR;
pub use phone::{Signed, is_phone};
pub use pinless::Authenticator;

/// Longest waits for one answer.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For every command but the signature.
    pub apdu: Duration,
    /// For the signature.
    pub sign: Duration,
}

/// What a card turned out to be.
pub struct Identity {
    /// Kind, the state of the PIN included.
    pub kind: CardKind,
    /// Tries left as the card said; 0 where it has no PIN.
    pub tries: u8,
    /// The certificate, where the card shows one.
    pub certificate: Option<Arc<Certificate>>,
    /// Of a phone: what its token information says besides the label, to know it again by.
    pub mark: Zeroizing<Vec<u8>>,
}

impl Identity {
    /// A card whose only property is what it is.
    #[must_use]
    pub fn bare(kind: CardKind) -> Self {
        Self {
            kind,
            tries: 0,
            certificate: None,
            mark: Zeroizing::default(),
        }
    }
}

/// A powered card.
pub struct Session<L> {
    link: L,
    limits: Limits,
    /// The PIN file is selected and its count is fresh. Not so after the face: most of those who showed
    /// theirs enter no PIN.
    at_pin: bool,
    /// No command was answered yet.
    untouched: bool,
}

impl<L: Link> Session<L> {
    /// Finds out what the card is and makes it ready for a PIN. The session is returned only for a
    /// My Number card, with or without a PIN, and for a phone; any other is powered down.
    ///
    /// # Errors
    /// [`SessionError::Link`], [`SessionError::Status`], [`SessionError::Garbled`]; the card is
    /// powered down.
    pub async fn open(link: L, limits: Limits) -> Result<(Option<Self>, Identity), SessionError> {
        let mut session = Self {
            link,
            limits,
            at_pin: true,
            untouched: true,
        };
        let identity = session.identify().await?;
        let is_card = matches!(identity.kind, CardKind::Card | CardKind::CardPinUnusable);
        if is_card || is_phone(identity.kind) {
            return Ok((Some(session), identity));
        }
        session.power_down().await?;
        Ok((None, identity))
    }

    async fn identify(&mut self) -> Result<Identity, SessionError> {
        let sw = self
            .send(Step::Clean, &Command::select_application(ISD))
            .await?
            .sw;
        // Phones and other cards have no such domain, and nothing of ours to clear.
        if sw != Sw::OK && !sw.is_refusal() {
            return Err(SessionError::Status {
                step: Step::Clean,
                sw,
            });
        }
        let cleaned = sw == Sw::OK;
        let step = Step::Identify;
        let sw = self
            .send(step, &Command::select_application(JPKI))
            .await?
            .sw;
        if sw.is_refusal() {
            return Ok(Identity::bare(CardKind::Foreign));
        }
        self.want_ok(step, sw)?;
        match self.token().await? {
            // A real card has the domain. Without it a PIN that another program presented could
            // still be in force.
            Token::Card if !cleaned => Err(SessionError::Garbled {
                step: Step::Clean,
                what: "a card without issuer domain",
            }),
            Token::Card => self.card().await,
            Token::Android => self.phone(CardKind::PhoneAndroid).await,
            Token::Iphone => self.phone(CardKind::PhoneIphone).await,
            Token::OldCard | Token::Unknown => Ok(Identity::bare(CardKind::Foreign)),
        }
    }

    async fn token(&mut self) -> Result<Token, SessionError> {
        let step = Step::Identify;
        let sw = self.send(step, &Command::select(Ef::Token)).await?.sw;
        if sw == Sw::NOT_FOUND {
            return Ok(Token::Unknown);
        }
        self.want_ok(step, sw)?;
        let answer = self.send(step, &Command::read(0, LABEL_BYTES)).await?;
        self.want_ok(step, answer.sw)?;
        if answer.data.len() != LABEL_BYTES {
            return Err(SessionError::Garbled {
                step,
                what: "the label has not 32 bytes",
            });
        }
        Ok(Token::from_label(&answer.data))
    }

    async fn card(&mut self) -> Result<Identity, SessionError> {
        let certificate = self.certificate().await?;
        let tries = self.tries().await?;
        Ok(Identity {
            kind: if tries > 0 {
                CardKind::Card
            } else {
                CardKind::CardPinUnusable
            },
            tries,
            certificate: certificate.map(Arc::new),
            mark: Zeroizing::default(),
        })
    }

    async fn certificate(&mut self) -> Result<Option<Certificate>, SessionError> {
        let step = Step::Certificate;
        let garbled = |what| SessionError::Garbled { step, what };
        let sw = self.send(step, &Command::select(Ef::Certificate)).await?.sw;
        if sw == Sw::NOT_FOUND {
            return Ok(None);
        }
        self.want_ok(step, sw)?;
        let total = |first: &[u8]| {
            der::total(first).filter(|n| first[0] == der::SEQUENCE && *n <= MOST_BYTES)
        };
        let der = self.object(step, total).await?;
        Certificate::new(der)
            .map(Some)
            .ok_or_else(|| garbled("no certificate"))
    }

    /// Reads the object at the start of the selected file; its first bytes tell its whole length.
    async fn object(
        &mut self,
        step: Step,
        total: impl Fn(&[u8]) -> Option<usize>,
    ) -> Result<Zeroizing<Vec<u8>>, SessionError> {
        let garbled = |what| SessionError::Garbled { step, what };
        let first = self.send(step, &Command::read(0, CHUNK)).await?;
        self.want_ok(step, first.sw)?;
        let total = total(&first.data).ok_or_else(|| garbled("no object of its kind"))?;
        // The whole capacity at once, so that no copy stays behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(total));
        bytes.extend_from_slice(&first.data[..total.min(first.data.len())]);
        while bytes.len() < total {
            let wanted = (total - bytes.len()).min(CHUNK);
            let part = self.send(step, &Command::read(bytes.len(), wanted)).await?;
            self.want_ok(step, part.sw)?;
            if part.data.is_empty() || part.data.len() > wanted {
                return Err(garbled("the file ends early"));
            }
            bytes.extend_from_slice(&part.data);
        }
        Ok(bytes)
    }

    async fn tries(&mut self) -> Result<u8, SessionError> {
        let step = Step::Tries;
        let sw = self.send(step, &Command::select(Ef::Pin)).await?.sw;
        if sw == Sw::NOT_FOUND {
            return Ok(0);
        }
        self.want_ok(step, sw)?;
        let sw = self.send(step, &Command::query_tries()).await?.sw;
        if sw.is_blocked() {
            return Ok(0);
        }
        sw.tries().ok_or(SessionError::Status { step, sw })
    }

    /// Presents the PIN once and signs. Whatever comes out, the PIN is sent once at most.
    ///
    /// # Errors
    /// [`SessionError::WrongPin`] and [`SessionError::PinBlocked`] leave the session usable. After
    /// any other the caller must drop it.
    pub async fn sign(&mut self, pin: Pin, digest: &Digest) -> Result<Vec<u8>, SessionError> {
        if !self.at_pin && self.back_to_pin().await? == 0 {
            return Err(SessionError::PinBlocked);
        }
        self.present_pin(pin).await?;
        self.signature(digest).await
    }

    /// Presents the PIN, whose file is selected, once.
    async fn present_pin(&mut self, pin: Pin) -> Result<(), SessionError> {
        let verify = Command::verify(&pin);
        drop(pin);
        let sw = self.send(Step::Verify, &verify).await?.sw;
        drop(verify);
        if let Some(left) = sw.tries() {
            return Err(SessionError::WrongPin { left });
        }
        if sw.is_blocked() {
            return Err(SessionError::PinBlocked);
        }
        self.want_ok(Step::Verify, sw)
    }

    /// Has the card sign.
    async fn signature(&mut self, digest: &Digest) -> Result<Vec<u8>, SessionError> {
        let step = Step::Sign;
        let sw = self.send(step, &Command::select(Ef::Key)).await?.sw;
        self.want_ok(step, sw)?;
        let answer = self.send(step, &Command::sign(digest)).await?;
        self.want_ok(step, answer.sw)?;
        if answer.data.len() != SIGNATURE_BYTES {
            return Err(SessionError::Garbled {
                step,
                what: "the signature has not 256 bytes",
            });
        }
        Ok(answer.data.to_vec())
    }

    /// Selects the PIN file again and asks for its count.
    async fn back_to_pin(&mut self) -> Result<u8, SessionError> {
        let step = Step::Identify;
        let sw = self
            .send(step, &Command::select_application(JPKI))
            .await?
            .sw;
        self.want_ok(step, sw)?;
        let tries = self.tries().await?;
        self.at_pin = true;
        Ok(tries)
    }

    /// Takes the power off, which ends every right that was presented.
    ///
    /// # Errors
    /// [`SessionError::Link`] when the reader does not do it.
    pub async fn power_down(self) -> Result<(), SessionError> {
        let limit = self.limits.apdu;
        within(limit, self.link.power_down())
            .await
            .map_err(|source| SessionError::Link {
                step: Step::Connect,
                source,
            })
    }

    /// Sends one command and follows the two detours that a reader in T=0 mode may add. A VERIFY
    /// takes neither: it is sent exactly once.
    async fn send(&mut self, step: Step, command: &Command) -> Result<Response, SessionError> {
        let first = std::mem::take(&mut self.untouched);
        let mut answer = self.exchange(step, command).await?;
        if first && answer.sw == Sw::INTERNAL {
            // One card in the field answers its first command after power-up like this.
            answer = self.exchange(step, command).await?;
        }
        // With data before it, it is no 6Cxx (ISO/IEC 7816-4 §5.6: none comes with an error), but what
        // is left of an answer that broke off there.
        let right_length = answer.sw.right_length();
        if let Some(length) = right_length.filter(|_| command.is_read() && answer.data.is_empty()) {
            answer = self.exchange(step, &command.with_length(length)).await?;
        }
        let mut data = std::mem::take(&mut answer.data);
        while let Some(count) = answer.sw.waiting() {
            answer = self.exchange(step, &Command::get_response(count)).await?;
            if answer.data.is_empty() || data.len() + answer.data.len() > CHUNK {
                return Err(SessionError::Garbled {
                    step,
                    what: "an answer in too many parts",
                });
            }
            let mut longer = Zeroizing::new(Vec::with_capacity(CHUNK));
            longer.extend_from_slice(&data);
            longer.extend_from_slice(&answer.data);
            data = longer;
        }
        answer.data = data;
        Ok(answer)
    }

    /// One command on the wire, with a line for us that names no data.
    async fn exchange(&mut self, step: Step, command: &Command) -> Result<Response, SessionError> {
        let limit = if command.is_slow() {
            self.limits.sign
        } else {
            self.limits.apdu
        };
        let start = Instant::now();
        let result = within(limit, self.link.transmit(command)).await;
        let ms = start.elapsed().as_millis();
        match result {
            Ok(answer) => {
                let (length, sw) = (answer.data.len(), answer.sw);
                tracing::debug!(%step, %command, lc = command.lc(), length, %sw, ms, "apdu");
                Ok(answer)
            }
            Err(source) => {
                tracing::debug!(%step, %command, lc = command.lc(), %source, ms, "apdu");
                Err(SessionError::Link { step, source })
            }
        }
    }

    fn want_ok(&self, step: Step, sw: Sw) -> Result<(), SessionError> {
        if sw == Sw::OK {
            Ok(())
        } else {
            Err(SessionError::Status { step, sw })
        }
    }
}

async fn within<T>(
    limit: Duration,
    act: impl Future<Output = Result<T, LinkError>>,
) -> Result<T, LinkError> {
    timeout(limit, act)
        .await
        .unwrap_or(Err(LinkError::Timeout(limit)))
}
