// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bench's page and the terminal's, in Chromium.
//!
//! Touches go to the picture by coordinates, as a finger's would; what is read comes from the
//! elements over it, which the page makes from the screen's own tree.
#![allow(clippy::unwrap_used)]

mod audit;
mod chromium;
mod console;
mod modes;
mod paths;
mod patient;
mod profile;
mod staff;
mod statistics;
