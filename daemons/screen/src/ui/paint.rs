// SPDX-License-Identifier: MIT OR Apache-2.0
//! From boxes to items to draw. A touch changes colours and thickness, never the number of items,
//! so that comparing two lists finds exactly what changed.

use std::sync::Arc;

use super::geometry::Rect;
use super::layout::{Laid, Panel, Placed, dot_boxes};
use super::node::{Colour, Kind};
use super::picture::Picture;
use super::raster::{Corner, Item, Line};
use super::theme::Palette;

/// What is touched now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Touched {
    /// Nothing.
    #[default]
    Nothing,
    /// The node with this index lights.
    Node(usize),
    /// A masked key: the dots light, whichever key it is (SCR-01).
    Masked,
}

/// Thickness of the line round something touched, mm.
const TOUCHED_LINE_MM: f32 = 1.2;
/// Thickness of the line round dots and hollow dots, mm.
const FINE_LINE_MM: f32 = 0.5;
/// Radius of the field of dots, mm.
const FIELD_RADIUS_MM: f32 = 3.0;

/// Rounded corners, made once per radius.
#[derive(Default)]
pub struct Corners(Vec<Option<Arc<Corner>>>);

/// Thickness of the ring of the keypad, and how far it stays off what it goes round, mm. Together less
/// than half of what lies between two things to press.
const RING_MM: f32 = 0.8;
const RING_GAP_MM: f32 = 0.6;

/// What a person is about to do.
#[derive(Clone, Copy, Debug)]
pub struct Hand {
    /// What a finger lies on.
    pub touched: Touched,
    /// What the ring of the keypad lies round.
    pub focus: Option<usize>,
}

/// What boxes and texts become items with.
pub struct Brush<'a> {
    /// Pixels of a millimetre.
    pub panel: &'a Panel,
    /// Values of the colour roles.
    pub palette: Palette,
    /// Corners made so far.
    pub corners: &'a mut Corners,
    /// What the camera sees.
    pub live: Option<&'a Arc<Picture>>,
}

impl Corners {
    fn get(&mut self, radius: i32) -> Arc<Corner> {
        let index = radius.max(0) as usize;
        if self.0.len() <= index {
            self.0.resize(index + 1, None);
        }
        Arc::clone(self.0[index].get_or_insert_with(|| Arc::new(Corner::new(radius))))
    }
}

impl Brush<'_> {
    fn boxed(
        &mut self,
        rect: Rect,
        radius: i32,
        fill: Option<Colour>,
        line: Option<(Colour, i32)>,
    ) -> Item {
        let radius = radius.min(rect.w / 2).min(rect.h / 2);
        let px = line.map_or(0, |line| line.1);
        Item::Box {
            rect,
            corner: self.corners.get(radius),
            inner: self.corners.get((radius - px).max(0)),
            fill: fill.map(|role| self.palette.colour(role)),
            line: line.map(|(role, px)| Line {
                colour: self.palette.colour(role),
                px,
            }),
        }
    }

    fn stamp(&self, placed: &Placed, ink: Colour) -> Item {
        Item::Mask {
            x: placed.x,
            y: placed.y,
            mask: Arc::clone(&placed.mask),
            colour: self.palette.colour(ink),
        }
    }
}

/// Colours of a node after what the touch and being disabled do to them.
#[derive(Clone, Copy)]
struct Look {
    ink: Option<Colour>,
    fill: Option<Colour>,
    line: Option<(Colour, f32)>,
}

fn look(node: &Laid, touched: bool, palette: Palette) -> Look {
    let style = &node.node.style;
    let outline = palette
        .outline()
        .filter(|_| node.node.action.is_some() && style.line.is_none());
    if touched && style.fill == Some(Colour::Primary) {
        // Turned inside out: the lightness changes, not the hue alone.
        Look {
            ink: Some(Colour::Primary),
            fill: Some(Colour::OnPrimary),
            line: Some((Colour::Primary, TOUCHED_LINE_MM)),
        }
    } else if touched {
        Look {
            ink: Some(Colour::OnPrimary),
            fill: Some(Colour::Primary),
            line: style.line.or(outline).map(|(_, mm)| (Colour::Primary, mm)),
        }
    } else if node.node.action.is_some() && !node.node.enabled {
        Look {
            ink: Some(Colour::Muted),
            fill: Some(Colour::Quiet),
            line: style.line.or(outline).map(|(_, mm)| (Colour::Line, mm)),
        }
    } else {
        Look {
            ink: None,
            fill: style.fill,
            line: style.line.or(outline),
        }
    }
}

/// Fills `items` with everything to draw, from the ground up.
pub fn paint(laid: &[Laid], hand: Hand, brush: &mut Brush<'_>, items: &mut Vec<Item>) {
    items.clear();
    let touched = hand.touched;
    let panel = brush.panel;
    let ground = Rect::new(0, 0, panel.width as i32, panel.height as i32);
    items.push(brush.boxed(ground, 0, Some(Colour::Ground), None));
    for (index, node) in laid.iter().enumerate() {
        let own = node.node.action.is_some().then_some(index);
        let actor = own.or_else(|| actor_above(laid, node));
        let lit = actor.is_some_and(|actor| touched == Touched::Node(actor));
        // What an actor's looks do to its ink holds for all that is drawn inside it.
        let ink = actor
            .and_then(|actor| look(&laid[actor], lit, brush.palette).ink)
            .unwrap_or(node.node.style.ink);
        let look = look(node, lit && own.is_some(), brush.palette);
        if hand.focus == Some(index) {
            items.extend(ring(node, brush));
        }
        if look.fill.is_some() || look.line.is_some() {
            let radius = panel.px(node.node.style.radius);
            let line = look.line.map(|(role, mm)| (role, panel.px(mm)));
            items.push(brush.boxed(node.rect, radius, look.fill, line));
        }
        if let Kind::Dots { filled, of } = node.node.kind {
            paint_dots(node, (filled, of), touched, brush, items);
        }
        if let (Kind::Live(_), Some(picture)) = (node.node.kind, brush.live) {
            items.extend(mirror(node, picture, brush));
            continue;
        }
        for placed in [&node.sign, &node.text].into_iter().flatten() {
            items.push(brush.stamp(placed, ink));
        }
    }
}

/// What the camera sees, in a frame.
fn mirror(laid: &Laid, picture: &Arc<Picture>, brush: &mut Brush<'_>) -> [Item; 2] {
    let (line, radius) = (
        live_line(brush.panel),
        brush.panel.px(laid.node.style.radius),
    );
    let frame = brush.boxed(laid.rect, radius, Some(Colour::Outline), None);
    let inside = laid.rect.inset(line);
    let seen = Item::Picture {
        x: inside.x,
        y: inside.y,
        corner: brush.corners.get((radius - line).max(0)),
        picture: Arc::clone(picture),
    };
    [frame, seen]
}

/// Thickness of the frame round what the camera sees, px.
pub fn live_line(panel: &Panel) -> i32 {
    panel.px(FINE_LINE_MM)
}

/// A ring that leaves a gap, so that it stands out from any colour it goes round. What it goes round is
/// drawn over it.
fn ring(laid: &Laid, brush: &mut Brush<'_>) -> [Item; 2] {
    let (gap, out) = (
        brush.panel.px(RING_GAP_MM),
        brush.panel.px(RING_GAP_MM + RING_MM),
    );
    let radius = brush.panel.px(laid.node.style.radius);
    [(out, Colour::Text), (gap, Colour::Ground)]
        .map(|(by, role)| brush.boxed(laid.rect.inset(-by), radius + by, Some(role), None))
}

/// The nearest thing to press that `node` is part of.
fn actor_above(laid: &[Laid], node: &Laid) -> Option<usize> {
    let mut at = node.parent;
    while let Some(index) = at {
        if laid[index].node.action.is_some() {
            return at;
        }
        at = laid[index].parent;
    }
    None
}

/// A field with dots. A masked touch thickens its line, alike for every digit.
fn paint_dots(
    node: &Laid,
    (filled, of): (u8, u8),
    touched: Touched,
    brush: &mut Brush<'_>,
    items: &mut Vec<Item>,
) {
    let panel = brush.panel;
    let line = if touched == Touched::Masked {
        (Colour::Primary, panel.px(TOUCHED_LINE_MM))
    } else {
        (Colour::Outline, panel.px(FINE_LINE_MM))
    };
    let radius = panel.px(FIELD_RADIUS_MM);
    items.push(brush.boxed(node.rect, radius, Some(Colour::Surface), Some(line)));
    for (index, dot) in dot_boxes(&node.rect, of, panel).enumerate() {
        let full = index < usize::from(filled);
        let (fill, edge) = if full {
            (Colour::Text, Colour::Text)
        } else {
            (Colour::Surface, Colour::Outline)
        };
        let edge = (edge, panel.px(FINE_LINE_MM));
        items.push(brush.boxed(dot, dot.w / 2, Some(fill), Some(edge)));
    }
}
