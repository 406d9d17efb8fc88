// SPDX-License-Identifier: MIT OR Apache-2.0
//! As much DER as the daemon needs: the length of an object and steps into it.
//!
//! The bytes come from an untrusted card. Every function is total, bounded by its input and free of
//! recursion.

/// SEQUENCE.
pub const SEQUENCE: u8 = 0x30;
/// SET.
pub const SET: u8 = 0x31;
/// OBJECT IDENTIFIER.
pub const OID: u8 = 0x06;
/// The bit of a tag that says that the content is objects.
pub const CONSTRUCTED: u8 = 0x20;

/// Tag, header length and content length of the object at the start of `bytes`; the content may lie
/// beyond their end. Definite lengths of one to three bytes, in the shortest form (X.690 §10.1).
#[must_use]
pub fn header(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (&tag, rest) = bytes.split_first()?;
    // Multi-byte tags do not occur in a certificate.
    if tag & 0x1F == 0x1F {
        return None;
    }
    match *rest {
        [short @ 0..=0x7F, ..] => Some((tag, 2, usize::from(short))),
        [0x81, a @ 0x80..=0xFF, ..] => Some((tag, 3, usize::from(a))),
        [0x82, a @ 1..=0xFF, b, ..] => Some((tag, 4, usize::from(a) << 8 | usize::from(b))),
        _ => None,
    }
}

/// Whole length of the object at the start of `bytes`, header included.
#[must_use]
pub fn total(bytes: &[u8]) -> Option<usize> {
    header(bytes).map(|(_, head, content)| head + content)
}

/// Walks over the objects that lie one after another in some content.
#[derive(Clone, Copy)]
pub struct Objects<'a>(pub &'a [u8]);

impl<'a> Objects<'a> {
    /// The next object if it has this tag; otherwise nothing is consumed.
    pub fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let (found, content) = ahead.next()?;
        (found == tag).then(|| {
            *self = ahead;
            content
        })
    }
}

impl<'a> Iterator for Objects<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (tag, head, length) = header(self.0)?;
        let content = self.0.get(head..head + length)?;
        self.0 = &self.0[head + length..];
        Some((tag, content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_have_one_form_each() {
        assert_eq!(header(&[0x30, 0x05]), Some((0x30, 2, 5)));
        assert_eq!(header(&[0x30, 0x81, 0x80]), Some((0x30, 3, 0x80)));
        assert_eq!(header(&[0x30, 0x82, 0x06, 0x32]), Some((0x30, 4, 0x632)));
        for bad in [
            &[][..],
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 0x81, 0x7F],
            &[0x30, 0x82, 0x00, 0xFF],
            &[0x30, 0x82, 0x01],
            &[0x30, 0x83, 0x01, 0x00, 0x00],
            &[0xBF, 0x20, 0x00],
        ] {
            assert_eq!(header(bad), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_without_panic_and_end(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let walked: usize = Objects(&bytes).map(|(_, content)| content.len() + 2).sum();
            prop_assert!(walked <= bytes.len() + 2);
        }
    }
}
