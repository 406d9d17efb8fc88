// SPDX-License-Identifier: MIT OR Apache-2.0
//! From bytes to pixels.

use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};
use zeroize::Zeroizing;

use crate::limits::MOST_BYTES;
use crate::{PhotoError, codestream, container};

/// A grey picture. Wiped when dropped, no `Debug`.
pub struct Grey {
    width: u32,
    height: u32,
    pixels: Zeroizing<Vec<u8>>,
}

impl Grey {
    /// `pixels` must be `width * height` bytes of a size that is taken.
    pub(crate) fn new(width: u32, height: u32, pixels: Zeroizing<Vec<u8>>) -> Option<Self> {
        let whole = pixels.len() as u64 == u64::from(width) * u64::from(height);
        (whole && container::fits(width, height)).then_some(Self {
            width,
            height,
            pixels,
        })
    }

    /// Pixels across.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels down.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// `width * height` bytes, row by row from the top left, 0 = black.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }
}

/// Decodes the photo of a card: one grey picture in a JP2 file.
///
/// # Errors
/// Every variant of [`PhotoError`] that has a [`crate::Cause`], but [`PhotoError::Refused`].
pub fn decode(photo: &[u8]) -> Result<Grey, PhotoError> {
    if photo.is_empty() || photo.len() > MOST_BYTES {
        return Err(PhotoError::Length { bytes: photo.len() });
    }
    let jp2 = container::open(photo)?;
    let codestream = codestream::check(&jp2)?;
    let settings = DecodeSettings {
        resolve_palette_indices: false,
        // Half a face must not be compared: what is missing or bent is an error, never padded.
        strict: true,
        target_resolution: None,
    };
    let image = Image::new(codestream, &settings).map_err(PhotoError::Data)?;
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(PhotoError::Data)?;
    let components = decoded.components();
    let samples = components.first().map_or(0, |first| first.samples().len());
    let wrong = || PhotoError::Result {
        components: components.len(),
        samples,
    };
    if components.len() != 1 || samples as u64 != u64::from(jp2.width) * u64::from(jp2.height) {
        return Err(wrong());
    }
    let mut pixels = Zeroizing::new(vec![0; samples]);
    decoded.store_u8_into(&mut pixels);
    Grey::new(jp2.width, jp2.height, pixels).ok_or_else(wrong)
}
