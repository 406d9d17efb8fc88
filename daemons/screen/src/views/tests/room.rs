// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything has its room on every glass.

use super::*;
use crate::ui::check::problems;
use crate::ui::layout::{Laid, Panel as Glass};
use crate::ui::node::{Scale, TextSize};
use crate::ui::scene::Scene;

/// 8, 10.1 and 15.6 inch, lying, with their pixels.
const GLASSES: [((u32, u32), (f32, f32)); 3] = [
    ((1280, 800), (172.3, 107.7)),
    ((1280, 800), (217.0, 135.6)),
    ((1920, 1080), (344.2, 193.6)),
];

/// In how many lines the highest strip stands, 0 without a strip.
fn strip_lines(scene: &Scene) -> usize {
    let em = TextSize::Note.mm(Scale::NORMAL);
    let lines = |laid: &Laid| {
        let inside = scene.panel().mm(laid.rect.h) - 2.0 * laid.node.style.pad.1;
        // A line is less than two ems high, two lines are more.
        (inside / (2.0 * em)).ceil() as usize
    };
    let strips = scene.laid().iter().filter(|l| l.node.kind == Kind::Strip);
    strips.map(lines).max().unwrap_or(0)
}

/// Everything wrong with what the scene shows.
fn faults(scene: &Scene) -> Vec<String> {
    let mut faults = problems(scene);
    let lines = strip_lines(scene);
    if lines > 1 {
        faults.push(format!("a strip of {lines} lines"));
    }
    faults
}

#[test]
fn nothing_overflows_overlaps_or_is_too_small_to_touch() {
    let mut found = Vec::new();
    let mut checked = 0;
    for ((across, down), (width, height)) in GLASSES {
        for (pixels, mm) in [
            ((across, down), (width, height)),
            ((down, across), (height, width)),
        ] {
            let panel = Panel {
                width_mm: mm.0,
                height_mm: mm.1,
            };
            let mut scene = Scene::new(Glass::new(pixels, mm), crate::FACES);
            let all_held = held::HELD.map(|(operation, form, ..)| held::samples(operation, form));
            for sample in gallery().into_iter().chain(all_held.into_iter().flatten()) {
                for language in LANGUAGES {
                    for overlay in sample.overlays() {
                        let model = sample.model(language, panel);
                        scene.show(view(&Model { overlay, ..model }));
                        checked += 1;
                        let name = &sample.name;
                        found.extend(faults(&scene).into_iter().map(|fault| {
                            format!("{name} {overlay:?} {language:?} {pixels:?}: {fault}")
                        }));
                    }
                }
            }
        }
    }
    println!("{checked} pictures checked");
    assert!(
        found.is_empty(),
        "{} faults:\n{}",
        found.len(),
        found.join("\n")
    );
}
