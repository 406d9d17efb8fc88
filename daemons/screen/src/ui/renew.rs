// SPDX-License-Identifier: MIT OR Apache-2.0
//! Views that differ in nothing that would move a box.

use super::layout::Laid;
use super::node::{Kind, Node};

/// Whether two views give the same boxes and texts, so that only what is painted may differ:
/// dots, what is enabled, what is said of the dots.
pub fn same_layout(a: &Node, b: &Node) -> bool {
    let same_kind = match (a.kind, b.kind) {
        (Kind::Dots { of, .. }, Kind::Dots { of: of2, .. }) => of == of2,
        (kind, kind2) => kind == kind2 && a.label == b.label,
    };
    same_kind
        && a.style == b.style
        && a.icon == b.icon
        && a.icon_mm == b.icon_mm
        && a.action == b.action
        && a.children.len() == b.children.len()
        && a.children
            .iter()
            .zip(&b.children)
            .all(|(a, b)| same_layout(a, b))
}

/// Takes over what may differ between views of the same layout; see [`same_layout`].
pub fn renew(laid: &mut [Laid], view: &Node) {
    let mut index = 0;
    renew_from(laid, &mut index, view);
}

fn renew_from(laid: &mut [Laid], index: &mut usize, view: &Node) {
    if let Some(entry) = laid.get_mut(*index) {
        entry.node.kind = view.kind;
        entry.node.enabled = view.enabled;
        entry.node.live = view.live;
        if entry.node.label != view.label {
            entry.node.label.clone_from(&view.label);
        }
    }
    *index += 1;
    for child in &view.children {
        renew_from(laid, index, child);
    }
}
