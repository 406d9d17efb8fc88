// SPDX-License-Identifier: MIT OR Apache-2.0
//! The voice on a real bus; what it says goes to files, which are listened to.
#![allow(clippy::unwrap_used)]

mod desk;
mod ears;
mod said;
mod silent;
mod whole;
