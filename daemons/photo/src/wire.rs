// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes over the socket. One question, one answer, and the connection ends.
//!
//! ```text
//! question: length u32 | photo
//! answer:   0 | width u16 | height u16 | pixels, width * height bytes
//!           1 | cause u8 | length u16 | words, printable ASCII
//! ```
//! Numbers are big-endian. [`crate::Cause`] lists the causes.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use crate::limits::MOST_BYTES;
use crate::{Grey, PhotoError};

/// First byte of an answer with a picture.
pub const PICTURE: u8 = 0;
/// First byte of a refusal.
pub const REFUSAL: u8 = 1;
/// Longest words of a refusal.
pub const MOST_WORDS: usize = 512;

/// Reads a question. One that is too long is refused before it is read.
///
/// # Errors
/// Outside: the connection broke. Inside: [`PhotoError::Length`].
pub fn read_question(from: &mut impl Read) -> io::Result<Result<Zeroizing<Vec<u8>>, PhotoError>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let bytes = u32::from_be_bytes(length) as usize;
    if bytes == 0 || bytes > MOST_BYTES {
        return Ok(Err(PhotoError::Length { bytes }));
    }
    let mut photo = Zeroizing::new(vec![0; bytes]);
    from.read_exact(&mut photo)?;
    Ok(Ok(photo))
}

/// Writes an answer.
///
/// # Errors
/// The connection broke.
pub fn write_answer(to: &mut impl Write, answer: &Result<Grey, PhotoError>) -> io::Result<()> {
    match answer {
        Ok(grey) => {
            to.write_all(&[PICTURE])?;
            // No side of a picture that is taken needs more than 16 bits.
            to.write_all(&(grey.width() as u16).to_be_bytes())?;
            to.write_all(&(grey.height() as u16).to_be_bytes())?;
            to.write_all(grey.pixels())
        }
        Err(error) => {
            let cause = error.cause().map_or(0, |cause| cause as u8);
            let mut words = words(error).into_bytes();
            words.truncate(MOST_WORDS);
            to.write_all(&[REFUSAL, cause])?;
            to.write_all(&(words.len() as u16).to_be_bytes())?;
            to.write_all(&words)
        }
    }
}

/// An error with its causes on one line.
fn words(error: &PhotoError) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words.push_str(&format!(": {error}"));
        cause = error.source();
    }
    words
}
