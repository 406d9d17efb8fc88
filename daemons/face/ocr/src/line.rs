// SPDX-License-Identifier: MIT OR Apache-2.0
//! From an area of the card to the strip that the model reads.

use zeroize::Zeroizing;

use crate::alphabet::{COLUMNS, HEIGHT, INK, WIDTH};
use crate::layout::{Area, PRINT_MM};
use crate::picture::Grey;
use crate::plane::Plane;

/// Pixels to a millimetre in which print is looked for.
const FINE: f32 = 6.0;
/// The ground is the mean of so much around a place, mm.
const AROUND_MM: f32 = 1.6;
/// Grey levels below its ground that count as no ink yet.
const FAINT: f32 = 5.0;
/// Part of the way from the ground to the strongest row (or column) from which on it is print.
const PART: f32 = 0.16;
/// What is left free before the print, in pixels of the strip.
const BEFORE: f32 = 14.0;
/// Least spread of grey in a strip; below it there is nothing to read.
const LEAST_SPREAD: f32 = 2.0;

/// A line of print: `[HEIGHT, WIDTH]`, mean 0, spread 1, nothing beyond 4. Wiped when dropped.
pub struct Strip {
    /// Row by row.
    pub pixels: Zeroizing<Vec<f32>>,
    /// Where the area ends, in columns of the model's answer: what is read beyond is other print.
    pub end: f32,
}

/// Finds the one line of print in an area and lays it into a strip; `None` where there is none.
#[must_use]
pub fn strip(picture: &Grey<'_>, plane: &Plane, area: &Area) -> Option<Strip> {
    let ink = Ink::of(picture, plane, area);
    let (top, bottom) = ink.band()?;
    let left = ink.first_column(top, bottom)?;
    let millimetres = |pixels: usize| pixels as f32 / FINE;
    let print_mm = millimetres(bottom - top);
    if !PRINT_MM.contains(&print_mm) {
        return None;
    }
    let middle = area.top + (millimetres(top) + millimetres(bottom)) / 2.0;
    // Millimetres of the card to a pixel of the strip.
    let step = print_mm / INK;
    let from = area.left + millimetres(left) - BEFORE * step;
    let grey = |row: usize, column: usize| {
        let mut sum = 0.0;
        for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
            let x = from + (column as f32 + dx) * step;
            let y = middle + (row as f32 + dy - HEIGHT as f32 / 2.0) * step;
            sum += picture.at(plane.at(x, y));
        }
        sum / 4.0
    };
    let mut pixels = Zeroizing::new(Vec::with_capacity(HEIGHT * WIDTH));
    for row in 0..HEIGHT {
        pixels.extend((0..WIDTH).map(|column| grey(row, column)));
    }
    normalise(&mut pixels)?;
    Some(Strip {
        pixels,
        end: (area.right - from) / step / (WIDTH / COLUMNS) as f32,
    })
}

/// As `tests/faces/cards/strips.py` does it; the model was taught on that.
fn normalise(pixels: &mut [f32]) -> Option<()> {
    let n = pixels.len() as f32;
    let mean = pixels.iter().sum::<f32>() / n;
    let spread = (pixels.iter().map(|grey| (grey - mean).powi(2)).sum::<f32>() / n).sqrt();
    for grey in pixels.iter_mut() {
        *grey = ((*grey - mean) / (spread + 4.0)).clamp(-4.0, 4.0);
    }
    (spread >= LEAST_SPREAD).then_some(())
}

/// How much darker than its ground each place of an area is.
struct Ink {
    width: usize,
    dark: Zeroizing<Vec<f32>>,
}

impl Ink {
    fn of(picture: &Grey<'_>, plane: &Plane, area: &Area) -> Self {
        let width = ((area.right - area.left) * FINE) as usize;
        let height = ((area.bottom - area.top) * FINE) as usize;
        let mut grey = Zeroizing::new(Vec::with_capacity(width * height));
        for y in 0..height {
            for x in 0..width {
                let (right, down) = ((x as f32 + 0.5) / FINE, (y as f32 + 0.5) / FINE);
                grey.push(picture.at(plane.at(area.left + right, area.top + down)));
            }
        }
        let ground = blurred(&grey, width, (AROUND_MM * FINE) as usize);
        let dark = grey.iter().zip(ground.iter());
        let dark = dark
            .map(|(grey, ground)| (ground - grey - FAINT).max(0.0))
            .collect();
        Self {
            width,
            dark: Zeroizing::new(dark),
        }
    }

    /// The rows of the line with most ink.
    fn band(&self) -> Option<(usize, usize)> {
        let rows: Vec<f32> = self
            .dark
            .chunks_exact(self.width)
            .map(|row| row.iter().sum())
            .collect();
        let mut sorted = rows.clone();
        sorted.sort_by(f32::total_cmp);
        // The fine lines of the ground are in every row; print leaves a third of them free.
        let (ground, most) = (*sorted.get(rows.len() / 4)?, *sorted.last()?);
        let level = ground + (most - ground) * PART;
        let mut best: Option<(f32, usize, usize)> = None;
        for (from, to) in runs(&rows, level, (0.25 * FINE) as usize) {
            let sum: f32 = rows[from..to].iter().sum();
            if best.is_none_or(|(least, ..)| sum > least) {
                best = Some((sum, from, to));
            }
        }
        best.map(|(_, from, to)| (from, to))
    }

    /// The first column of the band with ink.
    fn first_column(&self, top: usize, bottom: usize) -> Option<usize> {
        let (mut columns, mut ground, mut others) = (vec![0.0_f32; self.width], 0.0, 0);
        for (row, dark) in self.dark.chunks_exact(self.width).enumerate() {
            if (top..bottom).contains(&row) {
                for (sum, dark) in columns.iter_mut().zip(dark) {
                    *sum += dark;
                }
            } else {
                ground += dark.iter().sum::<f32>();
                others += self.width;
            }
        }
        let ground = ground / others.max(1) as f32 * (bottom - top) as f32;
        let most = columns.iter().copied().fold(0.0, f32::max);
        let level = ground + (most - ground) * PART;
        // The strokes of thin digits are few; a single column must not decide.
        runs(&columns, level, (1.2 * FINE) as usize)
            .into_iter()
            .find(|(from, to)| to - from >= 3)
            .map(|(from, _)| from)
    }
}

/// Where the numbers are above `level`; gaps of up to `gap` are bridged.
fn runs(numbers: &[f32], level: f32, gap: usize) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, _) in numbers
        .iter()
        .enumerate()
        .filter(|(_, number)| **number > level)
    {
        match found.last_mut() {
            Some((_, to)) if at - *to <= gap => *to = at + 1,
            _ => found.push((at, at + 1)),
        }
    }
    found
}

/// The mean of a square around each place.
fn blurred(grey: &[f32], width: usize, reach: usize) -> Zeroizing<Vec<f32>> {
    let height = grey.len() / width;
    // Sums of everything above and to the left.
    let mut sums = Zeroizing::new(vec![0.0_f64; (width + 1) * (height + 1)]);
    for y in 0..height {
        let mut row = 0.0;
        for x in 0..width {
            row += f64::from(grey[y * width + x]);
            sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
        }
    }
    let mut out = Zeroizing::new(Vec::with_capacity(grey.len()));
    for y in 0..height {
        let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(height));
        for x in 0..width {
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
            let at = |y: usize, x: usize| sums[y * (width + 1) + x];
            let sum = at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left);
            out.push((sum / ((bottom - top) * (right - left)) as f64) as f32);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_bridge_small_gaps_alone() {
        let numbers = [0.0, 2.0, 2.0, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0];
        assert_eq!(runs(&numbers, 1.0, 1), [(1, 5), (8, 9)]);
        assert_eq!(runs(&numbers, 1.0, 0), [(1, 3), (4, 5), (8, 9)]);
    }

    #[test]
    fn what_is_flat_is_not_read() {
        assert!(normalise(&mut [100.0; 64]).is_none());
        let mut pixels = vec![90.0; 64];
        pixels[0] = 200.0;
        assert!(normalise(&mut pixels).is_some());
        assert!(pixels[0] <= 4.0 && pixels[1] < 0.0);
    }

    #[test]
    fn a_blurred_plain_stays_plain() {
        let plain = vec![7.0; 30];
        assert!(
            blurred(&plain, 6, 2)
                .iter()
                .all(|grey| (grey - 7.0).abs() < 1e-5)
        );
    }
}
