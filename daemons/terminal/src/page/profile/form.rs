// SPDX-License-Identifier: MIT OR Apache-2.0
//! The form of a facility profile: drawn with what is set and what is wrong beside each field, and read.

use std::collections::BTreeMap;

use maud::{Markup, html};
use uketsuke_bus::staff::Objection;
use uketsuke_common::config::Setting;

use super::super::language::Language;
use super::fields::{Field, GROUPS, Kind, Word, all};

pub(super) type Settings = BTreeMap<&'static str, Setting>;

/// What a list's radio button says when the words beside it count.
const SET: &str = "set";
const YES: &str = "yes";
const NO: &str = "no";

fn keep(l: Language) -> &'static str {
    l.say("カードリーダーの設定のまま", "As the reader has it")
}

/// What was sent: fields left as the reader has them are not there. A number that is none stays text, for
/// the profile's own code to refuse.
pub(super) fn read(sent: &[(String, String)]) -> Settings {
    let values = |name: &str| -> Vec<String> {
        let of = sent.iter().filter(|(sent, _)| sent == name);
        of.map(|(_, value)| value.trim().to_owned()).collect()
    };
    let setting = |field: &Field| {
        let word = values(field.key)
            .into_iter()
            .next()
            .filter(|w| !w.is_empty())?;
        Some(match (field.kind, word.as_str()) {
            (Kind::List(_), SET) => Setting::List(values(&item(field.key))),
            (Kind::Number(_), digits) => match digits.parse() {
                Ok(number) => Setting::Number(number),
                Err(_) => Setting::Text(word),
            },
            (Kind::Switch, YES) => Setting::Switch(true),
            (Kind::Switch, NO) => Setting::Switch(false),
            (Kind::Text | Kind::Switch | Kind::Choice(_) | Kind::List(_), _) => Setting::Text(word),
        })
    };
    all()
        .filter_map(|field| Some((field.key, setting(field)?)))
        .collect()
}

/// Name of the check boxes of a list.
fn item(key: &str) -> String {
    format!("{key}[]")
}

/// The fields, with what is `set` and what is `wrong`.
pub(super) fn fields(l: Language, set: &Settings, wrong: &[Objection]) -> Markup {
    html! {
        @for group in GROUPS {
            fieldset {
                legend { (l.say(group.ja, group.en)) }
                @for field in group.fields {
                    @let wrong = wrong.iter().filter(|o| o.key == field.key).collect::<Vec<_>>();
                    (one(l, field, set.get(field.key), &wrong))
                }
            }
        }
    }
}

fn one(l: Language, field: &Field, set: Option<&Setting>, wrong: &[&Objection]) -> Markup {
    let id = field.key.replace('.', "-");
    let rule = (!field.rule_ja.is_empty()).then(|| format!("{id}-rule"));
    let error = (!wrong.is_empty()).then(|| format!("{id}-wrong"));
    let described: Vec<_> = error.iter().chain(&rule).map(String::as_str).collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    let is_list = matches!(field.kind, Kind::List(_));
    html! {
        div.field role=[is_list.then_some("group")]
            aria-labelledby=[is_list.then(|| format!("{id}-name"))] {
            @if is_list {
                div.name #{ (id) "-name" } { (l.say(field.ja, field.en)) }
            } @else {
                label for=(id) { (l.say(field.ja, field.en)) }
            }
            (control(l, field, &id, set, described.as_deref(), error.is_some()))
            @if let Some(rule) = &rule {
                div.hint id=(rule) { (l.say(field.rule_ja, field.rule_en)) }
            }
            @if let Some(error) = &error {
                div.down id=(error) role="alert" {
                    @for objection in wrong {
                        p { (l.say("この値は使えません。 ", "This cannot be set. ")) span lang="en" { (objection.what) } }
                    }
                }
            }
        }
    }
}

fn control(
    l: Language,
    field: &Field,
    id: &str,
    set: Option<&Setting>,
    described: Option<&str>,
    wrong: bool,
) -> Markup {
    let invalid = wrong.then_some("true");
    match field.kind {
        Kind::Text | Kind::Number(_) => html! {
            input id=(id) name=(field.key) value=(typed(set)) autocomplete="off"
                placeholder=(keep(l)) inputmode=[matches!(field.kind, Kind::Number(_)).then_some("numeric")]
                aria-describedby=[described] aria-invalid=[invalid];
            @if let Kind::Number(unit) = field.kind { " " (in_language(l, unit)) }
        },
        Kind::Switch => select(
            l,
            field.key,
            id,
            &[(YES, "はい", "Yes"), (NO, "いいえ", "No")],
            &switched(set),
            described,
            invalid,
        ),
        Kind::Choice(words) => select(l, field.key, id, words, &typed(set), described, invalid),
        Kind::List(words) => html! {
            @let chosen: &[String] = match set { Some(Setting::List(words)) => words, _ => &[] };
            @let own = !matches!(set, Some(Setting::List(_)));
            label.tick {
                input type="radio" name=(field.key) value="" checked[own];
                (keep(l))
            }
            label.tick {
                input #(id) type="radio" name=(field.key) value=(SET) checked[!own]
                    aria-describedby=[described] aria-invalid=[invalid];
                (l.say("次のものにする：", "These:"))
            }
            @for (word, ja, en) in words {
                label.tick {
                    input type="checkbox" name=(item(field.key)) value=(word)
                        checked[chosen.iter().any(|c| c == word)];
                    (l.say(*ja, *en))
                }
            }
        },
    }
}

fn select(
    l: Language,
    key: &str,
    id: &str,
    words: &[Word],
    set: &str,
    described: Option<&str>,
    invalid: Option<&str>,
) -> Markup {
    html! {
        select id=(id) name=(key) aria-describedby=[described] aria-invalid=[invalid] {
            option value="" selected[set.is_empty()] { (keep(l)) }
            @for (word, ja, en) in words {
                option value=(word) selected[set == *word] { (l.say(*ja, *en)) }
            }
        }
    }
}

/// A unit, which stands in both languages with a space between.
fn in_language(l: Language, unit: &'static str) -> &'static str {
    let (ja, en) = unit.split_once(' ').unwrap_or((unit, unit));
    l.say(ja, en)
}

fn typed(set: Option<&Setting>) -> String {
    match set {
        Some(Setting::Text(text)) => text.clone(),
        Some(Setting::Number(number)) => number.to_string(),
        Some(Setting::Switch(_) | Setting::List(_)) | None => String::new(),
    }
}

fn switched(set: Option<&Setting>) -> String {
    match set {
        Some(Setting::Switch(true)) => YES.into(),
        Some(Setting::Switch(false)) => NO.into(),
        _ => typed(set),
    }
}

/// What is set, for people to read.
pub(super) fn in_words(l: Language, settings: &Settings) -> Markup {
    html! {
        dl {
            @for field in all() {
                @if let Some(setting) = settings.get(field.key) {
                    dt { (l.say(field.ja, field.en)) }
                    dd { (words(l, field, setting)) }
                }
            }
        }
    }
}

fn words(l: Language, field: &Field, setting: &Setting) -> String {
    let of = |list: &[Word], word: &str| {
        let known = list.iter().find(|(known, ..)| *known == word);
        known.map_or_else(|| word.to_owned(), |(_, ja, en)| l.say(*ja, *en).to_owned())
    };
    match (field.kind, setting) {
        (Kind::Choice(list), Setting::Text(word)) => of(list, word),
        (Kind::List(list), Setting::List(words)) => {
            let words: Vec<_> = words.iter().map(|word| of(list, word)).collect();
            words.join(l.say("、", ", "))
        }
        (Kind::Number(unit), Setting::Number(number)) => {
            format!("{number} {}", in_language(l, unit))
        }
        (_, Setting::Switch(true)) => l.say("はい", "Yes").into(),
        (_, Setting::Switch(false)) => l.say("いいえ", "No").into(),
        (_, other) => typed(Some(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> Settings {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        read(&pairs.iter().map(own).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_left_alone_is_not_set() {
        let empty = [
            ("facility.name", " "),
            ("facility.takes", ""),
            ("facility.takes[]", "care"),
            ("facility.phones", ""),
            ("mode.link_s", ""),
            ("screen.voice", ""),
            ("terminal.centre", "https://elsewhere.invalid/"),
        ];
        assert_eq!(sent(&empty), Settings::new());
    }

    #[test]
    fn what_is_entered_is_set_and_a_number_that_is_none_stays_to_be_refused() {
        let read = sent(&[
            ("facility.name", " うけつけ "),
            ("facility.takes", "set"),
            ("facility.takes[]", "surgery"),
            ("facility.takes[]", "care"),
            ("facility.phones", "no"),
            ("mode.link_s", "20"),
            ("mode.message_s", "ten"),
            ("screen.languages", "set"),
        ]);
        let expected = Settings::from([
            ("facility.name", Setting::Text("うけつけ".into())),
            (
                "facility.takes",
                Setting::List(vec!["surgery".into(), "care".into()]),
            ),
            ("facility.phones", Setting::Switch(false)),
            ("mode.link_s", Setting::Number(20)),
            ("mode.message_s", Setting::Text("ten".into())),
            ("screen.languages", Setting::List(Vec::new())),
        ]);
        assert_eq!(read, expected);
    }
}
