// SPDX-License-Identifier: MIT OR Apache-2.0
//! The picture of a camera for whoever shows it: a ring of pictures in shared memory.
//!
//! One process writes ([`Writer`]), any number look ([`Reader`]); between them is nothing but a memory
//! file. No reader gets a copy made for it: the camera's own pipeline puts its pixels where readers look.
//!
//! ```text
//!  memory file: │ head: shape, newest, a word a slot │ slot 0 │ slot 1 │ … │
//!
//!  writer:  word odd ──► pixels ──► word even ──► newest
//!  reader:  newest ──► word even? ──► looks ──► the same word still? ──► what it saw counts
//! ```
//!
//! - A reader can harm nobody: the file is sealed so that it can be mapped for reading alone, and the
//!   writer waits for nothing that a reader does.
//! - A writer can harm no reader: the size is sealed, the shape is read once and checked, and a picture
//!   that changed while it was looked at does not count. A writer that dies in the middle of a picture
//!   leaves a word that stays odd.
//! - Nothing is left: the writer's memory is overwritten with zeros before it is given back.
//!
//! [`order`] is the part that must be right on any processor; its test walks through every order in which
//! two processors may see each other's writes.

pub mod order;
mod reader;
mod shape;
mod writer;

pub use reader::{Pixels, Reader};
pub use shape::{Colours, RingError, SLOTS, Shape};
pub use writer::{Slot, Writer};
