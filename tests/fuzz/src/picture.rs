// SPDX-License-Identifier: MIT OR Apache-2.0
//! Photos whose headers agree with themselves, which altered bytes hardly ever do: a JPEG 2000 file
//! (ITU-T T.800 annexes A and I) of the sizes, tiles, levels, layers and blocks that the input says.

use uketsuke_photo::{decode, limits, wire};

use crate::heap;
use crate::input::Input;

/// Sides of a picture, the limits and their neighbours among them.
const SIDES: [u32; 8] = [32, 33, 64, 127, 378, 472, 1024, 1280];
/// Most memory a decoder may hold. The rest of its process's address space is for its program, its stack
/// and what the allocator does not use.
const MOST_MEMORY: usize = limits::PROCESS.address_space as usize / 4 * 3;

/// What holds for any bytes whatever: a picture within limits, made within limits, or a refusal that a
/// client takes. Says whether it was a picture.
pub fn holds(photo: &[u8]) -> bool {
    let answer = heap::within(MOST_MEMORY, || decode(photo));
    let mut sent = Vec::new();
    wire::write_answer(&mut sent, &answer).expect("a vector takes everything");
    match &answer {
        Ok(grey) => {
            assert!((limits::LEAST_SIDE..=limits::MOST_WIDTH).contains(&grey.width()));
            assert!((limits::LEAST_SIDE..=limits::MOST_HEIGHT).contains(&grey.height()));
            let pixels = grey.width() as usize * grey.height() as usize;
            assert_eq!(grey.pixels().len(), pixels);
            assert_eq!(sent.len(), 5 + pixels);
            if photo.len() < limits::MOST_BYTES {
                // The same again, and what lies behind the picture is nobody's business.
                let again = decode(&[photo, &[0xFF]].concat());
                assert!(again.is_ok_and(|again| again.pixels() == grey.pixels()));
            }
        }
        Err(error) => {
            let cause = error
                .cause()
                .expect("the photo is refused, not the way to the decoder");
            assert_eq!(sent[..2], [wire::REFUSAL, cause as u8]);
            assert!(sent.len() <= 4 + wire::MOST_WORDS);
            assert!(sent[4..].iter().all(|byte| matches!(byte, b' '..=b'~')));
        }
    }
    answer.is_ok()
}

/// Builds a photo.
#[must_use]
pub fn photo(input: &mut Input) -> Vec<u8> {
    let (width, height) = (side(input), side(input));
    let tile = [width, height].map(|side| match input.below(6) {
        1 => 128,
        2 => side / 2,
        3 => u32::from(input.u8()),
        4 => u32::MAX,
        _ => side,
    });
    let levels = match input.below(4) {
        3 => input.u8(),
        few => few + input.below(9),
    };
    let stream = [
        vec![0xFF, 0x4F],
        segment(0x51, &size([width, height], tile)),
        coding(levels, input),
        quantisation(levels, input),
        comments(input),
        tiles([width, height], tile, levels, input),
        vec![0xFF, 0xD9],
    ];
    let mut photo = container(width, height, &stream.concat(), input);
    photo.truncate(limits::MOST_BYTES);
    photo
}

fn side(input: &mut Input) -> u32 {
    match input.u8() {
        known @ 0..=127 => SIDES[usize::from(known) % SIDES.len()],
        _ => u32::from(input.u16()),
    }
}

/// SIZ, A.5.1.
fn size(sides: [u32; 2], tile: [u32; 2]) -> Vec<u8> {
    let numbers = [sides[0], sides[1], 0, 0, tile[0], tile[1], 0, 0];
    [
        &[0, 0][..],
        &numbers.map(u32::to_be_bytes).concat(),
        &[0, 1, 7, 1, 1],
    ]
    .concat()
}

/// COD, A.6.1.
fn coding(levels: u8, input: &mut Input) -> Vec<u8> {
    let flags = input.below(8);
    let progression = input.below(5);
    let layers = match input.below(4) {
        1 => u16::from(input.u8()),
        _ => 1,
    };
    // 64 by 64 unless said otherwise, as encoders do.
    let block = [input.u8(), input.u8()].map(|side| match side {
        0 => 4,
        other => other % 10,
    });
    let (style, transform) = (input.below(64), 1 - input.below(2));
    let [high, low] = layers.to_be_bytes();
    let mut content = vec![
        flags,
        progression,
        high,
        low,
        0,
        levels,
        block[0],
        block[1],
        style,
        transform,
    ];
    if flags & 1 != 0 {
        content.extend((0..=levels).map(|_| input.u8()));
    }
    segment(0x52, &content)
}

/// QCD, A.6.4.
fn quantisation(levels: u8, input: &mut Input) -> Vec<u8> {
    let bands = 1 + 3 * usize::from(levels);
    let style = input.below(3);
    let mut content = vec![style | (2 + input.below(6)) << 5];
    let steps = match style {
        0 => bands,
        1 => 2,
        _ => 2 * bands,
    };
    // Nine bits of a coefficient unless said otherwise.
    content.extend((0..steps).map(|_| match input.u8() {
        0 => 9 << 3,
        other => other,
    }));
    segment(0x5C, &content)
}

fn comments(input: &mut Input) -> Vec<u8> {
    let one = |marker, input: &mut Input| {
        let count = usize::from(input.u8());
        segment(marker, &input.bytes(count))
    };
    match input.below(8) {
        1 => one(0x64, input),
        2 => one(0x55, input),
        3 => one(0x63, input),
        4 => one(input.u8(), input),
        _ => Vec::new(),
    }
}

/// The tile-parts, A.4.2: every tile once, then whatever more the input says.
fn tiles(sides: [u32; 2], tile: [u32; 2], levels: u8, input: &mut Input) -> Vec<u8> {
    let along = |at: usize| u64::from(sides[at].div_ceil(tile[at].max(1)));
    let count = (along(0) * along(1)).min(limits::MOST_TILES + 1);
    let more = u64::from(input.below(4));
    let mut parts = Vec::new();
    for number in 0..count + more {
        // An empty packet for each resolution, unless said otherwise.
        let data = match input.u16() {
            0 => vec![0; usize::from(levels) + 1],
            length => input.bytes(usize::from(length) % 4096),
        };
        let index = ((number % count.max(1)) as u16).to_be_bytes();
        let length = (data.len() as u32 + 14).to_be_bytes();
        let part = [(number / count.max(1)) as u8, 0];
        parts.extend(segment(0x90, &[&index[..], &length, &part].concat()));
        parts.extend([0xFF, 0x93]);
        parts.extend(data);
    }
    parts
}

/// The boxes, annex I.
fn container(width: u32, height: u32, stream: &[u8], input: &mut Input) -> Vec<u8> {
    let image = [height.to_be_bytes(), width.to_be_bytes()].concat();
    let image = boxed(b"ihdr", &[&image[..], &[0, 1, 7, 7, 0, 0]].concat());
    let colour = match input.below(4) {
        1 => boxed(b"colr", &[&[2, 0, 0][..], &input.bytes(16)].concat()),
        _ => boxed(b"colr", &[1, 0, 0, 0, 0, 0, 17]),
    };
    let between = match input.below(4) {
        1 => boxed(b"uuid", &input.bytes(16)),
        _ => Vec::new(),
    };
    let boxes = [
        boxed(b"jP  ", b"\r\n\x87\n"),
        boxed(b"ftyp", b"jp2 \0\0\0\0jp2 "),
        boxed(b"jp2h", &[image, colour].concat()),
        between,
        boxed(b"jp2c", stream),
    ];
    boxes.concat()
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32 + 8).to_be_bytes();
    [&length[..], kind, content].concat()
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&[0xFF, marker][..], &length, content].concat()
}
