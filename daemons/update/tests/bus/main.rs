// SPDX-License-Identifier: MIT OR Apache-2.0
//! The update daemon on a real bus, between a RAUC and a mode manager that do what a test says.
#![allow(clippy::unwrap_used)]

mod desk;
mod killed;
mod life;
mod misuse;
mod quiet;
mod rauc;
