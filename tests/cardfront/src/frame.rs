// SPDX-License-Identifier: MIT OR Apache-2.0
//! One picture of a card.

use fastrand::Rng;

use crate::Front;
use crate::ground::each_near;
use crate::print::{FINE, HEIGHT_MM, WIDTH_MM};

/// How a card lies before the camera, and in what light; the same for all frames of one card.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// Pixels across of the picture.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Pixels to a millimetre.
    pub scale: f32,
    /// Radians that the card is turned.
    pub turned: f32,
    /// Off the middle, mm.
    pub aside: (f32, f32),
    /// How much nearer one edge is to the camera than the other, -1 to 1 about ±6 %.
    pub tilted: (f32, f32),
    /// Grey of what the card lies on.
    pub tray: f32,
    /// Share of the light that comes back, 0.45 (dim) to 1.
    pub light: f32,
    /// A lamp's reflection, 0 (none) to 1 (blinding).
    pub glare: f32,
    /// Spread of the noise, grey levels.
    pub noise: f32,
    /// Out of focus, pixels.
    pub blur: f32,
}

impl Conditions {
    /// Some that a reader has on its counter.
    #[must_use]
    pub fn new(rng: &mut Rng) -> Self {
        let mut about = |spread: f32| (rng.f32() + rng.f32() - 1.0) * spread;
        let (turned, aside, tilted) = (
            about(0.07),
            (about(3.0), about(2.0)),
            (about(1.0), about(1.0)),
        );
        let upside_down = rng.f32() < 0.1;
        Self {
            width: 1280,
            height: 800,
            scale: 10.0 + rng.f32() * 1.9,
            turned: turned
                + if upside_down {
                    std::f32::consts::PI
                } else {
                    0.0
                },
            aside,
            tilted,
            tray: 20.0 + rng.f32() * 45.0,
            light: 0.6 + rng.f32() * 0.4,
            glare: if rng.f32() < 0.3 { rng.f32() } else { 0.0 },
            noise: 1.0 + rng.f32() * 4.0,
            blur: rng.f32() * 0.9,
        }
    }

    /// The best there are.
    #[must_use]
    pub fn good() -> Self {
        Self {
            width: 1280,
            height: 800,
            scale: 12.0,
            turned: 0.0,
            aside: (0.0, 0.0),
            tilted: (0.0, 0.0),
            tray: 30.0,
            light: 0.9,
            glare: 0.0,
            noise: 1.5,
            blur: 0.3,
        }
    }

    /// Where a pixel of the picture is on the card, mm.
    fn on_card(&self, x: f32, y: f32) -> (f32, f32) {
        let (u, v) = (
            (x - self.width as f32 / 2.0) / self.scale,
            (y - self.height as f32 / 2.0) / self.scale,
        );
        let depth = 1.0 + self.tilted.0 * u * 0.0014 + self.tilted.1 * v * 0.0022;
        let (u, v) = (u / depth - self.aside.0, v / depth - self.aside.1);
        let (sin, cos) = self.turned.sin_cos();
        (
            u * cos + v * sin + WIDTH_MM / 2.0,
            v * cos - u * sin + HEIGHT_MM / 2.0,
        )
    }
}

/// A grey picture.
pub struct Frame {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Row by row from the top left, 0 = black.
    pub pixels: Vec<u8>,
}

impl Front {
    /// The next picture of this card.
    #[must_use]
    pub fn frame(&self, conditions: &Conditions, rng: &mut Rng) -> Frame {
        let mut here = *conditions;
        // Hands shake, lamps flicker.
        here.turned += (rng.f32() - 0.5) * 0.006;
        here.aside.0 += (rng.f32() - 0.5) * 0.4;
        here.aside.1 += (rng.f32() - 0.5) * 0.4;
        here.light *= 0.97 + rng.f32() * 0.06;
        let (width, height) = (here.width as usize, here.height as usize);
        let mut grey = vec![here.tray; width * height];
        for y in 0..height {
            for x in 0..width {
                let (u, v) = here.on_card(x as f32 + 0.5, y as f32 + 0.5);
                if inside(u, v) {
                    grey[y * width + x] = self.at(u * FINE, v * FINE) * here.light;
                }
            }
        }
        if here.glare > 0.0 {
            shine(&mut grey, &here, conditions, rng);
        }
        let grey = blurred(grey, width, here.blur);
        let pixels = grey
            .iter()
            .map(|grey| (grey + noise(rng) * here.noise).clamp(0.0, 255.0) as u8);
        Frame {
            width: here.width,
            height: here.height,
            pixels: pixels.collect(),
        }
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let plane = &self.plane;
        let x = (x - 0.5).clamp(0.0, (plane.width - 2) as f32);
        let y = (y - 0.5).clamp(0.0, (plane.height - 2) as f32);
        let (left, top) = (x as usize, y as usize);
        let (across, down) = (x - left as f32, y - top as f32);
        let at = top * plane.width + left;
        let upper = plane.grey[at] * (1.0 - across) + plane.grey[at + 1] * across;
        let at = at + plane.width;
        let lower = plane.grey[at] * (1.0 - across) + plane.grey[at + 1] * across;
        upper * (1.0 - down) + lower * down
    }
}

/// Inside a card's outline, whose corners are round (3.18 mm).
fn inside(u: f32, v: f32) -> bool {
    const ROUND: f32 = 3.18;
    if !(0.0..WIDTH_MM).contains(&u) || !(0.0..HEIGHT_MM).contains(&v) {
        return false;
    }
    let (dx, dy) = (ROUND - u.min(WIDTH_MM - u), ROUND - v.min(HEIGHT_MM - v));
    dx <= 0.0 || dy <= 0.0 || dx.hypot(dy) <= ROUND
}

/// A lamp's reflection: where, follows from the card; how exactly, from the frame.
fn shine(grey: &mut [f32], here: &Conditions, card: &Conditions, rng: &mut Rng) {
    let (width, height) = (here.width as usize, here.height as usize);
    let mut place = Rng::with_seed(u64::from((card.glare * 1e6) as u32));
    for _ in 0..place.usize(1..4) {
        let (cx, cy) = (place.f32() * width as f32, place.f32() * height as f32);
        let (rx, ry) = (40.0 + place.f32() * 260.0, 30.0 + place.f32() * 120.0);
        let strong = 260.0 * here.glare * (0.3 + place.f32() * 0.7);
        let (cx, cy) = (cx + rng.f32() * 12.0, cy + rng.f32() * 12.0);
        each_near(width, height, cx, cy, rx, ry, |at, near| {
            grey[at] += strong * near * near
        });
    }
}

/// Spread 1, from -1.7 to 1.7.
fn noise(rng: &mut Rng) -> f32 {
    (rng.f32() - 0.5) * 3.464
}

/// Out of focus by so many pixels, at most one: three taps across, three down.
fn blurred(grey: Vec<f32>, width: usize, blur: f32) -> Vec<f32> {
    if blur < 0.15 {
        return grey;
    }
    let side = (blur * blur / 2.0).min(0.45);
    let middle = 1.0 - 2.0 * side;
    let pass = |from: &[f32], step: usize| {
        let mut to = from.to_vec();
        for at in step..from.len() - step {
            to[at] = from[at] * middle + (from[at - step] + from[at + step]) * side;
        }
        to
    };
    pass(&pass(&grey, 1), width)
}
