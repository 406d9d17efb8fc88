// SPDX-License-Identifier: MIT OR Apache-2.0
//! A grey picture that somebody else holds, and places in it.

use zeroize::Zeroizing;

/// A place in a picture, pixels from the top left corner of the top left pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

impl Point {
    pub(crate) fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    pub(crate) fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// Part of the way from here to there.
    pub(crate) fn toward(self, other: Self, part: f32) -> Self {
        Self::new(
            self.x + (other.x - self.x) * part,
            self.y + (other.y - self.y) * part,
        )
    }
}

/// One grey picture: `width * height` bytes, row by row from the top left, 0 = black.
#[derive(Clone, Copy)]
pub struct Grey<'a> {
    width: usize,
    height: usize,
    pixels: &'a [u8],
}

impl<'a> Grey<'a> {
    /// Sides of 64 to 8192 pixels are taken.
    #[must_use]
    pub fn new(width: u32, height: u32, pixels: &'a [u8]) -> Option<Self> {
        let (width, height) = (width as usize, height as usize);
        let sides = 64..=8192;
        (sides.contains(&width) && sides.contains(&height) && pixels.len() == width * height)
            .then_some(Self {
                width,
                height,
                pixels,
            })
    }

    /// Pixels across.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// The grey at a place, between the pixels around it; beyond the edge that of the edge.
    #[must_use]
    pub fn at(&self, place: Point) -> f32 {
        let x = (place.x - 0.5).clamp(0.0, (self.width - 1) as f32);
        let y = (place.y - 0.5).clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = (
            (left + 1).min(self.width - 1),
            (top + 1).min(self.height - 1),
        );
        let (across, down) = (x - left as f32, y - top as f32);
        let grey = |x: usize, y: usize| f32::from(self.pixels[y * self.width + x]);
        let upper = grey(left, top) * (1.0 - across) + grey(right, top) * across;
        let lower = grey(left, bottom) * (1.0 - across) + grey(right, bottom) * across;
        upper * (1.0 - down) + lower * down
    }

    /// The picture made `factor` times smaller, each pixel the mean of what it covers; its width, its
    /// height, its pixels.
    pub(crate) fn smaller(&self, factor: usize) -> (usize, usize, Zeroizing<Vec<u8>>) {
        let (width, height) = (self.width / factor, self.height / factor);
        let mut out = Zeroizing::new(Vec::with_capacity(width * height));
        let mut sums = Zeroizing::new(vec![0_u32; width]);
        for row in 0..height {
            sums.fill(0);
            for y in row * factor..(row + 1) * factor {
                let line = &self.pixels[y * self.width..][..width * factor];
                for (sum, these) in sums.iter_mut().zip(line.chunks_exact(factor)) {
                    *sum += these.iter().map(|&grey| u32::from(grey)).sum::<u32>();
                }
            }
            let area = (factor * factor) as u32;
            out.extend(sums.iter().map(|sum| (sum / area) as u8));
        }
        (width, height, out)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_whole_pictures_are_taken() {
        let pixels = vec![0; 64 * 65];
        assert!(Grey::new(64, 65, &pixels).is_some());
        assert!(Grey::new(65, 65, &pixels).is_none());
        assert!(Grey::new(63, 65, &pixels[..63 * 65]).is_none());
    }

    #[test]
    fn between_pixels_is_between_their_greys() {
        let mut pixels = vec![0; 64 * 64];
        pixels[1] = 100;
        let grey = Grey::new(64, 64, &pixels).unwrap();
        assert_eq!(grey.at(Point::new(1.5, 0.5)), 100.0);
        assert_eq!(grey.at(Point::new(1.0, 0.5)), 50.0);
        assert_eq!(grey.at(Point::new(-9.0, -9.0)), 0.0);
        assert_eq!(grey.smaller(2).2[..2], [25, 0]);
    }
}
