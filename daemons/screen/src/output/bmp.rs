// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pictures as bitmap files of 256 colours: what `systemd-stub` shows as a splash, at a third of the
//! size of true colours (it lies uncompressed in the kernel image).
//! Format: BITMAPFILEHEADER, BITMAPINFOHEADER (40 bytes, BI_RGB), palette, rows from the bottom up.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::ui::raster::Frame;

/// Colours of the palette.
const COLOURS: usize = 256;
/// The bits of a pixel that are colour.
const RGB: u32 = 0x00ff_ffff;
const HEADERS: usize = 14 + 40;
const PALETTE: usize = COLOURS * 4;

/// Why a bitmap could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BmpError {
    /// The frame is larger than the format can say.
    #[error("a bitmap of {0} x {1} pixels cannot be made")]
    Size(u32, u32),
    /// Writing failed.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Writes a frame to `path`.
///
/// # Errors
/// When the frame is too large or the file cannot be written.
pub fn write(frame: &Frame, path: &Path) -> Result<(), BmpError> {
    let bytes = encode(frame).ok_or(BmpError::Size(frame.width, frame.height))?;
    std::fs::write(path, bytes).map_err(|source| BmpError::Write {
        path: path.to_owned(),
        source,
    })
}

fn encode(frame: &Frame) -> Option<Vec<u8>> {
    let width = usize::try_from(frame.width).ok()?;
    let stride = width.checked_next_multiple_of(4)?;
    let pixels = stride.checked_mul(usize::try_from(frame.height).ok()?)?;
    let size = u32::try_from(HEADERS + PALETTE + pixels).ok()?;
    let words = |out: &mut Vec<u8>, values: &[u32]| {
        for value in values {
            out.extend_from_slice(&value.to_le_bytes());
        }
    };
    let mut out = Vec::with_capacity(HEADERS + PALETTE + pixels);
    out.extend_from_slice(b"BM");
    words(&mut out, &[size, 0, u32::try_from(HEADERS + PALETTE).ok()?]);
    // Planes 1 and 8 bits a pixel share a word; no compression; size of the pixels may be 0 then.
    words(
        &mut out,
        &[40, frame.width, frame.height, 1 | (8 << 16), 0, 0],
    );
    words(&mut out, &[0, 0, u32::try_from(COLOURS).ok()?, 0]);
    let (palette, index) = palette(&frame.pixels);
    words(&mut out, &palette);
    for row in frame.pixels.chunks_exact(width.max(1)).rev() {
        out.extend(row.iter().map(|pixel| index[&(pixel & RGB)]));
        out.resize(out.len() + stride - width, 0);
    }
    Some(out)
}

/// The most frequent colours, and for every colour of the picture the place of the nearest of them.
fn palette(pixels: &[u32]) -> ([u32; COLOURS], HashMap<u32, u8>) {
    let mut counts: HashMap<u32, usize> = HashMap::new();
    for pixel in pixels {
        *counts.entry(pixel & RGB).or_default() += 1;
    }
    let mut colours: Vec<(u32, usize)> = counts.into_iter().collect();
    // By colour where the counts are equal: the same picture makes the same file.
    colours.sort_by_key(|(colour, count)| (usize::MAX - count, *colour));
    let mut palette = [0; COLOURS];
    for (place, (colour, _)) in palette.iter_mut().zip(&colours) {
        *place = *colour;
    }
    let used = colours.len().min(COLOURS);
    let nearest = |colour: u32| {
        (0..=u8::MAX)
            .take(used)
            .min_by_key(|place| distance(palette[usize::from(*place)], colour))
            .unwrap_or_default()
    };
    let index = colours
        .iter()
        .map(|(colour, _)| (*colour, nearest(*colour)));
    (palette, index.collect())
}

/// Square of the distance of two colours (0x00RRGGBB).
fn distance(one: u32, other: u32) -> u32 {
    let part = |shift: u32| (one >> shift & 0xff).abs_diff(other >> shift & 0xff).pow(2);
    part(16) + part(8) + part(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_of_few_colours_keeps_each_of_them() {
        let pixels: Vec<u32> = (0..256).map(|n| (n * 0x0001_0101) ^ 0x12_3456).collect();
        let (palette, index) = palette(&pixels);
        for pixel in pixels {
            assert_eq!(palette[usize::from(index[&pixel])], pixel);
        }
    }

    #[test]
    fn a_colour_too_many_becomes_its_neighbour() {
        let mut pixels: Vec<u32> = (0..256).flat_map(|n| [n * 0x100, n * 0x100]).collect();
        pixels.push(0x0000_8001);
        let (palette, index) = palette(&pixels);
        assert_eq!(palette[usize::from(index[&0x0000_8001])], 0x0000_8000);
    }

    #[test]
    fn rows_are_padded_and_stand_on_their_head() {
        let frame = Frame {
            width: 3,
            height: 2,
            pixels: vec![0, 0, 0, 0x00ff_ffff, 0x00ff_ffff, 0x00ff_ffff],
        };
        let file = encode(&frame).expect("small enough");
        assert_eq!(file.len(), HEADERS + PALETTE + 8);
        assert_eq!(file[HEADERS + PALETTE..], [1, 1, 1, 0, 0, 0, 0, 0]);
        assert_eq!(
            file[2..6],
            u32::try_from(file.len()).expect("small").to_le_bytes()
        );
    }
}
