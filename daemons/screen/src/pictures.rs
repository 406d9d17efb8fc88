// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every view in every language and orientation as a PNG (`uketsuke-screen --views DIR`).

use std::path::Path;

use anyhow::Context;

use crate::output::{bmp, png};
use crate::texts::LANGUAGES;
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

/// Writes `<view>-<language>-<orientation>.png` into `directory`, the choice of languages as
/// `languages` and `languages-warning`; returns how many.
///
/// # Errors
/// When a file cannot be written.
pub fn write_all(directory: &Path) -> anyhow::Result<usize> {
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    // Compressing a picture takes longer than drawing it.
    let counts = std::thread::scope(|scope| {
        let drawing = orientations().map(|(word, size, panel)| {
            scope.spawn(move || write_orientation(directory, word, size, panel))
        });
        drawing.map(|thread| thread.join())
    });
    let mut count = 0;
    for written in counts {
        count += written.map_err(|_| anyhow::anyhow!("a thread that draws panicked"))??;
    }
    Ok(count)
}

fn write_orientation(
    directory: &Path,
    word: &str,
    size: views::Panel,
    panel: Panel,
) -> anyhow::Result<usize> {
    let mut scene = Scene::new(panel, FACES);
    let mut count = 0;
    for language in LANGUAGES {
        for sample in views::gallery() {
            let model = sample.model(language, size);
            let over = match sample.name.as_str() {
                "P-02" => Some("languages"),
                "P-02-warning" => Some("languages-warning"),
                _ => None,
            };
            let chosen = over.map(|name| {
                let overlay = Some(views::Overlay::Languages);
                (name, views::Model { overlay, ..model })
            });
            let pictures = [(sample.name.as_str(), model)].into_iter().chain(chosen);
            for (name, model) in pictures {
                scene.show(views::view(&model));
                let file = format!("{name}-{}-{word}.png", language.as_str());
                png::write(scene.frame(), &directory.join(file))?;
                count += 1;
            }
        }
    }
    Ok(count)
}
