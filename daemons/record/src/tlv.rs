// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects in the card's records: tags of one or two bytes, lengths of one to three.
//!
//! The length need not have its shortest form: real cards write 169 as `82 00A9` beside 106 as `6A`
//! (files of the official test cards). Everything else of X.690 holds.

/// Why bytes are no objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlvError {
    /// The bytes end within a tag, a length or a value.
    #[error("ends early, at byte {0}")]
    Short(usize),
    /// A length of more than two bytes, or of none.
    #[error("a length that no card uses, at byte {0}")]
    Length(usize),
    /// A tag of more than two bytes.
    #[error("a tag that no card uses, at byte {0}")]
    Tag(usize),
    /// Another object than the one that has to be there.
    #[error("{found:04X} at byte {at}, where {wanted:04X} belongs")]
    Other {
        /// Where.
        at: usize,
        /// Its tag.
        found: u16,
        /// The tag that belongs there.
        wanted: u16,
    },
    /// Bytes behind the last object.
    #[error("more bytes than the object has, from byte {0} on")]
    Behind(usize),
}

/// One object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Object<'a> {
    /// Its tag.
    pub tag: u16,
    /// Where its tag lies in what is walked.
    pub at: usize,
    /// Tag, length and value as they stand: what signatures cover.
    pub whole: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
}

/// Whole length of the object at the start of `bytes`, which may lie beyond their end: how much of a
/// file is to be read.
#[must_use]
pub fn total(bytes: &[u8]) -> Option<usize> {
    let walk = Walk::over(bytes);
    let (_, tag) = walk.tag().ok()?;
    let (length, head) = walk.length(tag).ok()?;
    Some(tag + head + length)
}

/// Walks over objects that lie one after another.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    /// Begins at the first byte.
    pub fn over(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next object, which has to have this tag.
    pub fn expect(&mut self, wanted: u16) -> Result<Object<'a>, TlvError> {
        let at = self.at;
        let object = self.object()?.ok_or(TlvError::Short(at))?;
        if object.tag == wanted {
            return Ok(object);
        }
        self.at = at;
        let found = object.tag;
        Err(TlvError::Other { at, found, wanted })
    }

    /// The next object if it has this tag.
    pub fn maybe(&mut self, wanted: u16) -> Result<Option<Object<'a>>, TlvError> {
        let at = self.at;
        let found = self.object()?.filter(|object| object.tag == wanted);
        if found.is_none() {
            self.at = at;
        }
        Ok(found)
    }

    /// Nothing may follow.
    pub fn end(&self) -> Result<(), TlvError> {
        match self.at == self.bytes.len() {
            true => Ok(()),
            false => Err(TlvError::Behind(self.at)),
        }
    }

    /// Nothing but the filler `FF` may follow: what a file has behind its one object.
    pub fn filler(&self) -> Result<(), TlvError> {
        let behind = &self.bytes[self.at..];
        match behind.iter().position(|byte| *byte != 0xFF) {
            None => Ok(()),
            Some(other) => Err(TlvError::Behind(self.at + other)),
        }
    }

    fn object(&mut self) -> Result<Option<Object<'a>>, TlvError> {
        let start = self.at;
        if start == self.bytes.len() {
            return Ok(None);
        }
        let (tag, tag_length) = self.tag()?;
        let (length, length_length) = self.length(start + tag_length)?;
        let value = start + tag_length + length_length;
        let end = value + length;
        let whole = self.bytes.get(start..end).ok_or(TlvError::Short(start))?;
        self.at = end;
        Ok(Some(Object {
            tag,
            at: start,
            whole,
            value: &whole[value - start..],
        }))
    }

    fn byte(&self, at: usize) -> Result<u8, TlvError> {
        self.bytes.get(at).copied().ok_or(TlvError::Short(at))
    }

    fn tag(&self) -> Result<(u16, usize), TlvError> {
        let first = self.byte(self.at)?;
        if first & 0x1F != 0x1F {
            return Ok((u16::from(first), 1));
        }
        match self.byte(self.at + 1)? {
            second @ 0..=0x7F => Ok((u16::from_be_bytes([first, second]), 2)),
            _ => Err(TlvError::Tag(self.at)),
        }
    }

    fn length(&self, at: usize) -> Result<(usize, usize), TlvError> {
        match self.byte(at)? {
            short @ 0..=0x7F => Ok((usize::from(short), 1)),
            0x81 => Ok((usize::from(self.byte(at + 1)?), 2)),
            0x82 => {
                let bytes = [self.byte(at + 1)?, self.byte(at + 2)?];
                Ok((usize::from(u16::from_be_bytes(bytes)), 3))
            }
            _ => Err(TlvError::Length(at)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_of_tag_and_length_that_cards_use_is_read() {
        let bytes = [
            0xDF, 0x25, 0x82, 0x00, 0x01, 0xAA, 0x90, 0x01, 0x03, 0x5F, 0x37, 0x81, 0x01, 0xBB,
        ];
        let mut walk = Walk::over(&bytes);
        let first = walk.expect(0xDF25).unwrap();
        assert_eq!(
            (first.at, first.whole, first.value),
            (0, &bytes[..6], &bytes[5..6])
        );
        assert_eq!(walk.maybe(0x91).unwrap(), None);
        assert_eq!(walk.maybe(0x90).unwrap().unwrap().value, [3]);
        let wrong = TlvError::Other {
            at: 9,
            found: 0x5F37,
            wanted: 0x5F4E,
        };
        assert_eq!(walk.expect(0x5F4E), Err(wrong));
        assert_eq!(walk.end(), Err(TlvError::Behind(9)));
        assert_eq!(walk.expect(0x5F37).unwrap().value, [0xBB]);
        assert_eq!(walk.end(), Ok(()));
        assert_eq!(walk.expect(0x90), Err(TlvError::Short(14)));
    }

    #[test]
    fn what_no_card_writes_is_refused_by_place() {
        for (bytes, error) in [
            (&[0xDF][..], TlvError::Short(1)),
            (&[0xDF, 0xF9, 0x00], TlvError::Tag(0)),
            (&[0x90], TlvError::Short(1)),
            (&[0x90, 0x80], TlvError::Length(1)),
            (&[0x90, 0x83, 0, 0, 1, 7], TlvError::Length(1)),
            (&[0x90, 0x82, 0], TlvError::Short(3)),
            (&[0x90, 2, 7], TlvError::Short(0)),
        ] {
            assert_eq!(Walk::over(bytes).maybe(0x90), Err(error), "{bytes:02X?}");
        }
    }

    #[test]
    fn the_head_of_an_object_tells_its_whole_length() {
        assert_eq!(total(&[0xFF, 0x20, 0x82, 0x0B, 0xF9]), Some(3070));
        assert_eq!(total(&[0x90, 3]), Some(5));
        for bad in [
            &[][..],
            &[0xFF],
            &[0xFF, 0x20],
            &[0xFF, 0x20, 0x82, 0x0B],
            &[0x90, 0x83],
        ] {
            assert_eq!(total(bad), None);
        }
    }

    #[test]
    fn only_filler_may_lie_behind_a_files_object() {
        let mut walk = Walk::over(&[0x90, 0, 0xFF, 0xFF]);
        walk.expect(0x90).unwrap();
        assert_eq!(walk.filler(), Ok(()));
        let mut walk = Walk::over(&[0x90, 0, 0xFF, 0x00]);
        walk.expect(0x90).unwrap();
        assert_eq!(walk.filler(), Err(TlvError::Behind(3)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut walk = Walk::over(&bytes);
            let mut seen = 0;
            while let Ok(Some(object)) = walk.object() {
                prop_assert_eq!(object.at, seen);
                seen += object.whole.len();
                prop_assert!(object.value.len() < object.whole.len());
            }
            prop_assert!(seen <= bytes.len());
        }
    }
}
