// SPDX-License-Identifier: MIT OR Apache-2.0
//! Coverage of a text or a sign, kept as spans: most of a letter's box is empty and most of the
//! rest is solid, so drawing touches only what shows and blends only the edges.

/// One run of covered pixels in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// First column.
    pub x: u16,
    /// Columns.
    pub len: u16,
    /// Where its coverage begins, or [`SOLID`].
    pub coverage: u32,
}

/// All pixels of the span are covered fully.
pub(super) const SOLID: u32 = u32::MAX;

/// Solid stretches shorter than this stay part of their blended neighbours: starting a span costs
/// more than blending a few pixels.
const SHORTEST_SOLID: usize = 4;

/// Coverage of a picture in one colour.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Mask {
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels.
    pub height: i32,
    spans: Vec<Span>,
    /// Index of the first span of each row, and one more for the end.
    rows: Vec<u32>,
    coverage: Vec<u8>,
}

impl Mask {
    /// From one byte per pixel, row by row; `bytes` holds `width * height` of them.
    pub fn from_bytes(width: usize, height: usize, bytes: &[u8]) -> Self {
        let mut mask = Self {
            width: width as i32,
            height: height as i32,
            spans: Vec::new(),
            rows: Vec::with_capacity(height + 1),
            coverage: Vec::new(),
        };
        if width > 0 {
            for row in bytes.chunks_exact(width).take(height) {
                mask.rows.push(mask.spans.len() as u32);
                mask.push_row(row);
            }
        }
        mask.rows.push(mask.spans.len() as u32);
        mask
    }

    fn push_row(&mut self, row: &[u8]) {
        let mut x = 0;
        while x < row.len() {
            if row[x] == 0 {
                x += 1;
                continue;
            }
            let solid = row[x..].iter().take_while(|c| **c == 255).count();
            if solid >= SHORTEST_SOLID {
                self.push(x, solid, SOLID);
                x += solid;
                continue;
            }
            let start = x;
            while x < row.len() && row[x] != 0 {
                let ahead = row[x..]
                    .iter()
                    .take(SHORTEST_SOLID)
                    .filter(|c| **c == 255)
                    .count();
                if ahead == SHORTEST_SOLID {
                    break;
                }
                x += 1;
            }
            let offset = self.coverage.len() as u32;
            self.coverage.extend_from_slice(&row[start..x]);
            self.push(start, x - start, offset);
        }
    }

    fn push(&mut self, x: usize, len: usize, coverage: u32) {
        self.spans.push(Span {
            x: x as u16,
            len: len as u16,
            coverage,
        });
    }

    /// Spans of one row, left to right.
    pub(super) fn row(&self, y: usize) -> &[Span] {
        match (self.rows.get(y), self.rows.get(y + 1)) {
            (Some(from), Some(to)) => &self.spans[*from as usize..*to as usize],
            _ => &[],
        }
    }

    /// Coverage bytes of a span that is not solid.
    pub(super) fn bytes(&self, span: &Span) -> &[u8] {
        let from = span.coverage as usize;
        &self.coverage[from..from + span.len as usize]
    }

    /// Memory it takes, in bytes.
    pub fn size(&self) -> usize {
        self.spans.len() * size_of::<Span>() + self.rows.len() * 4 + self.coverage.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn spans_hold_exactly_the_bytes(rows in proptest::collection::vec(
            proptest::collection::vec(prop_oneof![Just(0u8), Just(255), any::<u8>()], 40), 1..6)
        ) {
            let bytes: Vec<u8> = rows.concat();
            let mask = Mask::from_bytes(40, rows.len(), &bytes);
            for (y, row) in rows.iter().enumerate() {
                let mut back = vec![0u8; 40];
                for span in mask.row(y) {
                    let range = span.x as usize..(span.x + span.len) as usize;
                    if span.coverage == SOLID {
                        back[range].fill(255);
                    } else {
                        back[range].copy_from_slice(mask.bytes(span));
                    }
                }
                prop_assert_eq!(&back, row);
            }
        }
    }
}
