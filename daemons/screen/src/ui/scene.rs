// SPDX-License-Identifier: MIT OR Apache-2.0
//! The picture of the current view and everything that follows from it: pixels, damage, what lies
//! under a finger, what is read.

use std::sync::Arc;

use serde::Serialize;

use super::damage::damage;
use super::geometry::Rect;
use super::icons::Icons;
use super::layout::{Laid, Panel, lay_out};
use super::node::{Kind, Node, Scale, TextSize};
use super::paint::{Brush, Corners, Hand, Touched, live_line, paint};
use super::picture::Picture;
use super::raster::{Frame, Item, repaint};
use super::renew::{renew, same_layout};
use super::text::{Faces, Typesetter};
use super::theme::Palette;

/// One entry of the tree that tests, speech and the panel protocol read, in reading order.
/// Lengths are pixels of the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TreeNode {
    /// `button`, `text`, `heading`, `status`, `key`, `image` or `group`.
    pub role: &'static str,
    /// What is read.
    pub label: String,
    /// What pressing it does.
    pub action: Option<String>,
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width.
    pub w: i32,
    /// Height.
    pub h: i32,
    /// May be pressed.
    pub enabled: bool,
    /// Read out when it changes.
    pub live: bool,
    /// The ring of the keypad lies round it.
    pub focused: bool,
}

/// The picture of a view.
pub struct Scene {
    panel: Panel,
    type_: Typesetter,
    icons: Icons,
    corners: Corners,
    palette: Palette,
    view: Option<Node>,
    tried: Option<(Node, Vec<Laid>)>,
    laid: Vec<Laid>,
    touched: Touched,
    focus: Option<usize>,
    live: Option<Arc<Picture>>,
    items: Vec<Item>,
    spare: Vec<Item>,
    damage: Vec<Rect>,
    frame: Frame,
}

impl Scene {
    /// An empty picture for this panel.
    pub fn new(panel: Panel, faces: Faces) -> Self {
        Self {
            panel,
            type_: Typesetter::new(faces, TextSize::Title.mm(Scale::NORMAL) * panel.px_per_mm),
            icons: Icons::default(),
            corners: Corners::default(),
            palette: Palette::default(),
            view: None,
            tried: None,
            laid: Vec::new(),
            touched: Touched::Nothing,
            focus: None,
            live: None,
            items: Vec::new(),
            spare: Vec::new(),
            damage: Vec::new(),
            frame: Frame::new(panel.width, panel.height),
        }
    }

    /// The glass.
    pub fn panel(&self) -> &Panel {
        &self.panel
    }

    /// The pixels.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The boxes, for checks; see [`super::check`].
    pub fn laid(&self) -> &[Laid] {
        &self.laid
    }

    /// What is drawn, from the ground up, for checks.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The colours from the next picture on.
    pub fn set_palette(&mut self, palette: Palette) {
        self.palette = palette;
    }

    /// Lays a view out without showing it, for a look at its boxes; showing it next costs no second
    /// layout.
    pub fn try_out(&mut self, view: Node) -> &[Laid] {
        let laid = self.lay(&view);
        &self.tried.insert((view, laid)).1
    }

    /// Whether a view has the boxes and texts of the one that is shown.
    pub fn looks_like(&self, view: &Node) -> bool {
        self.view.as_ref().is_some_and(|old| same_layout(old, view))
    }

    fn lay(&mut self, view: &Node) -> Vec<Laid> {
        lay_out(view, &self.panel, &mut self.type_, &mut self.icons).unwrap_or_else(|error| {
            // Only a node id that we made ourselves could be wrong. The old picture with the new
            // view's buttons would lie, so nothing can be pressed.
            tracing::error!(%error, "the view cannot be laid out");
            Vec::new()
        })
    }

    /// Shows a view and ends any touch; returns what changed.
    pub fn show(&mut self, view: Node) -> &[Rect] {
        let tried = self.tried.take().filter(|(tried, _)| *tried == view);
        if self.looks_like(&view) {
            renew(&mut self.laid, &view);
        } else if let Some((_, laid)) = tried {
            self.laid = laid;
        } else {
            self.laid = self.lay(&view);
        }
        self.view = Some(view);
        self.touched = Touched::Nothing;
        self.focus = None;
        self.redraw()
    }

    /// Lights what is touched; returns what changed.
    pub fn touch(&mut self, touched: Touched) -> &[Rect] {
        if self.touched == touched {
            self.damage.clear();
            return &self.damage;
        }
        self.touched = touched;
        self.redraw()
    }

    /// Draws the ring of the keypad round a node, or takes it away; returns what changed.
    pub fn set_focus(&mut self, focus: Option<usize>) -> &[Rect] {
        if self.focus == focus {
            self.damage.clear();
            return &self.damage;
        }
        self.focus = focus;
        self.redraw()
    }

    /// Shows what the camera sees where the view has a place for it, or nothing; returns what changed.
    pub fn set_live(&mut self, picture: Option<Picture>) -> &[Rect] {
        if self.live.is_none() && picture.is_none() {
            self.damage.clear();
            return &self.damage;
        }
        self.live = picture.map(Arc::new);
        self.redraw();
        // What was seen before is not kept.
        self.spare.clear();
        &self.damage
    }

    /// Pixels of the place for what the camera sees, if the view has one.
    pub fn live_size(&self) -> Option<(i32, i32)> {
        let live = |laid: &&Laid| matches!(laid.node.kind, Kind::Live(_));
        let laid = self.laid.iter().find(live)?;
        let inside = laid.rect.inset(live_line(&self.panel));
        Some((inside.w, inside.h))
    }

    /// What the ring lies round.
    pub fn focus(&self) -> Option<usize> {
        self.focus
    }

    /// Where the ring stops, in reading order: whatever can be pressed but the keys of a pad.
    pub fn stops(&self) -> Vec<usize> {
        let stop = |laid: &Laid| {
            let node = &laid.node;
            node.action.is_some() && node.enabled && !matches!(node.kind, Kind::Key { .. })
        };
        let laid = self.laid.iter().enumerate();
        laid.filter_map(|(index, laid)| stop(laid).then_some(index))
            .collect()
    }

    /// The enabled node with an action.
    pub fn with_action(&self, action: &str) -> Option<usize> {
        self.laid
            .iter()
            .position(|laid| laid.node.enabled && laid.node.action.as_deref() == Some(action))
    }

    /// How a touch on a node shows.
    pub fn touched_by(&self, index: usize) -> Touched {
        match self.laid.get(index).map(|laid| laid.node.kind) {
            Some(Kind::Key { masked: true }) => Touched::Masked,
            Some(_) => Touched::Node(index),
            None => Touched::Nothing,
        }
    }

    /// The enabled node with an action under a point.
    pub fn hit(&self, x: i32, y: i32) -> Option<usize> {
        self.laid.iter().rposition(|laid| {
            laid.node.action.is_some() && laid.node.enabled && laid.rect.has(x, y)
        })
    }

    /// The action of a node.
    pub fn action(&self, index: usize) -> Option<&str> {
        self.laid
            .get(index)
            .and_then(|laid| laid.node.action.as_deref())
    }

    /// Drops every text that was shown before, such as a patient's name.
    pub fn forget(&mut self) {
        self.type_.forget();
        self.tried = None;
        self.spare.clear();
    }

    /// Draws everything anew; returns the whole picture as damage.
    pub fn repaint_all(&mut self) -> &[Rect] {
        let all = self.frame.bounds();
        repaint(&mut self.frame, &self.items, &all);
        self.damage.clear();
        self.damage.push(all);
        &self.damage
    }

    /// Whether the pixels equal those of a full repaint; for tests.
    pub fn equals_full_repaint(&self) -> bool {
        let mut full = Frame::new(self.panel.width, self.panel.height);
        let all = full.bounds();
        repaint(&mut full, &self.items, &all);
        full == self.frame
    }

    /// What is read, in reading order.
    pub fn tree(&self) -> Vec<TreeNode> {
        self.laid
            .iter()
            .enumerate()
            .filter(|(_, laid)| self.is_read(laid))
            .map(|(index, laid)| TreeNode {
                role: laid.node.role(),
                label: laid.node.spoken(),
                action: laid.node.action.clone(),
                x: laid.rect.x,
                y: laid.rect.y,
                w: laid.rect.w,
                h: laid.rect.h,
                enabled: laid.node.enabled,
                live: laid.node.live,
                focused: self.focus == Some(index),
            })
            .collect()
    }

    fn is_read(&self, laid: &Laid) -> bool {
        if laid.node.label.is_empty() && laid.node.action.is_none() {
            return false;
        }
        // What stands inside a button or a labelled strip is read as that.
        let mut above = laid.parent;
        while let Some(index) = above {
            let node = &self.laid[index].node;
            let speaks = matches!(node.kind, Kind::Button | Kind::Key { .. } | Kind::Strip);
            if speaks && !node.label.is_empty() {
                return false;
            }
            above = self.laid[index].parent;
        }
        true
    }

    fn redraw(&mut self) -> &[Rect] {
        let first = self.items.is_empty();
        std::mem::swap(&mut self.items, &mut self.spare);
        let mut brush = Brush {
            panel: &self.panel,
            palette: self.palette,
            corners: &mut self.corners,
            live: self.live.as_ref(),
        };
        let hand = Hand {
            touched: self.touched,
            focus: self.focus,
        };
        paint(&self.laid, hand, &mut brush, &mut self.items);
        if first {
            return self.repaint_all();
        }
        damage(&self.spare, &self.items, &mut self.damage);
        let bounds = self.frame.bounds();
        for rect in &mut self.damage {
            *rect = rect.cut(&bounds);
            repaint(&mut self.frame, &self.items, rect);
        }
        self.damage.retain(|rect| !rect.is_empty());
        &self.damage
    }
}
