// SPDX-License-Identifier: MIT OR Apache-2.0
//! A WAV file: 48 kHz, 16 bits, one channel. GStreamer's own writer leaves no lengths in the file of
//! an order that was cut short, and lies in a set of plug-ins of which nothing else is needed.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// Samples a second.
pub const RATE: u32 = 48_000;
/// Bytes of a sample.
const SAMPLE: u16 = 2;
/// Bytes before the first sample.
pub const HEADER: u32 = 44;

/// A file that grows. It has its header, and so begins with `RIFF`, once it is closed.
pub struct Wav {
    file: File,
    bytes: u32,
}

impl Wav {
    /// A new one.
    ///
    /// # Errors
    /// When it is there already or cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut wav = Self {
            file: File::create_new(path)?,
            bytes: 0,
        };
        wav.file.write_all(&[0; HEADER as usize])?;
        Ok(wav)
    }

    /// Adds samples, little end first.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn add(&mut self, samples: &[u8]) -> io::Result<()> {
        let more = u32::try_from(samples.len()).map_err(io::Error::other)?;
        self.file.write_all(samples)?;
        self.bytes = self.bytes.saturating_add(more);
        Ok(())
    }

    /// Writes the header.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn close(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header(self.bytes))?;
        self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }
}

/// RIFF header of a file with so many bytes of samples.
fn header(bytes: u32) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER as usize);
    header.extend(b"RIFF");
    header.extend(bytes.saturating_add(HEADER - 8).to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(16_u32.to_le_bytes());
    // Plain samples, one channel.
    header.extend(1_u16.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(RATE.to_le_bytes());
    header.extend((RATE * u32::from(SAMPLE)).to_le_bytes());
    header.extend(SAMPLE.to_le_bytes());
    header.extend((SAMPLE * 8).to_le_bytes());
    header.extend(b"data");
    header.extend(bytes.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_has_its_header_once_it_is_closed_and_may_be_closed_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.wav");
        let mut wav = Wav::create(&path).unwrap();
        wav.add(&[1, 2]).unwrap();
        assert!(!std::fs::read(&path).unwrap().starts_with(b"RIFF"));
        wav.close().unwrap();
        wav.add(&[3, 4]).unwrap();
        wav.close().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), HEADER as usize + 4);
        assert_eq!(bytes[4..8], 40_u32.to_le_bytes());
        assert_eq!(bytes[40..44], 4_u32.to_le_bytes());
        assert_eq!(bytes[44..], [1, 2, 3, 4]);
    }
}
