// SPDX-License-Identifier: MIT OR Apache-2.0
//! Draws items into a frame, clipped to a rectangle. What a pixel becomes never depends on the
//! clip, so a partial repaint equals a full one.

use std::sync::Arc;

use super::geometry::Rect;
use super::mask::{Mask, SOLID};
use super::picture::Picture;

/// A picture in memory, XRGB8888 (`0x00RRGGBB`), row by row without gaps.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// `width * height` pixels.
    pub pixels: Vec<u32>,
}

impl Frame {
    /// A black frame.
    pub fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            pixels: vec![0; width as usize * height as usize],
        }
    }

    /// All of it.
    pub fn bounds(&self) -> Rect {
        Rect::new(0, 0, self.width as i32, self.height as i32)
    }

    /// A stretch of one row; empty where it lies outside.
    pub fn row(&self, y: i32, x: i32, len: i32) -> &[u32] {
        let cut = self.bounds().cut(&Rect::new(x, y, len, 1));
        if cut.is_empty() {
            return &[];
        }
        let from = cut.y as usize * self.width as usize + cut.x as usize;
        &self.pixels[from..from + cut.w as usize]
    }

    /// `x .. end` of row `y`; the caller has clipped to the frame.
    fn span(&mut self, y: i32, x: i32, end: i32) -> &mut [u32] {
        let from = y as usize * self.width as usize;
        &mut self.pixels[from + x as usize..from + end.max(x) as usize]
    }
}

/// A line inside the edge of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its colour.
    pub colour: u32,
    /// Its thickness in px.
    pub px: i32,
}

/// Something to draw.
#[derive(Clone, Debug)]
pub enum Item {
    /// A box with round corners.
    Box {
        /// Where.
        rect: Rect,
        /// Coverage of the outer corner, top left.
        corner: Arc<Corner>,
        /// Coverage of the corner inside the line.
        inner: Arc<Corner>,
        /// Inside, if it hides what is below.
        fill: Option<u32>,
        /// Round the edge.
        line: Option<Line>,
    },
    /// A picture of somebody, with round corners.
    Picture {
        /// Left edge.
        x: i32,
        /// Top edge.
        y: i32,
        /// Coverage of the corner, top left.
        corner: Arc<Corner>,
        /// What is seen.
        picture: Arc<Picture>,
    },
    /// A text or a sign in one colour.
    Mask {
        /// Left edge.
        x: i32,
        /// Top edge.
        y: i32,
        /// What is covered.
        mask: Arc<Mask>,
        /// Its colour.
        colour: u32,
    },
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Box {
                    rect,
                    corner,
                    inner,
                    fill,
                    line,
                },
                Self::Box {
                    rect: rect2,
                    corner: corner2,
                    inner: inner2,
                    fill: fill2,
                    line: line2,
                },
            ) => {
                rect == rect2
                    && fill == fill2
                    && line == line2
                    && corner.radius == corner2.radius
                    && inner.radius == inner2.radius
            }
            (
                Self::Mask { x, y, mask, colour },
                Self::Mask {
                    x: x2,
                    y: y2,
                    mask: mask2,
                    colour: colour2,
                },
            ) => {
                // Finished texts are shared: another pointer is another text, or at worst the
                // same one drawn again.
                x == x2 && y == y2 && colour == colour2 && Arc::ptr_eq(mask, mask2)
            }
            (
                Self::Picture {
                    x,
                    y,
                    corner,
                    picture,
                },
                Self::Picture {
                    x: x2,
                    y: y2,
                    corner: corner2,
                    picture: picture2,
                },
            ) => {
                let same_place = x == x2 && y == y2 && corner.radius == corner2.radius;
                same_place && Arc::ptr_eq(picture, picture2)
            }
            _ => false,
        }
    }
}

/// Coverage of a rounded corner, top left, `radius * radius` bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Corner {
    /// Radius in px.
    pub radius: i32,
    coverage: Vec<u8>,
}

impl Corner {
    /// A quarter circle, each pixel sampled 8 by 8 times.
    pub fn new(radius: i32) -> Self {
        const SAMPLES: i32 = 8;
        let radius = radius.max(0);
        let mut coverage = Vec::with_capacity((radius * radius) as usize);
        let unit = 2 * SAMPLES;
        let limit = (radius * unit) * (radius * unit);
        for y in 0..radius {
            for x in 0..radius {
                let mut inside = 0;
                for sample in 0..SAMPLES * SAMPLES {
                    // In 1/16 px from the corner's centre, at the middle of each sample.
                    let dx = (radius - x) * unit - (2 * (sample % SAMPLES) + 1);
                    let dy = (radius - y) * unit - (2 * (sample / SAMPLES) + 1);
                    inside += i32::from(dx * dx + dy * dy <= limit);
                }
                coverage.push((inside * 255 / (SAMPLES * SAMPLES)) as u8);
            }
        }
        Self { radius, coverage }
    }

    /// Coverage at a pixel of the corner's square; 0 beyond its outer edge, 255 past its inside.
    fn at(&self, x: i32, y: i32) -> u8 {
        if x < 0 || y < 0 {
            0
        } else if x >= self.radius || y >= self.radius {
            255
        } else {
            self.coverage[(y * self.radius + x) as usize]
        }
    }
}

/// Mixes `ink` over `ground` by `cover` of 255.
#[inline]
fn mix(ground: u32, ink: u32, cover: u8) -> u32 {
    let a = u32::from(cover) + u32::from(cover >> 7);
    let b = 256 - a;
    let odd = ((ground & 0xFF_00FF) * b + (ink & 0xFF_00FF) * a) >> 8;
    let even = ((ground & 0x00_FF00) * b + (ink & 0x00_FF00) * a) >> 8;
    (odd & 0xFF_00FF) | (even & 0x00_FF00)
}

impl Item {
    /// Every pixel it may change.
    pub fn bounds(&self) -> Rect {
        match self {
            Self::Box { rect, .. } => *rect,
            Self::Mask { x, y, mask, .. } => Rect::new(*x, *y, mask.width, mask.height),
            Self::Picture { x, y, picture, .. } => Rect::new(*x, *y, picture.width, picture.height),
        }
    }

    /// Whether it hides all of `clip`, so that nothing below needs to be drawn.
    pub fn hides(&self, clip: &Rect) -> bool {
        match self {
            Self::Box {
                rect,
                corner,
                fill: Some(_),
                ..
            } => {
                let r = corner.radius;
                rect.covers(clip)
                    && (r == 0
                        || Rect::new(rect.x, rect.y + r, rect.w, rect.h - 2 * r).covers(clip)
                        || Rect::new(rect.x + r, rect.y, rect.w - 2 * r, rect.h).covers(clip))
            }
            _ => false,
        }
    }

    /// Draws what of it lies in `clip`; `clip` must lie in the frame.
    pub fn draw(&self, frame: &mut Frame, clip: &Rect) {
        let area = self.bounds().cut(clip).cut(&frame.bounds());
        if area.is_empty() {
            return;
        }
        match self {
            Self::Box {
                rect,
                corner,
                inner,
                fill,
                line,
            } => {
                draw_box(frame, &area, rect, (corner, inner), *fill, *line);
            }
            Self::Mask { x, y, mask, colour } => draw_mask(frame, &area, (*x, *y), mask, *colour),
            Self::Picture {
                corner, picture, ..
            } => draw_picture(frame, &area, &self.bounds(), corner, picture),
        }
    }
}

/// Repaints one rectangle: everything that shows in it, from the ground up.
pub fn repaint(frame: &mut Frame, items: &[Item], clip: &Rect) {
    let first = items.iter().rposition(|item| item.hides(clip)).unwrap_or(0);
    for item in &items[first..] {
        item.draw(frame, clip);
    }
}

fn draw_box(
    frame: &mut Frame,
    area: &Rect,
    rect: &Rect,
    corners: (&Corner, &Corner),
    fill: Option<u32>,
    line: Option<Line>,
) {
    let (outer, inner) = corners;
    let px = line.map_or(0, |line| line.px);
    let r = outer.radius.max(px);
    for y in area.y..area.bottom() {
        // Distance from the nearer horizontal edge; the corners mirror.
        let down = (y - rect.y).min(rect.bottom() - 1 - y);
        let (left, right) = (rect.x + r, rect.right() - r);
        if down >= r {
            straight_row(frame, area, rect, y, px, fill, line);
            continue;
        }
        let middle = if down < px {
            line.map(|line| line.colour)
        } else {
            fill
        };
        if let Some(colour) = middle {
            frame
                .span(
                    y,
                    left.clamp(area.x, area.right()),
                    right.clamp(area.x, area.right()),
                )
                .fill(colour);
        }
        let sides = (area.x..left.min(area.right())).chain(right.max(area.x)..area.right());
        for x in sides {
            let across = (x - rect.x).min(rect.right() - 1 - x);
            let pixel = &mut frame.span(y, x, x + 1)[0];
            if let Some(line) = line {
                *pixel = mix(*pixel, line.colour, outer.at(across, down));
                if let Some(fill) = fill {
                    *pixel = mix(*pixel, fill, inner.at(across - px, down - px));
                }
            } else if let Some(fill) = fill {
                *pixel = mix(*pixel, fill, outer.at(across, down));
            }
        }
    }
}

/// A row between the corners: line, fill, line.
fn straight_row(
    frame: &mut Frame,
    area: &Rect,
    rect: &Rect,
    y: i32,
    px: i32,
    fill: Option<u32>,
    line: Option<Line>,
) {
    let inside = (rect.x + px).clamp(area.x, area.right());
    let outside = (rect.right() - px).clamp(inside, area.right());
    if let Some(line) = line {
        frame.span(y, area.x, inside).fill(line.colour);
        frame.span(y, outside, area.right()).fill(line.colour);
    }
    if let Some(fill) = fill {
        frame.span(y, inside, outside).fill(fill);
    }
}

fn draw_picture(frame: &mut Frame, area: &Rect, rect: &Rect, corner: &Corner, picture: &Picture) {
    let r = corner.radius;
    for y in area.y..area.bottom() {
        let seen = picture.row(y - rect.y, area.x - rect.x, area.w);
        let down = (y - rect.y).min(rect.bottom() - 1 - y);
        let pixels = frame.span(y, area.x, area.right());
        if down >= r {
            pixels.copy_from_slice(seen);
            continue;
        }
        for ((pixel, seen), x) in pixels.iter_mut().zip(seen).zip(area.x..) {
            let across = (x - rect.x).min(rect.right() - 1 - x);
            *pixel = mix(*pixel, *seen, corner.at(across, down));
        }
    }
}

fn draw_mask(frame: &mut Frame, area: &Rect, at: (i32, i32), mask: &Mask, colour: u32) {
    for y in area.y..area.bottom() {
        for span in mask.row((y - at.1) as usize) {
            let start = at.0 + i32::from(span.x);
            let from = start.max(area.x);
            let to = (start + i32::from(span.len)).min(area.right());
            if from >= to {
                continue;
            }
            let pixels = frame.span(y, from, to);
            if span.coverage == SOLID {
                pixels.fill(colour);
            } else {
                let covers = &mask.bytes(span)[(from - start) as usize..];
                for (pixel, cover) in pixels.iter_mut().zip(covers) {
                    *pixel = mix(*pixel, colour, *cover);
                }
            }
        }
    }
}
