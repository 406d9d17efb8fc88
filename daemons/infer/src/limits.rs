// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is enough for any model of a reader, and too little to do harm with.

use std::time::Duration;

use uketsuke_once::Limits;

/// Bytes of a manifest; the reference bundles have some 3 000.
pub const MOST_MANIFEST: u64 = 64 << 10;
/// Bytes of a model. MobileFaceNet, the usual size on such a machine, has 4 MB.
pub const MOST_MODEL: u64 = 32 << 20;
/// Bytes of any other file of a bundle.
pub const MOST_FILE: u64 = 4 << 20;
/// Files of a bundle.
pub const MOST_FILES: usize = 64;
/// Models of a bundle; there are five roles.
pub const MOST_MODELS: usize = 5;
/// Tensors on one side of a model.
pub const MOST_TENSORS: usize = 8;
/// Sides of a tensor; LiteRT has no more.
pub const MOST_RANK: usize = 8;
/// Bytes of all tensors of all models. A camera's frame of 640×480 in three colours and floating point
/// has 3.7 MB.
pub const MOST_TENSOR_BYTES: usize = 32 << 20;
/// Bytes of the first message and of its answer.
pub const MOST_MESSAGE: usize = 4096;

/// What the worker may take.
pub const PROCESS: Limits = Limits {
    // The library and its arenas; the unit's `MemoryMax=` bounds what is really there.
    address_space: 512 << 20,
    // One patient's comparisons take seconds of it.
    processor_seconds: 600,
    // Until the first message is there and answered; from then on each run has its own.
    wall_seconds: 20,
};
/// Longest run of a model by the clock, seconds; the slowest known takes 0.02.
pub const RUN_SECONDS: u32 = 2;
/// What the other end waits for a run: a little more, so that the worker's own end is seen.
pub const RUN_WAIT: Duration = Duration::from_secs(RUN_SECONDS as u64 + 1);
/// What the other end waits for models to be loaded.
pub const LOAD_WAIT: Duration = Duration::from_secs(PROCESS.wall_seconds as u64 + 1);
/// How often a worker that died is replaced in the life of one engine.
pub const MOST_RESTARTS: u32 = 3;
