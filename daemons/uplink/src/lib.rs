// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-uplink`, the reader's way to the terminal (資格確認端末) and the centre.
//!
//! Serves `jp.uketsuke.Uplink1` to `mode`; starts after the bus, needs the network but not that it
//! works. One session is one visit:
//!
//! ```text
//! Challenge ──► challenged ── CheckIn ──► asked ── answer ──► open ── Complete ──► consents ──► done
//!                   │                       │                  │                (delivered once)
//!                   └── forgotten           ├── never left: forgotten
//!                                           └── may have left, or Abandon, caller gone, an
//!                                               hour, restart ──► abandon (delivered once)
//! ```
//!
//! From `asked` on the session is one row of the durable [`queue`], and each arrow is one commit:
//! wherever the daemon is killed, the row says what is still owed to the centre, and that is either
//! the consents or the word that nothing more comes. Delivery repeats until the terminal
//! acknowledges; the terminal knows a repeated record by its key.
//!
//! A session belongs to the bus connection that opened it. That connection outlives a restart of
//! this daemon, and so do its open sessions; when it goes, they are given up.
//!
//! What the terminal wants done on this reader comes by [`orders`], is done over the bus, and told; a
//! passcode on its way is nowhere but in memory. With each question goes the operation mode that the
//! reader is held in, and a change of it is told at once.
//!
//! Files in the state directory: `queue.db` (SQLite, WAL, synchronous=FULL) and `queue.key` (mode
//! 0600), the key its records are encrypted with. Without a TPM the key lies beside the records:
//! that protects a copied or discarded database file, not a stolen device. Credentials directory:
//! `reader.crt`, `reader.key`, `terminal-ca.crt`.

pub mod app;
pub mod bus;
pub mod deliver;
pub mod line;
mod mode;
pub mod orders;
pub mod queue;
pub mod seal;
pub mod service;
pub mod sessions;
