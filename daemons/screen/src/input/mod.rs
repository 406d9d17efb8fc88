// SPDX-License-Identifier: MIT OR Apache-2.0
//! Touch and keypad: from the kernel's events to what a person does.

pub mod devices;
pub mod keypad;
pub mod tracker;

use crate::output::Touch;

/// What a person does to the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Touches the glass.
    Touch(Touch),
    /// Presses a key of a keypad.
    Key(Key),
}

/// A key of a keypad, by what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// A digit of the PIN or the passcode, 0 to 9.
    Digit(u8),
    /// Takes the last digit back.
    Erase,
    /// To the next thing that can be pressed.
    Next,
    /// To the one before it.
    Previous,
    /// Presses it.
    Press,
    /// Says once more what is shown.
    Again,
    /// The same, louder.
    Louder,
}
