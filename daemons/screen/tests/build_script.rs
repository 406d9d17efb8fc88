// SPDX-License-Identifier: MIT OR Apache-2.0
//! What must stop the build does stop it, and says where and why.
#![allow(clippy::unwrap_used)]

#[path = "../build/catalogue.rs"]
mod catalogue;
#[path = "../build/fonts.rs"]
mod fonts;

use std::path::Path;

/// Everything the build script would say where every language has `text` but one, which has its own.
fn problems(text: &str, other: (&str, &str), folder: &Path) -> Vec<String> {
    let place = tempfile::tempdir().unwrap();
    for language in catalogue::LANGUAGES {
        let text = if language == other.0 { other.1 } else { text };
        std::fs::write(place.path().join(format!("{language}.ftl")), text).unwrap();
    }
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
fn good_catalogues_pass_each_in_the_letters_of_its_language() {
    for (language, text) in [
        ("ja", "a = 受付{ $n }\n"),
        ("zh", "a = 咨询{ $n }\n"),
        ("ko", "a = 접수{ $n }\n"),
        ("vi", "a = Tiếp~nhận~{ $n }\n"),
    ] {
        let said = problems("a = Desk~{ $n }\n", (language, text), &fonts::folder());
        assert!(said.is_empty(), "{said:?}");
    }
}

#[test]
fn a_key_missing_in_one_language_stops_the_build() {
    let said = problems("a = A\nb = B\n", ("en", "a = A\n"), &fonts::folder());
    assert_eq!(only(&said), "texts/en.ftl: b is missing; ja has it");
    let said = problems("a = A\n", ("pt", "a = A\nb = B\n"), &fonts::folder());
    assert_eq!(said.len(), 6, "each of the others lacks it: {said:?}");
    assert_eq!(said[0], "texts/ja.ftl: b is missing; pt has it");
}

#[test]
fn a_variable_forgotten_in_one_language_stops_the_build() {
    let said = problems("a = { $tries }\n", ("ko", "a = A\n"), &fonts::folder());
    assert_eq!(only(&said), "texts/ko.ftl: a uses {}, ja uses {\"tries\"}");
}

#[test]
fn a_character_without_a_glyph_stops_the_build_with_language_key_and_character() {
    for (language, font, text, character) in [
        (
            "ja",
            "truetype/bizud-gothic/BIZUDPGothic-",
            "a = \u{20bb7}",
            "\u{20bb7}",
        ),
        ("vi", "truetype/noto/NotoSans-", "a = 受", "受"),
        (
            "ko",
            "opentype/noto/NotoSansCJK-",
            "a = \u{1f600}",
            "\u{1f600}",
        ),
    ] {
        let said = problems("a = Desk\n", (language, text), &fonts::folder());
        assert_eq!(said.len(), 2, "regular and bold: {said:?}");
        for problem in said {
            let begins = problem.starts_with(&format!("texts/{language}.ftl: a: {font}"));
            let code = u32::from(character.chars().next().unwrap());
            assert!(
                begins
                    && problem.ends_with(&format!("has no glyph for '{character}' (U+{code:04X})")),
                "{problem}"
            );
        }
    }
}

#[test]
fn a_missing_font_names_the_package_to_install() {
    let empty = tempfile::tempdir().unwrap();
    let said = problems("a = Desk\n", ("", ""), empty.path());
    assert_eq!(said.len(), 8, "{said:?}");
    for (at, package) in [
        (0, "fonts-morisawa-bizud-gothic"),
        (3, "fonts-noto-core"),
        (7, "fonts-noto-cjk"),
    ] {
        let install = format!("install the Debian package {package} ");
        assert!(said[at].contains(&install), "{said:?}");
    }
}

#[test]
fn a_broken_catalogue_names_file_and_line() {
    let said = problems(
        "a = A\nb = B\n",
        ("ja", "a = A\nb = { $x\n"),
        &fonts::folder(),
    );
    assert!(only(&said).contains("ja.ftl:2: "), "{said:?}");
}
