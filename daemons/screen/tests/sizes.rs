// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every view at every size of text, in both layouts, and what can stand over it.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use uketsuke_bus::screen1::{Ease, Language, Layout, Text};
use uketsuke_screen::FACES;
use uketsuke_screen::pictures::orientations;
use uketsuke_screen::texts::LANGUAGES;
use uketsuke_screen::ui::check::{problems, too_high};
use uketsuke_screen::ui::node::{EASE_ACTION, LANGUAGES_ACTION, Scale, TextSize};
use uketsuke_screen::ui::scene::Scene;
use uketsuke_screen::views::{Model, Overlay, fitting, gallery, view, wanted};

/// Where the views are listed that are shown smaller than was asked for.
const TABLE: &str = "tests/smaller.txt";

/// One picture: what was asked for, and what came of it.
struct Shown {
    /// View, orientation, layout.
    name: String,
    language: Language,
    text: Text,
    asked: Scale,
    got: Scale,
    faults: Vec<String>,
}

/// The picture on `scene` of a sample as a patient asked for it.
fn ask(scene: &mut Scene, model: &Model<'_>, name: String) -> Shown {
    let made = fitting(scene, model);
    let got = made.style.scale;
    scene.show(made);
    let mut faults = problems(scene);
    if model.ease.layout == Layout::Low {
        faults.extend(too_high(scene.laid(), scene.panel()));
    }
    faults.extend(own_buttons(scene));
    Shown {
        name,
        language: model.language,
        text: model.ease.text,
        asked: model.scale,
        got,
        faults,
    }
}

/// The screen's own buttons lie in the lower half in either layout: who needs the low one must be
/// able to ask for it.
fn own_buttons(scene: &Scene) -> Vec<String> {
    let half = (scene.panel().height / 2) as i32;
    let place = |action: &str| {
        let found = scene.laid().iter().find(|laid| {
            let own = laid.node.action.as_deref();
            own.is_some_and(|own| own.starts_with(action))
        });
        match found {
            None => Some(format!("no {action}")),
            Some(laid) => (laid.rect.y < half).then(|| format!("{action} in the upper half")),
        }
    };
    let own = ["screen-layout-", LANGUAGES_ACTION, EASE_ACTION];
    own.into_iter().filter_map(place).collect()
}

/// Every sample in every language, orientation, size and layout. Colours move no box.
fn all() -> Vec<Shown> {
    let mut shown = Vec::new();
    for (word, panel, glass) in orientations() {
        let mut scene = Scene::new(glass, FACES);
        for (sample, language) in gallery()
            .iter()
            .flat_map(|sample| LANGUAGES.map(|language| (sample, language)))
        {
            for (text, layout) in Text::ALL.map(|t| Layout::ALL.map(|l| (t, l))).concat() {
                let ease = Ease {
                    text,
                    layout,
                    ..Ease::default()
                };
                for overlay in sample.overlays() {
                    let over = match overlay {
                        None => "",
                        Some(Overlay::Languages) => " choice of languages",
                        Some(Overlay::Ease) => " choice of looks",
                    };
                    let name = format!("{}{over} {word} {}", sample.name, layout.as_str());
                    let model = Model {
                        ease,
                        scale: wanted(ease),
                        overlay,
                        ..sample.model(language, panel)
                    };
                    shown.push(ask(&mut scene, &model, name));
                }
            }
        }
    }
    shown
}

/// The table of what is shown smaller than asked for, one line for all languages of a view.
fn table(shown: &[Shown]) -> String {
    let pt = |scale| TextSize::Body.pt(scale);
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    for s in shown.iter().filter(|s| s.got < s.asked) {
        let view = format!("{} {} ({:.1} pt)", s.name, s.text.as_str(), pt(s.asked));
        let got = format!(" {} {:.1}", s.language.as_str(), pt(s.got));
        lines.entry(view).or_default().push_str(&got);
    }
    let head = "# Views whose words do not fit at the size that was asked for: view, orientation,\n\
                # layout, size; then each language with the running text it gets instead, in pt.\n";
    let lines = lines
        .into_iter()
        .map(|(view, got)| format!("{view}:{got}\n"));
    head.to_owned() + &lines.collect::<String>()
}

#[test]
fn every_view_fits_at_every_size_in_both_layouts_and_what_gets_less_is_listed() {
    let shown = all();
    for text in Text::ALL {
        let of: Vec<&Shown> = shown.iter().filter(|s| s.text == text).collect();
        let full = of.iter().filter(|s| s.got == s.asked).count();
        println!(
            "{}: {} views, {full} at the full size, {} smaller",
            text.as_str(),
            of.len(),
            of.len() - full
        );
    }
    let faults: Vec<String> = shown
        .iter()
        .flat_map(|s| {
            let at = format!("{} {} {}", s.name, s.text.as_str(), s.language.as_str());
            s.faults.iter().map(move |fault| format!("{at}: {fault}"))
        })
        .collect();
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    let table = table(&shown);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == table,
        "{TABLE} differs from what is shown; read the change, then run BLESS=1 cargo test\n{table}"
    );
}

#[test]
fn a_word_that_no_font_can_draw_and_a_button_too_high_are_found() {
    let [(_, panel, glass), _] = orientations();
    let mut scene = Scene::new(glass, FACES);
    let samples = gallery();
    let pad = samples.iter().find(|s| s.name == "P-04").unwrap();
    let idle = samples.iter().find(|s| s.name == "P-00").unwrap();
    scene.show(view(&Model {
        facility: "\u{10330} 病院",
        ..idle.model(Language::Ja, panel)
    }));
    let found = problems(&scene);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("without a glyph"), "{found:?}");
    scene.show(view(&pad.model(Language::Ja, panel)));
    assert_eq!(problems(&scene), [""; 0]);
    assert!(!too_high(scene.laid(), scene.panel()).is_empty());
}
