// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values of the colour roles, XRGB8888, and the contrast they must keep.

use super::node::Colour;

/// A set of values for the colour roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Palette {
    /// Calm and cool: an off-white ground that does not glare, ink that is not quite black, one
    /// blue for what can be done.
    #[default]
    Calm,
    /// Black ground, white ink, yellow for what can be done; a line round everything to press.
    Contrast,
}

impl Palette {
    /// Both, the usual one first.
    pub const ALL: [Self; 2] = [Self::Calm, Self::Contrast];

    /// The colour of a role as `0x00RRGGBB`. Meaning is never carried by hue alone; icons and words
    /// say it too.
    pub const fn colour(self, role: Colour) -> u32 {
        match self {
            Self::Calm => calm(role),
            Self::Contrast => contrasting(role),
        }
    }

    /// The line round a thing to press that has none of its own, with its thickness in mm.
    pub const fn outline(self) -> Option<(Colour, f32)> {
        match self {
            Self::Calm => None,
            Self::Contrast => Some((Colour::Outline, 0.7)),
        }
    }
}

const fn calm(role: Colour) -> u32 {
    match role {
        Colour::Ground => 0xF2_F5F7,
        Colour::Surface => 0xFF_FFFF,
        Colour::Quiet => 0xE4_EAEF,
        Colour::Text => 0x10_1820,
        Colour::Muted => 0x3D_4955,
        Colour::Primary => 0x0B_4C86,
        Colour::OnPrimary => 0xFF_FFFF,
        Colour::Outline => 0x62_6F7C,
        Colour::Line => 0xD0_D8DF,
        Colour::Good => 0x0A_5636,
        Colour::GoodGround => 0xE0_F2E8,
        Colour::Warning => 0x66_3A00,
        Colour::WarningGround => 0xFF_F0CC,
        Colour::Alert => 0x8F_141E,
        Colour::AlertGround => 0xFC_E6E6,
    }
}

const fn contrasting(role: Colour) -> u32 {
    match role {
        Colour::Ground | Colour::Surface | Colour::OnPrimary => 0x00_0000,
        Colour::Quiet => 0x1A_1A1A,
        Colour::Text | Colour::Muted | Colour::Outline => 0xFF_FFFF,
        Colour::Primary => 0xFF_E600,
        // It divides and is not read; brighter, the bars of what is done would not stand out.
        Colour::Line => 0x9A_9A9A,
        Colour::Good => 0x9C_FFB0,
        Colour::GoodGround => 0x00_1408,
        Colour::Warning => 0xFF_EB99,
        Colour::WarningGround => 0x1A_1200,
        Colour::Alert => 0xFF_DEDE,
        Colour::AlertGround => 0x1F_0000,
    }
}

/// Contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio" and "relative luminance").
pub fn contrast(a: u32, b: u32) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: u32) -> f64 {
    let channel = |shift: u32| {
        let value = f64::from((colour >> shift) & 0xFF) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Colour::*;

    /// Ink and ground wherever something is written or drawn, with the least contrast of the calm
    /// palette. The contrasting one has 15 wherever there is text.
    const TEXTS: [(Colour, Colour, f64); 18] = [
        (Text, Ground, 15.0),
        (Text, Surface, 15.0),
        (Text, Quiet, 12.0),
        (Muted, Ground, 7.0),
        (Muted, Surface, 7.0),
        (Muted, Quiet, 7.0),
        (OnPrimary, Primary, 7.0),
        (Primary, Ground, 7.0),
        (Primary, Surface, 7.0),
        (Good, GoodGround, 7.0),
        (Good, Ground, 7.0),
        (Good, Surface, 7.0),
        (Warning, WarningGround, 7.0),
        (Warning, Ground, 7.0),
        (Warning, Surface, 7.0),
        (Alert, AlertGround, 7.0),
        (Alert, Ground, 7.0),
        (Alert, Surface, 7.0),
    ];

    fn least(palette: Palette, ink: Colour, ground: Colour) -> f64 {
        contrast(palette.colour(ink), palette.colour(ground))
    }

    #[test]
    fn every_pair_in_use_keeps_its_contrast() {
        for (ink, ground, calm) in TEXTS {
            for (palette, wanted) in [(Palette::Calm, calm), (Palette::Contrast, 15.0)] {
                let ratio = least(palette, ink, ground);
                assert!(
                    ratio >= wanted,
                    "{palette:?}: {ink:?} on {ground:?}: {ratio:.2} < {wanted}"
                );
            }
        }
        for ground in [Ground, Surface] {
            for (palette, wanted) in [(Palette::Calm, 4.5), (Palette::Contrast, 7.0)] {
                let ratio = least(palette, Outline, ground);
                assert!(
                    ratio >= wanted,
                    "{palette:?}: outline on {ground:?}: {ratio:.2}"
                );
            }
            let ratio = least(Palette::Contrast, Line, ground);
            assert!(ratio >= 7.0, "line on {ground:?}: {ratio:.2}");
        }
    }

    #[test]
    fn contrast_of_black_and_white_is_21() {
        assert!((contrast(0, 0xFF_FFFF) - 21.0).abs() < 1e-9);
    }
}
