// SPDX-License-Identifier: MIT OR Apache-2.0
//! One card, printed.
//!
//! Where lines stand follows the public samples by eye; see `daemons/face/ocr/src/layout.rs`.

use fastrand::Rng;
use tiny_skia::Mask;

use crate::ground::{Plane, each_near, ground, wear};
use crate::{Fonts, Holder};

/// Pixels to a millimetre of a printed card.
pub(crate) const FINE: f32 = 14.0;
/// mm.
pub(crate) const WIDTH_MM: f32 = 85.6;
/// mm.
pub(crate) const HEIGHT_MM: f32 = 53.98;

/// One card.
pub struct Front {
    /// Whose it is.
    pub holder: Holder,
    pub(crate) plane: Plane,
}

impl Front {
    /// Prints a card; `worn` from 0 (new) to 1 (carried loose for ten years).
    ///
    /// # Panics
    /// Never: the sizes are constants.
    #[must_use]
    pub fn print(holder: Holder, fonts: &Fonts, worn: f32, rng: &mut Rng) -> Self {
        let (width, height) = ((WIDTH_MM * FINE) as usize, (HEIGHT_MM * FINE) as usize);
        let mut mask = Mask::new(width as u32, height as u32).expect("a card has sides");
        let font = &fonts.0[rng.usize(..fonts.0.len())];
        // Print stands where it stands give or take what a printer allows.
        let (dx, dy) = (rng.f32() * 1.2 - 0.6, rng.f32() * 1.0 - 0.5);
        let em = 2.5 + rng.f32() * 0.5;
        let spacing = if rng.bool() { 0.0 } else { rng.f32() * 0.08 };
        let mut line = |text: &str, x: f32, y: f32, em: f32, spacing: f32| {
            font.write(
                &mut mask,
                text,
                (x + dx) * FINE,
                (y + dy) * FINE,
                em * FINE,
                spacing,
            );
        };
        line("氏名", 4.0, 7.2, 1.7, 0.0);
        line(&holder.name, 11.0, 7.5, 3.4, 0.05);
        line("住所", 4.0, 13.0, 1.7, 0.0);
        line("東京都受付区窓口一丁目２番３号", 11.0, 13.3, 2.8, 0.0);
        line(&holder.birth, 28.0, 27.8, em, spacing);
        line(
            ["性別　男", "性別　女"][rng.usize(..2)],
            68.0,
            27.8,
            2.2,
            0.0,
        );
        line(&holder.expiry, 28.0, 34.2, em, spacing);
        line("電子証明書の有効期限　　年　月　日", 28.0, 40.0, 1.9, 0.0);
        line(
            &holder.code,
            28.0,
            46.8,
            em * (1.0 + rng.f32() * 0.15),
            0.02 + rng.f32() * 0.2,
        );
        line("受付区長", 62.0, 46.8, 2.6, 0.1);
        let mut plane = ground(rng, width, height);
        let left = wear(rng, width, height, worn);
        let dark = 120.0 + rng.f32() * 75.0 - worn * 40.0;
        let ink = mask.data().iter().zip(&left.grey);
        for (grey, (ink, left)) in plane.grey.iter_mut().zip(ink) {
            *grey -= f32::from(*ink) / 255.0 * left * dark;
        }
        portrait(&mut plane, rng);
        dirt(&mut plane, worn, rng);
        Self { holder, plane }
    }
}

/// Something dark where the photo stands.
fn portrait(plane: &mut Plane, rng: &mut Rng) {
    let (left, top, right, bottom) = (4.0 * FINE, 20.0 * FINE, 23.0 * FINE, 45.0 * FINE);
    let (back, skin, hair) = (
        150.0 + rng.f32() * 60.0,
        130.0 + rng.f32() * 70.0,
        30.0 + rng.f32() * 60.0,
    );
    for y in top as usize..bottom as usize {
        plane.grey[y * plane.width..][left as usize..right as usize].fill(back);
    }
    let middle = (left + right) / 2.0;
    let (width, height) = (plane.width, plane.height);
    for (cy, rx, ry, grey) in [
        (31.0, 7.0, 9.0, hair),
        (33.0, 5.5, 7.5, skin),
        (45.0, 9.0, 4.5, hair),
    ] {
        each_near(
            width,
            height,
            middle,
            cy * FINE,
            rx * FINE,
            ry * FINE,
            |at, _| {
                if at / width < bottom as usize {
                    plane.grey[at] = grey;
                }
            },
        );
    }
}

fn dirt(plane: &mut Plane, worn: f32, rng: &mut Rng) {
    let (width, height) = (plane.width, plane.height);
    for _ in 0..(worn * 60.0 * rng.f32()) as usize {
        let (cx, cy) = (rng.f32() * width as f32, rng.f32() * height as f32);
        let (r, dark) = (1.0 + rng.f32() * 3.0, rng.f32() * 90.0);
        each_near(width, height, cx, cy, r, r, |at, near| {
            plane.grey[at] -= dark * near
        });
    }
}
