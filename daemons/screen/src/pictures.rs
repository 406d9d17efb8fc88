// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every view in every language and orientation as a PNG (`uketsuke-screen --views DIR`).

use std::path::Path;

use anyhow::Context;

use crate::output::{bmp, png};
use crate::texts::{LANGUAGES, code};
use crate::ui::layout::Panel;
use crate::ui::scene::Scene;
use crate::{FACES, views};

/// Pixels of the reference panel, lying.
const PIXELS: (u32, u32) = (1280, 800);

/// The reference panel in both orientations, with a word for file names.
pub fn orientations() -> [(&'static str, views::Panel, Panel); 2] {
    let (lying, standing) = (views::Panel::LANDSCAPE, views::Panel::PORTRAIT);
    [
        (
            "landscape",
            lying,
            Panel::new(PIXELS, (lying.width_mm, lying.height_mm)),
        ),
        (
            "portrait",
            standing,
            Panel::new(
                (PIXELS.1, PIXELS.0),
                (standing.width_mm, standing.height_mm),
            ),
        ),
    ]
}

/// Writes what the firmware shows before any daemon runs, as the bitmap it can read.
///
/// # Errors
/// When the file cannot be written.
pub fn write_splash(path: &Path) -> anyhow::Result<()> {
    let [(_, _, panel), _] = orientations();
    let mut scene = Scene::new(panel, FACES);
    scene.show(views::splash());
    bmp::write(scene.frame(), path)?;
    Ok(())
}

/// Writes `<view>-<language>-<orientation>.png` into `directory`; returns how many.
///
/// # Errors
/// When a file cannot be written.
pub fn write_all(directory: &Path) -> anyhow::Result<usize> {
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let mut count = 0;
    for (word, size, panel) in orientations() {
        let mut scene = Scene::new(panel, FACES);
        for language in LANGUAGES {
            for sample in views::gallery() {
                scene.show(views::view(&sample.model(language, size)));
                let name = format!("{}-{}-{word}.png", sample.name, code(language));
                png::write(scene.frame(), &directory.join(name))?;
                count += 1;
            }
        }
    }
    Ok(count)
}
