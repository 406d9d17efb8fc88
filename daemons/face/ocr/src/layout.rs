// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the print stands on the front of a card.
//!
//! Nobody has published a measured drawing. The areas are as wide as the public samples allow, each with
//! one line of print in it; a maker who has genuine cards narrows or moves them here, and nowhere else.

/// A card of ISO/IEC 7810 ID-1: across, mm.
pub const WIDTH_MM: f32 = 85.6;
/// Down, mm.
pub const HEIGHT_MM: f32 = 53.98;

/// A part of the front, millimetres from its top left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

/// Where 照合番号B stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// The line of the date of birth, which ends in 生.
    pub birth: Area,
    /// The line of the card's expiry, which ends in まで有効. The expiry of the electronic certificates,
    /// written by hand, is another.
    pub expiry: Area,
    /// The four digits of the security code, alone.
    pub code: Area,
}

/// The layout of the cards issued since 2016.
pub const SINCE_2016: Layout = Layout {
    birth: Area {
        left: 25.0,
        top: 23.6,
        right: 66.0,
        bottom: 29.6,
    },
    expiry: Area {
        left: 25.0,
        top: 30.0,
        right: 70.0,
        bottom: 36.0,
    },
    code: Area {
        left: 25.0,
        top: 42.6,
        right: 48.0,
        bottom: 48.6,
    },
};
/// Height of print, mm: less is dust, more is a picture.
pub const PRINT_MM: std::ops::RangeInclusive<f32> = 1.2..=4.2;
