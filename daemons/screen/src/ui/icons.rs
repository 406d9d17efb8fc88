// SPDX-License-Identifier: MIT OR Apache-2.0
//! Signs, drawn as strokes with round ends on a square of 24 units. Small ones have thick strokes to
//! be seen beside bold text; large ones are pictures, with fine strokes and soft areas.

use std::collections::HashMap;
use std::sync::Arc;

use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform,
};

use super::mask::Mask;
use super::node::Icon;

/// Most signs kept; a view shows a handful in two sizes.
const ICONS_MAX: usize = 64;

/// Coverage of the signs, made once per size.
#[derive(Default)]
pub struct Icons {
    made: HashMap<(Icon, i32), Arc<Mask>>,
}

impl Icons {
    /// The sign at `side` px.
    pub fn get(&mut self, icon: Icon, side: i32) -> Arc<Mask> {
        let side = side.max(1);
        if let Some(mask) = self.made.get(&(icon, side)) {
            return Arc::clone(mask);
        }
        if self.made.len() >= ICONS_MAX {
            self.made.clear();
        }
        let mask = Arc::new(draw(icon, side));
        self.made.insert((icon, side), Arc::clone(&mask));
        mask
    }
}

/// From this side on a sign is a picture, px.
const PICTURE_FROM: i32 = 150;
/// Thickness of the strokes of a small sign, units.
const THICK: f32 = 1.8;
/// Thickness of the strokes of a picture, units.
const FINE: f32 = 1.0;
/// Coverage of soft areas: a tint of the ink.
const SOFT: u8 = 36;

/// Strokes, filled shapes and soft areas of one sign. Soft areas are seen in pictures only.
#[derive(Default)]
struct Sketch {
    softs: PathBuilder,
    strokes: PathBuilder,
    fills: PathBuilder,
}

impl Sketch {
    /// A polyline through `points`.
    fn line(&mut self, points: &[(f32, f32)]) -> &mut Self {
        for (index, (x, y)) in points.iter().enumerate() {
            if index == 0 {
                self.strokes.move_to(*x, *y);
            } else {
                self.strokes.line_to(*x, *y);
            }
        }
        self
    }

    /// A soft area with straight sides.
    fn soft(&mut self, points: &[(f32, f32)]) -> &mut Self {
        for (index, (x, y)) in points.iter().enumerate() {
            if index == 0 {
                self.softs.move_to(*x, *y);
            } else {
                self.softs.line_to(*x, *y);
            }
        }
        self.softs.close();
        self
    }

    /// A closed polyline.
    fn shape(&mut self, points: &[(f32, f32)]) -> &mut Self {
        self.line(points);
        self.strokes.close();
        self
    }

    /// A curve from `from` by `control` to `to`.
    fn curve(&mut self, from: (f32, f32), control: (f32, f32), to: (f32, f32)) -> &mut Self {
        self.strokes.move_to(from.0, from.1);
        self.strokes.quad_to(control.0, control.1, to.0, to.1);
        self
    }

    fn circle(&mut self, x: f32, y: f32, r: f32) -> &mut Self {
        self.strokes.push_circle(x, y, r);
        self
    }

    fn dot(&mut self, x: f32, y: f32, r: f32) -> &mut Self {
        self.fills.push_circle(x, y, r);
        self
    }

    fn block(&mut self, x: f32, y: f32, w: f32, h: f32) -> &mut Self {
        if let Some(rect) = Rect::from_xywh(x, y, w, h) {
            self.fills.push_rect(rect);
        }
        self
    }

    /// The reader seen from the front and a little above: a plate on a low body.
    fn reader(&mut self) -> &mut Self {
        let plate = [(5.0, 17.4), (19.0, 17.4), (21.8, 20.4), (2.2, 20.4)];
        self.soft(&plate).shape(&plate);
        self.line(&[(2.2, 20.4), (2.2, 22.6), (21.8, 22.6), (21.8, 20.4)])
    }

    /// A box with corners cut round by one unit.
    fn panel(&mut self, x: f32, y: f32, w: f32, h: f32) -> &mut Self {
        let r = 1.6;
        let (right, bottom) = (x + w, y + h);
        let p = &mut self.strokes;
        p.move_to(x + r, y);
        p.line_to(right - r, y);
        p.quad_to(right, y, right, y + r);
        p.line_to(right, bottom - r);
        p.quad_to(right, bottom, right - r, bottom);
        p.line_to(x + r, bottom);
        p.quad_to(x, bottom, x, bottom - r);
        p.line_to(x, y + r);
        p.quad_to(x, y, x + r, y);
        p.close();
        self
    }
}

/// A card with chip, name and portrait, its upper edge at `y`.
fn card(s: &mut Sketch, y: f32) -> &mut Sketch {
    let (left, right, bottom) = (5.2, 18.8, y + 8.6);
    s.soft(&[(left, y), (right, y), (right, bottom), (left, bottom)])
        .panel(left, y, right - left, bottom - y)
        .block(7.2, y + 2.0, 2.5, 2.0)
        .line(&[(7.4, y + 6.2), (11.2, y + 6.2)])
        .dot(15.3, y + 3.2, 1.15);
    // Shoulders: half an oval below the head.
    s.fills.move_to(13.2, y + 6.9);
    s.fills.quad_to(13.4, y + 4.7, 15.3, y + 4.7);
    s.fills.quad_to(17.2, y + 4.7, 17.4, y + 6.9);
    s.fills.close();
    s
}

/// A phone over a small flat reader with its cable; waves between the two.
fn hold_phone(s: &mut Sketch) -> &mut Sketch {
    let plate = [(4.6, 18.2), (17.4, 18.2), (19.6, 20.6), (2.4, 20.6)];
    s.soft(&plate)
        .shape(&plate)
        .line(&[(2.4, 20.6), (2.4, 22.4), (19.6, 22.4), (19.6, 20.6)])
        .curve((19.6, 21.5), (22.6, 21.4), (22.4, 17.6));
    s.soft(&[(7.6, 1.4), (14.4, 1.4), (14.4, 13.0), (7.6, 13.0)])
        .panel(7.6, 1.2, 6.8, 12.0)
        .line(&[(10.1, 3.0), (11.9, 3.0)])
        .dot(11.0, 11.4, 0.6);
    s.curve((8.2, 14.8), (11.0, 16.0), (13.8, 14.8))
        .curve((6.8, 16.2), (11.0, 18.0), (15.2, 16.2));
    // Up and down: where the phone's antenna is differs from phone to phone.
    s.line(&[(18.6, 4.0), (18.6, 11.0)])
        .line(&[(17.0, 5.6), (18.6, 3.8), (20.2, 5.6)])
        .line(&[(17.0, 9.4), (18.6, 11.2), (20.2, 9.4)])
}

fn sketch(icon: Icon) -> Sketch {
    let mut s = Sketch::default();
    match icon {
        Icon::Card => s
            .panel(2.0, 5.0, 20.0, 14.0)
            .block(5.0, 9.0, 4.0, 3.4)
            .line(&[(12.0, 10.0), (18.5, 10.0)])
            .line(&[(5.5, 15.5), (14.0, 15.5)]),
        Icon::PlaceCard => card(&mut s, 1.2)
            .line(&[(12.0, 12.0), (12.0, 15.6)])
            .line(&[(9.9, 13.7), (12.0, 15.8), (14.1, 13.7)])
            .reader(),
        Icon::TakeCard => card(&mut s, 7.0)
            .line(&[(12.0, 5.0), (12.0, 1.4)])
            .line(&[(9.9, 3.3), (12.0, 1.2), (14.1, 3.3)])
            .reader(),
        Icon::Phone => s
            .panel(6.5, 1.8, 11.0, 20.4)
            .line(&[(10.6, 4.9), (13.4, 4.9)])
            .dot(12.0, 19.0, 1.1),
        Icon::HoldPhone => hold_phone(&mut s),
        Icon::Face => s
            .line(&[(2.5, 7.0), (2.5, 2.5), (7.0, 2.5)])
            .line(&[(17.0, 2.5), (21.5, 2.5), (21.5, 7.0)])
            .line(&[(21.5, 17.0), (21.5, 21.5), (17.0, 21.5)])
            .line(&[(7.0, 21.5), (2.5, 21.5), (2.5, 17.0)])
            .circle(12.0, 12.0, 6.0)
            .dot(9.8, 10.8, 1.0)
            .dot(14.2, 10.8, 1.0)
            .curve((9.4, 13.8), (12.0, 16.2), (14.6, 13.8)),
        Icon::Keypad => {
            for row in 0..3 {
                for column in 0..3 {
                    s.dot(5.0 + 7.0 * column as f32, 5.0 + 7.0 * row as f32, 2.1);
                }
            }
            &mut s
        }
        Icon::Done => s
            .circle(12.0, 12.0, 9.8)
            .line(&[(7.2, 12.4), (10.7, 15.9), (16.8, 8.8)]),
        Icon::Check => s.line(&[(4.0, 12.8), (9.6, 18.4), (20.0, 6.4)]),
        Icon::Cross => s
            .line(&[(5.5, 5.5), (18.5, 18.5)])
            .line(&[(18.5, 5.5), (5.5, 18.5)]),
        Icon::Warning => s
            .soft(&[(12.0, 3.0), (22.0, 20.5), (2.0, 20.5)])
            .shape(&[(12.0, 3.0), (22.0, 20.5), (2.0, 20.5)])
            .line(&[(12.0, 9.5), (12.0, 14.0)])
            .dot(12.0, 17.2, 1.25),
        Icon::Network => s
            .panel(2.0, 3.0, 8.0, 6.5)
            .panel(14.0, 14.5, 8.0, 6.5)
            .line(&[(6.0, 9.5), (6.0, 17.7), (8.0, 17.7)])
            .line(&[(18.0, 14.5), (18.0, 6.3), (16.0, 6.3)])
            .line(&[(9.4, 14.6), (14.6, 9.4)])
            .line(&[(9.4, 9.4 + 2.6), (9.4, 14.6), (12.0, 14.6)]),
        Icon::Staff => s
            .circle(12.0, 6.4, 3.8)
            .curve((5.0, 17.6), (5.2, 12.6), (9.8, 12.4))
            .line(&[(9.8, 12.4), (14.2, 12.4)])
            .curve((14.2, 12.4), (18.8, 12.6), (19.0, 17.6))
            .soft(&[(2.0, 17.6), (22.0, 17.6), (22.0, 22.0), (2.0, 22.0)])
            .shape(&[(2.0, 17.6), (22.0, 17.6), (22.0, 22.0), (2.0, 22.0)]),
        Icon::Wait => s
            .line(&[(5.5, 2.5), (18.5, 2.5)])
            .line(&[(5.5, 21.5), (18.5, 21.5)])
            .line(&[
                (7.2, 2.5),
                (7.2, 7.0),
                (12.0, 12.0),
                (16.8, 7.0),
                (16.8, 2.5),
            ])
            .line(&[
                (7.2, 21.5),
                (7.2, 17.0),
                (12.0, 12.0),
                (16.8, 17.0),
                (16.8, 21.5),
            ])
            .soft(&[(9.0, 7.6), (15.0, 7.6), (12.0, 10.6)])
            .soft(&[
                (7.2, 21.5),
                (7.2, 19.4),
                (12.0, 17.0),
                (16.8, 19.4),
                (16.8, 21.5),
            ]),
        Icon::Erase => s
            .shape(&[
                (8.0, 5.0),
                (22.0, 5.0),
                (22.0, 19.0),
                (8.0, 19.0),
                (2.0, 12.0),
            ])
            .line(&[(11.5, 9.0), (17.5, 15.0)])
            .line(&[(17.5, 9.0), (11.5, 15.0)]),
        Icon::Back => s
            .line(&[(10.5, 5.0), (3.5, 12.0), (10.5, 19.0)])
            .line(&[(3.5, 12.0), (21.0, 12.0)]),
        Icon::Language => s
            .circle(12.0, 12.0, 9.8)
            .line(&[(2.4, 12.0), (21.6, 12.0)])
            .curve((12.0, 2.2), (4.6, 12.0), (12.0, 21.8))
            .curve((12.0, 2.2), (19.4, 12.0), (12.0, 21.8)),
        Icon::Lock => s
            .soft(&[(4.0, 10.5), (20.0, 10.5), (20.0, 21.5), (4.0, 21.5)])
            .panel(4.0, 10.5, 16.0, 11.0)
            .line(&[(7.6, 10.5), (7.6, 7.4)])
            .curve((7.6, 7.4), (7.8, 2.6), (12.0, 2.5))
            .curve((12.0, 2.5), (16.2, 2.6), (16.4, 7.4))
            .line(&[(16.4, 7.4), (16.4, 10.5)])
            .dot(12.0, 15.9, 1.7),
        Icon::Letters => s
            .line(&[(1.6, 19.6), (7.6, 4.0), (13.6, 19.6)])
            .line(&[(3.9, 14.2), (11.3, 14.2)])
            .circle(18.6, 16.0, 3.4)
            .line(&[(22.2, 12.2), (22.2, 19.8)]),
        Icon::Wheelchair => s
            .dot(9.4, 3.1, 2.1)
            .line(&[
                (9.6, 7.2),
                (9.9, 13.6),
                (15.8, 13.6),
                (18.6, 19.4),
                (21.2, 18.4),
            ])
            .line(&[(9.7, 9.8), (14.6, 9.8)])
            .curve((6.9, 10.6), (2.2, 13.0), (3.8, 17.6))
            .curve((3.8, 17.6), (5.6, 22.4), (10.6, 21.6))
            .curve((10.6, 21.6), (14.4, 20.8), (15.0, 17.0)),
        Icon::Document => s
            .shape(&[
                (5.0, 2.5),
                (14.5, 2.5),
                (19.5, 7.5),
                (19.5, 21.5),
                (5.0, 21.5),
            ])
            .line(&[(8.6, 11.0), (16.0, 11.0)])
            .line(&[(8.6, 14.5), (16.0, 14.5)])
            .line(&[(8.6, 18.0), (13.0, 18.0)]),
    };
    s
}

fn draw(icon: Icon, side: i32) -> Mask {
    let side_px = side as u32;
    let Some(mut picture) = Pixmap::new(side_px, side_px) else {
        return Mask::default();
    };
    let sketch = sketch(icon);
    let scale = Transform::from_scale(side as f32 / 24.0, side as f32 / 24.0);
    let mut paint = Paint {
        anti_alias: true,
        ..Paint::default()
    };
    let is_picture = side >= PICTURE_FROM;
    if is_picture && let Some(path) = finish(sketch.softs) {
        paint.set_color_rgba8(255, 255, 255, SOFT);
        picture.fill_path(&path, &paint, FillRule::Winding, scale, None);
    }
    paint.set_color_rgba8(255, 255, 255, 255);
    let stroke = Stroke {
        width: if is_picture { FINE } else { THICK },
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        ..Stroke::default()
    };
    if let Some(path) = finish(sketch.strokes) {
        picture.stroke_path(&path, &paint, &stroke, scale, None);
    }
    if let Some(path) = finish(sketch.fills) {
        picture.fill_path(&path, &paint, FillRule::Winding, scale, None);
    }
    let coverage: Vec<u8> = picture.pixels().iter().map(|pixel| pixel.alpha()).collect();
    Mask::from_bytes(side as usize, side as usize, &coverage)
}

fn finish(builder: PathBuilder) -> Option<Path> {
    if builder.is_empty() {
        None
    } else {
        builder.finish()
    }
}
