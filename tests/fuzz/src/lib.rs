// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the fuzz targets share: decisions out of bytes, and things made that a card could hold.
//!
//! A target is a program in `targets/`; `docs/testing.md` says what each claims and how they are run.

pub mod card;
pub mod face;
pub mod heap;
pub mod input;
pub mod key;
pub mod picture;
pub mod tlv;
