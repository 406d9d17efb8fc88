// SPDX-License-Identifier: MIT OR Apache-2.0
//! The boxes around the picture, ITU-T T.800 Annex I.
//!
//! ```text
//! jP | ftyp | … | jp2h { ihdr | colr | … } | … | jp2c
//! ```
//! The decoder is given the codestream alone: colour profiles, palettes and whatever else a box may
//! hold never reach it.

use crate::PhotoError;
use crate::cursor::Cursor;
use crate::limits::{LEAST_SIDE, MOST_HEIGHT, MOST_WIDTH};

/// Sample format of 8 bits without sign: bits less one, bit 7 for the sign.
pub const GREY_8: u8 = 7;
/// Enumerated colour space of grey pictures, Table I.10.
const GREYSCALE: u32 = 17;
/// The only compression type, I.5.3.1.
const JPEG_2000: u8 = 7;

/// What the container says, and what it holds.
pub struct Jp2<'a> {
    /// Pixels across, within limits.
    pub width: u32,
    /// Pixels down, within limits.
    pub height: u32,
    /// The content of `jp2c`.
    pub codestream: Cursor<'a>,
}

struct Part<'a> {
    kind: [u8; 4],
    at: usize,
    content: Cursor<'a>,
}

fn wrong(at: usize, what: &'static str) -> PhotoError {
    PhotoError::Container { at, what }
}

/// Walks to the codestream. What comes after it is nobody's business.
pub fn open(photo: &[u8]) -> Result<Jp2<'_>, PhotoError> {
    let mut boxes = Cursor::over(photo, 0);
    let signature = next(&mut boxes)?;
    if signature.kind != *b"jP  " || signature.content.rest() != b"\r\n\x87\n" {
        return Err(wrong(signature.at, "no JP2 signature"));
    }
    let file = next(&mut boxes)?;
    if file.kind != *b"ftyp" || !is_jp2(file.content.rest()) {
        return Err(wrong(file.at, "not of the file type jp2"));
    }
    let mut size = None;
    loop {
        let part = next(&mut boxes)?;
        match (&part.kind, size) {
            (b"jp2h", None) => size = Some(header(part.content)?),
            (b"jp2h", Some(_)) => return Err(wrong(part.at, "a second header")),
            (b"jp2c", None) => return Err(wrong(part.at, "a picture before its header")),
            (b"jp2c", Some((width, height))) => {
                return Ok(Jp2 {
                    width,
                    height,
                    codestream: part.content,
                });
            }
            _ => {}
        }
    }
}

/// The next box. Length 0 means "to the end of the file", I.4; lengths of 64 bits are not taken.
fn next<'a>(boxes: &mut Cursor<'a>) -> Result<Part<'a>, PhotoError> {
    let at = boxes.at();
    let short = || wrong(at, "ends inside a box");
    let length = boxes.u32().ok_or_else(short)?;
    let kind = boxes.take(4).and_then(|kind| kind.try_into().ok());
    let kind = kind.ok_or_else(short)?;
    let content = match length {
        0 => boxes.rest().len(),
        1..8 => return Err(wrong(at, "no length of a box")),
        _ => length as usize - 8,
    };
    let start = boxes.at();
    let content = Cursor::over(boxes.take(content).ok_or_else(short)?, start);
    Ok(Part { kind, at, content })
}

/// Brand, minor version, and the brands it is compatible with: `jp2 ` has to be among these, I.5.2.
fn is_jp2(content: &[u8]) -> bool {
    content
        .get(8..)
        .is_some_and(|list| list.chunks(4).any(|brand| brand == b"jp2 "))
}

fn header(content: Cursor<'_>) -> Result<(u32, u32), PhotoError> {
    let mut boxes = content;
    let image = next(&mut boxes)?;
    if image.kind != *b"ihdr" {
        return Err(wrong(image.at, "the header does not begin with ihdr"));
    }
    let size = image_header(image.content)?;
    let mut coloured = false;
    while !boxes.is_empty() {
        let part = next(&mut boxes)?;
        match &part.kind {
            b"colr" => {
                colour(part.content)?;
                coloured = true;
            }
            b"pclr" | b"cmap" => return Err(wrong(part.at, "a palette")),
            b"bpcc" => return Err(wrong(part.at, "a second sample format")),
            b"cdef" => return Err(wrong(part.at, "a channel that is not grey")),
            _ => {}
        }
    }
    if !coloured {
        return Err(wrong(content.at(), "no colour specification"));
    }
    Ok(size)
}

/// I.5.3.1
fn image_header(mut content: Cursor<'_>) -> Result<(u32, u32), PhotoError> {
    let at = content.at();
    let short = || wrong(at, "ihdr is not of 14 bytes");
    if content.rest().len() != 14 {
        return Err(short());
    }
    let height = content.u32().ok_or_else(short)?;
    let width = content.u32().ok_or_else(short)?;
    if !fits(width, height) {
        return Err(PhotoError::Size { at, width, height });
    }
    let at = content.at();
    let components = content.u16().ok_or_else(short)?;
    if components != 1 {
        return Err(PhotoError::Components { at, components });
    }
    let at = content.at();
    let format = content.u8().ok_or_else(short)?;
    if format != GREY_8 {
        return Err(PhotoError::Depth { at, format });
    }
    if content.u8() != Some(JPEG_2000) {
        return Err(wrong(content.at() - 1, "compressed by something else"));
    }
    Ok((width, height))
}

/// I.5.3.3. A profile (method 2) of one grey channel changes how grey looks, not who is seen.
fn colour(mut content: Cursor<'_>) -> Result<(), PhotoError> {
    let at = content.at();
    let method = content.u8();
    content.take(2);
    match (method, content.u32()) {
        (Some(1), Some(GREYSCALE)) | (Some(2), Some(_)) => Ok(()),
        _ => Err(wrong(at, "a colour space that is not grey")),
    }
}

/// Whether a picture of this size is taken.
pub fn fits(width: u32, height: u32) -> bool {
    (LEAST_SIDE..=MOST_WIDTH).contains(&width) && (LEAST_SIDE..=MOST_HEIGHT).contains(&height)
}
