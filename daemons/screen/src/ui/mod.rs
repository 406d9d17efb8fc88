// SPDX-License-Identifier: MIT OR Apache-2.0
//! The toolkit: view tree, layout, text, spans, damage. It knows nothing of check-ins.
//!
//! ```text
//! node ──layout──► boxes ──paint──► items ──damage──► rectangles ──raster──► frame
//!   (mm)   taffy    (px)   touch     (px)   old/new                 spans    XRGB
//! ```

pub mod check;
pub mod damage;
mod flex;
pub mod geometry;
mod icons;
pub mod layout;
mod make;
mod mask;
pub mod node;
pub mod paint;
pub mod picture;
pub mod raster;
mod renew;
pub mod scene;
pub mod style;
pub mod text;
pub mod theme;
