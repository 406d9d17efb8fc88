// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was asked for and has not come yet.

use super::{Millis, Tag};

/// A request whose answer is awaited.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Wait {
    pub tag: Tag,
    /// When it counts as failed.
    pub until: Millis,
}

/// Something asked for early.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Fetch<T> {
    /// Not asked for yet: a phone shows its certificate only after it has signed.
    Later,
    Awaited(Wait),
    Here(T),
}

impl<T> Fetch<T> {
    pub fn awaits(&self, tag: Tag) -> bool {
        matches!(self, Self::Awaited(wait) if wait.tag == tag)
    }

    pub fn until(&self) -> Option<Millis> {
        match self {
            Self::Awaited(wait) => Some(wait.until),
            Self::Later | Self::Here(_) => None,
        }
    }

    pub fn here(&self) -> Option<&T> {
        match self {
            Self::Later | Self::Awaited(_) => None,
            Self::Here(value) => Some(value),
        }
    }
}
