// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every view must keep to, checked on its boxes: tests of views call [`problems`].

use super::geometry::Rect;
use super::layout::{Laid, Panel};
use super::node::{Kind, MIN_GAP_MM, MIN_TARGET_MM};
use super::scene::Scene;

/// Half a pixel of rounding on either side is no fault, mm.
const ROUNDING_PX: f32 = 1.0;

/// How far a text may reach into the room that the view keeps at the lower edge, mm.
const EDGE_MM: f32 = 1.0;

/// Everything wrong with the current view, in words; empty when all is well.
pub fn problems(scene: &Scene) -> Vec<String> {
    let laid = scene.laid();
    let mut found = misfits(laid, scene.panel());
    let headings = laid
        .iter()
        .filter(|entry| entry.node.kind == Kind::Heading)
        .count();
    if headings != 1 {
        found.push(format!("{headings} headings instead of one"));
    }
    for entry in laid {
        if entry.lacks_glyph {
            found.push(format!("{}: a character without a glyph", name(entry)));
        }
        if matches!(entry.node.kind, Kind::Dots { .. }) && entry.node.label.is_empty() {
            found.push("dots without a label".to_owned());
        }
        if entry.node.action.is_some() {
            named(entry, &mut found);
        }
    }
    found
}

/// What a smaller text could mend: whatever is clipped, overlaps, sticks out, is too small to touch
/// or too near to another.
pub fn misfits(laid: &[Laid], panel: &Panel) -> Vec<String> {
    let bounds = Rect::new(0, 0, panel.width as i32, panel.height as i32);
    let mut found = Vec::new();
    for entry in laid {
        place(entry, laid, bounds, &mut found);
        if entry.overflows {
            found.push(format!("{}: the text does not fit its box", name(entry)));
        }
        if entry.node.action.is_some() {
            target(entry, panel, &mut found);
        }
    }
    edge(laid, panel, bounds, &mut found);
    gaps(laid, panel, &mut found);
    overlaps(laid, &mut found);
    found
}

/// Whatever can be pressed and does not lie wholly in the lower half of the glass, in words.
pub fn too_high(laid: &[Laid], panel: &Panel) -> Vec<String> {
    let half = (panel.height / 2) as i32;
    laid.iter()
        .filter(|entry| entry.node.action.is_some() && entry.rect.y < half)
        .map(|entry| format!("{}: not in the lower half", name(entry)))
        .collect()
}

/// A view that is too full pushes its lowest text into the room that it keeps at the edge.
fn edge(laid: &[Laid], panel: &Panel, bounds: Rect, found: &mut Vec<String>) {
    let kept = laid.first().map_or(0.0, |root| root.node.style.pad.1);
    let end = bounds.bottom() - panel.px(kept);
    let texts = laid.iter().filter(|entry| entry.text.is_some());
    if let Some(lowest) = texts.max_by_key(|entry| entry.rect.bottom()) {
        let below = panel.mm(lowest.rect.bottom() - end);
        if below > EDGE_MM {
            found.push(format!("{}: {below:.1} mm too low", name(lowest)));
        }
    }
}

fn name(entry: &Laid) -> String {
    let label = entry.node.spoken();
    let rect = entry.rect;
    format!(
        "{} \"{label}\" at {},{} {}x{}",
        entry.node.role(),
        rect.x,
        rect.y,
        rect.w,
        rect.h
    )
}

/// Inside the glass and inside its parent.
fn place(entry: &Laid, laid: &[Laid], bounds: Rect, found: &mut Vec<String>) {
    if !bounds.covers(&entry.rect) {
        found.push(format!("{}: not inside the screen", name(entry)));
    }
    if let Some(parent) = entry.parent.map(|index| &laid[index])
        && !parent.rect.covers(&entry.rect)
    {
        found.push(format!("{}: sticks out of {}", name(entry), name(parent)));
    }
}

/// Named, and of a kind that can be pressed.
fn named(entry: &Laid, found: &mut Vec<String>) {
    if entry.node.spoken().trim().is_empty() {
        found.push(format!("{}: an action without a label", name(entry)));
    }
    if entry.node.role() == "group" || entry.node.role() == "text" {
        found.push(format!(
            "{}: an action that is neither button nor key",
            name(entry)
        ));
    }
}

/// Large enough to touch.
fn target(entry: &Laid, panel: &Panel, found: &mut Vec<String>) {
    let least = MIN_TARGET_MM * panel.px_per_mm - ROUNDING_PX;
    if (entry.rect.w as f32) < least || (entry.rect.h as f32) < least {
        found.push(format!(
            "{}: {:.1} x {:.1} mm to touch",
            name(entry),
            panel.mm(entry.rect.w),
            panel.mm(entry.rect.h)
        ));
    }
}

/// Things to touch keep their distance.
fn gaps(laid: &[Laid], panel: &Panel, found: &mut Vec<String>) {
    let targets: Vec<&Laid> = laid
        .iter()
        .filter(|entry| entry.node.action.is_some())
        .collect();
    let least = MIN_GAP_MM * panel.px_per_mm - ROUNDING_PX;
    for (index, a) in targets.iter().enumerate() {
        for b in &targets[index + 1..] {
            let across = (b.rect.x - a.rect.right()).max(a.rect.x - b.rect.right());
            let down = (b.rect.y - a.rect.bottom()).max(a.rect.y - b.rect.bottom());
            if (across.max(down) as f32) < least {
                found.push(format!("{} and {}: too close", name(a), name(b)));
            }
        }
    }
}

/// Texts, signs and dots never lie on each other.
fn overlaps(laid: &[Laid], found: &mut Vec<String>) {
    let leaves: Vec<(usize, &Laid)> = laid
        .iter()
        .enumerate()
        .filter(|(_, e)| {
            e.text.is_some() || e.sign.is_some() || matches!(e.node.kind, Kind::Dots { .. })
        })
        .collect();
    for (at, (index, a)) in leaves.iter().enumerate() {
        for (_, b) in &leaves[at + 1..] {
            let inside = std::iter::successors(b.parent, |i| laid[*i].parent).any(|i| i == *index);
            if !inside && a.rect.meets(&b.rect) {
                found.push(format!("{} and {}: overlap", name(a), name(b)));
            }
        }
    }
}
