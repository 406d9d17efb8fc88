// SPDX-License-Identifier: MIT OR Apache-2.0
//! Made-up fronts of cards, as a camera sees them: print, wear, light, and the way they lie.
//!
//! A [`Holder`] is what is printed; a [`Front`] is one card of that holder with its own font, ground and
//! wear; [`Front::frame`] is one picture of it, each with its own light, noise, blur and a little movement,
//! as frames of a camera differ. All of it follows from the seed.
//!
//! It shares no code with `tests/faces`, which draws what the model is taught with: another program, in
//! another language, with another rasteriser, draws what it is judged by.

mod frame;
mod ground;
mod holder;
mod pen;
mod print;

pub use frame::{Conditions, Frame};
pub use holder::Holder;
pub use pen::{Font, FontError, Fonts};
pub use print::Front;
