// SPDX-License-Identifier: MIT OR Apache-2.0
//! The portrait of a card face, DF27: the official test card's, none, and ones a decoder has to
//! survive. Whatever is here gets a right signature, or no reader would ever hand it to a decoder.

use crate::tlv::object;

/// What stands where the portrait belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Photo {
    /// That of the official test card.
    Portrait,
    /// No object at all. Infants' cards have no photo; which of these three they have is unknown.
    Absent,
    /// An object with no bytes.
    Empty,
    /// A picture of nothing: one grey.
    Blank,
    /// The portrait with comments that fill the file up to the last offset a READ can name.
    Huge,
    /// Beyond what offsets can name: part of the file cannot be read.
    Oversized,
    /// Four thousand million pixels of nothing in some hundred bytes.
    ManyPixels,
    /// As many tiles as the format allows, 65 535, in some hundred bytes.
    ManyTiles,
    /// More colours than any picture has, each as large as a portrait.
    ManyComponents,
    /// Not a picture.
    Noise,
}

/// Length of the file around a portrait that fills it, less the portrait.
const AROUND: usize = 3_070 - 1_854;
/// Bytes that a READ with an offset of 15 bits and 256 bytes can reach.
const REACHABLE: usize = 0x7FFF;

impl Photo {
    /// The object DF27; nothing where there is none. `portrait` is the one of the official test card,
    /// tag and length included.
    pub fn object(self, portrait: Vec<u8>) -> Vec<u8> {
        let picture = match self {
            Self::Portrait => return portrait,
            Self::Absent => return Vec::new(),
            Self::Empty => Vec::new(),
            Self::Blank => nothing([378, 472], [378, 472], 1),
            Self::Huge => commented(&portrait[5..], REACHABLE - AROUND),
            Self::Oversized => commented(&portrait[5..], 60_000),
            Self::ManyPixels => nothing([65_535, 65_535], [65_535, 65_535], 1),
            Self::ManyTiles => nothing([16_320, 16_448], [64, 64], 1),
            Self::ManyComponents => nothing([378, 472], [378, 472], 8_192),
            Self::Noise => (0..1_854_u32)
                .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
                .collect(),
        };
        object(0xDF27, &picture)
    }
}

/// Box of JP2 (ITU-T T.800 annex I.4).
fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).expect("a picture is shorter than a file");
    [&length.to_be_bytes()[..], kind, content].concat()
}

/// Segment of a codestream (annex A.4): marker, length with its own two bytes, content.
fn segment(marker: u16, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).expect("a segment is short");
    [&marker.to_be_bytes()[..], &length.to_be_bytes(), content].concat()
}

/// A grey picture of this size whose packets are all empty, so that every coefficient is 0. It is
/// whole with one tile of one component; others end before their data, as a decoder learns only
/// after it has made room for them.
fn nothing([width, height]: [u32; 2], tile: [u32; 2], components: u16) -> Vec<u8> {
    const DECOMPOSITIONS: u8 = 5;
    let size = [
        &0_u16.to_be_bytes()[..],
        &[width, height, 0, 0, tile[0], tile[1], 0, 0]
            .map(u32::to_be_bytes)
            .concat(),
        &components.to_be_bytes(),
        &[7, 1, 1].repeat(components.into()),
    ]
    .concat();
    // LRCP, one layer, code-blocks of 64 by 64, reversible: as the portrait is coded.
    let coding = [0, 0, 0, 1, 0, DECOMPOSITIONS, 4, 4, 0, 1];
    let steps: Vec<u8> = [0x40, 0x40]
        .into_iter()
        .chain([0x48, 0x48, 0x50].repeat(DECOMPOSITIONS.into()))
        .collect();
    // One packet for each resolution, and a bit says that it is empty.
    let packets = [0; DECOMPOSITIONS as usize + 1];
    let part = u32::try_from(packets.len() + 14).expect("packets are few");
    let tile_part = [&[0, 0][..], &part.to_be_bytes(), &[0, 1]].concat();
    let stream = [
        &[0xFF, 0x4F][..],
        &segment(0xFF51, &size),
        &segment(0xFF52, &coding),
        &segment(0xFF5C, &steps),
        &segment(0xFF90, &tile_part),
        &[0xFF, 0x93],
        &packets,
        &[0xFF, 0xD9],
    ]
    .concat();
    let header = [
        &height.to_be_bytes()[..],
        &width.to_be_bytes(),
        &components.to_be_bytes(),
        &[7, 7, 0, 0],
    ]
    .concat();
    [
        boxed(b"jP  ", &[0x0D, 0x0A, 0x87, 0x0A]),
        boxed(b"ftyp", b"jp2 \0\0\0\0jp2 "),
        boxed(
            b"jp2h",
            &[
                boxed(b"ihdr", &header),
                boxed(b"colr", &[1, 0, 0, 0, 0, 0, 17]),
            ]
            .concat(),
        ),
        boxed(b"jp2c", &stream),
    ]
    .concat()
}

/// The picture with comments in its codestream, `length` bytes in all.
fn commented(picture: &[u8], length: usize) -> Vec<u8> {
    /// Marker of a comment, and the value that says it is not text.
    const COMMENT: u16 = 0xFF64;
    const BINARY: [u8; 2] = [0, 0];
    let stream = picture
        .windows(4)
        .position(|kind| kind == b"jp2c")
        .expect("the portrait is a JP2")
        + 4;
    let (boxes, codestream) = picture.split_at(stream);
    let tile = codestream
        .windows(2)
        .position(|marker| marker == [0xFF, 0x90])
        .expect("the portrait has a tile");
    // Marker, length and kind of a comment are 6 bytes.
    let comment = segment(
        COMMENT,
        &[&BINARY[..], &vec![b'.'; length - picture.len() - 6]].concat(),
    );
    let codestream = [&codestream[..tile], &comment, &codestream[tile..]].concat();
    [&boxes[..stream - 8], &boxed(b"jp2c", &codestream)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portrait() -> Vec<u8> {
        crate::surface::borrowed(0xDF27)
    }

    #[test]
    fn a_commented_portrait_is_as_long_as_asked_for_and_keeps_its_picture() {
        let object = Photo::Huge.object(portrait());
        assert_eq!(object.len() - 5 + AROUND, REACHABLE);
        let picture = &object[5..];
        let at = picture.windows(4).position(|kind| kind == b"jp2c");
        let at = at.expect("a codestream");
        let length = u32::from_be_bytes([0, 1, 2, 3].map(|byte| picture[at - 4 + byte]));
        assert_eq!(length as usize, picture.len() - at + 4);
        assert!(picture.ends_with(&portrait()[1_000..]));
    }

    #[test]
    fn pictures_of_nothing_are_small_and_say_what_they_claim_to_be() {
        for (photo, width, most) in [
            (Photo::Blank, 378_u32, 200),
            (Photo::ManyPixels, 65_535, 200),
            (Photo::ManyTiles, 16_320, 200),
            (Photo::ManyComponents, 378, 200 + 3 * 8_192),
        ] {
            let nothing = photo.object(portrait());
            assert!(nothing.len() < most, "{photo:?}: {}", nothing.len());
            let size = nothing.windows(2).position(|marker| marker == [0xFF, 0x51]);
            let at = size.expect("a size") + 6;
            assert_eq!(nothing[at..at + 4], width.to_be_bytes(), "{photo:?}");
        }
    }
}
