// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is measured on a picture: how light it is where the face is and around it, whether it has
//! structure, and a print by which it is known again.
//!
//! Every fourth pixel of every fourth row is looked at, in the brightness of green where there are
//! colours: 1/16 of the work, and enough for all that is asked.

use std::hash::{DefaultHasher, Hash, Hasher};

use uketsuke_face_preview::{Colours, Shape};

/// Step between the pixels that are looked at, in both directions.
const STEP: usize = 4;

/// A part of a picture, in shares of its width and height from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

impl Region {
    /// Where a face is expected until one is found.
    pub const MIDDLE: Self = Self {
        left: 0.3,
        top: 0.2,
        right: 0.7,
        bottom: 0.8,
    };

    /// Rows and columns of the pixels that lie in it.
    fn within(&self, shape: &Shape) -> [std::ops::Range<usize>; 2] {
        let range = |from: f32, to: f32, all: u32| {
            let at = |share: f32| (share.clamp(0.0, 1.0) * all as f32) as usize;
            at(from)..at(to)
        };
        [
            range(self.top, self.bottom, shape.height),
            range(self.left, self.right, shape.width),
        ]
    }
}

/// What was measured on one picture. Brightness runs from 0 to 255.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Look {
    /// Mean brightness.
    pub mean: f32,
    /// Mean brightness where the face is.
    pub face: f32,
    /// Mean brightness around it.
    pub around: f32,
    /// How far the brightness strays from its mean (standard deviation).
    pub spread: f32,
    /// Difference of pixels side by side over that of pixels far apart: below one half in whatever a lens
    /// shows, one in noise.
    pub roughness: f32,
    /// Known again by this.
    pub print: u64,
}

/// Measures a picture; none where it has not the bytes of its shape.
#[must_use]
pub fn look(picture: &[u8], shape: &Shape, region: &Region) -> Option<Look> {
    if picture.len() != shape.bytes() {
        return None;
    }
    let bytes = shape.colours.bytes();
    let width = shape.width as usize;
    let row_bytes = width * bytes;
    // Green is the second of three.
    let channel = match shape.colours {
        Colours::Grey => 0,
        Colours::Rgb => 1,
    };
    let [rows, columns] = region.within(shape);
    let mut hasher = DefaultHasher::new();
    let (mut all, mut face) = (Sum::default(), Sum::default());
    let (mut squares, mut near, mut far) = (0u64, 0u64, 0u64);
    let mut samples = Vec::with_capacity(width / STEP + 1);
    for (y, row) in picture.chunks_exact(row_bytes).enumerate().step_by(STEP) {
        samples.clear();
        samples.extend(row.chunks_exact(bytes).step_by(STEP).map(|p| p[channel]));
        samples.hash(&mut hasher);
        for (at, sample) in samples.iter().enumerate() {
            let x = at * STEP;
            all.add(*sample);
            squares += u64::from(*sample) * u64::from(*sample);
            if rows.contains(&y) && columns.contains(&x) {
                face.add(*sample);
            }
            let beside = row.get((x + 1) * bytes + channel).unwrap_or(sample);
            let apart = samples[(at + samples.len() / 3) % samples.len()];
            near += u64::from(sample.abs_diff(*beside));
            far += u64::from(sample.abs_diff(apart));
        }
    }
    let mean = all.mean();
    let variance = squares as f32 / all.count.max(1) as f32 - mean * mean;
    Some(Look {
        mean,
        face: face.mean(),
        around: all.without(&face).mean(),
        spread: variance.max(0.0).sqrt(),
        roughness: near as f32 / far.max(1) as f32,
        print: hasher.finish(),
    })
}

#[derive(Default)]
struct Sum {
    total: u64,
    count: u64,
}

impl Sum {
    fn add(&mut self, sample: u8) {
        self.total += u64::from(sample);
        self.count += 1;
    }

    fn without(&self, part: &Self) -> Self {
        Self {
            total: self.total - part.total,
            count: self.count - part.count,
        }
    }

    fn mean(&self) -> f32 {
        self.total as f32 / self.count.max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SHAPE: Shape = Shape {
        width: 160,
        height: 120,
        colours: Colours::Rgb,
    };

    fn picture(pixel: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        for y in 0..SHAPE.height as usize {
            for x in 0..SHAPE.width as usize {
                bytes.extend([0, pixel(x, y), 255]);
            }
        }
        bytes
    }

    #[test]
    fn light_is_measured_where_the_face_is_and_around_it() {
        let inside = |x: usize, y: usize| (48..112).contains(&x) && (24..96).contains(&y);
        let bytes = picture(|x, y| if inside(x, y) { 40 } else { 200 });
        let seen = look(&bytes, &SHAPE, &Region::MIDDLE).unwrap();
        assert_eq!((seen.face, seen.around), (40.0, 200.0));
        assert!(seen.mean > 100.0 && seen.spread > 50.0, "{seen:?}");
        let elsewhere = Region {
            left: 0.0,
            right: 0.2,
            ..Region::MIDDLE
        };
        assert_eq!(look(&bytes, &SHAPE, &elsewhere).unwrap().face, 200.0);
    }

    #[test]
    fn noise_is_rough_and_what_a_lens_shows_is_not() {
        let noise = picture(|x, y| {
            let mut hasher = DefaultHasher::new();
            (x, y).hash(&mut hasher);
            hasher.finish() as u8
        });
        let seen = look(&noise, &SHAPE, &Region::MIDDLE).unwrap();
        assert!(seen.roughness > 0.8, "{seen:?}");
        let ramp = picture(|x, y| (x + y) as u8 / 2);
        let seen = look(&ramp, &SHAPE, &Region::MIDDLE).unwrap();
        assert!(seen.roughness < 0.3, "{seen:?}");
    }

    #[test]
    fn a_picture_is_known_again_and_another_is_another() {
        let print = |value| look(&picture(|_, _| value), &SHAPE, &Region::MIDDLE);
        assert_eq!(print(7), print(7));
        assert_ne!(print(7).unwrap().print, print(8).unwrap().print);
    }

    #[test]
    fn what_has_another_size_is_no_picture() {
        let mut bytes = picture(|_, _| 7);
        bytes.pop();
        assert_eq!(look(&bytes, &SHAPE, &Region::MIDDLE), None);
    }

    #[test]
    fn a_region_outside_of_the_picture_measures_nothing() {
        let nowhere = Region {
            left: 2.0,
            top: 2.0,
            right: f32::INFINITY,
            bottom: -1.0,
        };
        let seen = look(&picture(|_, _| 7), &SHAPE, &nowhere).unwrap();
        assert_eq!((seen.face, seen.around), (0.0, 7.0));
    }
}
