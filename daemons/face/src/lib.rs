// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-face`: both cameras, and whoever compares a face with the photo of the card.
//!
//! | | |
//! | --- | --- |
//! | Process | `uketsuke-face`, its own user, the video devices, no network, no file |
//! | Bus name | `jp.uketsuke.Face1`, object `/jp/uketsuke/Face1` |
//! | Calls | the card daemon (`ReadPhoto`, `AttestMatch`) |
//! | Called by | the mode manager (`Verify`, `Close`), the screen (`Preview`) |
//! | Boot order | after the bus; each camera is tried once before the name is taken |
//! | Configuration | `[camera]` of `reader.toml`; without a camera the daemon ends at once |
//! | State on disk | none |
//!
//! [`cameras`] tries the cameras and keeps them closed while nobody is compared. [`visit`] is one
//! comparison: number, photo, face, attestation. What looks at pictures is an [`engine::Engine`]; the
//! daemon has no say in what it sees, and the engine none in what follows from it. [`tries`] makes who
//! fails again and again wait.
//!
//! ```text
//!  Verify ─► visit ─┬─ card front ──► Engine::number ──► ReadPhoto ─┐
//!                   └─ face ────────────────────────► Engine::compare ─► AttestMatch ─► verdict
//!                        │ ring
//!                        └──────────► Preview ─► screen
//! ```

pub mod app;
pub mod bus;
pub mod cameras;
pub mod engine;
pub mod tries;
pub mod visit;
