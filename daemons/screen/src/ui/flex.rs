// SPDX-License-Identifier: MIT OR Apache-2.0
//! From nodes to the tree of flexible boxes that `taffy` works on.

use taffy::prelude::*;
use taffy::{AlignContent, AlignItems};

use super::layout::{DOT_GAP_MM, DOT_MM, Panel};
use super::node::{Flow, Icon, Kind, Length, Node, Place};

/// Room round the dots, where a touch shows, mm.
const DOTS_PAD_MM: (f32, f32) = (5.0, 3.0);

/// What a leaf of the layout holds.
#[derive(Clone, Copy)]
pub(super) enum Leaf {
    Text(usize),
    Fixed(f32, f32),
}

/// A node on its way: where its parts are in the layout tree.
pub(super) struct Part {
    pub node: usize,
    pub main: NodeId,
    pub text: Option<NodeId>,
    pub sign: Option<(NodeId, Icon, i32)>,
}

/// Parents and their parts, in reading order.
pub(super) fn build<'a>(
    node: &'a Node,
    parent: Option<Flow>,
    panel: &Panel,
    tree: &mut TaffyTree<Leaf>,
    nodes: &mut Vec<&'a Node>,
    parts: &mut Vec<Part>,
) -> Result<NodeId, taffy::TaffyError> {
    let index = nodes.len();
    nodes.push(node);
    let slot = parts.len();
    let style = flex(node, parent, panel);
    // Reserved now, so that parts stand in reading order; the ids follow.
    parts.push(Part {
        node: index,
        main: NodeId::new(0),
        text: None,
        sign: None,
    });
    let mut children = Vec::new();
    for child in &node.children {
        children.push(build(
            child,
            Some(node.style.flow),
            panel,
            tree,
            nodes,
            parts,
        )?);
    }
    let (mut text, mut sign) = (None, None);
    let main = match node.kind {
        Kind::Dots { of, .. } => {
            let of = f32::from(of);
            let across = of * DOT_MM + (of - 1.0).max(0.0) * DOT_GAP_MM + 2.0 * DOTS_PAD_MM.0;
            let down = DOT_MM + 2.0 * DOTS_PAD_MM.1;
            let fixed = Leaf::Fixed(panel.px(across) as f32, panel.px(down) as f32);
            tree.new_leaf_with_context(style, fixed)?
        }
        Kind::Text | Kind::Heading if node.icon.is_none() && node.children.is_empty() => {
            let leaf = tree.new_leaf_with_context(style, Leaf::Text(index))?;
            text = Some(leaf);
            leaf
        }
        Kind::Group | Kind::Spacer | Kind::Icon(_) | Kind::Live(_) => {
            tree.new_with_children(style, &children)?
        }
        _ if !node.children.is_empty() => tree.new_with_children(style, &children)?,
        _ => {
            if let Some(icon) = node.icon {
                let mm = if node.icon_mm > 0.0 {
                    node.icon_mm
                } else {
                    node.style.size.mm(node.style.scale) * 1.15
                };
                let side = panel.px(mm);
                let size = Size {
                    width: length(side as f32),
                    height: length(side as f32),
                };
                let leaf = tree.new_leaf(Style {
                    size,
                    flex_shrink: 0.0,
                    ..Style::default()
                })?;
                sign = Some((leaf, icon, side));
                children.push(leaf);
            }
            if !node.label.is_empty() {
                let leaf = tree.new_leaf_with_context(Style::default(), Leaf::Text(index))?;
                text = Some(leaf);
                children.push(leaf);
            }
            tree.new_with_children(style, &children)?
        }
    };
    parts[slot] = Part {
        node: index,
        main,
        text,
        sign,
    };
    Ok(main)
}

fn flex(node: &Node, parent: Option<Flow>, panel: &Panel) -> Style {
    let style = &node.style;
    let side = |length_: Length| match length_ {
        Length::Auto => auto(),
        Length::Mm(mm) => length(panel.px(mm) as f32),
        Length::Share(share) => percent(share),
    };
    let limit = |mm: f32| {
        if mm > 0.0 {
            length(panel.px(mm) as f32)
        } else {
            auto()
        }
    };
    let pad = |mm: f32| length(panel.px(mm) as f32);
    let across = |place: Place| match place {
        Place::Start => AlignItems::START,
        Place::Centre => AlignItems::CENTER,
        Place::End => AlignItems::END,
        Place::Fill => AlignItems::STRETCH,
    };
    Style {
        display: Display::Flex,
        flex_direction: match style.flow {
            Flow::Row => FlexDirection::Row,
            Flow::Column => FlexDirection::Column,
        },
        flex_wrap: if style.wrap {
            FlexWrap::Wrap
        } else {
            FlexWrap::NoWrap
        },
        size: Size {
            width: side(style.width),
            height: side(style.height),
        },
        min_size: Size {
            width: limit(style.min_width),
            height: limit(style.min_height),
        },
        max_size: Size {
            width: limit(style.max_width),
            height: auto(),
        },
        flex_grow: style.grow,
        flex_shrink: if style.shrink { 1.0 } else { 0.0 },
        // Those that grow share alike whatever they hold, except in a column, where a text's
        // height is only known once its width is.
        flex_basis: if style.grow > 0.0 && parent == Some(Flow::Row) {
            length(0.0)
        } else {
            auto()
        },
        gap: Size {
            width: pad(style.gap),
            height: pad(style.gap),
        },
        padding: taffy::Rect {
            left: pad(style.pad.0),
            right: pad(style.pad.0),
            top: pad(style.pad.1),
            bottom: pad(style.pad.1),
        },
        justify_content: match style.along {
            Place::Start => AlignContent::START,
            Place::Centre => AlignContent::CENTER,
            Place::End => AlignContent::END,
            Place::Fill => AlignContent::SPACE_BETWEEN,
        },
        align_items: across(style.across),
        align_self: style.place.map(across),
        ..Style::default()
    }
}
