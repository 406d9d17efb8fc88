// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-update`, the only door to the installer (RAUC).
//!
//! | | |
//! | --- | --- |
//! | Process | `uketsuke-update`, its own user, no device, no network |
//! | Bus name | `jp.uketsuke.Update1`, object `/jp/uketsuke/Update1` |
//! | Calls | `de.pengutronix.rauc.Installer`; reads `jp.uketsuke.Mode1.View` to know of a patient |
//! | Called by | field engineers (`uketsukectl`), the stick service, the boot check (`Confirm`) |
//! | Boot order | after the bus; RAUC is started by the first question to it |
//! | Configuration | `[update]` of `reader.toml` |
//! | State on disk | `state.json` in the state directory: floor, slots, what is pending |
//!
//! [`domain`] is the life of an update, a pure function of record and event that is explored whole
//! in its tests; [`quiet`] says when the reader may restart by itself. [`manager`] is the one task
//! that owns the record: [`bus`] turns calls into letters to it, [`rauc`] carries out what the
//! machine wants of the installer, [`attendance`] says whether a patient is there, [`store`] makes
//! the record durable before anything that rests on it is done. docs/updates.md is for people.
//!
//! ```text
//!  calls ─► bus ──┐            ┌──► store (first)
//!                 ▼            │
//!  Mode1 ─► attendance ─► manager ──► rauc ──► RAUC
//!                 ▲            │         │
//!                 └── answers ◄┴─────────┘──► /run/uketsuke/update/reboot ──► uketsuke-reboot.path
//! ```

pub mod app;
pub mod attendance;
pub mod bus;
pub mod domain;
pub mod manager;
pub mod quiet;
pub mod rauc;
pub mod source;
pub mod store;
pub mod surroundings;
