// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading what anybody wrote: the encoding that its declaration names, elements by name, bounded.

use encoding_rs::Encoding as Code;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use zeroize::Zeroizing;

use crate::element::{Content, Element};
use crate::encoding::is_name;

/// Longest file that is read, bytes; those of the field have some thousand.
pub const FILE_BYTES: usize = 1024 * 1024;
/// Deepest nesting; the documents have six.
const DEPTH: usize = 16;
/// Most elements.
const ELEMENTS: usize = 20_000;

/// Why a file was not read. It says where and never quotes.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not even the beginning.
    #[error("the file is empty")]
    Empty,
    /// It is longer than it may be.
    #[error("the file has more than {FILE_BYTES} bytes")]
    Long,
    /// Its declaration names an encoding that nobody knows.
    #[error("the declaration names no encoding that is known")]
    Encoding,
    /// It is not in the encoding that it declares.
    #[error("a byte is no {0}, which the declaration names")]
    Bytes(&'static str),
    /// It is not XML from a place on. Also a file that is not whole yet.
    #[error("no XML from character {0} on: broken, or not whole yet")]
    Syntax(u64),
    /// What XML allows and this interface does not have.
    #[error("{0}, at character {1}")]
    Refused(&'static str, u64),
}

/// The document of a file, and the encoding it declared (UTF-8 where it declared none).
///
/// # Errors
/// [`ReadError`].
pub fn read(bytes: &[u8]) -> Result<(Element, &'static str), ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    if bytes.len() > FILE_BYTES {
        return Err(ReadError::Long);
    }
    let code = declared(bytes)?;
    let text = code
        .decode_without_bom_handling_and_without_replacement(without_bom(bytes))
        .ok_or(ReadError::Bytes(code.name()))?;
    let text = Zeroizing::new(text.into_owned());
    Ok((tree(&text)?, code.name()))
}

fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// The encoding that the declaration names. Both encodings write it in ASCII.
fn declared(bytes: &[u8]) -> Result<&'static Code, ReadError> {
    let head = &bytes[..bytes.len().min(200)];
    let end = head.windows(2).position(|pair| pair == b"?>");
    let declaration = &head[..end.unwrap_or(0)];
    let named = declaration
        .windows(9)
        .position(|word| word == b"encoding=")
        .and_then(|at| declaration.get(at + 9..));
    let Some([quote @ (b'"' | b'\''), rest @ ..]) = named else {
        return Ok(encoding_rs::UTF_8);
    };
    let label = rest.split(|b| b == quote).next().unwrap_or_default();
    let known = Code::for_label_no_replacement(label);
    known.ok_or(ReadError::Encoding)
}

/// An element that has begun.
struct Open {
    name: String,
    text: Zeroizing<String>,
    elements: Vec<Element>,
}

impl Open {
    fn close(self) -> Element {
        // White space between elements is layout.
        let content = if self.elements.is_empty() {
            Content::Text(self.text)
        } else {
            Content::Elements(self.elements)
        };
        Element {
            name: self.name,
            content,
        }
    }
}

fn tree(text: &str) -> Result<Element, ReadError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut count = 0;
    loop {
        let at = reader.buffer_position();
        let refused = |what| Err(ReadError::Refused(what, at));
        let event = reader.read_event().map_err(|_| ReadError::Syntax(at))?;
        match event {
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                count += 1;
                if root.is_some() {
                    return refused("a second document");
                }
                if !is_name(&name) {
                    return refused("a name that no element of this interface has");
                }
                if open.len() == DEPTH || count > ELEMENTS {
                    return refused("too many elements");
                }
                let text = open.last().map(|open| !open.text.trim().is_empty());
                if text == Some(true) {
                    return refused("text beside elements");
                }
                open.push(Open {
                    name,
                    text: Zeroizing::default(),
                    elements: Vec::new(),
                });
            }
            Event::End(_) => {
                let Some(element) = open.pop().map(Open::close) else {
                    return Err(ReadError::Syntax(at));
                };
                match open.last_mut() {
                    Some(parent) => parent.elements.push(element),
                    None => root = Some(element),
                }
            }
            Event::Text(part) => add(&mut open, &part.xml10_content(), at)?,
            Event::CData(part) => add(&mut open, &part.xml10_content(), at)?,
            Event::GeneralRef(reference) => {
                let sign = match reference.resolve_char_ref() {
                    Ok(Some(sign)) => sign.to_string(),
                    Ok(None) => {
                        let Some(text) = resolve_predefined_entity(&reference) else {
                            return refused("a reference to an entity");
                        };
                        text.to_owned()
                    }
                    Err(_) => return Err(ReadError::Syntax(at)),
                };
                add(&mut open, &sign, at)?;
            }
            Event::DocType(_) => return refused("a document type"),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Empty(_) => unreachable!("expanded"),
            Event::Eof => break,
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(root),
        _ => Err(ReadError::Syntax(reader.buffer_position())),
    }
}

/// Text goes to the element that it stands in.
fn add(open: &mut [Open], text: &str, at: u64) -> Result<(), ReadError> {
    match open.last_mut() {
        Some(element) if element.elements.is_empty() => element.text.push_str(text),
        _ if text.trim().is_empty() => {}
        Some(_) => return Err(ReadError::Refused("text beside elements", at)),
        None => return Err(ReadError::Refused("text outside of the document", at)),
    }
    Ok(())
}
