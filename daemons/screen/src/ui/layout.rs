// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a view in millimetres to boxes in pixels, by flexible boxes (`taffy`).

use std::sync::Arc;

use taffy::prelude::*;

use super::flex::{Leaf, Part, build};
use super::geometry::Rect;
use super::icons::Icons;
use super::mask::Mask;
use super::node::{Kind, Node};
use super::text::{BEARING, Setting, Typesetter};

/// The glass the picture is on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Panel {
    /// Pixels across, as the person sees it.
    pub width: u32,
    /// Pixels down, as the person sees it.
    pub height: u32,
    /// Pixels per millimetre.
    pub px_per_mm: f32,
}

impl Panel {
    /// From the picture's size in pixels and the glass's in millimetres, both as the person sees
    /// them. Where the two sides disagree the coarser one counts: things get larger, not smaller.
    pub fn new((width, height): (u32, u32), (width_mm, height_mm): (f32, f32)) -> Self {
        let px_per_mm = (width as f32 / width_mm).max(height as f32 / height_mm);
        Self {
            width,
            height,
            px_per_mm,
        }
    }

    /// Whether it is higher than wide.
    pub fn is_portrait(&self) -> bool {
        self.height > self.width
    }

    /// Millimetres in whole pixels; at least one where there is anything at all.
    pub fn px(&self, mm: f32) -> i32 {
        if mm <= 0.0 {
            0
        } else {
            ((mm * self.px_per_mm).round() as i32).max(1)
        }
    }

    /// Pixels in millimetres.
    pub fn mm(&self, px: i32) -> f32 {
        px as f32 / self.px_per_mm
    }
}

/// Diameter of a dot of the PIN row and the room between two, mm.
pub(super) const DOT_MM: f32 = 6.0;
pub(super) const DOT_GAP_MM: f32 = 5.0;

/// Coverage and where it begins.
#[derive(Clone)]
pub struct Placed {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// What is covered.
    pub mask: Arc<Mask>,
}

/// A node in its place.
#[derive(Clone)]
pub struct Laid {
    /// Where it is.
    pub rect: Rect,
    /// The node without its children.
    pub node: Node,
    /// Index of the parent; the root has none.
    pub parent: Option<usize>,
    /// Its own text.
    pub text: Option<Placed>,
    /// Its own sign.
    pub sign: Option<Placed>,
    /// Its text does not fit its box, or reaches the edge of the key it stands on.
    pub overflows: bool,
    /// Its text has a character that no font has a glyph for.
    pub lacks_glyph: bool,
}

/// What a label leaves free to the edge of its key, at least, mm.
const LABEL_EDGE_MM: f32 = 0.5;

/// Lays out a view. The result is in reading order, parents before children.
///
/// # Errors
/// Only on a defect of ours: the layout tree is built and read in one go.
pub fn lay_out(
    view: &Node,
    panel: &Panel,
    type_: &mut Typesetter,
    icons: &mut Icons,
) -> Result<Vec<Laid>, taffy::TaffyError> {
    let mut tree: TaffyTree<Leaf> = TaffyTree::with_capacity(128);
    let mut nodes = Vec::with_capacity(64);
    let mut parts = Vec::with_capacity(64);
    let root = build(view, None, panel, &mut tree, &mut nodes, &mut parts)?;
    let mut style = tree.style(root)?.clone();
    style.size = Size {
        width: length(panel.width as f32),
        height: length(panel.height as f32),
    };
    tree.set_style(root, style)?;
    let space = Size {
        width: AvailableSpace::Definite(panel.width as f32),
        height: AvailableSpace::Definite(panel.height as f32),
    };
    tree.compute_layout_with_measure(root, space, |inputs, _, leaf, style| {
        let leaf = leaf.copied();
        taffy::compute_leaf_layout(
            inputs,
            style,
            |_, _| 0.0,
            |known, room| match leaf {
                Some(Leaf::Text(index)) => {
                    let node: &Node = nodes[index];
                    measure(node, panel, type_, known, room)
                }
                Some(Leaf::Fixed(width, height)) => Size {
                    width: known.width.unwrap_or(width),
                    height: known.height.unwrap_or(height),
                },
                None => Size::ZERO,
            },
        )
    })?;
    collect(&tree, &nodes, &parts, panel, type_, icons)
}

fn measure(
    node: &Node,
    panel: &Panel,
    type_: &mut Typesetter,
    known: Size<Option<f32>>,
    room: Size<AvailableSpace>,
) -> Size<f32> {
    if let Size {
        width: Some(width),
        height: Some(height),
    } = known
    {
        return Size { width, height };
    }
    let limit = known.width.or(match room.width {
        AvailableSpace::Definite(width) => Some(width),
        AvailableSpace::MinContent => Some(0.0),
        AvailableSpace::MaxContent => None,
    });
    let (width, height) = type_.measure(&node.label, setting(node, panel), limit);
    Size {
        width: known.width.unwrap_or(width),
        height: known.height.unwrap_or(height),
    }
}

fn setting(node: &Node, panel: &Panel) -> Setting {
    Setting {
        em64: (node.style.size.mm(node.style.scale) * panel.px_per_mm * 64.0).round() as u32,
        bold: node.style.bold,
        letters: node.style.letters.unwrap_or_default(),
    }
}

/// Reads the boxes back and sets the texts in them.
fn collect(
    tree: &TaffyTree<Leaf>,
    nodes: &[&Node],
    parts: &[Part],
    panel: &Panel,
    type_: &mut Typesetter,
    icons: &mut Icons,
) -> Result<Vec<Laid>, taffy::TaffyError> {
    let mut laid: Vec<Laid> = Vec::with_capacity(parts.len());
    let index_of: std::collections::HashMap<NodeId, usize> = parts
        .iter()
        .enumerate()
        .map(|(index, part)| (part.main, index))
        .collect();
    for part in parts {
        let node = nodes[part.node];
        let parent = tree
            .parent(part.main)
            .and_then(|id| index_of.get(&id).copied());
        let origin = parent.map_or((0, 0), |index| (laid[index].rect.x, laid[index].rect.y));
        let rect = place(tree, part.main, origin)?;
        let bare = bare(node);
        let mut entry = Laid {
            rect,
            node: bare,
            parent,
            text: None,
            sign: None,
            overflows: false,
            lacks_glyph: false,
        };
        if let Some((leaf, icon, side)) = part.sign {
            let at = place(tree, leaf, (rect.x, rect.y))?;
            let mask = icons.get(icon, side);
            entry.sign = Some(Placed {
                x: at.x,
                y: at.y,
                mask,
            });
        }
        if let Kind::Icon(icon) | Kind::Live(icon) = node.kind {
            let side = rect.w.min(rect.h);
            let mask = icons.get(icon, side);
            let (x, y) = (rect.x + (rect.w - side) / 2, rect.y + (rect.h - side) / 2);
            entry.sign = Some(Placed { x, y, mask });
        }
        if let Some(leaf) = part.text {
            let at = if leaf == part.main {
                inner(rect, node, panel)
            } else {
                place(tree, leaf, (rect.x, rect.y))?
            };
            let set = type_.set(&node.label, setting(node, panel), at.w, node.style.align);
            let stands = rect.inset(panel.px(LABEL_EDGE_MM));
            let sticks_out = leaf != part.main && !stands.covers(&at);
            entry.overflows =
                sticks_out || set.widest > at.w as f32 + 0.5 || set.mask.height > at.h + 1;
            entry.lacks_glyph = set.lacks_glyph;
            entry.text = Some(Placed {
                x: at.x - BEARING,
                y: at.y,
                mask: Arc::clone(&set.mask),
            });
        }
        laid.push(entry);
    }
    Ok(laid)
}

/// The node without its children.
fn bare(node: &Node) -> Node {
    Node {
        label: node.label.clone(),
        action: node.action.clone(),
        heard: node.heard.clone(),
        children: Vec::new(),
        ..*node
    }
}

/// Where a box is in the picture; `origin` is its parent's corner.
fn place(
    tree: &TaffyTree<Leaf>,
    id: NodeId,
    origin: (i32, i32),
) -> Result<Rect, taffy::TaffyError> {
    let layout = tree.layout(id)?;
    Ok(Rect::new(
        origin.0 + layout.location.x as i32,
        origin.1 + layout.location.y as i32,
        layout.size.width as i32,
        layout.size.height as i32,
    ))
}

/// A box without the room inside its edge.
fn inner(rect: Rect, node: &Node, panel: &Panel) -> Rect {
    let (x, y) = (panel.px(node.style.pad.0), panel.px(node.style.pad.1));
    Rect::new(
        rect.x + x,
        rect.y + y,
        (rect.w - 2 * x).max(0),
        (rect.h - 2 * y).max(0),
    )
}

/// Boxes of the dots inside a dots node.
pub fn dot_boxes(rect: &Rect, of: u8, panel: &Panel) -> impl Iterator<Item = Rect> + use<> {
    let (side, gap) = (panel.px(DOT_MM), panel.px(DOT_GAP_MM));
    let of = i32::from(of);
    let all = of * side + (of - 1).max(0) * gap;
    let (x, y) = (rect.x + (rect.w - all) / 2, rect.y + (rect.h - side) / 2);
    (0..of).map(move |n| Rect::new(x + n * (side + gap), y, side, side))
}
