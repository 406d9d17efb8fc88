// SPDX-License-Identifier: MIT OR Apache-2.0
//! What must stop the build does stop it, and says where and why.
#![allow(clippy::unwrap_used)]

#[path = "../build/catalogue.rs"]
mod catalogue;
#[path = "../build/fonts.rs"]
mod fonts;

use std::path::Path;

/// Everything the build script would say about these two catalogues.
fn problems(ja: &str, en: &str, folder: &Path) -> Vec<String> {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("ja.ftl"), ja).unwrap();
    std::fs::write(place.path().join("en.ftl"), en).unwrap();
    let made = catalogue::read_all(place.path()).and_then(|all| {
        catalogue::agree(&all)?;
        catalogue::write_keys(&all, place.path())?;
        fonts::subset(folder, &all, place.path())
    });
    match made {
        Ok(()) => Vec::new(),
        Err(problems) => problems,
    }
}

fn only(problems: &[String]) -> &str {
    assert_eq!(problems.len(), 1, "{problems:?}");
    &problems[0]
}

#[test]
fn good_catalogues_pass() {
    let said = problems(
        "a = 受付{ $n }\n",
        "a = Reception~{ $n }\n",
        &fonts::folder(),
    );
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn a_key_missing_in_one_language_stops_the_build() {
    let said = problems("a = 受付\nb = 完了\n", "a = Reception\n", &fonts::folder());
    assert_eq!(only(&said), "texts/en.ftl: b is missing; ja has it");
}

#[test]
fn a_variable_forgotten_in_one_language_stops_the_build() {
    let said = problems(
        "a = あと{ $tries }回\n",
        "a = Tries left\n",
        &fonts::folder(),
    );
    assert!(
        said.iter()
            .all(|s| s.contains("a uses") && s.contains("tries")),
        "{said:?}"
    );
    assert_eq!(said.len(), 2);
}

#[test]
fn a_character_without_a_glyph_stops_the_build_with_language_key_and_character() {
    let said = problems("a = 受付\u{20bb7}\n", "a = Reception\n", &fonts::folder());
    assert_eq!(said.len(), 2, "regular and bold: {said:?}");
    for problem in said {
        let begins = problem.starts_with("texts/ja.ftl: a: bizud-gothic/BIZUDPGothic-");
        assert!(
            begins && problem.ends_with("has no glyph for '\u{20bb7}' (U+20BB7)"),
            "{problem}"
        );
    }
}

#[test]
fn a_missing_font_names_the_package_to_install() {
    let empty = tempfile::tempdir().unwrap();
    let said = problems("a = 受付\n", "a = Reception\n", empty.path());
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(
        said[0].contains("install the Debian package fonts-morisawa-bizud-gothic"),
        "{said:?}"
    );
    assert!(
        said[3].contains("install the Debian package fonts-noto-core"),
        "{said:?}"
    );
}

#[test]
fn a_broken_catalogue_names_file_and_line() {
    let said = problems("a = 受付\nb = { $x\n", "a = Reception\n", &fonts::folder());
    assert!(only(&said).contains("ja.ftl:2: "), "{said:?}");
}
