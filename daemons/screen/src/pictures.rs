// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every view in every language and orientation as a PNG, and sheets of all of them in every size,
//! set of colours and layout (`uketsuke-screen --views DIR`).

use std::path::Path;

use anyhow::Context;
use uketsuke_bus::screen1::{Contrast, Ease, Language, Layout, Text};

use crate::output::{bmp, png};
use crate::texts::LANGUAGES;
use crate::ui::layout::Panel;
use crate::ui::raster::Frame;
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

/// What can stand over a view, with a word for file names.
const OVERLAYS: [(views::Overlay, &str); 2] = [
    (views::Overlay::Languages, "languages"),
    (views::Overlay::Ease, "ease"),
];
/// One pixel of a sheet stands for a square of so many pixels of a view.
const SHRINK: u32 = 4;
/// Pixels between the views of a sheet.
const SHEET_GAP: u32 = 12;
/// Behind the views of a sheet: unlike the ground of either set of colours.
const SHEET_GROUND: u32 = 0x70_7880;

/// Writes `<view>-<language>-<orientation>.png` into `directory`, with the choice of languages as
/// `languages` and of looks as `ease`, each also with the warning over it; and
/// `sheet-<language>-<orientation>-<text>-<contrast>-<layout>.png` with all views and both choices.
/// Returns how many views and how many sheets.
///
/// # Errors
/// When a file cannot be written.
pub fn write_all(directory: &Path) -> anyhow::Result<(usize, usize)> {
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    // Compressing a picture takes longer than drawing it.
    let counts = std::thread::scope(|scope| {
        let drawing = orientations().map(|(word, size, panel)| {
            scope.spawn(move || {
                let views = write_orientation(directory, word, size, panel)?;
                anyhow::Ok((views, write_sheets(directory, word, size, panel)?))
            })
        });
        drawing.map(|thread| thread.join())
    });
    let (mut views, mut sheets) = (0, 0);
    for written in counts {
        let written = written.map_err(|_| anyhow::anyhow!("a thread that draws panicked"))??;
        views += written.0;
        sheets += written.1;
    }
    Ok((views, sheets))
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
            let warned = match sample.name.as_str() {
                "P-02" => Some(""),
                "P-02-warning" => Some("-warning"),
                _ => None,
            };
            let over = OVERLAYS.into_iter().filter_map(|(overlay, name)| {
                warned.map(|warned| (Some(overlay), format!("{name}{warned}")))
            });
            for (overlay, name) in [(None, sample.name.clone())].into_iter().chain(over) {
                let model = sample.model(language, size);
                scene.show(views::view(&views::Model { overlay, ..model }));
                let file = format!("{name}-{}-{word}.png", language.as_str());
                png::write(scene.frame(), &directory.join(file))?;
                count += 1;
            }
        }
    }
    Ok(count)
}

fn write_sheets(
    directory: &Path,
    word: &str,
    size: views::Panel,
    panel: Panel,
) -> anyhow::Result<usize> {
    let mut scene = Scene::new(panel, FACES);
    let mut count = 0;
    for language in LANGUAGES {
        for ease in eases() {
            let frames = pictures(&mut scene, size, language, ease);
            let name = format!(
                "sheet-{}-{word}-{}-{}-{}.png",
                language.as_str(),
                ease.text.as_str(),
                ease.contrast.as_str(),
                ease.layout.as_str()
            );
            png::write(&sheet(&frames), &directory.join(name))?;
            count += 1;
        }
    }
    Ok(count)
}

/// Everything a patient can choose.
fn eases() -> Vec<Ease> {
    let layouts = |text, contrast| {
        Layout::ALL.map(|layout| Ease {
            contrast,
            text,
            layout,
        })
    };
    let contrasts = |text| {
        Contrast::ALL
            .map(|contrast| layouts(text, contrast))
            .concat()
    };
    Text::ALL.map(contrasts).concat()
}

/// All views, shrunk, and the choices over the first one.
fn pictures(scene: &mut Scene, size: views::Panel, language: Language, ease: Ease) -> Vec<Frame> {
    scene.set_palette(views::palette(ease));
    let gallery = views::gallery();
    let first = gallery.first().into_iter();
    let over = first.flat_map(|sample| OVERLAYS.map(|(overlay, _)| (sample, Some(overlay))));
    let all = gallery.iter().map(|sample| (sample, None)).chain(over);
    all.map(|(sample, overlay)| {
        let model = views::Model {
            ease,
            scale: views::wanted(ease),
            overlay,
            ..sample.model(language, size)
        };
        let view = views::fitting(scene, &model);
        scene.show(view);
        shrunk(scene.frame())
    })
    .collect()
}

/// Each pixel is the mean of a square of [`SHRINK`] by [`SHRINK`].
fn shrunk(frame: &Frame) -> Frame {
    let mut small = Frame::new(frame.width / SHRINK, frame.height / SHRINK);
    let across = frame.width as usize;
    let side = SHRINK as usize;
    for (index, out) in small.pixels.iter_mut().enumerate() {
        let (row, column) = (index / (across / side), index % (across / side));
        let mut sums = [0u32; 3];
        for line in frame
            .pixels
            .chunks_exact(across)
            .skip(row * side)
            .take(side)
        {
            for pixel in &line[column * side..(column + 1) * side] {
                for (sum, byte) in sums.iter_mut().zip(pixel.to_le_bytes()) {
                    *sum += u32::from(byte);
                }
            }
        }
        let [blue, green, red] = sums.map(|sum| sum / (SHRINK * SHRINK));
        *out = red << 16 | green << 8 | blue;
    }
    small
}

/// Frames of one size side by side, in an about square field.
fn sheet(frames: &[Frame]) -> Frame {
    let (width, height) = frames.first().map_or((1, 1), |f| (f.width, f.height));
    let area = (frames.len() as u32 * height).div_ceil(width.max(1));
    let across = area.isqrt().max(1);
    let down = (frames.len() as u32).div_ceil(across);
    let mut sheet = Frame::new(
        across * (width + SHEET_GAP) + SHEET_GAP,
        down * (height + SHEET_GAP) + SHEET_GAP,
    );
    sheet.pixels.fill(SHEET_GROUND);
    let stride = sheet.width as usize;
    for (index, frame) in (0u32..).zip(frames) {
        let left = (index % across) * (width + SHEET_GAP) + SHEET_GAP;
        let top = (index / across) * (height + SHEET_GAP) + SHEET_GAP;
        for (row, line) in frame.pixels.chunks_exact(width as usize).enumerate() {
            let at = (top as usize + row) * stride + left as usize;
            sheet.pixels[at..at + line.len()].copy_from_slice(line);
        }
    }
    sheet
}
