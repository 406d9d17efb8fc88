// SPDX-License-Identifier: MIT OR Apache-2.0
//! The markers of the picture, ITU-T T.800 Annex A.
//!
//! ```text
//! SOC SIZ { COD | QCD | COM | TLM | CRG } ( SOT { PLT | COM } SOD data ) … EOC
//! ```
//! Everything that decides about memory and time stands in SIZ and COD, and only there: markers by which
//! a tile or a component has ways of its own are not taken. One component needs none of them.

use crate::PhotoError;
use crate::container::{GREY_8, Jp2};
use crate::cursor::Cursor;
use crate::limits::{MOST_ENTRIES, MOST_LAYERS, MOST_LEVELS, MOST_TILES};

/// Markers, Table A.2.
const SOC: u16 = 0xFF4F;
const SIZ: u16 = 0xFF51;
const COD: u16 = 0xFF52;
const TLM: u16 = 0xFF55;
const PLT: u16 = 0xFF58;
const QCD: u16 = 0xFF5C;
const CRG: u16 = 0xFF63;
const COM: u16 = 0xFF64;
const SOT: u16 = 0xFF90;
const SOD: u16 = 0xFF93;
const EOC: u16 = 0xFFD9;

/// Bytes of SOT with its marker, A.4.2.
const SOT_BYTES: usize = 12;

/// What SIZ says of the tiles.
struct Tiles {
    count: u64,
    /// Of the largest.
    width: u32,
    height: u32,
}

fn wrong(at: usize, what: &'static str) -> PhotoError {
    PhotoError::Codestream { at, what }
}

/// Holds the headers against the limits. Gives the codestream from SOC to EOC, without what may follow.
pub fn check<'a>(jp2: &Jp2<'a>) -> Result<&'a [u8], PhotoError> {
    let whole = jp2.codestream;
    let mut cursor = whole;
    if marker(&mut cursor)? != SOC {
        return Err(wrong(whole.at(), "does not begin with SOC"));
    }
    let at = cursor.at();
    if marker(&mut cursor)? != SIZ {
        return Err(wrong(at, "SIZ does not come first"));
    }
    let tiles = size(segment(&mut cursor)?, jp2)?;
    main_header(&mut cursor, &tiles)?;
    tile_parts(&mut cursor, &tiles)?;
    Ok(&whole.rest()[..cursor.at() - whole.at()])
}

fn marker(cursor: &mut Cursor<'_>) -> Result<u16, PhotoError> {
    let at = cursor.at();
    cursor
        .u16()
        .ok_or_else(|| wrong(at, "ends where a marker has to be"))
}

/// What a marker segment holds; its length counts itself, A.1.2.
fn segment<'a>(cursor: &mut Cursor<'a>) -> Result<Cursor<'a>, PhotoError> {
    let at = cursor.at();
    let length = cursor.u16().and_then(|length| length.checked_sub(2));
    let start = cursor.at();
    length
        .and_then(|length| cursor.take(length.into()))
        .map(|content| Cursor::over(content, start))
        .ok_or_else(|| wrong(at, "ends inside a marker segment"))
}

/// SIZ, A.5.1.
fn size(mut content: Cursor<'_>, jp2: &Jp2<'_>) -> Result<Tiles, PhotoError> {
    let at = content.at();
    let short = || wrong(at, "SIZ is not of one component");
    // Which profile: decides nothing that is not looked at here.
    content.u16().ok_or_else(short)?;
    let at_size = content.at();
    let mut number = || content.u32().ok_or_else(short);
    let (width, height) = (number()?, number()?);
    let offset = (number()?, number()?);
    let at_tiles = at_size + 16;
    let (tile_width, tile_height) = (number()?, number()?);
    let tile_offset = (number()?, number()?);
    let at_components = content.at();
    let components = content.u16().ok_or_else(short)?;
    if components != 1 {
        return Err(PhotoError::Components {
            at: at_components,
            components,
        });
    }
    let at_format = content.at();
    let format = content.u8().ok_or_else(short)?;
    if format != GREY_8 {
        return Err(PhotoError::Depth {
            at: at_format,
            format,
        });
    }
    if content.rest() != [1, 1] {
        return Err(wrong(content.at(), "fewer samples than pixels"));
    }
    if offset != (0, 0) || tile_offset != (0, 0) {
        return Err(wrong(at_size + 8, "the picture is not at the origin"));
    }
    if (width, height) != (jp2.width, jp2.height) {
        return Err(PhotoError::Disagreement {
            at: at_size,
            width,
            height,
        });
    }
    if tile_width == 0 || tile_height == 0 {
        return Err(wrong(at_tiles, "tiles without pixels"));
    }
    let count = u64::from(width.div_ceil(tile_width)) * u64::from(height.div_ceil(tile_height));
    if count > MOST_TILES {
        return Err(PhotoError::Tiles {
            at: at_tiles,
            tiles: count,
        });
    }
    Ok(Tiles {
        count,
        width: tile_width.min(width),
        height: tile_height.min(height),
    })
}

/// Up to the first SOT.
fn main_header(cursor: &mut Cursor<'_>, tiles: &Tiles) -> Result<(), PhotoError> {
    let (mut styles, mut steps) = (0, 0);
    loop {
        let before = *cursor;
        let at = cursor.at();
        match marker(cursor)? {
            SOT if styles == 1 && steps == 1 => {
                *cursor = before;
                return Ok(());
            }
            SOT => return Err(wrong(at, "not one COD and one QCD before the tiles")),
            COD => {
                style(segment(cursor)?, tiles)?;
                styles += 1;
            }
            QCD => {
                segment(cursor)?;
                steps += 1;
            }
            COM | TLM | CRG => {
                segment(cursor)?;
            }
            marker => return Err(PhotoError::Marker { at, marker }),
        }
    }
}

/// COD, A.6.1.
fn style(mut content: Cursor<'_>, tiles: &Tiles) -> Result<(), PhotoError> {
    let at = content.at();
    let short = || wrong(at, "COD ends early");
    let flags = content.u8().ok_or_else(short)?;
    // The order in which the data come; all five are the same to us.
    content.u8().ok_or_else(short)?;
    let at_layers = content.at();
    let layers = content.u16().ok_or_else(short)?;
    if layers == 0 || layers > MOST_LAYERS {
        return Err(PhotoError::Layers {
            at: at_layers,
            layers,
        });
    }
    let at_transform = content.at();
    if content.u8().ok_or_else(short)? != 0 {
        return Err(wrong(at_transform, "colours mixed in one component"));
    }
    let at_levels = content.at();
    let levels = content.u8().ok_or_else(short)?;
    if levels > MOST_LEVELS {
        return Err(PhotoError::Levels {
            at: at_levels,
            levels,
        });
    }
    let at_blocks = content.at();
    let block = (
        content.u8().ok_or_else(short)?,
        content.u8().ok_or_else(short)?,
    );
    // Table A.18: exponents less two; 1024 at most, 4096 coefficients at most.
    if block.0 > 8 || block.1 > 8 || block.0 + block.1 > 8 {
        return Err(wrong(at_blocks, "code-blocks larger than there are"));
    }
    content.take(2).ok_or_else(short)?;
    let mut entries = 0;
    for resolution in 0..=levels {
        let (mut across, mut down) = (15, 15);
        if flags & 1 != 0 {
            let at_precinct = content.at();
            let exponents = content.u8().ok_or_else(short)?;
            (across, down) = (exponents & 15, exponents >> 4);
            if resolution > 0 && (across == 0 || down == 0) {
                return Err(wrong(at_precinct, "precincts smaller than there are"));
            }
        }
        let halvings = levels - resolution;
        let (precincts, blocks) = [
            (tiles.width, across, block.0 + 2),
            (tiles.height, down, block.1 + 2),
        ]
        .map(|(side, precinct, block)| pieces(side, halvings, precinct, block, resolution == 0))
        .into_iter()
        .fold((1, 1), |all, side| (all.0 * side.0, all.1 * side.1));
        let bands = if resolution == 0 { 1 } else { 3 };
        entries += bands * (precincts + blocks * u64::from(layers));
    }
    if entries > MOST_ENTRIES {
        return Err(PhotoError::Entries { at, entries });
    }
    Ok(())
}

/// How many precincts and code-blocks lie along one side of a sub-band, at most (B.6, B.7). Two more
/// than the division says: a tile may begin in the middle of one and end in the middle of another.
fn pieces(side: u32, halvings: u8, precinct: u8, block: u8, lowest: bool) -> (u64, u64) {
    let resolution = u64::from(side).div_ceil(1 << halvings);
    let precincts = (resolution >> precinct) + 2;
    // The three bands of a higher resolution have half its samples, and half its precincts' sides.
    let (band, precinct) = if lowest {
        (resolution, precinct)
    } else {
        (resolution.div_ceil(2), precinct - 1)
    };
    (precincts, (band >> block.min(precinct)) + 2)
}

/// From the first SOT past EOC.
fn tile_parts(cursor: &mut Cursor<'_>, tiles: &Tiles) -> Result<(), PhotoError> {
    let mut begun = vec![false; tiles.count as usize];
    loop {
        let mut part = *cursor;
        let at = cursor.at();
        match marker(cursor)? {
            SOT => {}
            EOC if begun.iter().all(|begun| *begun) => return Ok(()),
            EOC => return Err(wrong(at, "ends before its last tile")),
            marker => return Err(PhotoError::Marker { at, marker }),
        }
        let mut content = segment(cursor)?;
        let tile = content.u16();
        let length = content.u32();
        let (Some(tile), Some(length), 2) = (tile, length, content.rest().len()) else {
            return Err(wrong(at, "SOT is not of 10 bytes"));
        };
        let begun = begun
            .get_mut(usize::from(tile))
            .ok_or_else(|| wrong(at, "a tile that is not there"))?;
        *begun = true;
        // Length 0 would mean "to the end"; then nothing says where the end has to be.
        let length = length as usize;
        let whole = part
            .take(length)
            .filter(|_| length >= SOT_BYTES + 2)
            .ok_or_else(|| wrong(at, "no length of a tile-part"))?;
        tile_part_header(Cursor::over(&whole[SOT_BYTES..], at + SOT_BYTES))?;
        *cursor = part;
    }
}

/// Up to SOD.
fn tile_part_header(mut cursor: Cursor<'_>) -> Result<(), PhotoError> {
    loop {
        let at = cursor.at();
        match marker(&mut cursor)? {
            SOD => return Ok(()),
            PLT | COM => {
                segment(&mut cursor)?;
            }
            marker => return Err(PhotoError::Marker { at, marker }),
        }
    }
}
