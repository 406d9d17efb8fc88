// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-voice`: plays recordings made at build time, and nothing else.
//!
//! | | |
//! | --- | --- |
//! | Process | `uketsuke-voice`, its own user, the sound devices, no network |
//! | Bus name | `jp.uketsuke.Voice1`, object `/jp/uketsuke/Voice1` |
//! | Calls | nobody |
//! | Called by | the screen (`Say`, `Hush`) |
//! | Boot order | after the bus; a sound device is looked for with each order, never waited for |
//! | Configuration | `[voice]` of `reader.toml` |
//! | State on disk | none |
//!
//! [`speaker`] is the one task that owns what is being said; [`bus`] turns calls into letters to it.
//! [`recordings`] knows which names there are, [`order`] is the GStreamer pipeline of one order, and
//! [`wav`] the file it goes to where no sound device is meant. What is said tells what the patient at
//! the reader chose, so no name of a recording is ever logged.
//!
//! ```text
//!  Say, Hush ─► bus ─► speaker ─► order ─► ALSA
//!                         ▲         │
//!                         └─────────┘ can be heard, ended, failed
//! ```

pub mod app;
pub mod bus;
pub mod order;
pub mod recordings;
pub mod speaker;
pub mod wav;
