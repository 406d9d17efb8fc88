// SPDX-License-Identifier: MIT OR Apache-2.0
//! The photo of a My Number card: JPEG 2000 in, grey pixels out.
//!
//! # Purpose
//! Whoever holds a card up chooses these bytes, and a decoder for JPEG 2000 is a large parser. So it
//! runs as `uketsuke-photo`, a process that holds one picture, knows nothing else, reaches nothing else
//! and ends after one answer (CARD-06).
//!
//! # Place
//! ```text
//!   card daemon --- client::decode ---> /run/uketsuke/photo.socket
//!                                         | systemd, one process for each connection
//!                                         v
//!                       uketsuke-photo: limits of the process, then decode()
//! ```
//! [`client::decode`] is the way in. [`decode`] itself is a pure function of its input; only the process and tests call it, because what the decoder leaves behind on the heap is
//! cleared by nothing but the end of the process and `init_on_free=1` of the kernel.
//!
//! Whether the card may be believed is another question, which `uketsuke-record` answers from the bytes
//! of the file: a picture that decodes is not yet a genuine one. And who takes the decoder over by a bad
//! picture can still answer with another picture, so ask it about a photo whose record was believed.
//!
//! # What is taken
//! JP2 (ITU-T T.800 Annex I) with one grey component of 8 bits without sign. Nobody has published how
//! the pictures of real cards are coded; the test card's is 378×472 in 1 854 bytes. Everything that
//! decides about memory and time is read from the headers and held against [`limits`] before a decoder
//! sees a byte, and the picture is held against the header again afterwards. Markers that a portrait of
//! one component has no use for (POC, PPM, COC, …) are refused by name instead of trusted.
//!
//! # Limits of the process
//! See [`limits`]: address space, processor time and time by the clock, set by the process itself before
//! it reads. The unit adds its own, `MemoryMax=` and `RuntimeMaxSec=`. A process that dies of one gives
//! no answer, which the client reports as [`PhotoError::Gone`].
//!
//! # Secrets
//! Photo and pixels are wiped when dropped, have no `Debug` and appear in no error or log line.

pub mod client;
mod codestream;
mod container;
mod cursor;
mod error;
mod grey;
pub mod limits;
pub mod wire;

pub use error::{Cause, PhotoError};
pub use grey::{Grey, decode};
