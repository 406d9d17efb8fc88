// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card by its edges alone: from each border of the picture inward, the first sharp step of each row or
//! column; of those, the line that most of them lie on.

use super::{Side, meet};
use crate::picture::Point;
use crate::plane::Corners;

/// Grey levels within five pixels that are a sharp step; reflections are soft.
const SHARP: i32 = 24;
/// How near to a line a step counts for it, pixels of the small picture.
const NEAR: f32 = 1.3;
/// Steps that must lie on a line, as a part of the rows or columns there are.
const LEAST: f32 = 0.3;

/// A card lies so far inside the picture, pixels of the small one.
const BORDER: f32 = 6.0;

/// The corners where the four lines meet: top left, top right, bottom right, bottom left.
pub(super) fn corners(small: &[u8], width: usize, height: usize) -> Option<Corners> {
    let grey = |x: usize, y: usize| i32::from(small[y * width + x]);
    let across = |y: usize| move |x: usize| (grey(x + 2, y) - grey(x - 2, y)).abs() >= SHARP;
    let down = |x: usize| move |y: usize| (grey(x, y + 2) - grey(x, y - 2)).abs() >= SHARP;
    let xs = 2..width.checked_sub(2)?;
    let ys = 2..height.checked_sub(2)?;
    let place = |x: usize, y: usize| Point::new(x as f32, y as f32);
    // The step is seen two pixels before the edge itself.
    let left: Vec<Point> = (0..height)
        .filter_map(|y| xs.clone().find(|&x| across(y)(x)).map(|x| place(x + 1, y)))
        .collect();
    let right: Vec<Point> = (0..height)
        .filter_map(|y| xs.clone().rfind(|&x| across(y)(x)).map(|x| place(x - 1, y)))
        .collect();
    let top: Vec<Point> = (0..width)
        .filter_map(|x| ys.clone().find(|&y| down(x)(y)).map(|y| place(x, y + 1)))
        .collect();
    let bottom: Vec<Point> = (0..width)
        .filter_map(|x| ys.clone().rfind(|&y| down(x)(y)).map(|y| place(x, y - 1)))
        .collect();
    let (left, right) = (common(&left, height)?, common(&right, height)?);
    let (top, bottom) = (common(&top, width)?, common(&bottom, width)?);
    let corners = [
        meet(left, top)?,
        meet(top, right)?,
        meet(right, bottom)?,
        meet(bottom, left)?,
    ];
    // Where steps are everywhere, the first ones lie along the picture's own border.
    let (right, bottom) = (width as f32 - BORDER, height as f32 - BORDER);
    let inside = |corner: &Point| {
        (BORDER..right).contains(&corner.x) && (BORDER..bottom).contains(&corner.y)
    };
    corners.iter().all(inside).then_some(corners)
}

/// The line through two of the points that most of them lie near.
fn common(points: &[Point], of: usize) -> Option<Side> {
    let least = (of as f32 * LEAST) as usize;
    let mut best: Option<(usize, Side)> = None;
    for (index, &from) in points.iter().enumerate() {
        // Partners far enough away for the angle to be known.
        for part in [3, 4, 5] {
            let to = points[(index + points.len() / part) % points.len()];
            let length = from.distance(to);
            if length < of as f32 / 10.0 {
                continue;
            }
            let (nx, ny) = ((to.y - from.y) / length, (from.x - to.x) / length);
            let line = Side {
                nx,
                ny,
                d: from.x * nx + from.y * ny,
            };
            let on = points
                .iter()
                .filter(|point| line.off(point).abs() < NEAR)
                .count();
            if on >= least && best.as_ref().is_none_or(|(most, _)| on > *most) {
                best = Some((on, line));
            }
        }
    }
    best.map(|(_, line)| line)
}
