// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cuts the fonts down to what can appear on the screen and checks that nothing is missing.
//!
//! Names of facilities and people are free text, so the regular weight keeps all kanji of
//! JIS X 0208 with the NEC and IBM extensions (髙, 﨑, 德 …). The bold weight, for our own texts
//! and kana names, keeps level 1 and what the Japanese catalogues use: 1.2 MB less. Chinese and
//! Korean keep the characters of their own catalogue alone: names are never written in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::catalogue::Catalogue;

/// Where Debian puts fonts; packagers point elsewhere by this variable.
const FOLDER_VARIABLE: &str = "UKETSUKE_FONTS";
const FOLDER: &str = "/usr/share/fonts";
/// The subsetter; packagers may name another path.
const TOOL_VARIABLE: &str = "UKETSUKE_PYFTSUBSET";
const TOOL: &str = "pyftsubset";

struct Font {
    file: &'static str,
    /// Which font of a collection; 0 where the file holds one alone.
    number: u8,
    package: &'static str,
    out: &'static str,
    /// What is kept, from the characters of its languages' catalogues.
    keep: fn(&BTreeSet<char>) -> BTreeSet<char>,
    /// The languages it draws: every character of their catalogues must be in it.
    languages: &'static [&'static str],
}

const BIZ_UD: &str = "fonts-morisawa-bizud-gothic";
const NOTO: &str = "fonts-noto-core";
const NOTO_CJK: &str = "fonts-noto-cjk";

/// Places of the Korean and of the simplified Chinese font in a collection of Noto Sans CJK. Han
/// characters have one code for all languages, but each language's readers know other shapes of
/// them, so each needs its own font.
const KOREAN: u8 = 1;
const CHINESE: u8 = 2;

const FONTS: [Font; 8] = [
    Font {
        file: "truetype/bizud-gothic/BIZUDPGothic-Regular.ttf",
        number: 0,
        package: BIZ_UD,
        out: "regular.ttf",
        keep: |texts| union(union(japanese(94), &PRINT_FORMS.chars().collect()), texts),
        languages: JAPANESE,
    },
    Font {
        file: "truetype/bizud-gothic/BIZUDPGothic-Bold.ttf",
        number: 0,
        package: BIZ_UD,
        out: "bold.ttf",
        keep: |texts| union(japanese(LAST_ROW_OF_LEVEL_1), texts),
        languages: JAPANESE,
    },
    Font {
        file: "truetype/noto/NotoSans-Regular.ttf",
        number: 0,
        package: NOTO,
        out: "latin.ttf",
        keep: |texts| union(latin(), texts),
        languages: LATIN,
    },
    Font {
        file: "truetype/noto/NotoSans-Bold.ttf",
        number: 0,
        package: NOTO,
        out: "latin-bold.ttf",
        keep: |texts| union(latin(), texts),
        languages: LATIN,
    },
    Font {
        file: "opentype/noto/NotoSansCJK-Regular.ttc",
        number: CHINESE,
        package: NOTO_CJK,
        out: "chinese.otf",
        keep: |texts| union(ascii(), texts),
        languages: &["zh"],
    },
    Font {
        file: "opentype/noto/NotoSansCJK-Bold.ttc",
        number: CHINESE,
        package: NOTO_CJK,
        out: "chinese-bold.otf",
        keep: |texts| union(ascii(), texts),
        languages: &["zh"],
    },
    Font {
        file: "opentype/noto/NotoSansCJK-Regular.ttc",
        number: KOREAN,
        package: NOTO_CJK,
        out: "korean.otf",
        keep: |texts| union(ascii(), texts),
        languages: &["ko"],
    },
    Font {
        file: "opentype/noto/NotoSansCJK-Bold.ttc",
        number: KOREAN,
        package: NOTO_CJK,
        out: "korean-bold.otf",
        keep: |texts| union(ascii(), texts),
        languages: &["ko"],
    },
];

const JAPANESE: &[&str] = &["ja", "ja-easy"];
const LATIN: &[&str] = &["en", "vi", "pt"];

/// Print forms that JIS X 0208 lacks and place names use (飛驒, 鷗).
const PRINT_FORMS: &str = "俱剝吞噓塡姸屛幷搔攢潑瀆焰瘦簞繡繫萊蔣蠟蟬軀醬醱頰顚驒鷗鹼麴啞囊禱";

/// JIS X 0208 row 47 is the last of kanji level 1.
const LAST_ROW_OF_LEVEL_1: u8 = 47;

/// Kana, signs and kanji of JIS X 0208 up to `last_row`, with the vendors' rows of the EUC-JP
/// table of the Encoding Standard; ASCII and half-width katakana besides.
fn japanese(last_row: u8) -> BTreeSet<char> {
    let mut set = ascii();
    set.extend('\u{ff61}'..='\u{ff9f}');
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

fn ascii() -> BTreeSet<char> {
    (' '..='~').collect()
}

/// Latin-1, Latin Extended-A and the usual dashes and quotes, for facilities with such names.
fn latin() -> BTreeSet<char> {
    let mut set = ascii();
    set.extend('\u{a1}'..='\u{17f}');
    set.extend('\u{2010}'..='\u{2026}');
    set
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
    let mut problems = Vec::new();
    for font in &FONTS {
        let texts = characters(font, catalogues);
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

/// What the catalogues of the languages that a font draws are written with.
fn characters(font: &Font, catalogues: &[Catalogue]) -> BTreeSet<char> {
    catalogues
        .iter()
        .filter(|c| font.languages.contains(&c.language))
        .flat_map(|c| c.messages.values())
        .flat_map(|m| m.characters.iter().copied())
        .filter(|c| !c.is_control())
        .collect()
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
        .arg(format!("--font-number={}", font.number))
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
        .filter(|c| font.languages.contains(&c.language))
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
