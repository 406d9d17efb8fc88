// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real uplink on a private bus, a real terminal and a centre that verifies, with cables that
//! can be cut in between.
#![allow(clippy::unwrap_used, missing_docs)]

mod besides;
mod contract;
mod cut;
mod face_files;
mod house;
mod killed;
mod lasting;
mod misuse;
mod profile;
mod visit;
