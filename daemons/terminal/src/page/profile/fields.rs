// SPDX-License-Identifier: MIT OR Apache-2.0
//! The settings of a facility profile as fields of a form, in Japanese and English. What may be set, and
//! what is wrong with it, is for `uketsuke_common::config` to say; a test holds the two together.

/// One word of a choice: as in the profile, and for people.
pub(super) type Word = (&'static str, &'static str, &'static str);

/// What is entered.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A name.
    Text,
    /// A whole number, in this unit.
    Number(&'static str),
    /// Yes or no.
    Switch,
    /// One of these.
    Choice(&'static [Word]),
    /// Some of these, in this order.
    List(&'static [Word]),
}

/// One setting.
pub(super) struct Field {
    /// Dotted key.
    pub key: &'static str,
    pub kind: Kind,
    pub ja: &'static str,
    pub en: &'static str,
    /// What may be entered; empty where the choices say it.
    pub rule_ja: &'static str,
    pub rule_en: &'static str,
}

/// Settings that belong together.
pub(super) struct Group {
    pub ja: &'static str,
    pub en: &'static str,
    pub fields: &'static [Field],
}

const fn field(
    key: &'static str,
    kind: Kind,
    (ja, en): (&'static str, &'static str),
    (rule_ja, rule_en): (&'static str, &'static str),
) -> Field {
    Field {
        key,
        kind,
        ja,
        en,
        rule_ja,
        rule_en,
    }
}

/// A time, or how often.
const fn number(
    key: &'static str,
    unit: &'static str,
    names: (&'static str, &'static str),
    rules: (&'static str, &'static str),
) -> Field {
    field(key, Kind::Number(unit), names, rules)
}

const NO_RULE: (&str, &str) = ("", "");

const TAKES: &[Word] = &[
    ("surgery", "手術", "Surgery"),
    ("care", "診療・お薬", "Treatment and medicine"),
    ("medicine", "お薬", "Medicine"),
    ("check-ups", "健診", "Check-ups"),
];

const PRESCRIPTIONS: &[Word] = &[
    ("none", "発行しない", "None"),
    ("electronic", "電子処方箋のみ", "Electronic only"),
    ("both", "電子処方箋と紙の処方箋", "Electronic and paper"),
    ("paper", "紙の処方箋のみ", "Paper only"),
];

const ASKED: &[Word] = &[
    ("elsewhere", "ここでは確認しない", "Not here"),
    ("at-check", "資格確認時に確認する", "At the check-in"),
];

const LANGUAGES: &[Word] = &[
    ("ja", "日本語", "Japanese"),
    ("ja-easy", "やさしい日本語", "Plain Japanese"),
    ("en", "英語", "English"),
    ("zh", "中国語（簡体字）", "Chinese (simplified)"),
    ("ko", "韓国語", "Korean"),
    ("vi", "ベトナム語", "Vietnamese"),
    ("pt", "ポルトガル語", "Portuguese"),
];

const CONTRASTS: &[Word] = &[
    ("normal", "標準", "Normal"),
    ("high", "高コントラスト", "High contrast"),
];

const SIZES: &[Word] = &[
    ("normal", "標準", "Normal"),
    ("large", "大", "Large"),
    ("largest", "特大", "Largest"),
];

const LAYOUTS: &[Word] = &[
    ("normal", "標準", "Normal"),
    ("low", "下半分", "Lower half"),
];

const VOICES: &[Word] = &[
    ("keypad", "テンキーが使われたとき", "Once a keypad is used"),
    ("always", "いつも", "Always"),
    ("off", "なし", "Never"),
];

/// Every setting, in the order of the page.
pub(super) const GROUPS: &[Group] = &[
    Group {
        ja: "お尋ねする内容と利用するサービス",
        en: "What patients are asked, and services in use",
        fields: &[
            field(
                "facility.name",
                Kind::Text,
                ("医療機関名", "Name of the facility"),
                ("1〜40文字", "1 to 40 characters"),
            ),
            field(
                "facility.takes",
                Kind::List(TAKES),
                ("取得する情報", "Information taken"),
                (
                    "1つ以上。「診療・お薬」と「お薬」は、どちらか一方",
                    "At least one; only one of treatment and medicine",
                ),
            ),
            field(
                "facility.diagnosis_names",
                Kind::Switch,
                ("傷病名等の閲覧", "Names of diagnoses"),
                NO_RULE,
            ),
            field(
                "facility.prescriptions",
                Kind::Choice(PRESCRIPTIONS),
                ("処方箋の発行（電子処方箋）", "Prescriptions issued"),
                NO_RULE,
            ),
            field(
                "facility.prescription_asked",
                Kind::Choice(ASKED),
                ("処方箋発行形態の確認", "When the form is asked"),
                (
                    "「資格確認時に確認する」は、電子処方箋と紙の処方箋の両方を発行する場合だけ",
                    "At the check-in only where both kinds are issued",
                ),
            ),
            field(
                "facility.medical_subsidy",
                Kind::Switch,
                ("医療費助成（PMH）", "Medical subsidy (PMH)"),
                NO_RULE,
            ),
            field(
                "facility.high_cost_asked",
                Kind::Switch,
                ("限度額情報の提供を尋ねる", "Ask about the limit of payment"),
                NO_RULE,
            ),
            field(
                "facility.record_sharing",
                Kind::Switch,
                ("電子カルテ情報共有サービス", "Sharing of medical records"),
                NO_RULE,
            ),
            field(
                "facility.phones",
                Kind::Switch,
                ("スマートフォンのマイナ保険証", "Phones"),
                (
                    "汎用カードリーダーがある場合",
                    "Where there is a reader for them",
                ),
            ),
        ],
    },
    Group {
        ja: "時間と回数",
        en: "Times and attempts",
        fields: &[
            number(
                "mode.question_s",
                "秒 s",
                ("質問の制限時間", "Time for a question"),
                ("30〜600秒", "30 to 600 s"),
            ),
            number(
                "mode.warning_s",
                "秒 s",
                ("警告までの時間", "Time until the warning"),
                (
                    "10秒以上、質問の制限時間より10秒以上短く（制限時間を入力しない場合は60秒として確認）",
                    "At least 10 s, and at least 10 s less than the time for a question (60 s where that is left)",
                ),
            ),
            number(
                "mode.resume_s",
                "秒 s",
                ("離したカードを待つ時間", "Wait for a lifted card"),
                ("5〜60秒", "5 to 60 s"),
            ),
            number(
                "mode.done_reminder_s",
                "秒 s",
                (
                    "カードの取り忘れを知らせるまで",
                    "Until a card is forgotten",
                ),
                ("10〜120秒", "10 to 120 s"),
            ),
            number(
                "mode.staff_call_s",
                "秒 s",
                ("取り忘れを職員に知らせるまで", "Until staff are told of it"),
                ("30〜600秒", "30 to 600 s"),
            ),
            number(
                "mode.message_s",
                "秒 s",
                ("お知らせの表示時間", "Time of a message"),
                ("5〜60秒", "5 to 60 s"),
            ),
            number(
                "mode.link_s",
                "秒 s",
                ("センターの応答を待つ時間", "Wait for the centre"),
                ("5〜60秒", "5 to 60 s"),
            ),
            number(
                "mode.face_attempts",
                "回 times",
                ("顔認証の回数", "Attempts by face"),
                ("1〜3回", "1 to 3"),
            ),
            number(
                "mode.visual_run_min",
                "分 min",
                ("目視確認を続ける時間", "Visual checks in a row"),
                (
                    "0〜15分。0は1人ごとに終わる",
                    "0 to 15 min; 0 ends after one patient",
                ),
            ),
        ],
    },
    Group {
        ja: "画面と音声",
        en: "Screen and voice",
        fields: &[
            field(
                "screen.language",
                Kind::Choice(LANGUAGES),
                ("最初の言語", "Language at first"),
                ("選べる言語のうちの1つ", "One of those to choose from"),
            ),
            field(
                "screen.languages",
                Kind::List(LANGUAGES),
                ("選べる言語", "Languages to choose from"),
                (
                    "最初の言語を含めて（入力しない場合は日本語として確認）",
                    "With that at first (Japanese where that is left)",
                ),
            ),
            field(
                "screen.contrast",
                Kind::Choice(CONTRASTS),
                ("配色", "Colours"),
                NO_RULE,
            ),
            field(
                "screen.text",
                Kind::Choice(SIZES),
                ("文字の大きさ", "Size of the text"),
                NO_RULE,
            ),
            field(
                "screen.layout",
                Kind::Choice(LAYOUTS),
                ("ボタンの位置", "Where the buttons are"),
                NO_RULE,
            ),
            field(
                "screen.shuffle_pad",
                Kind::Switch,
                ("数字の並びを毎回変える", "Digits of the pad shuffled"),
                NO_RULE,
            ),
            field(
                "screen.voice",
                Kind::Choice(VOICES),
                ("音声案内", "Spoken guidance"),
                NO_RULE,
            ),
        ],
    },
];

/// Every field.
pub(super) fn all() -> impl Iterator<Item = &'static Field> {
    GROUPS.iter().flat_map(|group| group.fields)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::{BTreeMap, BTreeSet};

    use uketsuke_common::config::{PROFILE_KEYS, Profile, Setting, write_profile};

    use super::*;

    #[test]
    fn every_setting_of_a_profile_has_its_field_once() {
        let fields: Vec<_> = all().map(|field| field.key).collect();
        let once: BTreeSet<_> = fields.iter().copied().collect();
        assert_eq!(once.len(), fields.len());
        assert_eq!(once, PROFILE_KEYS.into_iter().collect());
    }

    #[test]
    fn every_word_of_a_field_is_one_of_a_profile() {
        for field in all() {
            let settings: Vec<Setting> = match field.kind {
                Kind::Text => vec![Setting::Text("受付".into())],
                Kind::Number(_) => vec![Setting::Number(12)],
                Kind::Switch => vec![Setting::Switch(true), Setting::Switch(false)],
                Kind::Choice(words) => words.iter().map(|w| Setting::Text(w.0.into())).collect(),
                Kind::List(words) => {
                    vec![Setting::List(words.iter().map(|w| w.0.into()).collect())]
                }
            };
            for setting in settings {
                let settings = BTreeMap::from([(field.key, setting)]);
                let profile = Profile::parse(&write_profile(&settings)).unwrap();
                assert_eq!(profile.settings(), &settings);
            }
        }
    }
}
