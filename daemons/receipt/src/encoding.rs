// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two encodings, and writing in them.

use encoding_rs::SHIFT_JIS;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use zeroize::Zeroizing;

use crate::element::{Content, Element};

/// How a file is encoded. Both occur in the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8; `CharacterCodeIdentifier` 0.
    Utf8,
    /// Shift_JIS as Windows has it (code page 932); `CharacterCodeIdentifier` 1. A sign that it has not is
    /// written as a reference (`&#134047;`), which every XML parser reads as that sign.
    ShiftJis,
}

/// Why a document was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// XML 1.0 has no way to say a sign of it.
    #[error("{0} holds a sign that XML cannot hold")]
    Sign(String),
    /// Its name is no name of an element.
    #[error("a name in it is no name of an element")]
    Name,
    /// The writer failed.
    #[error("XML was not written")]
    Failed(#[from] std::io::Error),
}

impl Encoding {
    /// `CharacterCodeIdentifier` of it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Utf8 => "0",
            Self::ShiftJis => "1",
        }
    }

    /// As the declaration of XML names it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::ShiftJis => "Shift_JIS",
        }
    }

    /// The file of a document.
    ///
    /// # Errors
    /// [`WriteError`]: what it holds cannot be XML.
    pub fn write(self, document: &Element) -> Result<Zeroizing<Vec<u8>>, WriteError> {
        // Grown once: what a grown buffer leaves behind is not wiped.
        let mut text = Zeroizing::new(Vec::with_capacity(ROOM));
        let mut writer = Writer::new(&mut *text);
        let declaration = BytesDecl::new("1.0", Some(self.label()), Some("no"));
        writer.write_event(Event::Decl(declaration))?;
        put(&mut writer, document)?;
        if self == Self::Utf8 {
            return Ok(text);
        }
        let text = std::str::from_utf8(&text).map_err(std::io::Error::other)?;
        Ok(shift_jis(text))
    }
}

/// Names are ASCII, so that whatever is not stands in a text and can be written as a reference.
fn shift_jis(text: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
    let mut sign = [0; 4];
    for c in text.chars() {
        let alone: &str = c.encode_utf8(&mut sign);
        let (encoded, ..) = SHIFT_JIS.encode(alone);
        // Some signs share bytes with others: ¥ would come back as a backslash.
        if SHIFT_JIS.decode_without_bom_handling(&encoded).0 == alone {
            bytes.extend_from_slice(&encoded);
        } else {
            bytes.extend_from_slice(format!("&#{};", u32::from(c)).as_bytes());
        }
    }
    bytes
}

/// More than the longest of these documents takes.
const ROOM: usize = 64 * 1024;

fn put(writer: &mut Writer<&mut Vec<u8>>, element: &Element) -> Result<(), WriteError> {
    let name = element.name.as_str();
    if !is_name(name) {
        return Err(WriteError::Name);
    }
    writer.write_event(Event::Start(BytesStart::new(name)))?;
    match &element.content {
        Content::Text(text) if text.chars().all(is_sign) => {
            writer.write_event(Event::Text(BytesText::new(text)))?;
        }
        Content::Text(_) => return Err(WriteError::Sign(name.to_owned())),
        Content::Elements(elements) => {
            for element in elements {
                put(writer, element)?;
            }
        }
    }
    writer.write_event(Event::End(BytesEnd::new(name)))?;
    Ok(())
}

/// The names of this interface are ASCII.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether XML 1.0 can hold it (§2.2, Char). Line ends would come out as others than they went in.
fn is_sign(c: char) -> bool {
    matches!(c, '\t' | ' '..='\u{FFFD}' | '\u{10000}'..) && !('\u{7F}'..='\u{9F}').contains(&c)
}
