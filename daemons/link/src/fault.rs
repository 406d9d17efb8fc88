// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a server says when it does not do what was asked.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};

/// Why a request was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The line from the terminal to the centre is down.
    NetworkDown,
    /// The centre does not answer, or with a fault of its own.
    CentreDown,
    /// The certificate's chain does not end in a root the centre trusts.
    UntrustedCertificate,
    /// The certificate expired more than three months ago.
    CertificateExpired,
    /// The signature is not by this certificate over this session's digest.
    BadSignature,
    /// The session is over or was already used.
    SessionOver,
    /// No such session, or it is another reader's.
    UnknownSession,
    /// The request is not what the interface takes.
    BadRequest,
    /// The server cannot store; nothing was accepted.
    StorageFailed,
    /// The peer's certificate does not give it a name.
    UnknownPeer,
}

impl Cause {
    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::NetworkDown | Self::CentreDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::UntrustedCertificate
            | Self::CertificateExpired
            | Self::BadSignature
            | Self::UnknownPeer => StatusCode::FORBIDDEN,
            Self::SessionOver => StatusCode::CONFLICT,
            Self::UnknownSession => StatusCode::NOT_FOUND,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::StorageFailed => StatusCode::INSUFFICIENT_STORAGE,
        }
    }
}

/// The body of every answer that is not 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Fault {
    /// Why.
    pub error: Cause,
    /// Whether the request may have got as far as the centre. Only then must a check-in be
    /// abandoned there; one that never arrived is just forgotten.
    pub reached: bool,
}

impl Fault {
    /// A refusal before anything went further.
    #[must_use]
    pub fn new(error: Cause) -> Self {
        Self {
            error,
            reached: false,
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        (self.error.status(), Json(self)).into_response()
    }
}
