// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every view must keep to, checked on its boxes: tests of views call [`problems`].

use super::geometry::Rect;
use super::layout::{Laid, Panel};
use super::node::{Kind, MIN_GAP_MM, MIN_TARGET_MM};
use super::scene::Scene;

/// Half a pixel of rounding on either side is no fault, mm.
const ROUNDING_PX: f32 = 1.0;

/// Everything wrong with the current view, in words; empty when all is well.
pub fn problems(scene: &Scene) -> Vec<String> {
    let laid = scene.laid();
    let panel = scene.panel();
    let mut found = Vec::new();
    let headings = laid
        .iter()
        .filter(|entry| entry.node.kind == Kind::Heading)
        .count();
    if headings != 1 {
        found.push(format!("{headings} headings instead of one"));
    }
    for entry in laid {
        place(entry, laid, scene.frame().bounds(), &mut found);
        if entry.overflows {
            found.push(format!("{}: the text does not fit its box", name(entry)));
        }
        if entry.node.action.is_some() {
            target(entry, panel, &mut found);
        }
        if matches!(entry.node.kind, Kind::Dots { .. }) && entry.node.label.is_empty() {
            found.push("dots without a label".to_owned());
        }
    }
    gaps(laid, panel, &mut found);
    overlaps(laid, &mut found);
    found
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

/// Large enough to touch, and named.
fn target(entry: &Laid, panel: &Panel, found: &mut Vec<String>) {
    if entry.node.spoken().trim().is_empty() {
        found.push(format!("{}: an action without a label", name(entry)));
    }
    if entry.node.role() == "group" || entry.node.role() == "text" {
        found.push(format!(
            "{}: an action that is neither button nor key",
            name(entry)
        ));
    }
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
