// SPDX-License-Identifier: MIT OR Apache-2.0
//! What has to be drawn again when one list of items follows another.

use super::geometry::Rect;
use super::raster::Item;

/// Rectangles that differ between two lists of items, joined where that costs little.
///
/// Equal lengths are compared item by item: an item that is the same in the same place of the
/// order draws the same. Otherwise everything between the common beginning and end counts.
pub fn damage(old: &[Item], new: &[Item], out: &mut Vec<Rect>) {
    out.clear();
    if old.len() == new.len() {
        for (a, b) in old.iter().zip(new) {
            if a != b {
                differ(a, b, out);
            }
        }
        return;
    }
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let pairs = old.iter().rev().zip(new.iter().rev());
    let tail = pairs.take(most).take_while(|(a, b)| a == b).count();
    for item in old[head..old.len() - tail]
        .iter()
        .chain(&new[head..new.len() - tail])
    {
        add(item.bounds(), out);
    }
}

/// What changes when `a` becomes `b` in the same place of the order.
fn differ(a: &Item, b: &Item, out: &mut Vec<Rect>) {
    if let (
        Item::Box {
            rect,
            corner,
            inner,
            fill,
            line: Some(line),
        },
        Item::Box {
            rect: rect2,
            corner: corner2,
            inner: inner2,
            fill: fill2,
            line: Some(line2),
        },
    ) = (a, b)
        && rect == rect2
        && fill == fill2
        && corner.radius == corner2.radius
    {
        // Only the line: four strips instead of the whole area.
        let r = corner
            .radius
            .max(inner.radius.max(inner2.radius))
            .max(line.px.max(line2.px));
        if r * 2 < rect.w && r * 2 < rect.h {
            add(Rect::new(rect.x, rect.y, rect.w, r), out);
            add(Rect::new(rect.x, rect.bottom() - r, rect.w, r), out);
            add(Rect::new(rect.x, rect.y + r, r, rect.h - 2 * r), out);
            add(
                Rect::new(rect.right() - r, rect.y + r, r, rect.h - 2 * r),
                out,
            );
            return;
        }
    }
    add(a.bounds(), out);
    add(b.bounds(), out);
}

/// Most rectangles of one repaint.
const MOST_RECTS: usize = 16;

fn add(rect: Rect, out: &mut Vec<Rect>) {
    let mut rect = rect;
    if rect.is_empty() {
        return;
    }
    // Joining may reach further rectangles, so look again until nothing more joins.
    while let Some(near) = out.iter().position(|other| {
        let both = rect.join(other).area();
        other.meets(&rect) || both * 10 <= (rect.area() + other.area()) * 11
    }) {
        rect = rect.join(&out.swap_remove(near));
    }
    out.push(rect);
    if out.len() > MOST_RECTS
        && let Some(last) = out.pop()
        && let Some(first) = out.first_mut()
    {
        *first = first.join(&last);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ui::raster::{Corner, Line};

    fn boxed(x: i32, fill: u32, line: i32) -> Item {
        let rect = Rect::new(x, 0, 100, 80);
        Item::Box {
            rect,
            corner: Arc::new(Corner::new(10)),
            inner: Arc::new(Corner::new(10 - line)),
            fill: Some(fill),
            line: Some(Line {
                colour: 1,
                px: line,
            }),
        }
    }

    fn changed(old: &[Item], new: &[Item]) -> Vec<Rect> {
        let mut out = Vec::new();
        damage(old, new, &mut out);
        out
    }

    #[test]
    fn equal_lists_damage_nothing() {
        let list = [boxed(0, 7, 2), boxed(200, 7, 2)];
        assert_eq!(changed(&list, &list.clone()), []);
    }

    #[test]
    fn only_the_item_that_changed_is_drawn_again() {
        let old = [boxed(0, 7, 2), boxed(200, 7, 2)];
        let new = [boxed(0, 7, 2), boxed(200, 8, 2)];
        assert_eq!(changed(&old, &new), [Rect::new(200, 0, 100, 80)]);
        // In a longer list too, where beginning and end are the same.
        let longer = [boxed(0, 7, 2), boxed(400, 7, 2), boxed(200, 7, 2)];
        assert_eq!(changed(&old, &longer), [Rect::new(400, 0, 100, 80)]);
    }

    #[test]
    fn a_thicker_line_leaves_the_middle_alone() {
        let rects = changed(&[boxed(0, 7, 2)], &[boxed(0, 7, 4)]);
        assert!(!rects.iter().any(|rect| rect.has(50, 40)), "{rects:?}");
        for edge in [(0, 40), (99, 40), (50, 0), (50, 79), (0, 0)] {
            assert!(
                rects.iter().any(|rect| rect.has(edge.0, edge.1)),
                "{edge:?}"
            );
        }
    }
}
