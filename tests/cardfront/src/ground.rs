// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is printed on: fine lines that wave, tints, and what use does to them.

use fastrand::Rng;

/// A grey plane, row by row.
pub(crate) struct Plane {
    pub width: usize,
    pub height: usize,
    pub grey: Vec<f32>,
}

/// The ground of a card.
pub(crate) fn ground(rng: &mut Rng, width: usize, height: usize) -> Plane {
    let base = 195.0 + rng.f32() * 45.0;
    let waves: Vec<(f32, f32, f32, f32)> = (0..rng.usize(2..5))
        .map(|_| {
            let angle = rng.f32() * std::f32::consts::PI;
            let length = 5.0 + rng.f32() * 40.0;
            (
                angle.cos() / length,
                angle.sin() / length,
                1.0 + rng.f32() * 6.0,
                rng.f32() * 6.0,
            )
        })
        .collect();
    let bend: Vec<f32> = (0..height).map(|y| (y as f32 / 37.0).sin() * 9.0).collect();
    let mut grey = Vec::with_capacity(width * height);
    for (y, bend) in bend.iter().enumerate() {
        for x in 0..width {
            let mut here = base;
            for (across, down, strong, phase) in &waves {
                here += strong * wave((x as f32 + bend) * across + y as f32 * down + phase);
            }
            grey.push(here);
        }
    }
    Plane {
        width,
        height,
        grey,
    }
}

/// A wave of period 1, near enough to a sine and much quicker.
fn wave(at: f32) -> f32 {
    let part = at - at.floor();
    20.8 * part * (part - 0.5) * (part - 1.0)
}

/// What is left of the ink everywhere, 0 to 1: rubbed places and scratches.
pub(crate) fn wear(rng: &mut Rng, width: usize, height: usize, much: f32) -> Plane {
    let mut grey = vec![1.0_f32; width * height];
    let spots = (much * 9.0 * rng.f32()) as usize;
    for _ in 0..spots {
        let (cx, cy) = (rng.f32() * width as f32, rng.f32() * height as f32);
        let (rx, ry) = (8.0 + rng.f32() * 70.0, 6.0 + rng.f32() * 30.0);
        let depth = rng.f32() * much;
        each_near(width, height, cx, cy, rx, ry, |at, near| {
            // Rubbed ink is gone in grains.
            let grain = ((at as u32).wrapping_mul(2_654_435_761) >> 24) as f32 / 255.0;
            grey[at] = (grey[at] - depth * near * (0.5 + grain)).max(0.0);
        });
    }
    for _ in 0..(much * 7.0 * rng.f32()) as usize {
        let (mut x, mut y) = (rng.f32() * width as f32, rng.f32() * height as f32);
        let angle = rng.f32() * std::f32::consts::TAU;
        let depth = 0.3 + rng.f32() * 0.7;
        for _ in 0..rng.usize(60..600) {
            (x, y) = (x + angle.cos(), y + angle.sin());
            if x < 1.0 || y < 1.0 || x >= (width - 1) as f32 || y >= (height - 1) as f32 {
                break;
            }
            let at = y as usize * width + x as usize;
            for at in [at, at + 1] {
                grey[at] *= 1.0 - depth;
            }
        }
    }
    Plane {
        width,
        height,
        grey,
    }
}

/// Every pixel of an ellipse, with how near it is to the middle (1) or the edge (0).
pub(crate) fn each_near(
    width: usize,
    height: usize,
    cx: f32,
    cy: f32,
    rx: f32,
    ry: f32,
    mut act: impl FnMut(usize, f32),
) {
    let (top, bottom) = (
        (cy - ry).max(0.0) as usize,
        ((cy + ry).max(0.0) as usize).min(height),
    );
    let (left, right) = (
        (cx - rx).max(0.0) as usize,
        ((cx + rx).max(0.0) as usize).min(width),
    );
    for y in top..bottom {
        for x in left..right {
            let (dx, dy) = ((x as f32 - cx) / rx, (y as f32 - cy) / ry);
            let near = 1.0 - dx * dx - dy * dy;
            if near > 0.0 {
                act(y * width + x, near);
            }
        }
    }
}
