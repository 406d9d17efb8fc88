// SPDX-License-Identifier: MIT OR Apache-2.0
//! A phone that has signed and left: it is held to the reader for a second or two, and its certificate
//! is asked for when it is away.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use zbus::names::OwnedUniqueName;

use super::{Bytes, Call, Refusal};
use crate::certificate::Certificate;

/// What is left of it.
pub(super) struct Left {
    number: u64,
    owner: OwnedUniqueName,
    certificate: Arc<Certificate>,
    /// When it is forgotten.
    pub until: Instant,
}

impl Left {
    pub fn new(
        number: u64,
        kept: Duration,
        (owner, certificate): (OwnedUniqueName, Arc<Certificate>),
    ) -> Self {
        Self {
            number,
            owner,
            certificate,
            until: Instant::now() + kept,
        }
    }

    /// Answers a call for card `number`.
    pub fn call(&self, number: u64, caller: &OwnedUniqueName, call: Call) {
        if number != self.number {
            return call.refuse(Refusal::Gone);
        }
        if *caller != self.owner {
            return call.refuse(Refusal::Busy);
        }
        match call {
            Call::ReadCertificate(reply) => {
                // A caller that has left does not listen any more.
                let _ = reply.send(Ok(Bytes::new(self.certificate.der().to_vec())));
            }
            other => other.refuse(Refusal::Gone),
        }
    }
}
