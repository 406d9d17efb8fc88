// SPDX-License-Identifier: MIT OR Apache-2.0
//! A counter in the TPM that only grows, so that a state of the passcodes that was put back is
//! recognised (MODE-05).
//!
//! # Purpose
//! Whoever has the TPM's device can have opened what is sealed to this machine. So the mode manager,
//! which needs nothing of the TPM but one number, does not get it: `uketsuke-counter` does, a process
//! that reads the number or makes it one more, answers, and ends.
//!
//! # Place
//! ```text
//!   mode manager --- client ---> /run/uketsuke/counter.socket
//!                                  | systemd, one process for each connection
//!                                  v
//!                    uketsuke-counter: limits of the process, then the TPM (/dev/tpmrm0)
//! ```
//! [`wire`] is what is said, [`Client`] asks, [`serve`] answers, [`run`] is the process around it.
//!
//! # The counter
//! An NV index of the TPM (TPM 2.0 Library, Part 3, NV commands), [`counter::INDEX`], made by this
//! process when it is first asked. It is believed only with exactly the attributes that it was made
//! with: what looks otherwise was made by somebody else, and nothing is read from it or written to it.
//!
//! Whoever holds the owner's authorization (empty on our machines, as systemd leaves it) and the device
//! can take the index away and make it anew. That gains him nothing: by the same library a counter
//! begins, at its first increment, one above the highest that any counter of this TPM ever had, taken
//! away or not, and also after the TPM was cleared. No number comes back, so no older state fits again.
//!
//! Not covered is who sits on the wires between processor and TPM: he may answer in its stead.
//!
//! # Limits of the process
//! See [`limits`]. A TPM that does not answer ends the process by its clock, and the client waits no
//! longer than that. Everything a client may be told instead of a number is a [`ClientError`]: nothing is
//! compared then.

mod client;
pub mod counter;
mod device;
pub mod limits;
mod process;
mod serve;
mod tpm;
pub mod wire;

pub use client::{Client, ClientError, SOCKET};
pub use device::{DEVICE, open};
pub use process::run;
pub use serve::{ServeError, serve};
pub use tpm::{Tpm, TpmError};
