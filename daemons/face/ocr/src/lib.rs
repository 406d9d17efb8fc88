// SPDX-License-Identifier: MIT OR Apache-2.0
//! 照合番号B, read from pictures of a card's front.
//!
//! # Purpose
//! The number opens the photo in the card's chip. A wrong one costs the patient's card one of ten tries,
//! so nothing here guesses: [`read`] takes a line only when it says a whole date of the calendar (or four
//! digits and nothing else) and each sign of it is sure; the expiry has to be a birthday of the holder;
//! and [`Agree`] answers only when frames say the same.
//!
//! # Place
//! ```text
//!   camera frame --- Grey ---> locate ---> Plane ---> line::strip ×3 ---> Lines (the model) --->
//!                    decode ---> grammar ---> Reading ---> Agree ---> NumberB, to the card daemon
//! ```
//! Everything but [`Lines`] is a pure function of pictures and numbers: no clock, no file, no device. It
//! runs in the face daemon; the model runs in the worker of `uketsuke-infer` ([`Role::CardFront`]).
//!
//! # What is read
//! The year of birth as it is printed: that of the era, or, on the card of a foreign holder, the last two
//! digits of the common-era year. [`Reading::birth`] says which it was, so that who asks the card can
//! decide what another try would be worth.
//!
//! # Secrets
//! Pictures are borrowed; strips and scores are wiped; what was read has no `Debug` where it is whole.

mod agree;
pub mod alphabet;
mod decode;
mod grammar;
pub mod layout;
mod line;
mod locate;
mod number;
mod picture;
mod plane;
mod read;

use uketsuke_infer::bundle::Role;
use uketsuke_infer::{Engine, EngineError};
use zeroize::Zeroizing;

pub use agree::Agree;
pub use line::{Strip, strip};
pub use locate::locate;
pub use number::{Birth, Era, NumberB};
pub use picture::{Grey, Point};
pub use plane::{Corners, Plane};
pub use read::{Demands, LEAST_SCALE, Reading, read};

/// Why nothing of a picture is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// No plate in a card's proportions lies there.
    NoCard,
    /// A corner of it is beyond the picture.
    CutOff,
    /// Too few pixels to a millimetre: see [`LEAST_SCALE`].
    TooSmall,
}

/// Why a line is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No print stands where it should.
    NoPrint,
    /// What stands there is no whole date of the right kind.
    NotADate,
    /// What stands there is not four digits and nothing else.
    NotFourDigits,
    /// A sign could be another one too.
    Unsure,
    /// The date cannot be on a card that is used today.
    OutOfRange,
    /// The expiry is no birthday of the holder.
    NotABirthday,
}

/// Who reads a strip: the model.
pub trait Lines {
    /// Why it could not.
    type Error;

    /// Scores `[COLUMNS, CLASSES]` (see [`alphabet`]) of a strip `[HEIGHT, WIDTH]`.
    ///
    /// # Errors
    /// The model gave no answer.
    fn scores(&mut self, strip: &[f32]) -> Result<Zeroizing<Vec<f32>>, Self::Error>;
}

impl Lines for Engine {
    type Error = EngineError;

    fn scores(&mut self, strip: &[f32]) -> Result<Zeroizing<Vec<f32>>, EngineError> {
        let mut answer = self.run(Role::CardFront, strip)?;
        answer.pop().ok_or(EngineError::Nonsense("no output"))
    }
}
