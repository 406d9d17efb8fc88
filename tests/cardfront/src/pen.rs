// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writes lines of text with fonts of Debian's packages.

use std::path::PathBuf;

use tiny_skia::{FillRule, Mask, PathBuilder, Transform};
use ttf_parser::{Face, OutlineBuilder};

/// Why there is no font.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// Its package is not installed.
    #[error("cannot read {path}: its package is in packages/debian-12.txt")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's word.
        #[source]
        source: std::io::Error,
    },
    /// It is no font.
    #[error("{path} is no font")]
    Parse {
        /// The file.
        path: PathBuf,
        /// The parser's word.
        #[source]
        source: ttf_parser::FaceParsingError,
    },
}

/// One font, in memory.
pub struct Font {
    bytes: Vec<u8>,
}

/// All that cards are printed with here.
pub struct Fonts(pub Vec<Font>);

const FILES: &[&str] = &[
    "truetype/bizud-gothic/BIZUDGothic-Regular.ttf",
    "truetype/bizud-gothic/BIZUDGothic-Bold.ttf",
    "truetype/bizud-gothic/BIZUDPGothic-Regular.ttf",
    "opentype/noto/NotoSansCJK-Regular.ttc",
    "opentype/noto/NotoSerifCJK-Regular.ttc",
];

impl Fonts {
    /// Reads them.
    ///
    /// # Errors
    /// [`FontError`].
    pub fn read() -> Result<Self, FontError> {
        let read = |name: &&str| {
            let path = PathBuf::from("/usr/share/fonts").join(name);
            let bytes = std::fs::read(&path).map_err(|source| FontError::Read {
                path: path.clone(),
                source,
            })?;
            Face::parse(&bytes, 0).map_err(|source| FontError::Parse { path, source })?;
            Ok(Font { bytes })
        };
        FILES.iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

impl Font {
    /// Writes a line into a mask: `left` and `base` line in pixels, `em` in pixels, `spacing` between signs
    /// in parts of it. A sign that the font does not have is left out.
    pub fn write(&self, into: &mut Mask, text: &str, left: f32, base: f32, em: f32, spacing: f32) {
        // Parsed once at the start already.
        let Ok(face) = Face::parse(&self.bytes, 0) else {
            return;
        };
        let scale = em / f32::from(face.units_per_em());
        let mut x = left;
        let mut outline = Outline(PathBuilder::new());
        let mut written = Vec::new();
        for sign in text.chars() {
            let Some(glyph) = face.glyph_index(sign) else {
                continue;
            };
            outline.0.clear();
            if face.outline_glyph(glyph, &mut outline).is_some() {
                let path = std::mem::replace(&mut outline.0, PathBuilder::new()).finish();
                written.extend(path.map(|path| (path, x)));
            }
            let advance = f32::from(face.glyph_hor_advance(glyph).unwrap_or(0));
            x += advance * scale + spacing * em;
        }
        for (path, x) in written {
            let place = Transform::from_row(scale, 0.0, 0.0, -scale, x, base);
            into.fill_path(&path, FillRule::Winding, true, place);
        }
    }
}

struct Outline(PathBuilder);

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.0.close();
    }
}
