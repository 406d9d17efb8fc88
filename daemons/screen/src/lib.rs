// SPDX-License-Identifier: MIT OR Apache-2.0
//! Screen daemon: draws views, reads touch. It holds no rule: it shows what the mode daemon says
//! and sends what was pressed.
//!
//! `Mode1.View` → `views` (pure, millimetres) → `ui` (layout, text, spans, damage) → `output`.
//! `input` → `ui` (which node) → `Act` or `EnterPin` on `Mode1`. Bus name `jp.uketsuke.Screen1`.
//!
//! `uketsuke-screen --views DIR` draws every view to PNG files without any device, `--splash FILE` the
//! firmware's picture.

pub mod app;
mod bus;
pub mod desk;
pub mod drawing;
pub mod fonts;
pub mod input;
pub mod mirror;
pub mod output;
pub mod pad;
pub mod pictures;
pub mod shuffle;
pub mod speech;
pub mod texts;
pub mod ui;
pub mod views;

/// The fonts every picture is drawn with.
pub const FACES: ui::text::Faces = ui::text::Faces {
    family: fonts::FAMILY,
    latin: fonts::LATIN_FAMILY,
    chinese: fonts::CHINESE_FAMILY,
    korean: fonts::KOREAN_FAMILY,
    // For names of people and facilities inside texts of another language. The Chinese and Korean
    // fonts hold their catalogues alone, so they help nobody else.
    fallback: &[fonts::FAMILY, fonts::LATIN_FAMILY],
    files: &[
        fonts::REGULAR,
        fonts::BOLD,
        fonts::LATIN,
        fonts::LATIN_BOLD,
        fonts::CHINESE,
        fonts::CHINESE_BOLD,
        fonts::KOREAN,
        fonts::KOREAN_BOLD,
    ],
};
