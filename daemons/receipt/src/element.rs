// SPDX-License-Identifier: MIT OR Apache-2.0
//! A document as a tree of named elements.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// One element. No `Debug`: what it says is about a patient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// Its name, as `InsurerNumber`.
    pub name: String,
    /// What it holds.
    pub content: Content,
}

/// What an element holds.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// Text, possibly none.
    Text(#[serde(with = "wiped")] Zeroizing<String>),
    /// Other elements.
    Elements(Vec<Element>),
}

impl Element {
    /// One with text.
    #[must_use]
    pub fn text(name: &str, text: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            content: Content::Text(Zeroizing::new(text.into())),
        }
    }

    /// One with others in it.
    #[must_use]
    pub fn holding(name: &str, elements: Vec<Self>) -> Self {
        Self {
            name: name.to_owned(),
            content: Content::Elements(elements),
        }
    }

    /// The elements in it; none in a text.
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        match &self.content {
            Content::Elements(elements) => elements,
            Content::Text(_) => &[],
        }
    }

    /// The first of this name in it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.elements().iter().find(|element| element.name == name)
    }

    /// Its own text; none where it holds other elements.
    #[must_use]
    pub fn own_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            Content::Elements(_) => None,
        }
    }

    /// The text of the first of this name in it.
    #[must_use]
    pub fn said(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Self::own_text)
    }
}

/// As a string on the wire.
mod wiped {
    use serde::{Deserialize, Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub fn serialize<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(text)
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Zeroizing<String>, D::Error> {
        String::deserialize(from).map(Zeroizing::new)
    }
}
