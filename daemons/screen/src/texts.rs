// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the screen says, in each language, from the catalogues in `texts/`.
//!
//! The catalogues are Fluent files with two marks of our own: `|` is a place where a Japanese or
//! Chinese line may break (between phrases, 文節), `~` a space at which a line never breaks. Korean,
//! やさしい日本語 and what is written in Latin letters break at spaces. Loading turns them
//! into U+200B and U+2060, which [`Node::spoken`](crate::ui::node::Node::spoken) takes out again.
//! `build.rs` has made sure that each key exists in each language with the same variables, and
//! that each character has a glyph.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
pub use uketsuke_bus::screen1::Language;
use unic_langid::LanguageIdentifier;

use crate::ui::node::Letters;

/// A place to break.
const BREAK: char = '\u{200b}';
/// Holds its neighbours together.
const JOIN: char = '\u{2060}';

/// A text of the catalogues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(&'static str);

/// One constant per key, made by `build.rs`.
pub(crate) mod key {
    use super::Key;
    include!(concat!(env!("OUT_DIR"), "/keys.rs"));
}

/// Every language shipped.
pub const LANGUAGES: [Language; 7] = Language::ALL;

/// The letters that a language is written in.
#[must_use]
pub fn letters(language: Language) -> Letters {
    match language {
        Language::Ja | Language::JaEasy => Letters::Japanese,
        Language::Zh => Letters::Chinese,
        Language::Ko => Letters::Korean,
        Language::En | Language::Vi | Language::Pt => Letters::Latin,
    }
}

/// The texts of one language.
pub struct Catalogue {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

/// The catalogue of a language, read once.
#[must_use]
pub fn catalogue(language: Language) -> &'static Catalogue {
    static ALL: [OnceLock<Catalogue>; LANGUAGES.len()] =
        [const { OnceLock::new() }; LANGUAGES.len()];
    ALL[language as usize].get_or_init(|| Catalogue::read(language, source(language)))
}

fn source(language: Language) -> &'static str {
    match language {
        Language::Ja => include_str!("../texts/ja.ftl"),
        Language::JaEasy => include_str!("../texts/ja-easy.ftl"),
        Language::En => include_str!("../texts/en.ftl"),
        Language::Zh => include_str!("../texts/zh.ftl"),
        Language::Ko => include_str!("../texts/ko.ftl"),
        Language::Vi => include_str!("../texts/vi.ftl"),
        Language::Pt => include_str!("../texts/pt.ftl"),
    }
}

impl Catalogue {
    fn read(language: Language, source: &str) -> Self {
        // The private part of a tag says nothing about plurals, and Fluent refuses it.
        let (public, _) = language
            .tag()
            .split_once("-x-")
            .unwrap_or((language.tag(), ""));
        let id: LanguageIdentifier = public.parse().expect("the tags are BCP 47");
        let source = source.replace('|', "\u{200b}").replace('~', " \u{2060}");
        let resource =
            FluentResource::try_new(source).expect("build.rs parsed this very file already");
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // The isolation marks are for mixed writing directions and would be read as text.
        bundle.set_use_isolating(false);
        bundle
            .add_resource(resource)
            .expect("build.rs refuses keys that are there twice");
        Self { language, bundle }
    }

    /// The language of these texts.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// A text without values.
    pub(crate) fn text(&self, key: Key) -> String {
        self.format(key, None)
    }

    /// A text with values put in, each by its variable's name.
    pub(crate) fn with<const N: usize>(
        &self,
        key: Key,
        values: [(&'static str, FluentValue<'_>); N],
    ) -> String {
        let args: FluentArgs<'_> = values.into_iter().collect();
        self.format(key, Some(&args))
    }

    fn format(&self, key: Key, args: Option<&FluentArgs<'_>>) -> String {
        let pattern = self
            .bundle
            .get_message(key.0)
            .and_then(|message| message.value())
            .expect("keys are made from the catalogues");
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, args, &mut errors);
        if !errors.is_empty() {
            // Only the key: the values may be a person's name.
            tracing::error!(key = key.0, "a value for this text is missing");
        }
        debug_assert!(
            errors.is_empty(),
            "{}: {} values are missing",
            key.0,
            errors.len()
        );
        match letters(self.language) {
            Letters::Japanese | Letters::Chinese | Letters::Korean => join(&text),
            Letters::Latin => text.into_owned(),
        }
    }
}

/// Holds the characters of each phrase together. Spaces stay places to break.
fn join(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut previous = BREAK;
    for c in text.chars() {
        let open = [BREAK, ' '];
        if !open.contains(&previous) && !open.contains(&c) {
            out.push(JOIN);
        }
        out.push(c);
        previous = c;
    }
    out
}

/// The text as a person reads it, without marks.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| ![BREAK, JOIN].contains(c))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_breaks_only_between_phrases() {
        assert_eq!(
            catalogue(Language::Ja).text(key::PLACE_CARD),
            "マイナンバーカードを|置いてください。"
                .split('|')
                .map(|phrase| phrase
                    .chars()
                    .map(String::from)
                    .collect::<Vec<_>>()
                    .join("\u{2060}"))
                .collect::<Vec<_>>()
                .join("\u{200b}")
        );
    }

    #[test]
    fn english_keeps_marked_words_together_and_reads_clean() {
        let text = catalogue(Language::En).text(key::PLACE_CARD);
        assert!(text.contains("My \u{2060}Number \u{2060}Card"));
        assert_eq!(plain(&text), "Please place your My Number Card.");
    }

    #[test]
    fn numbers_take_the_right_plural() {
        let en = catalogue(Language::En);
        assert_eq!(
            plain(&en.with(key::TRIES_LEFT, [("tries", 1.into())])),
            "1 try left"
        );
        assert_eq!(
            plain(&en.with(key::TRIES_LEFT, [("tries", 2.into())])),
            "2 tries left"
        );
    }

    #[test]
    fn portuguese_takes_the_plural_of_brazil() {
        let pt = catalogue(Language::Pt);
        let said = |tries: u8| plain(&pt.with(key::TRIES_LEFT, [("tries", tries.into())]));
        assert_eq!(said(1), "Só 1 vez");
        assert_eq!(said(2), "Só 2 vezes");
    }

    #[test]
    fn korean_and_easy_japanese_break_at_spaces_alone() {
        for language in [Language::Ko, Language::JaEasy] {
            let text = catalogue(language).text(key::PLACE_CARD);
            assert!(!text.contains(BREAK), "{text}");
            let inside = text.split(' ').next().unwrap_or_default();
            let held = inside.chars().filter(|c| *c == JOIN).count();
            let letters = inside.chars().count() - held;
            assert_eq!(held, letters - 1, "{inside}");
        }
    }

    #[test]
    fn the_catalogues_are_in_the_order_of_the_languages() {
        for language in LANGUAGES {
            assert_eq!(catalogue(language).language(), language);
        }
    }

    #[test]
    fn names_are_put_in_without_invisible_marks() {
        let ja = catalogue(Language::Ja);
        let text = ja.with(key::DONE_NAME, [("name", "シカク イチロウ".into())]);
        assert_eq!(plain(&text), "シカク イチロウ様 確認が完了しました。");
    }
}
