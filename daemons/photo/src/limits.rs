// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is enough for any portrait on a card, and too little to do harm with.

use std::time::Duration;

use uketsuke_once::Limits;

/// Bytes of a photo: what a card can address, an offset having 15 bits (ISO/IEC 7816-4, READ BINARY).
pub const MOST_BYTES: usize = 32_767;
/// Pixels across and down; a face cannot be compared below this.
pub const LEAST_SIDE: u32 = 32;
/// Pixels across. Nearly three times the test card's 378.
pub const MOST_WIDTH: u32 = 1024;
/// Pixels down. Nearly three times the test card's 472.
pub const MOST_HEIGHT: u32 = 1280;
/// Tiles: 128×128 each over the largest picture need 80. The test card has one.
pub const MOST_TILES: u64 = 128;
/// Decompositions; ten halve the widest picture down to one pixel. The standard allows 32, encoders
/// write 5 unless told otherwise.
pub const MOST_LEVELS: u8 = 10;
/// Quality layers; the decoder knows no more. The test card has one.
pub const MOST_LAYERS: u16 = 32;
/// Entries of the decoder's tables for one tile: code-blocks times layers, and precincts. Blocks of 4×4,
/// the smallest, over the largest picture in one layer need some 83 000; the usual 64×64 need some 500.
pub const MOST_ENTRIES: u64 = 1 << 17;

/// What the process may take (CARD-06).
pub const PROCESS: Limits = Limits {
    // The largest picture with the smallest blocks needs two thirds of it; the unit's `MemoryMax=` is the
    // same figure.
    address_space: 64 << 20,
    // The test card's photo needs some milliseconds.
    processor_seconds: 2,
    // More than the processor time, because a busy machine may take the processor away.
    wall_seconds: 3,
};
/// What a client should wait: the process's life, and its start.
pub const CLIENT_WAIT: Duration = Duration::from_secs(4);
