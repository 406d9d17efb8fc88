// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading the machine's display: what the glass shows is compared with what the product itself
//! draws for a view, pixel by pixel, and fingers find their buttons in the same drawing.
//!
//! No picture is recorded from a machine: a view that changes changes on both sides.

use std::path::{Path, PathBuf};

use tiny_skia::Pixmap;
use uketsuke_bus::mode1::{Action, Details, View, ViewId};
use uketsuke_bus::screen1::{Ease, Language};
use uketsuke_screen::shuffle::USUAL;
use uketsuke_screen::ui::layout::Panel;
use uketsuke_screen::ui::node::Scale;
use uketsuke_screen::ui::raster::Frame;
use uketsuke_screen::ui::scene::{Scene, TreeNode};
use uketsuke_screen::{FACES, views};

/// Why a picture cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It cannot be read or written.
    #[error("cannot use the picture {path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A button that should be there is not.
    #[error("{view} has nothing to press for {action:?}")]
    NoButton {
        /// The view.
        view: String,
        /// What pressing it would do.
        action: String,
    },
}

/// What a display shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// `0x00RRGGBB`, row by row.
    pub pixels: Vec<u32>,
}

impl Picture {
    /// Reads a PNG.
    ///
    /// # Errors
    /// [`PictureError::File`].
    pub fn load(path: &Path) -> Result<Self, PictureError> {
        let pixmap = Pixmap::load_png(path).map_err(|error| PictureError::File {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        let colour = |bytes: &[u8]| u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
        Ok(Self {
            width: pixmap.width(),
            height: pixmap.height(),
            pixels: pixmap.data().chunks_exact(4).map(colour).collect(),
        })
    }

    /// Writes a PNG.
    ///
    /// # Errors
    /// [`PictureError::File`].
    pub fn save(&self, path: &Path) -> Result<(), PictureError> {
        let frame = Frame {
            width: self.width,
            height: self.height,
            pixels: self.pixels.clone(),
        };
        uketsuke_screen::output::png::write(&frame, path).map_err(|error| PictureError::File {
            path: path.to_owned(),
            reason: error.to_string(),
        })
    }

    /// Pixels that differ from the expected picture; all of them where the sizes differ.
    #[must_use]
    pub fn differing(&self, expected: &Expected) -> usize {
        let other = &expected.picture;
        if (self.width, self.height) != (other.width, other.height) {
            return self.pixels.len().max(other.pixels.len());
        }
        let pairs = self.pixels.iter().zip(&other.pixels);
        pairs.filter(|(a, b)| a != b).count()
    }
}

/// A view as it must look, and where its buttons are.
#[derive(Clone)]
pub struct Expected {
    /// For people: `P-00`, `P-04 with 2 digits`.
    pub name: String,
    /// The picture.
    pub picture: Picture,
    tree: Vec<TreeNode>,
    view: Option<View>,
    details: Details,
    digits: u8,
}

impl Expected {
    /// Where to touch for an action.
    ///
    /// # Errors
    /// [`PictureError::NoButton`].
    pub fn button(&self, action: &str) -> Result<(u32, u32), PictureError> {
        let mut nodes = self.tree.iter();
        let node = nodes.find(|node| node.enabled && node.action.as_deref() == Some(action));
        let Some(node) = node else {
            return Err(PictureError::NoButton {
                view: self.name.clone(),
                action: action.to_owned(),
            });
        };
        let middle = |from: i32, length: i32| u32::try_from(from + length / 2).unwrap_or(0);
        Ok((middle(node.x, node.w), middle(node.y, node.h)))
    }
}

impl Expected {
    /// How often the keypad's key for the next thing leads the ring to an action, from a view without
    /// one.
    ///
    /// # Errors
    /// [`PictureError::NoButton`].
    pub fn steps_to(&self, action: &str) -> Result<usize, PictureError> {
        let mut stops = self
            .tree
            .iter()
            .filter(|node| node.enabled && node.action.is_some() && node.role != "key");
        let at = stops.position(|node| node.action.as_deref() == Some(action));
        at.map(|at| at + 1).ok_or_else(|| PictureError::NoButton {
            view: self.name.clone(),
            action: action.to_owned(),
        })
    }
}

/// The glass of the machine and how the reader behind it is set up.
pub struct Glass {
    facility: String,
    language: Language,
    panel: Panel,
    size: views::Panel,
}

/// Pixels of the emulated display (`xres`, `yres` of its device).
pub const PIXELS: (u32, u32) = (1280, 800);
/// `screen.width_mm` and `screen.height_mm` by default, which no test sets.
const MILLIMETRES: (f32, f32) = (172.0, 108.0);

impl Glass {
    /// The glass of a reader of this facility.
    #[must_use]
    pub fn new(facility: &str) -> Self {
        Self {
            facility: facility.to_owned(),
            language: Language::Ja,
            panel: Panel::new(PIXELS, MILLIMETRES),
            size: views::Panel {
                width_mm: MILLIMETRES.0,
                height_mm: MILLIMETRES.1,
            },
        }
    }

    /// Draws what the screen daemon would.
    #[must_use]
    pub fn draw(&self, name: &str, view: Option<&View>, details: &Details, digits: u8) -> Expected {
        self.drawn(name, view, details, digits, None)
    }

    /// A view with the ring of the keypad round an action.
    #[must_use]
    pub fn ringed(&self, shown: &Expected, action: &str) -> Expected {
        let name = format!("{} with the ring round {action}", shown.name);
        let view = shown.view.as_ref();
        self.drawn(&name, view, &shown.details, shown.digits, Some(action))
    }

    fn drawn(
        &self,
        name: &str,
        view: Option<&View>,
        details: &Details,
        digits: u8,
        ring: Option<&str>,
    ) -> Expected {
        let model = views::Model {
            view,
            details,
            overlay: None,
            language: self.language,
            languages: &Language::ALL,
            pin_digits: digits,
            pad_order: USUAL,
            facility: &self.facility,
            panel: self.size,
            ease: Ease::default(),
            scale: Scale::NORMAL,
        };
        let mut scene = Scene::new(self.panel, FACES);
        scene.show(views::view(&model));
        let ring = ring.and_then(|action| scene.with_action(action));
        scene.set_focus(ring);
        let frame = scene.frame();
        Expected {
            name: name.to_owned(),
            picture: Picture {
                width: frame.width,
                height: frame.height,
                pixels: frame.pixels.clone(),
            },
            tree: scene.tree(),
            view: view.cloned(),
            details: details.clone(),
            digits,
        }
    }

    /// A view with these choices and nothing else.
    #[must_use]
    pub fn view(&self, id: ViewId, choices: &[Action], set: impl FnOnce(&mut View)) -> Expected {
        // Real views are numbered from 1; the number itself is not shown.
        let mut view = View::new(id, 1);
        view.choices = choices.to_vec();
        set(&mut view);
        self.draw(id.as_str(), Some(&view), &Details::default(), 0)
    }

    /// The idle screen of a reader that lacks nothing.
    #[must_use]
    pub fn idle(&self) -> Expected {
        self.view(ViewId::Idle, &[], |_| {})
    }

    /// The PIN pad with so many digits typed.
    #[must_use]
    pub fn pin(&self, digits: u8) -> Expected {
        let mut view = View::new(ViewId::Pin, 1);
        view.choices = vec![Action::Finish];
        view.pad = Some(true);
        let name = format!("{} with {digits} digits", ViewId::Pin.as_str());
        self.draw(&name, Some(&view), &Details::default(), digits)
    }

    /// The last view of a check-in, with the patient's name.
    #[must_use]
    pub fn done(&self, name_kana: &str) -> Expected {
        let view = View::new(ViewId::Done, 1);
        let details = Details {
            name_kana: Some(name_kana.to_owned()),
            ..Details::default()
        };
        self.draw(ViewId::Done.as_str(), Some(&view), &details, 0)
    }

    /// Which view of the gallery a picture is nearest to, and how many pixels differ: for the
    /// report of a wait that failed.
    #[must_use]
    pub fn nearest(&self, seen: &Picture) -> (String, usize) {
        let samples = views::gallery();
        let drawn = samples.iter().map(|sample| {
            let view = sample.view.as_ref();
            self.draw(&sample.name, view, &sample.details, sample.pin_digits)
        });
        drawn
            .map(|expected| {
                let differing = seen.differing(&expected);
                (expected.name, differing)
            })
            .min_by_key(|(_, differing)| *differing)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_picture_equals_its_own_view_and_no_other() {
        let glass = Glass::new("うけつけ医院");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("idle.png");
        glass.idle().picture.save(&path).unwrap();
        let seen = Picture::load(&path).unwrap();
        assert_eq!(seen.differing(&glass.idle()), 0);
        assert_eq!(glass.nearest(&seen).0, "P-00");
        let elsewhere = Glass::new("べつの医院");
        assert!(seen.differing(&elsewhere.idle()) > 0, "the facility shows");
        assert!(seen.differing(&glass.pin(0)) > 10_000);
        assert!(glass.pin(1).picture != glass.pin(2).picture);
        assert!(Picture::load(&folder.path().join("none.png")).is_err());
    }

    #[test]
    fn buttons_are_found_where_they_are_drawn() {
        let glass = Glass::new("うけつけ医院");
        let method = glass.view(ViewId::Method, &[Action::Pin, Action::Finish], |_| {});
        let (x, y) = method.button("pin").unwrap();
        assert!(x < PIXELS.0 && y < PIXELS.1);
        assert_ne!(method.button("finish").unwrap(), (x, y));
        assert!(matches!(
            method.button("agree"),
            Err(PictureError::NoButton { .. })
        ));
        for digit in 0..10 {
            assert!(glass.pin(0).button(&format!("digit-{digit}")).is_ok());
        }
    }

    #[test]
    fn a_picture_of_another_size_is_never_equal() {
        let seen = Picture {
            width: 720,
            height: 400,
            pixels: vec![0; 720 * 400],
        };
        let idle = Glass::new("うけつけ医院").idle();
        assert_eq!(seen.differing(&idle), idle.picture.pixels.len());
    }
}
