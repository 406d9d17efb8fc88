// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fonts inside the program, cut down by `build.rs` from Debian's packages.
//!
//! Japanese is BIZ UDPGothic (universal design, SIL Open Font License 1.1, no reserved name). The
//! regular weight holds all kanji a facility's name may have, the bold one level 1 and the texts of
//! the catalogues; so free text is set in the regular weight. English, Vietnamese and Portuguese are
//! Noto Sans (same licence): the descenders of BIZ UDPGothic are an eighth of an em, which makes
//! "Stop" hard to tell from "Ston" at a distance. Chinese and Korean are their fonts of Noto Sans
//! CJK (same licence), for our own texts alone.

/// Family for Japanese, as in its name table.
pub const FAMILY: &str = "BIZ UDPGothic";

/// Family for Latin writing.
pub const LATIN_FAMILY: &str = "Noto Sans";

/// Family for simplified Chinese.
pub const CHINESE_FAMILY: &str = "Noto Sans CJK SC";

/// Family for Korean.
pub const KOREAN_FAMILY: &str = "Noto Sans CJK KR";

/// BIZ UDPGothic Regular: JIS X 0208 with vendors' extensions.
pub static REGULAR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/regular.ttf"));

/// BIZ UDPGothic Bold: JIS X 0208 level 1 and every character of the Japanese catalogues.
pub static BOLD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/bold.ttf"));

/// Noto Sans Regular: Latin-1, Latin Extended-A, every character of the catalogues it draws.
pub static LATIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/latin.ttf"));

/// Noto Sans Bold: the same characters.
pub static LATIN_BOLD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/latin-bold.ttf"));

/// Noto Sans CJK SC Regular: ASCII and every character of the Chinese catalogue.
pub static CHINESE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/chinese.otf"));

/// Noto Sans CJK SC Bold: the same characters.
pub static CHINESE_BOLD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/chinese-bold.otf"));

/// Noto Sans CJK KR Regular: ASCII and every character of the Korean catalogue.
pub static KOREAN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/korean.otf"));

/// Noto Sans CJK KR Bold: the same characters.
pub static KOREAN_BOLD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/korean-bold.otf"));

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lacks(font: &[u8], text: &str) -> String {
        let face = ttf_parser::Face::parse(font, 0).unwrap();
        text.chars()
            .filter(|c| face.glyph_index(*c).is_none())
            .collect()
    }

    fn family(font: &[u8]) -> String {
        let face = ttf_parser::Face::parse(font, 0).unwrap();
        face.names()
            .into_iter()
            .find(|n| n.name_id == ttf_parser::name_id::FAMILY && n.is_unicode())
            .and_then(|n| n.to_string())
            .unwrap()
    }

    #[test]
    fn names_of_people_and_clinics_can_be_drawn() {
        assert_eq!(lacks(REGULAR, "髙﨑邉德栁齋藤渡邊澤櫻廣國嶋驒鷗"), "");
        assert_eq!(lacks(BOLD, "シカク イチロウｼｶｸｲﾁﾛｳ○○病院0123456789"), "");
        assert_eq!(lacks(LATIN, "São Café Müller Łódź"), "");
    }

    #[test]
    fn family_names_are_those_asked_for() {
        assert_eq!(family(REGULAR), FAMILY);
        assert_eq!(family(BOLD), FAMILY);
        assert_eq!(family(LATIN), LATIN_FAMILY);
        assert_eq!(family(LATIN_BOLD), LATIN_FAMILY);
        assert_eq!(family(CHINESE), CHINESE_FAMILY);
        assert_eq!(family(CHINESE_BOLD), CHINESE_FAMILY);
        assert_eq!(family(KOREAN), KOREAN_FAMILY);
        assert_eq!(family(KOREAN_BOLD), KOREAN_FAMILY);
    }

    #[test]
    fn fonts_stay_small() {
        let fonts = [
            ("japanese", REGULAR, BOLD),
            ("latin", LATIN, LATIN_BOLD),
            ("chinese", CHINESE, CHINESE_BOLD),
            ("korean", KOREAN, KOREAN_BOLD),
        ];
        let sizes = fonts.map(|(name, regular, bold)| (name, regular.len(), bold.len()));
        println!("fonts: regular, bold: {sizes:?} bytes");
        let all: usize = sizes.iter().map(|(_, a, b)| a + b).sum();
        assert!(all < 3_500_000, "{all} bytes");
    }
}
