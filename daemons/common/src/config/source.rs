// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files of a configuration: found, read within limits, parsed, searched for a key's line.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::Reader;
use super::error::{ConfigError, Problem};

/// Largest file that is read; a reader's own is a few KiB.
pub const MAX_BYTES: u64 = 256 * 1024;

/// One file as read.
#[derive(Clone)]
pub struct Source {
    pub(super) path: PathBuf,
    text: String,
}

/// `reader.toml` and `reader.d/*.toml` by name, as far as they exist.
pub(super) fn read_all(directory: &Path) -> Result<Vec<Source>, ConfigError> {
    let mut paths = vec![directory.join("reader.toml")];
    let drop_ins = directory.join("reader.d");
    match std::fs::read_dir(&drop_ins) {
        Ok(entries) => {
            let mut found = Vec::new();
            for entry in entries {
                let entry = entry
                    .map_err(|e| ConfigError::one(Problem::whole(&drop_ins, e.to_string())))?;
                if entry.path().extension().is_some_and(|e| e == "toml") {
                    found.push(entry.path());
                }
            }
            found.sort();
            paths.extend(found);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => {
            return Err(ConfigError::one(Problem::whole(
                &drop_ins,
                error.to_string(),
            )));
        }
    }
    paths.iter().filter_map(|p| read(p).transpose()).collect()
}

/// `path` alone, as far as it exists.
pub(super) fn read(path: &Path) -> Result<Option<Source>, ConfigError> {
    let refuse = |what: String| ConfigError::one(Problem::whole(path, what));
    let kind = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refuse(error.to_string())),
    };
    if !kind.is_file() {
        // A link could point the daemon at a file its writer may not read.
        return Err(refuse("not a plain file (links are not followed)".into()));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|e| refuse(e.to_string()))?;
    Source::new(path, bytes).map(Some)
}

impl Source {
    /// The file at `path` with this content.
    pub(super) fn new(path: &Path, bytes: Vec<u8>) -> Result<Self, ConfigError> {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(ConfigError::one(Problem::whole(
                path,
                format!("larger than {MAX_BYTES} bytes"),
            )));
        }
        let text = String::from_utf8(bytes).map_err(|e| {
            let before = &e.as_bytes()[..e.utf8_error().valid_up_to()];
            ConfigError::one(Problem {
                file: path.to_owned(),
                line: Some(before.iter().filter(|b| **b == b'\n').count() + 1),
                key: None,
                what: "not UTF-8".into(),
            })
        })?;
        Ok(Self {
            path: path.to_owned(),
            text,
        })
    }

    /// The table of this file, and what is wrong in it. A key that a [`Reader`] does not know, or
    /// whose value it cannot take, is left out of the table, so that the rest can still be judged.
    pub(super) fn parse(&self) -> (toml::Table, Vec<Problem>) {
        let (document, errors) = DeTable::parse_recoverable(&self.text);
        if !errors.is_empty() {
            // One slip makes several complaints of a parser that goes on: the first of a line counts.
            let mut problems: Vec<Problem> = Vec::new();
            for error in &errors {
                let problem = self.refused(error);
                if problems.iter().all(|p| p.line != problem.line) {
                    problems.push(problem);
                }
            }
            return (toml::Table::new(), problems);
        }
        let mut problems = Vec::new();
        let mut good = toml::Table::new();
        for (name, value) in document.get_ref() {
            match value.get_ref() {
                DeValue::Table(section) if !section.is_empty() => {
                    for (key, inner) in section {
                        let mut one = DeTable::new();
                        one.insert(key.clone(), inner.clone());
                        let one = Spanned::new(value.span(), DeValue::Table(one));
                        self.take(name, one, &mut good, &mut problems);
                    }
                }
                _ => self.take(name, value.clone(), &mut good, &mut problems),
            }
        }
        (good, problems)
    }

    /// Lays `name = value` into `good` where a [`Reader`] takes it, and complains where not.
    fn take<'i>(
        &self,
        name: &Spanned<std::borrow::Cow<'i, str>>,
        value: Spanned<DeValue<'i>>,
        good: &mut toml::Table,
        problems: &mut Vec<Problem>,
    ) {
        match self.typed(name, value.clone()) {
            Ok(table) => merge(good, table),
            Err(error) => {
                let mut problem = self.refused(&error);
                if let Some(at) = self.element_to_blame(name, &value, error.message()) {
                    problem.line = Some(self.line_at(at));
                }
                // An unknown section is one mistake, however many keys it has.
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
    }

    /// `name = value` alone, as a [`Reader`] takes it.
    fn typed<'i>(
        &self,
        name: &Spanned<std::borrow::Cow<'i, str>>,
        value: Spanned<DeValue<'i>>,
    ) -> Result<toml::Table, toml::de::Error> {
        let mut document = DeTable::new();
        document.insert(name.clone(), value);
        let document = Spanned::new(0..self.text.len(), document);
        Reader::deserialize(toml::Deserializer::from(document.clone()))?;
        toml::Table::deserialize(toml::Deserializer::from(document))
    }

    /// Where the element of an array begins that alone makes the same complaint: a type that
    /// refuses a text (an address) is otherwise blamed on the whole array.
    fn element_to_blame<'i>(
        &self,
        name: &Spanned<std::borrow::Cow<'i, str>>,
        value: &Spanned<DeValue<'i>>,
        complaint: &str,
    ) -> Option<usize> {
        let (key, inner) = value.get_ref().as_table()?.iter().next()?;
        let elements = inner.get_ref().as_array()?;
        elements.iter().find_map(|element| {
            let mut array = DeArray::new();
            array.push(element.clone());
            let mut one = DeTable::new();
            one.insert(
                key.clone(),
                Spanned::new(inner.span(), DeValue::Array(array)),
            );
            let one = Spanned::new(value.span(), DeValue::Table(one));
            let error = self.typed(name, one).err()?;
            (error.message() == complaint).then_some(element.span().start)
        })
    }

    fn refused(&self, error: &toml::de::Error) -> Problem {
        let at = error.span().map(|span| span.start);
        Problem {
            file: self.path.clone(),
            line: at.map(|at| self.line_at(at)),
            key: at.and_then(|at| self.key_at(at)),
            what: error.message().to_owned(),
        }
    }

    fn line_at(&self, offset: usize) -> usize {
        let end = offset.min(self.text.len());
        self.text.as_bytes()[..end]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1
    }

    /// The dotted key whose name or value stands at `offset`; none where the text does not parse.
    fn key_at(&self, offset: usize) -> Option<String> {
        let table = DeTable::parse(&self.text).ok()?;
        let mut path = Vec::new();
        descend(table.get_ref(), offset, &mut path);
        (!path.is_empty()).then(|| path.join("."))
    }

    /// The line on which a dotted key is set in this file.
    pub(super) fn line_of(&self, key: &str) -> Option<usize> {
        let table = DeTable::parse(&self.text).ok()?;
        let mut here = table.get_ref();
        let mut parts = key.split('.').peekable();
        loop {
            let part = parts.next()?;
            let (name, value) = here.iter().find(|(k, _)| k.get_ref() == part)?;
            if parts.peek().is_none() {
                return Some(self.line_at(name.span().start));
            }
            let DeValue::Table(inner) = value.get_ref() else {
                return None;
            };
            here = inner;
        }
    }
}

fn descend(table: &DeTable<'_>, offset: usize, path: &mut Vec<String>) {
    for (key, value) in table {
        let inner = match value.get_ref() {
            DeValue::Table(inner) => Some(inner),
            _ => None,
        };
        let depth = path.len();
        path.push(key.get_ref().to_string());
        if key.span().contains(&offset) || (inner.is_none() && value.span().contains(&offset)) {
            return;
        }
        if let Some(inner) = inner {
            descend(inner, offset, path);
            if path.len() > depth + 1 {
                return;
            }
            if value.span().contains(&offset) {
                return;
            }
        }
        path.truncate(depth);
    }
}

/// Lays `over` on top of `base`, table by table.
pub(super) fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(value)) => merge(inner, value),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}
