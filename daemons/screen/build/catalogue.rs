// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads the message catalogues, compares the languages, writes one constant per key.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

/// The languages shipped, the reference first.
pub const LANGUAGES: [&str; 7] = ["ja", "ja-easy", "en", "zh", "ko", "vi", "pt"];

/// Marks of the catalogue that are not text: `|` a place to break, `~` a space that holds.
const MARKS: [char; 2] = ['|', '~'];

/// What one message needs.
#[derive(Default)]
pub struct Message {
    /// Characters that can appear on the screen, apart from values put in.
    pub characters: BTreeSet<char>,
    /// Names of the values put in.
    pub variables: BTreeSet<String>,
}

/// One language.
pub struct Catalogue {
    /// Name of its file without the ending: `ja`, `ja-easy`.
    pub language: &'static str,
    /// By key.
    pub messages: BTreeMap<String, Message>,
}

/// Reads `texts/<language>.ftl` for each language.
pub fn read_all(folder: &Path) -> Result<Vec<Catalogue>, Vec<String>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    LANGUAGES
        .into_iter()
        .map(|language| read(folder, language))
        .collect()
}

fn read(folder: &Path, language: &'static str) -> Result<Catalogue, Vec<String>> {
    let file = folder.join(format!("{language}.ftl"));
    let path = file.display();
    let source = std::fs::read_to_string(&file).map_err(|e| vec![format!("{path}: {e}")])?;
    let resource = fluent_syntax::parser::parse(source.as_str()).map_err(|(_, errors)| {
        errors
            .iter()
            .map(|e| {
                let line = source[..e.pos.start.min(source.len())].lines().count();
                format!("{path}:{line}: {e}")
            })
            .collect::<Vec<_>>()
    })?;
    let mut messages = BTreeMap::new();
    let mut problems = Vec::new();
    for entry in &resource.body {
        let Entry::Message(message) = entry else {
            continue;
        };
        let key = message.id.name.to_owned();
        let mut found = Message::default();
        match &message.value {
            Some(pattern) => walk(pattern, &mut found),
            None => problems.push(format!("{path}: {key} has no text")),
        }
        if messages.insert(key.clone(), found).is_some() {
            problems.push(format!("{path}: {key} is there twice"));
        }
    }
    if problems.is_empty() {
        Ok(Catalogue { language, messages })
    } else {
        Err(problems)
    }
}

fn walk(pattern: &Pattern<&str>, into: &mut Message) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => {
                into.characters
                    .extend(value.chars().filter(|c| !MARKS.contains(c)));
            }
            PatternElement::Placeable { expression } => match expression {
                Expression::Inline(inline) => inline_variable(inline, into),
                Expression::Select { selector, variants } => {
                    inline_variable(selector, into);
                    for variant in variants {
                        walk(&variant.value, into);
                    }
                }
            },
        }
    }
}

fn inline_variable(inline: &InlineExpression<&str>, into: &mut Message) {
    if let InlineExpression::VariableReference { id } = inline {
        into.variables.insert(id.name.to_owned());
    }
}

/// Every language has every key, with the same variables. One line for each that does not, against
/// the first language that has the key.
pub fn agree(catalogues: &[Catalogue]) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    for key in keys(catalogues) {
        let has = |c: &&Catalogue| c.messages.contains_key(key);
        let Some(first) = catalogues.iter().find(has) else {
            continue;
        };
        let wanted = &first.messages[key].variables;
        for other in catalogues {
            let language = other.language;
            match other.messages.get(key) {
                None => problems.push(format!(
                    "texts/{language}.ftl: {key} is missing; {} has it",
                    first.language
                )),
                Some(message) if message.variables != *wanted => problems.push(format!(
                    "texts/{language}.ftl: {key} uses {:?}, {} uses {wanted:?}",
                    message.variables, first.language
                )),
                Some(_) => {}
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

fn keys(catalogues: &[Catalogue]) -> BTreeSet<&String> {
    catalogues.iter().flat_map(|c| c.messages.keys()).collect()
}

/// One constant per key, private to the crate: a key nobody uses is dead code, a key that does not
/// exist does not compile.
pub fn write_keys(catalogues: &[Catalogue], out: &Path) -> Result<(), Vec<String>> {
    let mut code = String::new();
    for key in keys(catalogues) {
        let name = key.replace('-', "_").to_uppercase();
        // Writing to a String cannot fail.
        let _ = writeln!(code, "pub(crate) const {name}: Key = Key(\"{key}\");");
    }
    let path = out.join("keys.rs");
    std::fs::write(&path, code).map_err(|e| vec![format!("{}: {e}", path.display())])
}
