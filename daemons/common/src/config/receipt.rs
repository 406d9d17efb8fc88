// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[terminal.receipt.<name>]`: the receipt computers (レセプトコンピューター) that get face files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::Problems;

/// The receipt computers by name: letters, digits and `-`, 1 to 32.
pub type Receipts = BTreeMap<String, ReceiptConfig>;

/// Most of them.
const COMPUTERS: usize = 64;
/// Longest name.
const NAME: usize = 32;

/// One receipt computer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptConfig {
    /// The folder it looks into (`FaceDataDir`), an absolute path. It is never made: where it is not there,
    /// files wait.
    pub folder: PathBuf,
    /// How its files are encoded.
    #[serde(default)]
    pub encoding: FileEncoding,
    /// Whose check-ins it gets, by the names of the card readers; empty: everybody's.
    #[serde(default)]
    pub readers: Vec<String>,
    /// How long a file lies there before it is taken away again; 1 to 720 hours.
    #[serde(default = "day")]
    pub keep_hours: u32,
}

fn day() -> u32 {
    24
}

/// Encoding of a face file. Both occur in the field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum FileEncoding {
    /// UTF-8.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// Shift_JIS as Windows has it.
    #[serde(rename = "shift_jis")]
    ShiftJis,
}

pub(super) fn check(receipts: &Receipts, problems: &mut Problems) {
    let key = "terminal.receipt";
    if receipts.len() > COMPUTERS {
        problems.add(
            key,
            format!("{} receipt computers; at most {COMPUTERS}", receipts.len()),
        );
    }
    for (name, computer) in receipts {
        let named = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if name.is_empty() || name.len() > NAME || !named {
            let what = format!("{name:?} is no name: 1 to {NAME} letters, digits and `-`");
            problems.add(key, what);
        }
        if !computer.folder.is_absolute() {
            let what = format!("{name}: folder {:?} is no absolute path", computer.folder);
            problems.add(key, what);
        }
        if !(1..=720).contains(&computer.keep_hours) {
            let what = format!(
                "{name}: keep_hours {} is out of range; 1 to 720 h",
                computer.keep_hours
            );
            problems.add(key, what);
        }
        let other = receipts
            .iter()
            .find(|(other, it)| *other < name && it.folder == computer.folder);
        if let Some((other, _)) = other {
            problems.add(
                key,
                format!("{name}: the same folder as that of {other}; one for each"),
            );
        }
    }
}

/// Whether this is a 医療機関コード: prefecture 2, 点数表 1, number 7 digits.
pub(super) fn is_institution(code: &str) -> bool {
    code.len() == 10 && code.bytes().all(|b| b.is_ascii_digit())
}
