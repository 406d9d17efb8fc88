// SPDX-License-Identifier: MIT OR Apache-2.0
//! The desk under a finger: what is drawn, touched and read, in which language and how it looks.
#![allow(clippy::unwrap_used)]

mod hand;
mod keypad;
mod languages;
mod looks;
mod mirror;
mod picture;
mod shuffled;
mod spoken;
mod usual;
