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
