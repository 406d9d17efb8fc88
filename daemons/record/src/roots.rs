// SPDX-License-Identifier: MIT OR Apache-2.0
//! The roots of card-verifiable certificates. They are not on the card and they change: data of the
//! reader, not of this program.

use std::collections::BTreeMap;

use crate::{KeyId, PublicKey};

/// One root.
#[derive(Clone, Debug)]
pub struct Root {
    /// Its name in the certificates it signed.
    pub id: KeyId,
    /// Its key.
    pub key: PublicKey,
}

/// Why a file is no root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootError {
    /// The name does not say whose key it is.
    #[error("a root's file is named by its key id: 32 hexadecimal digits")]
    Name,
    /// No key.
    #[error("no RSA public key of 2048 bits with exponent 65537, PEM `PUBLIC KEY`")]
    Key,
}

impl Root {
    /// Takes the file `name` (without its ending) with the PEM text `key` (`SubjectPublicKeyInfo`,
    /// RFC 7468 §13).
    ///
    /// # Errors
    /// [`RootError`].
    pub fn from_pem(name: &str, key: &str) -> Result<Self, RootError> {
        Ok(Self {
            id: name.parse().map_err(|()| RootError::Name)?,
            key: PublicKey::from_pem(key).ok_or(RootError::Key)?,
        })
    }
}

/// All roots a reader knows.
#[derive(Clone, Debug, Default)]
pub struct Roots(BTreeMap<KeyId, PublicKey>);

impl FromIterator<Root> for Roots {
    fn from_iter<T: IntoIterator<Item = Root>>(roots: T) -> Self {
        Self(roots.into_iter().map(|root| (root.id, root.key)).collect())
    }
}

impl Roots {
    /// The key of this name.
    pub(crate) fn find(&self, id: &KeyId) -> Option<&PublicKey> {
        self.0.get(id)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none: no card can be believed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
