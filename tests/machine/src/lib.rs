// SPDX-License-Identifier: MIT OR Apache-2.0
//! Machine tests: the built image in an emulated machine, with everything a reader meets outside.
//!
//! ```text
//!   scenario ── touches, reads the glass ──► machine (QEMU) ◄── USB reader ── virtual card
//!      │                                        │ 10.0.2.100
//!      └── asks ──► centre, update server ◄─────┘
//! ```
//!
//! `docs/machine-tests.md` tells how to run them. They are no part of `make test`: a boot takes a
//! minute or more, because no hardware emulation is assumed.

pub mod altered;
pub mod board;
pub mod bundles;
pub mod console;
pub mod disk;
pub mod hardware;
pub mod https;
pub mod machine;
pub mod outside;
mod patient;
pub mod qmp;
pub mod reader;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod screen;
pub mod shell;
pub mod tools;
pub mod volume;
pub mod vsc;
