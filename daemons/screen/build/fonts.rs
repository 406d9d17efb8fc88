// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cuts the fonts down to what can appear on the screen and checks that nothing is missing.
//!
//! Names of facilities and people are free text, so the regular weight keeps all kanji of
//! JIS X 0208 with the NEC and IBM extensions (髙, 﨑, 德 …). The bold weight, for our own texts
//! and kana names, keeps level 1 and what the catalogues use: 1.2 MB less.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::catalogue::Catalogue;

/// Where Debian puts fonts; packagers point elsewhere by this variable.
const FOLDER_VARIABLE: &str = "UKETSUKE_FONTS";
const FOLDER: &str = "/usr/share/fonts/truetype";
/// The subsetter; packagers may name another path.
const TOOL_VARIABLE: &str = "UKETSUKE_PYFTSUBSET";
const TOOL: &str = "pyftsubset";

struct Font {
    file: &'static str,
    package: &'static str,
    out: &'static str,
    keep: fn(&BTreeSet<char>) -> BTreeSet<char>,
    /// Languages whose every catalogue character must be in it.
    complete: &'static [&'static str],
}

const FONTS: [Font; 4] = [
    Font {
        file: "bizud-gothic/BIZUDPGothic-Regular.ttf",
        package: "fonts-morisawa-bizud-gothic",
        out: "regular.ttf",
        keep: |texts| union(union(japanese(94), &PRINT_FORMS.chars().collect()), texts),
        complete: &["ja", "en"],
    },
    Font {
        file: "bizud-gothic/BIZUDPGothic-Bold.ttf",
        package: "fonts-morisawa-bizud-gothic",
        out: "bold.ttf",
        keep: |texts| union(japanese(LAST_ROW_OF_LEVEL_1), texts),
        complete: &["ja", "en"],
    },
    Font {
        file: "noto/NotoSans-Regular.ttf",
        package: "fonts-noto-core",
        out: "latin.ttf",
        keep: |_| latin(),
        complete: &["en"],
    },
    Font {
        file: "noto/NotoSans-Bold.ttf",
        package: "fonts-noto-core",
        out: "latin-bold.ttf",
        keep: |_| latin(),
        complete: &["en"],
    },
];

/// Print forms that JIS X 0208 lacks and place names use (飛驒, 鷗).
const PRINT_FORMS: &str = "俱剝吞噓塡姸屛幷搔攢潑瀆焰瘦簞繡繫萊蔣蠟蟬軀醬醱頰顚驒鷗鹼麴啞囊禱";

/// JIS X 0208 row 47 is the last of kanji level 1.
const LAST_ROW_OF_LEVEL_1: u8 = 47;

/// Kana, signs and kanji of JIS X 0208 up to `last_row`, with the vendors' rows of the EUC-JP
/// table of the Encoding Standard; ASCII and half-width katakana besides.
fn japanese(last_row: u8) -> BTreeSet<char> {
    let mut set: BTreeSet<char> = (' '..='~').chain('\u{ff61}'..='\u{ff9f}').collect();
    for row in 1..=last_row {
        for cell in 1..=94_u8 {
            let bytes = [0xa0 + row, 0xa0 + cell];
            let (text, _, bad) = encoding_rs::EUC_JP.decode(&bytes);
            if !bad {
                set.extend(text.chars());
            }
        }
    }
    set
}

/// Latin-1, Latin Extended-A and the usual dashes and quotes, for facilities with such names.
fn latin() -> BTreeSet<char> {
    (' '..='~')
        .chain('\u{a1}'..='\u{17f}')
        .chain('\u{2010}'..='\u{2026}')
        .collect()
}

fn union(mut a: BTreeSet<char>, b: &BTreeSet<char>) -> BTreeSet<char> {
    a.extend(b);
    a
}

/// Where the fonts are on this machine.
pub fn folder() -> PathBuf {
    println!("cargo::rerun-if-env-changed={FOLDER_VARIABLE}");
    std::env::var_os(FOLDER_VARIABLE).map_or_else(|| FOLDER.into(), PathBuf::from)
}

/// Writes one file per font of `folder` to `out`.
pub fn subset(folder: &Path, catalogues: &[Catalogue], out: &Path) -> Result<(), Vec<String>> {
    println!("cargo::rerun-if-env-changed={TOOL_VARIABLE}");
    let texts: BTreeSet<char> = catalogues
        .iter()
        .flat_map(|c| c.messages.values())
        .flat_map(|m| m.characters.iter().copied())
        .filter(|c| !c.is_control())
        .collect();
    let mut problems = Vec::new();
    for font in &FONTS {
        let made = cut(font, folder, &(font.keep)(&texts), out);
        match made {
            Ok(bytes) => problems.extend(missing(font, &bytes, catalogues)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

fn cut(font: &Font, folder: &Path, keep: &BTreeSet<char>, out: &Path) -> Result<Vec<u8>, String> {
    let source = folder.join(font.file);
    println!("cargo::rerun-if-changed={}", source.display());
    if !source.is_file() {
        return Err(format!(
            "{} is not there: install the Debian package {} (or point {FOLDER_VARIABLE} at the \
             folder that holds {})",
            source.display(),
            font.package,
            font.file
        ));
    }
    let list = out.join(format!("{}.characters", font.out));
    let lines: String = keep
        .iter()
        .map(|c| format!("U+{:04X}\n", u32::from(*c)))
        .collect();
    std::fs::write(&list, lines).map_err(|e| format!("{}: {e}", list.display()))?;
    let target = out.join(font.out);
    let tool = std::env::var_os(TOOL_VARIABLE).unwrap_or_else(|| TOOL.into());
    // Hinting and vertical metrics are dropped: the rasteriser uses neither, and they are a quarter.
    let run = Command::new(&tool)
        .arg(&source)
        .arg(format!("--unicodes-file={}", list.display()))
        .arg(format!("--output-file={}", target.display()))
        .args([
            "--no-hinting",
            "--notdef-outline",
            "--layout-features=kern,liga,mark,ccmp",
        ])
        .arg("--drop-tables+=vhea,vmtx,meta,DSIG")
        .output()
        .map_err(|e| {
            format!(
                "{}: {e}: install the Debian package fonttools (or point {TOOL_VARIABLE} at \
                 pyftsubset)",
                tool.display()
            )
        })?;
    if !run.status.success() {
        let said = String::from_utf8_lossy(&run.stderr);
        return Err(format!(
            "{} {}: {}",
            tool.display(),
            source.display(),
            last_line(&said)
        ));
    }
    std::fs::read(&target).map_err(|e| format!("{}: {e}", target.display()))
}

fn last_line(said: &str) -> &str {
    said.lines().last().unwrap_or("failed without a word")
}

/// One line per character of a catalogue that the finished subset cannot draw.
fn missing(font: &Font, bytes: &[u8], catalogues: &[Catalogue]) -> Vec<String> {
    let face = match ttf_parser::Face::parse(bytes, 0) {
        Ok(face) => face,
        Err(e) => return vec![format!("{}: {e}", font.out)],
    };
    let mut problems = Vec::new();
    for catalogue in catalogues
        .iter()
        .filter(|c| font.complete.contains(&c.language))
    {
        for (key, message) in &catalogue.messages {
            for c in message.characters.iter().filter(|c| !c.is_control()) {
                if face.glyph_index(*c).is_none() {
                    problems.push(format!(
                        "texts/{}.ftl: {key}: {} has no glyph for '{c}' (U+{:04X})",
                        catalogue.language,
                        font.file,
                        u32::from(*c)
                    ));
                }
            }
        }
    }
    problems
}
