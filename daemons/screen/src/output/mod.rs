// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the picture goes: one trait, one implementation per kind of glass.
//!
//! Everything is drawn once into a frame in cached memory; an output copies the rectangles that
//! changed, in rows, because the memory of a display is slow to read and written best in order.

pub mod bmp;
pub mod fbdev;
pub mod kms;
mod map;
pub mod memory;
pub mod panel;
pub mod png;

use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use crate::input::Deed;
use crate::ui::geometry::{Rect, Rotation};
use crate::ui::raster::Frame;
use crate::ui::scene::TreeNode;
use uketsuke_bus::screen1::Ease;

/// What an output may show of the current view.
pub struct Shown<'a> {
    /// The picture, as the person sees it.
    pub frame: &'a Frame,
    /// What changed since the last time.
    pub damage: &'a [Rect],
    /// Turn of the picture on its way to the glass.
    pub rotation: Rotation,
    /// The view's id (`P-00`), or `starting`.
    pub view: &'a str,
    /// The view's number; 0 while the mode manager is not there.
    pub view_number: u64,
    /// Language of the texts, as a BCP 47 tag.
    pub language: &'a str,
    /// Text size, colours and layout, as they were asked for.
    pub ease: Ease,
    /// What is read, in pixels of the picture.
    pub tree: &'a dyn Fn() -> Vec<TreeNode>,
}

/// What a finger does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// It meets the glass.
    Down,
    /// It moves.
    Move,
    /// It leaves the glass.
    Up,
}

/// A finger on the glass, in pixels of the glass (before rotation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Touch {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
    /// What it does.
    pub phase: Phase,
}

/// Something to wait for.
pub struct Source<'a> {
    /// Readable when [`Output::attend`] has something to do.
    pub fd: BorrowedFd<'a>,
    /// Also wait until it can be written.
    pub write: bool,
}

/// A glass.
pub trait Output: Send {
    /// The backend in words, for the log: the image's tests look for it.
    fn name(&self) -> String;

    /// Pixels of the glass, before rotation.
    fn size(&self) -> (u32, u32);

    /// Shows what changed. The first call has everything as damage.
    ///
    /// # Errors
    /// When the device is gone or refuses.
    fn show(&mut self, shown: &Shown<'_>) -> Result<(), OutputError>;

    /// What to wait for beside touches; most outputs have nothing.
    fn sources(&self) -> Vec<Source<'_>> {
        Vec::new()
    }

    /// Does what the sources are ready for and adds what a person does to `deeds`; never blocks.
    ///
    /// # Errors
    /// When the output cannot go on; one client's fault is no reason.
    fn attend(&mut self, _shown: &Shown<'_>, _deeds: &mut Vec<Deed>) -> Result<(), OutputError> {
        Ok(())
    }
}

/// Why an output failed.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A file or device could not be opened, mapped or written.
    #[error("{act} {path}")]
    File {
        /// What was tried.
        act: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// No display is connected.
    #[error("no display is connected")]
    NoDisplay,
    /// The kernel refused something on the display.
    #[error("{act}")]
    Display {
        /// What was tried.
        act: &'static str,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The frame buffer has pixels we cannot write.
    #[error("the frame buffer has {0} bits per pixel; 16 and 32 are known")]
    Depth(u32),
}

impl OutputError {
    /// An error on a file, for `map_err`.
    pub(crate) fn file(
        act: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { act, path, source }
    }

    /// An error on a display, for `map_err`.
    pub(crate) fn display(act: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Display { act, source }
    }
}

/// Pixels of a glass in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pixels {
    /// 32 bits, XRGB8888 little-endian.
    Xrgb8888,
    /// 16 bits, RGB565 little-endian.
    Rgb565,
}

impl Pixels {
    /// Bytes of one pixel.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::Xrgb8888 => 4,
            Self::Rgb565 => 2,
        }
    }
}

/// Copies one rectangle of the picture to the glass's memory, turned; returns where it went.
/// `stride` is the length of a row of the glass in bytes.
pub(crate) fn copy(
    frame: &Frame,
    rect: &Rect,
    rotation: Rotation,
    glass: &mut [u8],
    stride: usize,
    pixels: Pixels,
) -> Rect {
    let picture = (frame.width, frame.height);
    let rect = rect.cut(&frame.bounds());
    let target = rotation.rect_to_glass(&rect, picture);
    let bytes = pixels.bytes();
    for y in target.y..target.bottom() {
        let from = y as usize * stride + target.x as usize * bytes;
        let Some(row) = glass.get_mut(from..from + target.w as usize * bytes) else {
            // A glass smaller than it said shows less; it never makes us write elsewhere.
            continue;
        };
        if rotation == Rotation::None && pixels == Pixels::Xrgb8888 {
            for (out, pixel) in row
                .chunks_exact_mut(4)
                .zip(frame.row(y, target.x, target.w))
            {
                out.copy_from_slice(&pixel.to_le_bytes());
            }
            continue;
        }
        for (out, x) in row.chunks_exact_mut(bytes).zip(target.x..) {
            let (px, py) = rotation.to_picture(x, y, picture);
            let pixel = frame.pixels[py as usize * frame.width as usize + px as usize];
            match pixels {
                Pixels::Xrgb8888 => out.copy_from_slice(&pixel.to_le_bytes()),
                Pixels::Rgb565 => out.copy_from_slice(&rgb565(pixel).to_le_bytes()),
            }
        }
    }
    target
}

/// XRGB8888 to RGB565.
fn rgb565(pixel: u32) -> u16 {
    let red = (pixel >> 19) & 0x1F;
    let green = (pixel >> 10) & 0x3F;
    let blue = (pixel >> 3) & 0x1F;
    ((red << 11) | (green << 5) | blue) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        let mut frame = Frame::new(6, 4);
        for (index, pixel) in frame.pixels.iter_mut().enumerate() {
            *pixel = index as u32 * 0x01_0203;
        }
        frame
    }

    #[test]
    fn every_turn_puts_each_pixel_where_a_touch_finds_it() {
        let frame = frame();
        for turn in [0, 90, 180, 270]
            .into_iter()
            .filter_map(Rotation::from_degrees)
        {
            let (w, h) = turn.size((6, 4));
            let stride = w as usize * 4 + 8;
            let mut glass = vec![0u8; stride * h as usize];
            copy(
                &frame,
                &frame.bounds(),
                turn,
                &mut glass,
                stride,
                Pixels::Xrgb8888,
            );
            for y in 0..h as i32 {
                for x in 0..w as i32 {
                    let at = y as usize * stride + x as usize * 4;
                    let (px, py) = turn.to_picture(x, y, (6, 4));
                    let pixel = frame.row(py, px, 1)[0];
                    assert_eq!(glass[at..at + 4], pixel.to_le_bytes(), "{turn:?} {x},{y}");
                }
            }
        }
    }

    #[test]
    fn a_part_changes_nothing_else() {
        let frame = frame();
        let mut glass = vec![0xAA; 6 * 4 * 4];
        let part = Rect::new(2, 1, 3, 2);
        copy(
            &frame,
            &part,
            Rotation::None,
            &mut glass,
            24,
            Pixels::Xrgb8888,
        );
        for y in 0..4 {
            for x in 0..6 {
                let at = (y * 24 + x * 4) as usize;
                assert_eq!(glass[at..at + 4] != [0xAA; 4], part.has(x, y), "{x},{y}");
            }
        }
    }

    #[test]
    fn sixteen_bits_keep_the_high_bits() {
        assert_eq!(rgb565(0xFF_FFFF), 0xFFFF);
        assert_eq!(rgb565(0xFF_0000), 0xF800);
        assert_eq!(rgb565(0x00_FF00), 0x07E0);
        assert_eq!(rgb565(0x00_00FF), 0x001F);
    }
}
