// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rectangles in pixels, and panels mounted turned.

/// A rectangle in pixels, half open: `x .. x + w`, `y .. y + h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width; never negative.
    pub w: i32,
    /// Height; never negative.
    pub h: i32,
}

impl Rect {
    /// A rectangle from its corner and its sides.
    pub const fn new(x: i32, y: i32, w: i32, h: i32) -> Self {
        Self { x, y, w, h }
    }

    /// First column to the right of it.
    pub const fn right(&self) -> i32 {
        self.x + self.w
    }

    /// First row below it.
    pub const fn bottom(&self) -> i32 {
        self.y + self.h
    }

    /// Whether it has no pixel.
    pub const fn is_empty(&self) -> bool {
        self.w <= 0 || self.h <= 0
    }

    /// Pixels in it.
    pub const fn area(&self) -> i64 {
        if self.is_empty() {
            0
        } else {
            self.w as i64 * self.h as i64
        }
    }

    /// Whether a point lies in it.
    pub const fn has(&self, x: i32, y: i32) -> bool {
        x >= self.x && y >= self.y && x < self.right() && y < self.bottom()
    }

    /// Whether all of `other` lies in it.
    pub const fn covers(&self, other: &Self) -> bool {
        other.x >= self.x
            && other.y >= self.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }

    /// The common part; empty where there is none.
    pub fn cut(&self, other: &Self) -> Self {
        let x = self.x.max(other.x);
        let y = self.y.max(other.y);
        let w = self.right().min(other.right()) - x;
        let h = self.bottom().min(other.bottom()) - y;
        Self::new(x, y, w.max(0), h.max(0))
    }

    /// Whether the two share a pixel.
    pub fn meets(&self, other: &Self) -> bool {
        !self.cut(other).is_empty()
    }

    /// The smallest rectangle around both; an empty one adds nothing.
    pub fn join(&self, other: &Self) -> Self {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        let x = self.x.min(other.x);
        let y = self.y.min(other.y);
        Self::new(
            x,
            y,
            self.right().max(other.right()) - x,
            self.bottom().max(other.bottom()) - y,
        )
    }

    /// Smaller by `by` on every side.
    pub fn inset(&self, by: i32) -> Self {
        Self::new(
            self.x + by,
            self.y + by,
            (self.w - 2 * by).max(0),
            (self.h - 2 * by).max(0),
        )
    }
}

/// How far the picture is turned clockwise on its way to the glass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rotation {
    /// Not turned.
    #[default]
    None,
    /// 90° clockwise.
    Quarter,
    /// 180°.
    Half,
    /// 270° clockwise.
    ThreeQuarters,
}

impl Rotation {
    /// From degrees as in the configuration: 0, 90, 180 or 270.
    pub const fn from_degrees(degrees: u16) -> Option<Self> {
        match degrees {
            0 => Some(Self::None),
            90 => Some(Self::Quarter),
            180 => Some(Self::Half),
            270 => Some(Self::ThreeQuarters),
            _ => None,
        }
    }

    /// Size of the picture on glass of `size`, and the other way round.
    pub const fn size(self, size: (u32, u32)) -> (u32, u32) {
        match self {
            Self::None | Self::Half => size,
            Self::Quarter | Self::ThreeQuarters => (size.1, size.0),
        }
    }

    /// Where a pixel of a picture of `picture` size lies on the glass.
    pub const fn to_glass(self, x: i32, y: i32, picture: (u32, u32)) -> (i32, i32) {
        let (w, h) = (picture.0 as i32, picture.1 as i32);
        match self {
            Self::None => (x, y),
            Self::Quarter => (h - 1 - y, x),
            Self::Half => (w - 1 - x, h - 1 - y),
            Self::ThreeQuarters => (y, w - 1 - x),
        }
    }

    /// Which pixel of a picture of `picture` size lies under a point of the glass.
    pub const fn to_picture(self, x: i32, y: i32, picture: (u32, u32)) -> (i32, i32) {
        let (w, h) = (picture.0 as i32, picture.1 as i32);
        match self {
            Self::None => (x, y),
            Self::Quarter => (y, h - 1 - x),
            Self::Half => (w - 1 - x, h - 1 - y),
            Self::ThreeQuarters => (w - 1 - y, x),
        }
    }

    /// Where a rectangle of the picture lies on the glass.
    pub fn rect_to_glass(self, rect: &Rect, picture: (u32, u32)) -> Rect {
        if rect.is_empty() {
            return Rect::default();
        }
        let a = self.to_glass(rect.x, rect.y, picture);
        let b = self.to_glass(rect.right() - 1, rect.bottom() - 1, picture);
        let (x, y) = (a.0.min(b.0), a.1.min(b.1));
        Rect::new(x, y, (a.0 - b.0).abs() + 1, (a.1 - b.1).abs() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURNS: [Rotation; 4] = [
        Rotation::None,
        Rotation::Quarter,
        Rotation::Half,
        Rotation::ThreeQuarters,
    ];

    #[test]
    fn a_touch_finds_the_pixel_that_was_drawn_there() {
        let picture = (80, 50);
        for turn in TURNS {
            let glass = turn.size(picture);
            for (x, y) in [(0, 0), (79, 0), (0, 49), (79, 49), (12, 34)] {
                let (gx, gy) = turn.to_glass(x, y, picture);
                assert!(gx >= 0 && gy >= 0 && gx < glass.0 as i32 && gy < glass.1 as i32);
                assert_eq!(turn.to_picture(gx, gy, picture), (x, y), "{turn:?}");
            }
        }
    }

    #[test]
    fn rectangles_turn_with_their_pixels() {
        let picture = (80, 50);
        let rect = Rect::new(3, 5, 20, 10);
        for turn in TURNS {
            let turned = turn.rect_to_glass(&rect, picture);
            assert_eq!(turned.area(), rect.area());
            for (x, y) in [(3, 5), (22, 14), (3, 14)] {
                let (gx, gy) = turn.to_glass(x, y, picture);
                assert!(turned.has(gx, gy));
            }
        }
    }

    #[test]
    fn cutting_and_joining_keep_to_the_pixels() {
        let a = Rect::new(0, 0, 10, 10);
        let b = Rect::new(5, 5, 10, 10);
        assert_eq!(a.cut(&b), Rect::new(5, 5, 5, 5));
        assert_eq!(a.join(&b), Rect::new(0, 0, 15, 15));
        assert!(a.cut(&Rect::new(20, 0, 5, 5)).is_empty());
        assert_eq!(a.join(&Rect::default()), a);
    }
}
