// SPDX-License-Identifier: MIT OR Apache-2.0
//! Contrast of what is really drawn: each text and sign against the box below it, each thing to
//! press against what is round it.

#![allow(clippy::unwrap_used)]

use uketsuke_bus::screen1::{Contrast, Ease, Layout, Text};
use uketsuke_screen::FACES;
use uketsuke_screen::pictures::orientations;
use uketsuke_screen::texts::LANGUAGES;
use uketsuke_screen::ui::geometry::Rect;
use uketsuke_screen::ui::raster::Item;
use uketsuke_screen::ui::scene::Scene;
use uketsuke_screen::ui::theme::contrast;
use uketsuke_screen::views::{Model, fitting, gallery, palette, wanted};

/// Least contrast of one set of colours.
struct Least {
    text: f64,
    edge: f64,
}

/// WCAG 2.2: 7:1 for text (1.4.6), 3:1 for what is pressed (1.4.11).
const CALM: Least = Least {
    text: 7.0,
    edge: 3.0,
};
const CONTRASTING: Least = Least {
    text: 15.0,
    edge: 7.0,
};

/// The colour below a point: the topmost box of `below` that is filled there.
fn ground(below: &[Item], x: i32, y: i32) -> Option<u32> {
    below.iter().rev().find_map(|item| match item {
        Item::Box {
            rect,
            fill: Some(fill),
            ..
        } if rect.has(x, y) => Some(*fill),
        _ => None,
    })
}

/// Smallest contrasts found, texts and signs first, edges then.
struct Found {
    text: f64,
    edge: f64,
    measured: usize,
}

fn texts(scene: &Scene, found: &mut Found) {
    for (index, item) in scene.items().iter().enumerate() {
        if let Item::Mask { x, y, mask, colour } = item {
            let middle = (x + mask.width / 2, y + mask.height / 2);
            let below = ground(&scene.items()[..index], middle.0, middle.1).unwrap();
            found.text = found.text.min(contrast(*colour, below));
            found.measured += 1;
        }
    }
}

/// What is pressed stands out by its line or by its fill.
fn edges(scene: &Scene, outlined: bool, found: &mut Found) {
    for laid in scene.laid().iter().filter(|l| l.node.action.is_some()) {
        let of = |wanted: &Rect| {
            let mut items = scene.items().iter().enumerate();
            items.find_map(|(index, item)| match item {
                Item::Box {
                    rect, fill, line, ..
                } if rect == wanted => Some((index, *fill, *line)),
                _ => None,
            })
        };
        let (index, fill, line) = of(&laid.rect).unwrap();
        let round = ground(&scene.items()[..index], laid.rect.x, laid.rect.y).unwrap();
        assert!(line.is_some() || !outlined, "{}", laid.node.spoken());
        let edge = line.map(|l| l.colour).into_iter().chain(fill);
        let best = edge.map(|c| contrast(c, round)).fold(1.0, f64::max);
        found.edge = found.edge.min(best);
        found.measured += 1;
    }
}

#[test]
fn what_is_drawn_keeps_its_contrast_in_both_sets_of_colours() {
    for (colours, least) in [(Contrast::Normal, CALM), (Contrast::High, CONTRASTING)] {
        let mut found = Found {
            text: 21.0,
            edge: 21.0,
            measured: 0,
        };
        for (_, panel, glass) in orientations() {
            let mut scene = Scene::new(glass, FACES);
            for (text, layout) in [(Text::Normal, Layout::Normal), (Text::Largest, Layout::Low)] {
                let ease = Ease {
                    contrast: colours,
                    text,
                    layout,
                };
                scene.set_palette(palette(ease));
                for (sample, overlay) in gallery()
                    .iter()
                    .flat_map(|sample| sample.overlays().into_iter().map(move |o| (sample, o)))
                {
                    for language in LANGUAGES {
                        let model = Model {
                            ease,
                            scale: wanted(ease),
                            overlay,
                            ..sample.model(language, panel)
                        };
                        let made = fitting(&mut scene, &model);
                        scene.show(made);
                        texts(&scene, &mut found);
                        edges(&scene, colours == Contrast::High, &mut found);
                    }
                }
            }
        }
        println!(
            "{}: {} measured; text and signs {:.1}:1, things to press {:.1}:1 at least",
            colours.as_str(),
            found.measured,
            found.text,
            found.edge
        );
        assert!(found.text >= least.text, "text {:.2}:1", found.text);
        assert!(found.edge >= least.edge, "edges {:.2}:1", found.edge);
    }
}
