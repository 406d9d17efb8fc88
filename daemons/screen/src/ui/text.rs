// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shapes, breaks and rasters text with the fonts it is given and no others.
//!
//! No font of the machine is looked at: what is drawn depends on the program alone. Every cache is
//! bounded; on overflow it is emptied, which costs one slow frame and no memory.

use std::collections::HashMap;
use std::sync::Arc;

use cosmic_text::fontdb::{Database, Source};
use cosmic_text::{
    Attrs, Buffer, CacheKey, Fallback, Family, FontSystem, Metrics, Shaping, SwashCache,
    SwashContent, Weight, Wrap,
};
use unicode_script::Script;

use super::mask::Mask;
use super::node::{Letters, Place};

/// Fonts, first choice first.
#[derive(Clone, Copy)]
pub struct Faces {
    /// Family of the first choice, as in its name table.
    pub family: &'static str,
    /// First choice for Latin letters.
    pub latin: &'static str,
    /// First choice for Chinese.
    pub chinese: &'static str,
    /// First choice for Korean.
    pub korean: &'static str,
    /// Families for what the first choice lacks, in order.
    pub fallback: &'static [&'static str],
    /// The font files.
    pub files: &'static [&'static [u8]],
}

impl Faces {
    fn first(&self, label: &str, letters: Letters) -> &'static str {
        match letters {
            Letters::Japanese if mostly_latin(label) => self.latin,
            Letters::Japanese => self.family,
            Letters::Chinese => self.chinese,
            Letters::Korean => self.korean,
            Letters::Latin => self.latin,
        }
    }
}

/// Room left and right of a text for strokes that reach over their advance, px.
pub const BEARING: i32 = 2;

/// Most shaped paragraphs, measured widths, finished texts and glyphs kept. A busy view has about
/// thirty texts; all views in two languages have under four hundred.
const SHAPED_MAX: usize = 512;
const MEASURED_MAX: usize = 4096;
const TEXTS_BYTES_MAX: usize = 4 << 20;
const GLYPH_BYTES_MAX: usize = 1 << 20;

/// What makes a paragraph, apart from the room it has.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Paragraph {
    label: Box<str>,
    setting: Setting,
}

/// How a paragraph is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Setting {
    /// Em in 1/64 px.
    pub em64: u32,
    /// Bold.
    pub bold: bool,
    /// Whose letters.
    pub letters: Letters,
}

impl Setting {
    fn em(self) -> f32 {
        self.em64 as f32 / 64.0
    }

    /// Distance of two lines, whole px: generous for text, tighter for titles. BIZ UD has ascent
    /// plus descent of exactly one em, so without it lines would touch.
    fn line_height(self, title: bool) -> f32 {
        (self.em() * if title { 1.3 } else { 1.42 })
            .round()
            .max(1.0)
    }
}

/// A paragraph set in a width, with its coverage.
pub struct SetText {
    /// Coverage; begins [`BEARING`] px left of the text's box.
    pub mask: Arc<Mask>,
    /// Widest line in px; more than the given width where a word is too long for it.
    pub widest: f32,
    /// A character has no glyph in any font, as the shaper found it.
    pub lacks_glyph: bool,
}

struct Shaped {
    id: u32,
    buffer: Buffer,
}

struct Glyph {
    left: i32,
    top: i32,
    width: usize,
    coverage: Box<[u8]>,
}

/// Shapes and sets texts.
pub struct Typesetter {
    fonts: FontSystem,
    faces: Faces,
    swash: SwashCache,
    shaped: HashMap<Paragraph, Shaped>,
    measured: HashMap<(u32, Option<u32>), (f32, f32)>,
    texts: HashMap<(u32, u32, Place), Arc<SetText>>,
    texts_bytes: usize,
    glyphs: HashMap<CacheKey, Option<Arc<Glyph>>>,
    glyph_bytes: usize,
    next_id: u32,
    title_from: u32,
}

struct FixedFallback(&'static [&'static str]);

impl Fallback for FixedFallback {
    fn common_fallback(&self) -> &[&'static str] {
        self.0
    }
    fn forbidden_fallback(&self) -> &[&'static str] {
        &[]
    }
    fn script_fallback(&self, _script: Script, _locale: &str) -> &[&'static str] {
        self.0
    }
}

impl Typesetter {
    /// With these fonts; texts of at least `title_px` are set as titles.
    pub fn new(faces: Faces, title_px: f32) -> Self {
        let mut database = Database::new();
        for file in faces.files {
            database.load_font_source(Source::Binary(Arc::new(*file)));
        }
        let fonts = FontSystem::new_with_locale_and_db_and_fallback(
            "ja".to_owned(),
            database,
            FixedFallback(faces.fallback),
        );
        Self {
            fonts,
            faces,
            swash: SwashCache::new(),
            shaped: HashMap::new(),
            measured: HashMap::new(),
            texts: HashMap::new(),
            texts_bytes: 0,
            glyphs: HashMap::new(),
            glyph_bytes: 0,
            next_id: 0,
            title_from: (title_px * 64.0) as u32,
        }
    }

    /// Width and height of a paragraph in px. `width` limits the lines; `None` breaks only where
    /// the text itself does; 0 breaks wherever it may.
    pub fn measure(&mut self, label: &str, setting: Setting, width: Option<f32>) -> (f32, f32) {
        // Whole pixels: the layout asks with many fractions that all mean the same.
        let limit = width.map(|w| w.max(0.0).floor() as u32);
        let id = self.shape(label, setting);
        if let Some(size) = self.measured.get(&(id, limit)) {
            return *size;
        }
        let size = self.lay(label, setting, limit);
        if self.measured.len() >= MEASURED_MAX {
            self.measured.clear();
        }
        self.measured.insert((id, limit), size);
        size
    }

    /// Sets a paragraph in `width` px.
    pub fn set(&mut self, label: &str, setting: Setting, width: i32, align: Place) -> Arc<SetText> {
        let width = width.max(1) as u32;
        let id = self.shape(label, setting);
        if let Some(text) = self.texts.get(&(id, width, align)) {
            return Arc::clone(text);
        }
        let (widest, height) = self.lay(label, setting, Some(width));
        let text = Arc::new(self.raster(label, setting, (width, widest, height), align));
        if self.texts_bytes >= TEXTS_BYTES_MAX {
            self.texts.clear();
            self.texts_bytes = 0;
        }
        self.texts_bytes += text.mask.size();
        self.texts.insert((id, width, align), Arc::clone(&text));
        text
    }

    /// Drops every text; what is on the screen keeps its own coverage.
    pub fn forget(&mut self) {
        // The numbers go on, so nothing made under an old one can be found again.
        self.shaped.clear();
        self.measured.clear();
        self.texts.clear();
        self.texts_bytes = 0;
    }

    /// Makes sure the paragraph is shaped; returns its number.
    fn shape(&mut self, label: &str, setting: Setting) -> u32 {
        let key = Paragraph {
            label: label.into(),
            setting,
        };
        if let Some(shaped) = self.shaped.get(&key) {
            return shaped.id;
        }
        if self.shaped.len() >= SHAPED_MAX {
            self.forget();
        }
        let line_height = setting.line_height(setting.em64 >= self.title_from);
        let mut buffer = Buffer::new_empty(Metrics::new(setting.em(), line_height));
        let weight = if setting.bold {
            Weight::BOLD
        } else {
            Weight::NORMAL
        };
        let family = self.faces.first(label, setting.letters);
        let attrs = Attrs::new().family(Family::Name(family)).weight(weight);
        buffer.set_wrap(Wrap::Word);
        buffer.set_size(None, None);
        buffer.set_text(label, &attrs, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
        self.next_id += 1;
        self.shaped.insert(
            key,
            Shaped {
                id: self.next_id,
                buffer,
            },
        );
        self.next_id
    }

    fn buffer(&mut self, label: &str, setting: Setting) -> Option<(&mut Buffer, &mut FontSystem)> {
        let key = Paragraph {
            label: label.into(),
            setting,
        };
        let shaped = self.shaped.get_mut(&key)?;
        Some((&mut shaped.buffer, &mut self.fonts))
    }

    /// Breaks the lines of a shaped paragraph; returns widest line and height.
    fn lay(&mut self, label: &str, setting: Setting, limit: Option<u32>) -> (f32, f32) {
        let Some((buffer, fonts)) = self.buffer(label, setting) else {
            return (0.0, 0.0);
        };
        buffer.set_size(limit.map(|w| w as f32), None);
        buffer.shape_until_scroll(fonts, false);
        let mut size = (0.0f32, 0.0f32);
        for run in buffer.layout_runs() {
            size.0 = size.0.max(run.line_w);
            size.1 = size.1.max(run.line_top + run.line_height);
        }
        // A box that is a fraction narrower than its text would break it again.
        (size.0.ceil(), size.1.ceil())
    }

    fn raster(
        &mut self,
        label: &str,
        setting: Setting,
        (width, widest, height): (u32, f32, f32),
        align: Place,
    ) -> SetText {
        let mut placed = Vec::new();
        let mut lacks_glyph = false;
        if let Some((buffer, _)) = self.buffer(label, setting) {
            for run in buffer.layout_runs() {
                // Whole pixels keep the letters of a text alike wherever it stands.
                let free = (width as f32 - run.line_w).max(0.0);
                let left = match align {
                    Place::Centre => (free / 2.0).floor(),
                    Place::End => free.floor(),
                    Place::Start | Place::Fill => 0.0,
                };
                let origin = (BEARING as f32 + left, run.line_y.round());
                lacks_glyph |= run
                    .glyphs
                    .iter()
                    .any(|glyph| glyph.glyph_id == 0 && shows(&run.text[glyph.start..glyph.end]));
                placed.extend(run.glyphs.iter().map(|glyph| glyph.physical(origin, 1.0)));
            }
        }
        let across = width.max(widest as u32) as usize + 2 * BEARING as usize;
        let down = height as usize;
        let mut bytes = vec![0u8; across * down];
        for glyph in placed {
            if let Some(image) = self.glyph(glyph.cache_key) {
                stamp(
                    &mut bytes,
                    across,
                    &image,
                    glyph.x + image.left,
                    glyph.y - image.top,
                );
            }
        }
        SetText {
            mask: Arc::new(Mask::from_bytes(across, down, &bytes)),
            widest,
            lacks_glyph,
        }
    }

    fn glyph(&mut self, key: CacheKey) -> Option<Arc<Glyph>> {
        if let Some(glyph) = self.glyphs.get(&key) {
            return glyph.clone();
        }
        let glyph = self
            .swash
            .get_image_uncached(&mut self.fonts, key)
            .filter(|image| image.content == SwashContent::Mask && !image.data.is_empty())
            .map(|image| {
                Arc::new(Glyph {
                    left: image.placement.left,
                    top: image.placement.top,
                    width: image.placement.width as usize,
                    coverage: image.data.into_boxed_slice(),
                })
            });
        if self.glyph_bytes >= GLYPH_BYTES_MAX {
            self.glyphs.clear();
            self.glyph_bytes = 0;
        }
        self.glyph_bytes += glyph.as_ref().map_or(64, |g| g.coverage.len() + 64);
        self.glyphs.insert(key, glyph.clone());
        glyph
    }
}

/// Whether a text has more Latin letters than other ones. A whole text is set in one family: digits
/// and commas of another would stand at other heights.
fn mostly_latin(label: &str) -> bool {
    let (mut latin, mut other) = (0, 0);
    for c in label.chars().filter(|c| c.is_alphabetic()) {
        if c < '\u{250}' {
            latin += 1
        } else {
            other += 1
        }
    }
    latin > other
}

/// Whether anything of a stretch of text is to be seen: the marks for line breaking are not.
fn shows(stretch: &str) -> bool {
    !stretch
        .chars()
        .all(|c| matches!(c, '\u{200b}' | '\u{2060}') || c.is_whitespace())
}

/// Adds a glyph to a picture of coverage; what sticks out is cut.
fn stamp(bytes: &mut [u8], across: usize, glyph: &Glyph, x: i32, y: i32) {
    for (row, line) in glyph.coverage.chunks_exact(glyph.width.max(1)).enumerate() {
        let Ok(at) = usize::try_from(y + row as i32) else {
            continue;
        };
        for (column, cover) in line.iter().enumerate() {
            let Ok(px) = usize::try_from(x + column as i32) else {
                continue;
            };
            if px < across
                && let Some(byte) = bytes.get_mut(at * across + px)
            {
                *byte = byte.saturating_add(*cover);
            }
        }
    }
}
