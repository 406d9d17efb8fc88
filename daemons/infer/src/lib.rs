// SPDX-License-Identifier: MIT OR Apache-2.0
//! Signed models, run by LiteRT in a process that can do nothing else.
//!
//! # Purpose
//! A model's file is parsed by a large library in C++, and what is shown to a camera goes through it. So
//! three doors stand before it: a bundle is opened only when somebody who is trusted signed it and all
//! that it says agrees ([`bundle`]); the library is one of those that are known by their hash, and gives
//! a known answer before it is used ([`runtime`]); and it runs in a worker that has a socket, some shared
//! memory, the processor, and nothing else ([`worker`]).
//!
//! # Place
//! ```text
//!   face daemon --- Engine ---> /run/uketsuke/infer.socket
//!      |                          | systemd, one process for each connection
//!      |  shared memory           v
//!      +----- tensors -----> uketsuke-infer: limits, library, known answer, system-call filter,
//!                                            then models and runs
//! ```
//! An [`Engine`] is made for one patient and dropped with the visit: its worker ends, and with it
//! everything that the library kept of a face (FACE-01). That a worker dies, hangs or answers nonsense
//! is an error that its engine names; the next run gets a new worker, a bounded number of times. No
//! error is ever an answer: nobody is let in by it.
//!
//! # Secrets
//! Tensors hold faces. The shared memory is wiped when an engine is dropped, outputs wipe themselves, no
//! error or log line holds any of it.

pub mod bundle;
pub mod engine;
mod exchange;
mod hex;
pub mod limits;
mod ops;
pub mod runtime;
pub mod tensor;
pub mod wire;
pub mod worker;

pub use engine::{Engine, EngineError, Worker};
pub use exchange::Tensors;

/// Where an image has the library.
pub const LIBRARY: &str = "/usr/lib/uketsuke/libLiteRt.so";
/// Where systemd listens for engines (`uketsuke-infer.socket`).
pub const SOCKET: &str = "/run/uketsuke/infer.socket";
