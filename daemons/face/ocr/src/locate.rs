// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finds the card in the picture: a bright (or dark) plate on a ground of the other kind, four straight
//! sides, in the proportions of ID-1.

mod edges;

use zeroize::Zeroizing;

use crate::Miss;
use crate::picture::{Grey, Point};
use crate::plane::Corners;

/// The plate is looked for in a picture of about so many pixels across.
const COARSE: usize = 320;
/// Least part of the picture that a card takes.
const LEAST_PART: f32 = 0.12;
/// Long side ÷ short side; ID-1 has 1.586, and a camera looks at it from nearly above.
const PROPORTIONS: std::ops::RangeInclusive<f32> = 1.42..=1.76;
/// Places along a side where its edge is looked for.
const PLACES: usize = 48;
/// Places at which an edge must be found.
const LEAST_PLACES: usize = 22;
/// Grey levels from ground to card.
const LEAST_STEP: f32 = 8.0;

/// Finds the corners of the card, its long sides first: top left, top right, bottom right, bottom left,
/// or the same turned by half.
///
/// # Errors
/// [`Miss::NoCard`], [`Miss::CutOff`].
pub fn locate(picture: &Grey<'_>) -> Result<Corners, Miss> {
    let factor = (picture.width() / COARSE).max(1);
    let (width, height, small) = picture.smaller(factor);
    let level = between(&small);
    let mut seen = Err(Miss::NoCard);
    let mut attempts = Vec::new();
    for bright in [true, false] {
        let plate: Vec<bool> = small.iter().map(|&grey| (grey > level) == bright).collect();
        let hull = hull(&largest(&plate, width, height));
        attempts.push(rectangle(&hull));
    }
    // A lamp's reflection may have joined the card to what it lies on; its edges are sharper than that.
    attempts.push(edges::corners(&small, width, height).and_then(upright));
    for coarse in attempts.into_iter().flatten() {
        let coarse = coarse.map(|corner| {
            Point::new(
                (corner.x + 0.5) * factor as f32,
                (corner.y + 0.5) * factor as f32,
            )
        });
        match refined(picture, &coarse) {
            Ok(corners) => return Ok(corners),
            Err(Miss::CutOff) => seen = Err(Miss::CutOff),
            Err(_) => {}
        }
    }
    seen
}

/// The grey that parts the picture best into two (Otsu, 1979).
fn between(pixels: &[u8]) -> u8 {
    let mut counts = [0_u32; 256];
    for &grey in pixels {
        counts[usize::from(grey)] += 1;
    }
    let all = pixels.len() as f64;
    let total: f64 = counts
        .iter()
        .enumerate()
        .map(|(grey, &n)| grey as f64 * f64::from(n))
        .sum();
    let (mut below, mut sum, mut best, mut level) = (0.0, 0.0, -1.0, 127);
    for (grey, &count) in counts.iter().enumerate() {
        below += f64::from(count);
        sum += grey as f64 * f64::from(count);
        let above = all - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let apart = below * above * (sum / below - (total - sum) / above).powi(2);
        if apart > best {
            (best, level) = (apart, grey);
        }
    }
    level as u8
}

/// The outermost pixels of each row of the largest connected part.
fn largest(plate: &[bool], width: usize, height: usize) -> Vec<Point> {
    let mut part = vec![0_u32; plate.len()];
    let (mut parts, mut best, mut most) = (0, 0, 0);
    let mut stack = Vec::new();
    for start in 0..plate.len() {
        if !plate[start] || part[start] != 0 {
            continue;
        }
        parts += 1;
        part[start] = parts;
        stack.push(start);
        let mut size = 0;
        while let Some(at) = stack.pop() {
            size += 1;
            let (x, y) = (at % width, at / width);
            let near = [
                (x > 0).then(|| at - 1),
                (x + 1 < width).then(|| at + 1),
                (y > 0).then(|| at - width),
                (y + 1 < height).then(|| at + width),
            ];
            for next in near.into_iter().flatten() {
                if plate[next] && part[next] == 0 {
                    part[next] = parts;
                    stack.push(next);
                }
            }
        }
        if size > most {
            (best, most) = (parts, size);
        }
    }
    let mut edge = Vec::new();
    if (most as f32) < LEAST_PART * plate.len() as f32 {
        return edge;
    }
    for (y, row) in part.chunks_exact(width).enumerate() {
        let first = row.iter().position(|&one| one == best);
        let last = row.iter().rposition(|&one| one == best);
        if let (Some(first), Some(last)) = (first, last) {
            edge.push(Point::new(first as f32, y as f32));
            edge.push(Point::new(last as f32, y as f32));
        }
    }
    edge
}

/// Convex hull, counter-clockwise (Andrew, 1979).
fn hull(points: &[Point]) -> Vec<Point> {
    let mut points = points.to_vec();
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    let mut hull: Vec<Point> = Vec::new();
    for pass in 0..2 {
        let from = hull.len();
        let mut turn = |point: Point| {
            while hull.len() >= from + 2
                && cross(hull[hull.len() - 2], hull[hull.len() - 1], point) <= 0.0
            {
                hull.pop();
            }
            hull.push(point);
        };
        if pass == 0 {
            points.iter().copied().for_each(&mut turn);
        } else {
            points.iter().rev().copied().for_each(&mut turn);
        }
        hull.pop();
    }
    hull
}

fn cross(a: Point, b: Point, c: Point) -> f32 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/// The smallest rectangle around a hull, its long sides across; `None` in other proportions than a card's.
fn rectangle(hull: &[Point]) -> Option<Corners> {
    let mut best: Option<(f32, Corners)> = None;
    for (index, &from) in hull.iter().enumerate() {
        let to = hull[(index + 1) % hull.len()];
        let length = from.distance(to);
        if length < 1.0 {
            continue;
        }
        let (ux, uy) = ((to.x - from.x) / length, (to.y - from.y) / length);
        let along = |p: &Point| p.x * ux + p.y * uy;
        let aside = |p: &Point| p.y * ux - p.x * uy;
        let range = |of: &dyn Fn(&Point) -> f32| {
            hull.iter().fold((f32::MAX, f32::MIN), |(low, high), p| {
                (low.min(of(p)), high.max(of(p)))
            })
        };
        let ((a0, a1), (s0, s1)) = (range(&along), range(&aside));
        let area = (a1 - a0) * (s1 - s0);
        if best.as_ref().is_none_or(|(least, _)| area < *least) {
            let corner = |a: f32, s: f32| Point::new(a * ux - s * uy, a * uy + s * ux);
            let corners = [
                corner(a0, s0),
                corner(a1, s0),
                corner(a1, s1),
                corner(a0, s1),
            ];
            best = Some((area, corners));
        }
    }
    let (_, corners) = best?;
    upright(corners)
}

/// The corners turned so that the long sides lie across, the upper one first; `None` where no side is
/// long enough or too long.
fn upright(mut corners: Corners) -> Option<Corners> {
    let side = |c: &Corners, at: usize| c[at % 4].distance(c[(at + 1) % 4]);
    if side(&corners, 0) + side(&corners, 2) < side(&corners, 1) + side(&corners, 3) {
        corners.rotate_left(1);
    }
    // Turned by half where the first side lies below.
    if corners[0].x + corners[3].x > corners[1].x + corners[2].x {
        corners.rotate_left(2);
    }
    let long = side(&corners, 0) + side(&corners, 2);
    let short = side(&corners, 1) + side(&corners, 3);
    (short > 0.0 && PROPORTIONS.contains(&(long / short))).then_some(corners)
}

/// A straight line: the points p with `x * nx + y * ny = d`.
#[derive(Clone, Copy)]
struct Side {
    nx: f32,
    ny: f32,
    d: f32,
}

/// The corners where the sides' edges really are, a part of a pixel exactly.
fn refined(picture: &Grey<'_>, coarse: &Corners) -> Result<Corners, Miss> {
    let mut corners = *coarse;
    // The second time from nearer by, and along the sides as they are.
    for reach in [0.045, 0.015] {
        let reach = reach * corners[0].distance(corners[1]);
        let mut sides = Vec::with_capacity(4);
        for at in 0..4 {
            let (from, to) = (corners[at], corners[(at + 1) % 4]);
            sides.push(side(picture, from, to, reach).ok_or(Miss::NoCard)?);
        }
        for at in 0..4 {
            corners[at] = meet(sides[(at + 3) % 4], sides[at]).ok_or(Miss::NoCard)?;
        }
    }
    let inside = |corner: &Point| {
        (1.0..picture.width() as f32 - 1.0).contains(&corner.x)
            && (1.0..picture.height() as f32 - 1.0).contains(&corner.y)
    };
    if !corners.iter().all(inside) {
        return Err(Miss::CutOff);
    }
    upright(corners).ok_or(Miss::NoCard)
}

/// The edge along a side: where the grey changes most, within `reach` of it.
fn side(picture: &Grey<'_>, from: Point, to: Point, reach: f32) -> Option<Side> {
    let length = from.distance(to);
    let (nx, ny) = ((to.y - from.y) / length, (from.x - to.x) / length);
    let mut found: Vec<Point> = Vec::with_capacity(PLACES);
    let steps = (reach * 2.0).ceil().max(4.0) as usize;
    let mut greys = Zeroizing::new(vec![0.0_f32; steps + 1]);
    for place in 0..PLACES {
        // Not in the corners, which are round.
        let on = from.toward(to, 0.1 + 0.8 * (place as f32 + 0.5) / PLACES as f32);
        let at = |step: f32| {
            let off = (step / steps as f32 * 2.0 - 1.0) * reach;
            Point::new(on.x + nx * off, on.y + ny * off)
        };
        for (step, grey) in greys.iter_mut().enumerate() {
            *grey = picture.at(at(step as f32));
        }
        let slope = |step: usize| (greys[step + 2] - greys[step - 2]).abs();
        let Some(best) = (2..steps - 1).max_by(|&a, &b| slope(a).total_cmp(&slope(b))) else {
            continue;
        };
        if slope(best) < LEAST_STEP {
            continue;
        }
        // The middle of the slope, which a sharp edge spreads evenly over several steps.
        let (mut sum, mut weight) = (0.0, 0.0);
        for step in best.saturating_sub(4).max(2)..(best + 5).min(steps - 1) {
            sum += slope(step) * step as f32;
            weight += slope(step);
        }
        found.push(at(sum / weight));
    }
    fit(found)
}

/// The line that most of the points lie on.
fn fit(mut points: Vec<Point>) -> Option<Side> {
    for _ in 0..6 {
        if points.len() < LEAST_PLACES {
            return None;
        }
        let line = least_squares(&points)?;
        let mut off: Vec<f32> = points.iter().map(|p| line.off(p).abs()).collect();
        off.sort_by(f32::total_cmp);
        let bound = (off[off.len() / 2] * 3.0).max(0.7);
        let before = points.len();
        points.retain(|point| line.off(point).abs() <= bound);
        if points.len() == before {
            return Some(line);
        }
    }
    least_squares(&points).filter(|_| points.len() >= LEAST_PLACES)
}

impl Side {
    fn off(&self, point: &Point) -> f32 {
        point.x * self.nx + point.y * self.ny - self.d
    }
}

fn least_squares(points: &[Point]) -> Option<Side> {
    let n = points.len() as f32;
    let (mx, my) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), p| (x + p.x / n, y + p.y / n));
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for p in points {
        let (x, y) = (p.x - mx, p.y - my);
        (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
    }
    // Along the larger axis of the spread.
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    let (nx, ny) = (-angle.sin(), angle.cos());
    let line = Side {
        nx,
        ny,
        d: mx * nx + my * ny,
    };
    line.d.is_finite().then_some(line)
}

fn meet(one: Side, other: Side) -> Option<Point> {
    let det = one.nx * other.ny - other.nx * one.ny;
    (det.abs() > 0.2).then(|| {
        Point::new(
            (one.d * other.ny - other.d * one.ny) / det,
            (one.nx * other.d - other.nx * one.d) / det,
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// A plate on a ground, its corners where they are said.
    fn plate(corners: &Corners, card: u8, ground: u8) -> Vec<u8> {
        let mut pixels = vec![ground; 640 * 480];
        for (at, pixel) in pixels.iter_mut().enumerate() {
            let here = Point::new((at % 640) as f32 + 0.5, (at / 640) as f32 + 0.5);
            if (0..4).all(|at| cross(corners[at], corners[(at + 1) % 4], here) >= 0.0) {
                *pixel = card;
            }
        }
        pixels
    }

    fn corners() -> Corners {
        [
            (110.0, 80.0),
            (530.0, 100.0),
            (520.0, 365.0),
            (100.0, 345.0),
        ]
        .map(|(x, y)| Point::new(x, y))
    }

    #[test]
    fn a_plate_is_found_to_a_pixel_bright_or_dark() {
        for (card, ground) in [(200, 40), (60, 180)] {
            let pixels = plate(&corners(), card, ground);
            let found = locate(&Grey::new(640, 480, &pixels).unwrap()).unwrap();
            for (found, wanted) in found.iter().zip(corners()) {
                assert!(found.distance(wanted) < 1.0, "{found:?} {wanted:?}");
            }
        }
    }

    #[test]
    fn nothing_and_other_shapes_are_no_card() {
        let square = [(110.0, 80.0), (410.0, 80.0), (410.0, 380.0), (110.0, 380.0)]
            .map(|(x, y)| Point::new(x, y));
        for pixels in [vec![90; 640 * 480], plate(&square, 200, 40)] {
            let found = locate(&Grey::new(640, 480, &pixels).unwrap());
            assert!(matches!(found, Err(Miss::NoCard)), "{found:?}");
        }
    }

    #[test]
    fn a_card_that_reaches_beyond_the_picture_is_cut_off() {
        let beyond = corners().map(|corner| Point::new(corner.x - 120.0, corner.y));
        let pixels = plate(&beyond, 200, 40);
        assert!(locate(&Grey::new(640, 480, &pixels).unwrap()).is_err());
    }
}
