// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a person reads and can press on each view.
#![allow(clippy::unwrap_used)]

mod held;
mod room;

use std::collections::BTreeSet;

use uketsuke_bus::mode1::Action;
use uketsuke_bus::screen1::{Ease, Layout};

use super::gallery::Sample;
use super::*;
use crate::texts::{LANGUAGES, plain};
use crate::ui::node::{DIGIT_ACTION, EASE_ACTION, ERASE_ACTION, Kind, SCREEN_ACTION};

const PANELS: [Panel; 2] = [Panel::LANDSCAPE, Panel::PORTRAIT];

fn walk<'n>(node: &'n Node, into: &mut Vec<&'n Node>) {
    into.push(node);
    for child in &node.children {
        walk(child, into);
    }
}

fn nodes(root: &Node) -> Vec<&Node> {
    let mut all = Vec::new();
    walk(root, &mut all);
    all
}

/// Every label of the tree in reading order, run together without any space.
fn read(root: &Node) -> String {
    nodes(root)
        .iter()
        .map(|n| n.spoken())
        .collect::<String>()
        .replace(' ', "")
}

fn shown(name: &str, language: Language, panel: Panel) -> Node {
    let all = gallery();
    let sample = all
        .iter()
        .find(|s| s.name == name)
        .unwrap_or_else(|| panic!("no sample {name}"));
    view(&sample.model(language, panel))
}

/// The public notices' Japanese, word for word, by view and wording. Each entry must be read in
/// one piece or, where several nodes carry it, one right after the other.
const EXACT: &[(&str, &[&str])] = &[
    (
        "P-00",
        &["うけつけ市民病院", "マイナンバーカードを置いてください。"],
    ),
    (
        "P-02-face",
        &[
            "本人確認の方法を選んでください。",
            "本人確認の情報は、他の目的には使用しません。",
            "顔認証を行う",
            "暗証番号を入力",
            "終了する",
        ],
    ),
    (
        "P-04-tries",
        &[
            "4桁の暗証番号を入力してください。",
            "あと2回",
            "訂正",
            "顔認証にする",
            "終了する",
        ],
    ),
    (
        "S-01",
        &["目視確認用パスコードを入力してください。", "中止"],
    ),
    (
        "S-02",
        &[
            "資格確認を開始します。",
            "目視で本人確認を行いマイナンバーカードを置いてください。",
            "中止",
        ],
    ),
    ("S-03", &["シカク イチロウ様 確認が完了しました。"]),
    (
        "P-06-x",
        &[
            "過去の医療情報等の提供に同意しますか。【手術、傷病名、感染症／診療、お薬／健診】",
            "全て同意する",
            "個別に同意する",
        ],
    ),
    (
        "P-06-y",
        &[
            "過去の医療情報等の提供に同意しますか。【手術／診療、お薬／健診】",
            "全て同意する",
            "個別に同意する",
        ],
    ),
    (
        "P-07",
        &[
            "過去の医療情報等の提供に同意しますか。",
            "現在の同意状況を引き継ぐ",
            "選択し直す",
            "現在の同意状況をみる",
        ],
    ),
    (
        "P-08-x",
        &[
            "事前・前回の同意状況",
            "・手術、傷病名、感染症検査結果： 〇",
            "・診療（感染症を除く検査結果、アレルギー等）、お薬： ×",
            "・健診 〇",
            "戻る",
        ],
    ),
    (
        "P-09a-x",
        &[
            "手術・傷病名・感染症",
            "過去の手術情報・傷病名情報・感染症検査結果を当機関に提供することに同意しますか。",
            "同意する",
            "同意しない",
        ],
    ),
    (
        "P-09a-y",
        &[
            "手術",
            "過去の手術情報を当機関に提供することに同意しますか。",
        ],
    ),
    (
        "P-09b-x",
        &[
            "診療・お薬",
            "過去の診療情報(感染症を除く検査結果、アレルギー等)・お薬情報を当機関に提供することに同意しますか。",
        ],
    ),
    (
        "P-09b-y",
        &[
            "診療・お薬",
            "過去の手術以外の診療・お薬情報を当機関に提供することに同意しますか。",
        ],
    ),
    (
        "P-09c-x",
        &[
            "お薬",
            "過去のお薬情報を当機関に提供することに同意しますか。",
        ],
    ),
    (
        "P-09c-y",
        &[
            "お薬",
            "過去のお薬情報を当機関に提供することに同意しますか。",
        ],
    ),
    (
        "P-09d-x",
        &[
            "健診",
            "過去の健診情報を当機関に提供することに同意しますか。",
        ],
    ),
    (
        "P-09d-y",
        &[
            "健診",
            "過去の健診情報を当機関に提供することに同意しますか。",
        ],
    ),
    (
        "P-13",
        &["シカク イチロウ様 確認が完了しました。マイナンバーカードを取り出してください。"],
    ),
    (
        "F-03",
        &[
            "暗証番号が違います。あと2回まちがえると使えなくなります。",
            "訂正",
            "終了する",
        ],
    ),
    (
        "F-03-last",
        &[
            "暗証番号が違います。あと1回まちがえると使えなくなります。",
            "顔認証にする",
        ],
    ),
    (
        "F-04",
        &["このカードは暗証番号を使えません。顔認証で確認してください。"],
    ),
    (
        "F-07-recent",
        &["電子証明書の期限が切れています。保険の確認だけ行います。"],
    ),
    (
        "F-07-old",
        &["このカードでは確認できません。受付へお越しください。"],
    ),
    (
        "F-08",
        &["カードが離れました。もう一度置くと続きから始められます。"],
    ),
    ("F-09", &["マイナンバーカードを置いてください。"]),
    (
        "F-10",
        &["カードを読み取れません。ケースを外し、置き直してください。"],
    ),
    (
        "F-11",
        &["保険の情報が見つかりませんでした。受付へお声がけください。"],
    ),
    ("F-12", &["確認が完了しました。受付でお待ちください。"]),
    (
        "F-14-terminal",
        &["ただいま確認できません。受付へお声がけください。", "端末"],
    ),
    (
        "F-14-network",
        &["ただいま確認できません。受付へお声がけください。", "回線"],
    ),
    (
        "F-14-centre",
        &[
            "ただいま確認できません。受付へお声がけください。",
            "センター",
        ],
    ),
    (
        "F-15",
        &["操作がなかったため終了しました。カードをお取りください。"],
    ),
    ("F-16", &["カードをお取りください"]),
    (
        "P-00-phone",
        &["マイナンバーカードを置いてください。", "スマートフォン"],
    ),
    (
        "P-05a",
        &["スマホによる手続き", "Android", "iPhone", "終了する"],
    ),
    (
        "P-04-phone",
        &[
            "4桁の暗証番号を入力してください。",
            "スマホ用電子証明書の暗証番号",
            "訂正",
            "終了する",
        ],
    ),
    (
        "F-03-phone",
        &["暗証番号が違います。あと2回まちがえると使えなくなります。"],
    ),
    (
        "P-05-android",
        &["スマートフォンを隣の読み取り機にかざしてください。"],
    ),
    (
        "F-17",
        &[
            "スマートフォンを読み取れません。上下にゆっくり動かしてください。",
            "もう一度",
            "カードを使う",
        ],
    ),
    (
        "F-09-card-slot",
        &["マイナンバーカードはこちらのカードリーダーに置いてください。"],
    ),
    ("P-13-phone", &["シカク イチロウ様 確認が完了しました。"]),
];

#[test]
fn japanese_is_that_of_the_notices_word_for_word() {
    for panel in PANELS {
        for (name, texts) in EXACT {
            let read = read(&shown(name, Language::Ja, panel));
            for text in *texts {
                assert!(
                    read.contains(&text.replace(' ', "")),
                    "{name}: no «{text}» in «{read}»"
                );
            }
        }
    }
}

#[test]
fn every_view_has_a_sample_and_every_sample_with_japanese_text_is_checked() {
    let samples: BTreeSet<ViewId> = gallery()
        .iter()
        .filter_map(|s| s.view.as_ref().map(|v| v.id))
        .collect();
    let all: BTreeSet<ViewId> = ViewId::ALL.iter().copied().collect();
    assert_eq!(samples, all);
    let checked: BTreeSet<&str> = EXACT.iter().map(|(name, _)| &name[..4]).collect();
    for id in ViewId::ALL {
        // P-05x is ours alone: no notice words it.
        assert!(
            *id == ViewId::Wait || checked.contains(&id.as_str()[..4]),
            "{}",
            id.as_str()
        );
    }
    let names: Vec<String> = gallery().into_iter().map(|s| s.name).collect();
    assert_eq!(
        names.len(),
        names.iter().collect::<BTreeSet<_>>().len(),
        "{names:?}"
    );
}

/// Each sample in each language on each panel in each layout.
fn each(check: impl Fn(&Sample, &str, &Node)) {
    for sample in gallery() {
        for language in LANGUAGES {
            for (panel, layout) in PANELS.map(|p| Layout::ALL.map(|l| (p, l))).concat() {
                let name = format!("{} {language:?} {panel:?} {layout:?}", sample.name);
                let ease = Ease {
                    layout,
                    ..Ease::default()
                };
                let model = Model {
                    ease,
                    ..sample.model(language, panel)
                };
                check(&sample, &name, &view(&model));
            }
        }
    }
}

#[test]
fn the_choice_of_looks_offers_each_once_and_a_way_back_and_no_digit() {
    for sample in gallery() {
        for panel in PANELS {
            let model = Model {
                choosing: true,
                ..sample.model(Language::Ja, panel)
            };
            let root = view(&model);
            let mut pressed: Vec<String> = nodes(&root)
                .iter()
                .filter_map(|n| n.action.clone())
                .collect();
            pressed.sort();
            let mut wanted = vec![
                EASE_ACTION,
                EASE_ACTION,
                "screen-contrast-high",
                "screen-contrast-normal",
                "screen-language-en",
                "screen-layout-low",
                "screen-text-large",
                "screen-text-largest",
                "screen-text-normal",
            ];
            if sample.view.as_ref().is_some_and(|v| v.warning_s.is_some()) {
                wanted.push("continue");
            }
            wanted.sort_unstable();
            assert_eq!(pressed, wanted, "{}", sample.name);
            let chosen: Vec<String> = nodes(&root)
                .iter()
                .map(|n| n.spoken())
                .filter(|read| read.contains("選択中"))
                .collect();
            assert_eq!(
                chosen,
                ["標準、選択中", "標準の色、選択中"],
                "{}",
                sample.name
            );
        }
    }
}

#[test]
fn every_choice_has_exactly_one_button_and_nothing_else_can_be_pressed() {
    each(|sample, name, root| {
        let pressed: Vec<String> = nodes(root)
            .iter()
            .filter_map(|n| n.action.clone())
            .collect();
        let (own, choices): (Vec<String>, Vec<String>) = pressed.into_iter().partition(|a| {
            a.starts_with(SCREEN_ACTION) || a.starts_with(DIGIT_ACTION) || a == ERASE_ACTION
        });
        let mut found = choices;
        found.sort();
        let mut wanted: Vec<String> = sample
            .view
            .iter()
            .flat_map(|v| v.choices.iter().map(|a| a.as_str().to_owned()))
            .collect();
        wanted.sort();
        assert_eq!(found, wanted, "{name}");
        let keys = if sample.view.as_ref().and_then(|v| v.pad) == Some(true) {
            11
        } else {
            0
        };
        // Everything lower, language, text and colours.
        assert_eq!(own.len(), 3 + keys, "{name}: {own:?}");
        assert_eq!(
            own.iter().collect::<BTreeSet<_>>().len(),
            own.len(),
            "{name}: {own:?}"
        );
    });
}

#[test]
fn every_action_can_be_offered_on_every_view() {
    for id in ViewId::ALL {
        let mut v = View::new(*id, 1);
        v.choices = Action::ALL.to_vec();
        let sample = Sample {
            name: String::new(),
            view: Some(v),
            details: Details::default(),
            pin_digits: 0,
        };
        let root = view(&sample.model(Language::Ja, Panel::LANDSCAPE));
        for action in Action::ALL {
            let count = nodes(&root)
                .iter()
                .filter(|n| n.action.as_deref() == Some(action.as_str()))
                .count();
            assert_eq!(count, 1, "{}: {}", id.as_str(), action.as_str());
        }
    }
}

#[test]
fn every_view_has_one_heading_that_is_read_out_and_a_code_for_staff() {
    each(|sample, name, root| {
        let all = nodes(root);
        let headings: Vec<_> = all.iter().filter(|n| n.kind == Kind::Heading).collect();
        assert_eq!(headings.len(), 1, "{name}");
        assert!(headings[0].live, "{name}");
        if let Some(v) = &sample.view {
            assert!(all.iter().any(|n| n.spoken() == v.id.as_str()), "{name}");
        }
    });
}

#[test]
fn whatever_can_be_pressed_or_means_something_has_a_name() {
    each(|_, name, root| {
        for node in nodes(root) {
            let named = node.action.is_some()
                || matches!(
                    node.kind,
                    Kind::Text | Kind::Heading | Kind::Strip | Kind::Dots { .. }
                );
            assert!(
                !named || !node.spoken().trim().is_empty(),
                "{name}: {node:?}"
            );
            assert!(
                !node.spoken().contains(['|', '~', '{', '\u{2068}']),
                "{name}: {node:?}"
            );
        }
    });
}

#[test]
fn english_views_hold_no_japanese_but_names_and_the_switch() {
    for sample in gallery() {
        let root = view(&sample.model(Language::En, Panel::LANDSCAPE));
        for node in nodes(&root) {
            let text = node
                .spoken()
                .replace(gallery::FACILITY, "")
                .replace("シカク イチロウ", "");
            let japanese = text.chars().any(|c| c >= '\u{3000}');
            assert!(!japanese || text == "日本語", "{}: {text}", sample.name);
        }
    }
}

#[test]
fn the_warning_shows_over_every_view() {
    for id in ViewId::ALL {
        let mut v = View::new(*id, 1);
        v.warning_s = Some(15);
        v.choices = vec![Action::Continue];
        let sample = Sample {
            name: String::new(),
            view: Some(v),
            details: Details::default(),
            pin_digits: 0,
        };
        for (panel, choosing) in PANELS.map(|p| [(p, false), (p, true)]).concat() {
            let model = Model {
                choosing,
                ..sample.model(Language::Ja, panel)
            };
            let read = read(&view(&model));
            assert!(
                read.contains("まもなく終了します。続けますか。") && read.contains("続ける"),
                "{}: {read}",
                id.as_str()
            );
        }
    }
}

#[test]
fn a_done_view_without_its_personal_part_names_nobody() {
    let read = read(&shown("P-13-no-name", Language::Ja, Panel::LANDSCAPE));
    assert!(read.contains("確認が完了しました。マイナンバーカードを取り出してください。"));
    assert!(!read.contains('様'));
    assert_eq!(plain("確\u{2060}認\u{200b}が"), "確認が");
}
