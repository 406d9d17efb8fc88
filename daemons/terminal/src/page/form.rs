// SPDX-License-Identifier: MIT OR Apache-2.0
//! Forms: the seal that each carries, fields with label, hint and mistake, and the list of mistakes.

use maud::{Markup, html};

use super::access::Visit;
use super::language::Language;
use crate::console::{LONGEST, SHORTEST, Weak};

/// A mistake and the field it is in.
pub(super) struct Mistake {
    /// Id of the field.
    pub field: &'static str,
    /// What is wrong and what to do.
    pub words: String,
}

impl Mistake {
    pub(super) fn new(field: &'static str, words: impl Into<String>) -> Self {
        let words = words.into();
        Self { field, words }
    }
}

/// What a form of somebody who is logged in carries.
pub(super) fn seal(visit: &Visit) -> Markup {
    html! {
        @if let Some(visitor) = &visit.visitor {
            input type="hidden" name="seal" value=(visitor.token.seal());
        }
    }
}

/// What went well, or did not.
pub(super) enum Said {
    Done(String),
    Wrong(String),
}

/// In words, as a screen reader reads it out.
pub(super) fn said(said: Option<&Said>) -> Markup {
    html! {
        @match said {
            Some(Said::Done(words)) => p.note.up role="status" { strong { (words) } },
            Some(Said::Wrong(words)) => p.note.down role="alert" { (words) },
            None => {}
        }
    }
}

/// All mistakes, each with a link to its field; the page opens here.
pub(super) fn mistakes(l: Language, mistakes: &[Mistake]) -> Markup {
    html! {
        @if !mistakes.is_empty() {
            div.note.down #mistakes role="alert" tabindex="-1" autofocus aria-labelledby="mistakes-title" {
                h2 #mistakes-title { (l.say("入力を確認してください", "Please check what you entered")) }
                ul {
                    @for mistake in mistakes {
                        li { a href={ "#" (mistake.field) } { (mistake.words) } }
                    }
                }
            }
        }
    }
}

/// A field of one line.
pub(super) struct Field<'a> {
    /// Id and name.
    pub id: &'static str,
    /// What it is.
    pub label: &'a str,
    /// How to fill it in.
    pub hint: Option<&'a str>,
    /// `text` or `password`.
    pub kind: &'static str,
    /// For the browser and its password manager.
    pub autocomplete: &'static str,
    /// Characters at most.
    pub longest: usize,
    /// What stands in it.
    pub value: &'a str,
}

/// With what is wrong with it beside it.
pub(super) fn field(field: &Field<'_>, mistakes: &[Mistake]) -> Markup {
    let Field { id, label, .. } = *field;
    let wrong = mistakes.iter().find(|mistake| mistake.field == id);
    let hint = field.hint.map(|hint| (format!("{id}-hint"), hint));
    let mistake = wrong.map(|wrong| (format!("{id}-mistake"), wrong));
    let hint_id = hint.as_ref().map(|(of, _)| of.as_str());
    let mistake_id = mistake.as_ref().map(|(of, _)| of.as_str());
    let described: Vec<_> = hint_id.into_iter().chain(mistake_id).collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    html! {
        div.field {
            label for=(id) { (label) }
            @if let Some((of, hint)) = &hint { div.hint id=(of) { (hint) } }
            @if let Some((of, wrong)) = &mistake { div.down id=(of) { (wrong.words) } }
            input id=(id) name=(id) type=(field.kind) required maxlength=(field.longest)
                autocomplete=(field.autocomplete) autocapitalize="none" spellcheck="false"
                value=[(!field.value.is_empty()).then_some(field.value)]
                aria-describedby=[described] aria-invalid=[wrong.map(|_| "true")];
        }
    }
}

/// Name of an account.
pub(super) fn account(l: Language, value: &str, found: &[Mistake]) -> Markup {
    let with = Field {
        id: "account",
        label: l.say("アカウント", "Account"),
        hint: Some(account_rule(l)),
        kind: "text",
        autocomplete: "username",
        longest: 64,
        value,
    };
    field(&with, found)
}

/// What an account is called.
pub(super) fn account_rule(l: Language) -> &'static str {
    l.say(
        "半角の英数字と . _ - 、64文字まで",
        "Letters, digits and . _ - of ASCII, up to 64",
    )
}

/// A new password, twice.
pub(super) fn new_password(l: Language, found: &[Mistake]) -> Markup {
    let rule = l.say(
        format!(
            "半角の英数字・記号・空白で、{SHORTEST}文字以上{LONGEST}文字まで。覚えやすい単語を4つ以上並べてもかまいません。"
        ),
        format!(
            "{SHORTEST} to {LONGEST} letters, digits, signs and spaces of ASCII. Four or more words that you remember will do."
        ),
    );
    let new = |id, label, hint| Field {
        id,
        label,
        hint,
        kind: "password",
        autocomplete: "new-password",
        longest: LONGEST,
        value: "",
    };
    let again = l.say("新しいパスワード（もう一度）", "New password, again");
    html! {
        (field(&new("new", l.say("新しいパスワード", "New password"), Some(&rule)), found))
        (field(&new("again", again, None), found))
    }
}

/// Why a password is not taken.
pub(super) fn weak(l: Language, weak: Weak) -> Mistake {
    let words = match weak {
        Weak::Short => l.say(
            format!("パスワードは、{SHORTEST}文字以上にしてください。"),
            format!("Use {SHORTEST} characters or more for the password."),
        ),
        Weak::Long => l.say(
            format!("パスワードは、{LONGEST}文字までにしてください。"),
            format!("Use {LONGEST} characters at most for the password."),
        ),
        Weak::Characters => l
            .say(
                "パスワードには、半角の英数字・記号・空白だけを使ってください。",
                "Use letters, digits, signs and spaces of ASCII only for the password.",
            )
            .to_owned(),
        Weak::HasName => l
            .say(
                "パスワードに、アカウントの名前を含めないでください。",
                "Leave the account's name out of the password.",
            )
            .to_owned(),
        Weak::Alike => l
            .say(
                "パスワードには、6種類以上の文字を使ってください。",
                "Use six different characters or more for the password.",
            )
            .to_owned(),
    };
    Mistake::new("new", words)
}

/// The two fields differ.
pub(super) fn differ(l: Language) -> Mistake {
    let words = l.say(
        "2つの新しいパスワードが一致しません。もう一度入力してください。",
        "The two new passwords differ. Please type both again.",
    );
    Mistake::new("again", words)
}

/// The name is none.
pub(super) fn no_account(l: Language) -> Mistake {
    let words = l.say(
        "アカウントは、半角の英数字と . _ - で、64文字までで入力してください。",
        "An account is written with letters, digits and . _ - of ASCII, 64 at most.",
    );
    Mistake::new("account", words)
}
