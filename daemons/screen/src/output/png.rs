// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pictures as PNG files, for people who judge them and tests that compare them.

use std::path::{Path, PathBuf};

use tiny_skia::Pixmap;

use crate::ui::raster::Frame;

/// Why a picture could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The frame has no pixel or too many.
    #[error("a picture of {0} x {1} pixels cannot be made")]
    Size(u32, u32),
    /// Encoding or writing failed.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Writes a frame to `path`.
///
/// # Errors
/// When the frame is empty or the file cannot be written.
pub fn write(frame: &Frame, path: &Path) -> Result<(), PngError> {
    let failed = |source| PngError::Write {
        path: path.to_owned(),
        source,
    };
    let mut picture =
        Pixmap::new(frame.width, frame.height).ok_or(PngError::Size(frame.width, frame.height))?;
    for (bytes, pixel) in picture.data_mut().chunks_exact_mut(4).zip(&frame.pixels) {
        let [blue, green, red, _] = pixel.to_le_bytes();
        bytes.copy_from_slice(&[red, green, blue, 255]);
    }
    let encoded = picture
        .encode_png()
        .map_err(|e| failed(std::io::Error::other(e)))?;
    std::fs::write(path, encoded).map_err(failed)
}
