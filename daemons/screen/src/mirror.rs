// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the camera for faces sees, as a mirror shows it.
//!
//! Pictures come from shared memory that the face daemon writes and nobody here can; they are looked at
//! while somebody is compared, and not kept: what is drawn is overwritten with the next one, and the last
//! one with the view that follows.

use std::time::{Duration, Instant};

use uketsuke_face_preview::{Pixels, Reader};

use crate::ui::picture::Picture;

/// Between two looks: a glass shows no more in a second that would help anybody.
pub const PACE: Duration = Duration::from_millis(40);
/// A mirror that stands still for so long is none.
const STILL: Duration = Duration::from_millis(1000);

/// Where a face belongs: an ellipse round the middle, half its height as a share of the mirror's, and its
/// width over its height.
const FACE: (f32, f32) = (0.41, 0.76);
/// Light that is left outside of it, of 256.
const OUTSIDE: u32 = 132;
/// Thickness of the line round it, as a share of the width.
const LINE: f32 = 0.011;

/// A mirror.
pub struct Mirror {
    reader: Reader,
    last: u64,
    seen: Instant,
    shade: Option<Shade>,
}

/// What a look into the mirror shows.
pub enum Look {
    /// Something new.
    New(Picture),
    /// What was shown before.
    Same,
    /// Nothing any more.
    Nothing,
}

impl Mirror {
    /// Into these pictures.
    #[must_use]
    pub fn new(reader: Reader, now: Instant) -> Self {
        Self {
            reader,
            last: 0,
            seen: now,
            shade: None,
        }
    }

    /// Looks, for a glass with so many pixels.
    pub fn look(&mut self, (width, height): (i32, i32), now: Instant) -> Look {
        if width <= 0 || height <= 0 {
            return Look::Nothing;
        }
        let shade = match self.shade.take() {
            Some(shade) if shade.size == (width, height) => shade,
            _ => Shade::new(width, height),
        };
        let seen = self
            .reader
            .newest(self.last, |pixels| mirrored(&pixels, &shade));
        self.shade = Some(shade);
        match seen {
            Some((number, picture)) => {
                (self.last, self.seen) = (number, now);
                Look::New(picture)
            }
            None if now.saturating_duration_since(self.seen) < STILL => Look::Same,
            None => Look::Nothing,
        }
    }
}

/// The middle of the camera's picture in the proportions of the glass, left and right exchanged, with the
/// face's place in full light.
fn mirrored(pixels: &Pixels<'_>, shade: &Shade) -> Picture {
    let (width, height) = shade.size;
    let from = pixels.shape();
    let scale = (from.width as f32 / width as f32).min(from.height as f32 / height as f32);
    let left = (from.width as f32 - width as f32 * scale) / 2.0;
    let top = (from.height as f32 - height as f32 * scale) / 2.0;
    let columns: Vec<(u32, u32)> = (0..width)
        .map(|x| place(left + ((width - 1 - x) as f32 + 0.5) * scale, from.width))
        .collect();
    let mut out = Vec::with_capacity(width as usize * height as usize);
    for (y, shades) in (0..height).zip(shade.rows()) {
        let (row, down) = place(top + (y as f32 + 0.5) * scale, from.height);
        for ((column, across), (light, line)) in columns.iter().zip(shades) {
            let at = |x: u32, y: u32| {
                let (x, y) = (
                    (column + x).min(from.width - 1),
                    (row + y).min(from.height - 1),
                );
                pixels.rgb(x, y)
            };
            let upper = mix(at(0, 0), at(1, 0), *across);
            let lower = mix(at(0, 1), at(1, 1), *across);
            let seen = mix(0, mix(upper, lower, down), u32::from(*light));
            out.push(mix(seen, 0xFF_FFFF, u32::from(*line)));
        }
    }
    Picture::new(width, height, out)
}

/// The pixel before a place between pixels' middles, and how far behind it in 1/256.
fn place(at: f32, most: u32) -> (u32, u32) {
    let at = (at - 0.5).clamp(0.0, most.saturating_sub(1) as f32);
    (at as u32, (at.fract() * 256.0) as u32)
}

/// `part` of 256 of `b`, the rest of `a`.
fn mix(a: u32, b: u32, part: u32) -> u32 {
    let rest = 256 - part;
    let odd = ((a & 0xFF_00FF) * rest + (b & 0xFF_00FF) * part) >> 8;
    let even = ((a & 0x00_FF00) * rest + (b & 0x00_FF00) * part) >> 8;
    (odd & 0xFF_00FF) | (even & 0x00_FF00)
}

/// How much light each pixel keeps, and how much of it is the line: of 256 each.
struct Shade {
    size: (i32, i32),
    pixels: Vec<(u16, u16)>,
}

impl Shade {
    fn new(width: i32, height: i32) -> Self {
        let (across, down) = (width as f32, height as f32);
        let ry = down * FACE.0;
        let rx = (ry * FACE.1).min(across * FACE.0);
        let line = (across * LINE).max(1.0);
        let shade = |x: i32, y: i32| {
            let (dx, dy) = (x as f32 + 0.5 - across / 2.0, y as f32 + 0.5 - down / 2.0);
            let share = ((dx / rx).powi(2) + (dy / ry).powi(2)).sqrt();
            // Pixels from the edge of the ellipse, below zero inside; close enough near the edge.
            let slope =
                ((dx / (rx * rx)).powi(2) + (dy / (ry * ry)).powi(2)).sqrt() / share.max(0.01);
            let out = (share - 1.0) / slope.max(1e-6);
            let outside = (out + 0.5).clamp(0.0, 1.0);
            let on_line = (line / 2.0 + 0.5 - out.abs()).clamp(0.0, 1.0);
            let light = 256.0 - outside * (256 - OUTSIDE) as f32;
            (light as u16, (on_line * 230.0) as u16)
        };
        let rows = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self {
            size: (width, height),
            pixels: rows.map(|(x, y)| shade(x, y)).collect(),
        }
    }

    fn rows(&self) -> impl Iterator<Item = &[(u16, u16)]> {
        self.pixels.chunks_exact(self.size.0 as usize)
    }
}
