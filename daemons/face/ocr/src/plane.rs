// SPDX-License-Identifier: MIT OR Apache-2.0
//! From millimetres on the card to pixels of the picture.

use crate::layout::{HEIGHT_MM, WIDTH_MM};
use crate::picture::Point;

/// The four corners of a card: top left, top right, bottom right, bottom left, as its print is read.
pub type Corners = [Point; 4];

/// How the card lies before the camera.
#[derive(Clone, Copy, Debug)]
pub struct Plane {
    h: [f32; 8],
    /// Pixels to a millimetre, about.
    pub scale: f32,
}

impl Plane {
    /// The plane through these corners; `None` when they are none of a card.
    #[must_use]
    pub fn through(corners: &Corners) -> Option<Self> {
        let [a, b, c, d] = *corners;
        // The unit square to the four corners (Heckbert, 1989), then millimetres to the unit square.
        let (dx1, dx2, sx) = (b.x - c.x, d.x - c.x, a.x - b.x + c.x - d.x);
        let (dy1, dy2, sy) = (b.y - c.y, d.y - c.y, a.y - b.y + c.y - d.y);
        let area = dx1 * dy2 - dx2 * dy1;
        if area.abs() < 1.0 {
            return None;
        }
        let g = (sx * dy2 - dx2 * sy) / area;
        let h = (dx1 * sy - sx * dy1) / area;
        let (w, t) = (WIDTH_MM, HEIGHT_MM);
        let matrix = [
            (b.x - a.x + g * b.x) / w,
            (d.x - a.x + h * d.x) / t,
            a.x,
            (b.y - a.y + g * b.y) / w,
            (d.y - a.y + h * d.y) / t,
            a.y,
            g / w,
            h / t,
        ];
        let scale = (a.distance(b) + d.distance(c)) / (2.0 * w);
        let whole = matrix.iter().all(|number| number.is_finite());
        (whole && scale > 0.0).then_some(Self { h: matrix, scale })
    }

    /// Where a place of the card is in the picture.
    #[must_use]
    pub fn at(&self, x: f32, y: f32) -> Point {
        let h = &self.h;
        let depth = h[6] * x + h[7] * y + 1.0;
        Point::new(
            (h[0] * x + h[1] * y + h[2]) / depth,
            (h[3] * x + h[4] * y + h[5]) / depth,
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn corners_are_where_they_were_given() {
        let corners = [
            Point::new(100.0, 90.0),
            Point::new(900.0, 120.0),
            Point::new(880.0, 610.0),
            Point::new(90.0, 600.0),
        ];
        let plane = Plane::through(&corners).unwrap();
        for (corner, (x, y)) in corners.iter().zip([
            (0.0, 0.0),
            (WIDTH_MM, 0.0),
            (WIDTH_MM, HEIGHT_MM),
            (0.0, HEIGHT_MM),
        ]) {
            assert!(plane.at(x, y).distance(*corner) < 0.01, "{corner:?}");
        }
    }

    #[test]
    fn a_line_is_no_card() {
        let corners = [0.0, 1.0, 2.0, 3.0].map(|at| Point::new(at, at));
        assert!(Plane::through(&corners).is_none());
    }
}
