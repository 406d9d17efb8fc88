// SPDX-License-Identifier: MIT OR Apache-2.0
//! Effects that ask a peer: the call, and its outcome in the machine's words.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::time::Instant;
use uketsuke_bus::card1::{CERTIFICATE_BYTES, CardError, CardProxy, Ground};
use uketsuke_bus::consent::Consents;
use uketsuke_bus::face1::{Face1Proxy, FaceError, FaceVerdict};
use uketsuke_bus::letter::{LETTERS, Letter};
use uketsuke_bus::secret::{self, SecretBytes, SecretError};
use uketsuke_bus::uplink1::{
    ANSWER_BYTES, CheckInAnswer, CheckInRequest, Uplink1Error, Uplink1Proxy,
};
use uketsuke_bus::view::Hop;
use zbus::proxy::CacheProperties;
use zbus::{Connection, OwnedFd, OwnedObjectPath};
use zeroize::Zeroize;

use crate::domain::{
    CardFault, Certificate, Challenge, Earlier, LinkFault, Name, SignFault, Signature, Verdict,
};
use crate::expiry;

/// Pause before consents are offered again to an uplink that is just restarting.
const OFFER_AGAIN: Duration = Duration::from_millis(200);

/// How long an absent uplink is told that a session is over; longer than any restart.
const TELL_LIMIT: Duration = Duration::from_secs(60);

/// Why a request could not be put or an answer not be read. The centre's words and the patient's
/// data are not in it.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("the bus")]
    Bus(#[from] zbus::Error),
    #[error("a sealed memory file")]
    Secret(#[from] SecretError),
    // Without its cause: a parser's message may quote what it read.
    #[error("the content of a memory file is not what the contract says")]
    Content,
    #[error("the challenge has {0} bytes, not 32")]
    Digest(usize),
    #[error(transparent)]
    Uplink(#[from] Uplink1Error),
}

/// Reads the certificate of the card at `path`.
pub async fn certificate(
    connection: Connection,
    path: OwnedObjectPath,
) -> Result<Arc<Certificate>, CardFault> {
    let read = async {
        let card = card(&connection, path).await?;
        let file = card.read_certificate().await?;
        secret::take(file.into(), CERTIFICATE_BYTES)
            .map_err(|error| CardError::Internal(format!("the certificate: {error}")))
    };
    match read.await {
        Ok(der) => Ok(Arc::new(Certificate::new(der.expose().to_vec()))),
        Err(error) => Err(card_fault(&error)),
    }
}

/// Hands the PIN to the card at `path` and has the challenge signed. Never repeated.
pub async fn sign(
    connection: Connection,
    path: OwnedObjectPath,
    pin: OwnedFd,
    challenge: Arc<Challenge>,
) -> Result<Arc<Signature>, SignFault> {
    let card = card(&connection, path)
        .await
        .map_err(|error| SignFault::Card(card_fault(&error)))?;
    match card.sign_with_pin(pin, &challenge.digest).await {
        Ok(signature) => Ok(Arc::new(Signature(signature))),
        Err(CardError::WrongPin(_)) => Err(SignFault::WrongPin {
            // Not told: the machine's own count is the lower one.
            tries: card.pin_tries_left().await.unwrap_or(u8::MAX),
        }),
        Err(CardError::PinBlocked(_)) => Err(SignFault::Blocked),
        Err(CardError::BadPin(_) | CardError::BadSecret(_)) => Err(SignFault::NotSent),
        Err(error) => Err(SignFault::Card(card_fault(&error))),
    }
}

/// Has the phone at `path` sign the challenge, for whose holder it was unlocked. Never repeated.
pub async fn sign_on_phone(
    connection: Connection,
    path: OwnedObjectPath,
    challenge: Arc<Challenge>,
) -> Result<Arc<Signature>, SignFault> {
    let signed = async {
        let phone = card(&connection, path).await?;
        phone.sign_on_phone(&challenge.digest).await
    };
    match signed.await {
        Ok(signature) => Ok(Arc::new(Signature(signature))),
        Err(error) => Err(SignFault::Card(card_fault(&error))),
    }
}

/// Has the card at `path` sign the challenge without PIN: staff have looked at its holder. Never
/// repeated.
pub async fn sign_by_eye(
    connection: Connection,
    path: OwnedObjectPath,
    challenge: Arc<Challenge>,
) -> Result<Arc<Signature>, SignFault> {
    pinless(connection, path, challenge, Ground::Eye).await
}

/// Has the card at `path` sign the challenge without PIN: its holder's face was found before the reader.
/// Never repeated.
pub async fn sign_by_face(
    connection: Connection,
    path: OwnedObjectPath,
    challenge: Arc<Challenge>,
) -> Result<Arc<Signature>, SignFault> {
    pinless(connection, path, challenge, Ground::Face).await
}

async fn pinless(
    connection: Connection,
    path: OwnedObjectPath,
    challenge: Arc<Challenge>,
    ground: Ground,
) -> Result<Arc<Signature>, SignFault> {
    let signed = async {
        let card = card(&connection, path).await?;
        card.sign_pinless(&challenge.digest, ground).await
    };
    match signed.await {
        Ok(signature) => Ok(Arc::new(Signature(signature))),
        Err(
            error @ (CardError::NoPinless(_)
            | CardError::PinlessRefused(_)
            | CardError::NotAttested(_)),
        ) => {
            tracing::warn!(%error, "no signature without PIN");
            Err(SignFault::NoPinless)
        }
        Err(error) => Err(SignFault::Card(card_fault(&error))),
    }
}

/// Has the face before the reader compared with the photo of the card at `path`; none where nobody says
/// what came of it.
pub async fn compare(connection: Connection, path: OwnedObjectPath) -> Option<FaceVerdict> {
    let verdict = async { face(&connection).await?.verify(&path).await };
    match verdict.await {
        Ok(verdict) => Some(verdict),
        Err(error) => {
            tracing::warn!(%error, "a comparison came to nothing");
            None
        }
    }
}

/// Ends a comparison. Who compares may be gone already, and then nothing is compared.
pub async fn close_face(connection: Connection) {
    let closed = async { face(&connection).await?.close().await };
    if let Err(error) = closed.await {
        tracing::debug!(%error, "a comparison was not ended; it ends by itself");
    }
}

async fn face(connection: &Connection) -> Result<Face1Proxy<'static>, FaceError> {
    Ok(Face1Proxy::builder(connection)
        .cache_properties(CacheProperties::No)
        .build()
        .await?)
}

/// Powers the card down. It may be gone already.
pub async fn release(connection: Connection, path: OwnedObjectPath) {
    let released = async { card(&connection, path).await?.release().await };
    if let Err(error) = released.await {
        tracing::debug!(%error, "a card was not released; its claim ends by itself");
    }
}

async fn card(
    connection: &Connection,
    path: OwnedObjectPath,
) -> Result<CardProxy<'static>, CardError> {
    Ok(CardProxy::builder(connection)
        .path(path)
        .cache_properties(CacheProperties::No)
        .build()
        .await?)
}

fn card_fault(error: &CardError) -> CardFault {
    match error {
        // The daemon died or the object went: either way nothing is known of a card any more.
        CardError::Gone(_) | CardError::ZBus(_) => CardFault::Gone,
        CardError::NotThisKind(_) | CardError::TestCard(_) => CardFault::NotOurs,
        // A phone that its holder has not unlocked: it is held once more.
        CardError::Unreadable(_) | CardError::NoReader(_) | CardError::NotAllowed(_) => {
            CardFault::Unreadable
        }
        CardError::Busy(_)
        | CardError::NotYet(_)
        | CardError::NotAttested(_)
        | CardError::NoPinless(_)
        | CardError::PinlessRefused(_)
        | CardError::WrongPin(_)
        | CardError::PinBlocked(_)
        | CardError::BadPin(_)
        | CardError::BadDigest(_)
        | CardError::BadSecret(_)
        | CardError::WrongReference(_)
        | CardError::ReferenceTriesLow(_)
        | CardError::BadReference(_)
        | CardError::NoPhoto(_)
        | CardError::BadPhoto(_)
        | CardError::Forged(_)
        | CardError::Internal(_) => {
            tracing::error!(%error, "the card daemon refused a call of ours");
            CardFault::Unreadable
        }
    }
}

/// Opens a session at the centre.
pub async fn challenge(connection: Connection) -> Result<Arc<Challenge>, LinkFault> {
    let asked = async {
        let (session, digest) = uplink(&connection).await?.challenge().await?;
        let digest: [u8; 32] = digest
            .as_slice()
            .try_into()
            .map_err(|_| CallError::Digest(digest.len()))?;
        Ok(Arc::new(Challenge { session, digest }))
    };
    asked.await.map_err(|error| link_fault(&error))
}

/// Sends certificate and signature; the centre's answer.
pub async fn check_in(
    connection: Connection,
    challenge: Arc<Challenge>,
    certificate: Arc<Certificate>,
    signature: Arc<Signature>,
) -> Result<Verdict, LinkFault> {
    let asked = async {
        let mut request = CheckInRequest {
            certificate: BASE64.encode(certificate.der()),
            signature: BASE64.encode(&signature.0),
        };
        let sealed = sealed(&request);
        request.certificate.zeroize();
        request.signature.zeroize();
        let answer = uplink(&connection)
            .await?
            .check_in(&challenge.session, sealed?)
            .await?;
        let answer = secret::take(answer.into(), ANSWER_BYTES)?;
        let answer: CheckInAnswer =
            serde_json::from_slice(answer.expose()).map_err(|_| CallError::Content)?;
        Ok(verdict(answer, &certificate))
    };
    asked.await.map_err(|error| link_fault(&error))
}

fn verdict(answer: CheckInAnswer, certificate: &Certificate) -> Verdict {
    let expires = expiry::notice(certificate.der(), answer.at).unwrap_or_else(|error| {
        tracing::warn!(%error, "a certificate is not known to expire or not");
        None
    });
    Verdict {
        letters: Arc::new(letters(answer.letters)),
        expires,
        validity: answer.validity,
        certificate_expired: answer.certificate_expired,
        name: answer.name_kana.map(|name| Arc::new(Name(name))),
        earlier: answer.earlier.map(|(categories, answers)| {
            Arc::new(Earlier {
                categories,
                answers,
            })
        }),
    }
}

/// The letters that can be asked about. One that is not what the contract says keeps nobody from being
/// checked in.
fn letters(said: Vec<Letter>) -> Vec<Letter> {
    let (count, mut taken) = (said.len(), Vec::<Letter>::new());
    for letter in said {
        let known = taken.iter().any(|other| other.id == letter.id);
        if taken.len() < LETTERS && letter.is_valid() && !known {
            taken.push(letter);
        }
    }
    if taken.len() < count {
        let left_out = count - taken.len();
        tracing::warn!(
            left_out,
            "letters twice, too many, or not as the contract says"
        );
    }
    taken
}

/// Records the answers. An uplink that is restarting is offered them again, under the same
/// session, until the machine does not wait any more and drops this future.
pub async fn complete(
    connection: Connection,
    challenge: Arc<Challenge>,
    mut consents: Consents,
) -> Result<(), LinkFault> {
    consents.at = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    loop {
        let offered = async {
            let fd = sealed(&consents)?;
            let uplink = uplink(&connection).await?;
            Ok(uplink.complete(&challenge.session, fd).await?)
        };
        match offered.await {
            Err(CallError::Bus(error) | CallError::Uplink(Uplink1Error::ZBus(error))) => {
                tracing::warn!(%error, "the uplink took no consents; offered again");
                tokio::time::sleep(OFFER_AGAIN).await;
            }
            outcome => {
                for answer in &mut consents.answers {
                    answer.agreed.zeroize();
                }
                break outcome.map_err(|error| link_fault(&error));
            }
        }
    }
}

/// Tells the uplink that a session is over. It may know already; one that is just restarting is
/// told again, because it takes up the sessions of its earlier run.
pub async fn abandon(connection: Connection, challenge: Arc<Challenge>) {
    let limit = Instant::now() + TELL_LIMIT;
    loop {
        let told = async { uplink(&connection).await?.abandon(&challenge.session).await };
        match told.await {
            Ok(()) => return,
            Err(Uplink1Error::ZBus(_)) if Instant::now() < limit => {
                tokio::time::sleep(OFFER_AGAIN).await;
            }
            Err(error) => {
                tracing::debug!(%error, "a session was not given up; it ends by itself");
                return;
            }
        }
    }
}

async fn uplink(connection: &Connection) -> zbus::Result<Uplink1Proxy<'static>> {
    Uplink1Proxy::builder(connection)
        .cache_properties(CacheProperties::No)
        .build()
        .await
}

fn sealed(content: &impl serde::Serialize) -> Result<OwnedFd, CallError> {
    let json = SecretBytes::new(serde_json::to_vec(content).map_err(|_| CallError::Content)?);
    Ok(secret::seal(json.expose())?.into())
}

fn link_fault(error: &CallError) -> LinkFault {
    match error {
        CallError::Uplink(Uplink1Error::TerminalDown(_)) => LinkFault::Down(Hop::Terminal),
        CallError::Uplink(Uplink1Error::NetworkDown(_)) => LinkFault::Down(Hop::Network),
        CallError::Uplink(Uplink1Error::CentreDown(_) | Uplink1Error::SessionOver(_)) => {
            LinkFault::Down(Hop::Centre)
        }
        CallError::Uplink(
            Uplink1Error::UntrustedCertificate(_) | Uplink1Error::BadSignature(_),
        ) => LinkFault::Refused,
        CallError::Uplink(Uplink1Error::CertificateExpired(_)) => LinkFault::Expired,
        error => {
            tracing::error!(error = chain(error), "a call to the uplink failed");
            LinkFault::Down(Hop::Terminal)
        }
    }
}

fn chain(error: &CallError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
