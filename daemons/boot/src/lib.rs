// SPDX-License-Identifier: MIT OR Apache-2.0
//! Root-side helper of the image: which slot runs, what the firmware boots next, and the data
//! partition. docs/boot.md tells the whole story of a boot; this crate is its program.
//!
//! | Command | Runs | Does |
//! | --- | --- | --- |
//! | `slots NODE` | udev, initrd and system | prints the links of a partition of the booted disk |
//! | `judge` | initrd, before the root | reads what a panic left; changes over to the other slot |
//! | `emergency` | instead of the emergency shell | counts, reboots, changes over, or keeps the safe screen |
//! | `identity` | initrd | writes `/run/machine-id` from the firmware's memory |
//! | `entries` | system | ensures the firmware entries `system0` and `system1` |
//! | `settled` | system, after the boot check | forgets what spoke against the running slot |
//! | `data` | system, before `/data` | makes, unlocks, checks or remakes the data partition |
//! | `reset` | on request | erases the data partition |
//! | `rauc` | `rauc.service` | becomes RAUC, told which slot runs |
//!
//! What decides is pure ([`disk`], [`efi::option`], [`efi::order`], [`state`], [`pstore`],
//! [`data::prepare`]) and is tested over histories; the rest is a thin shell over `/sys` and `/dev`
//! below a root that tests put elsewhere ([`machine::Machine`]).

pub mod app;
pub mod data;
pub mod disk;
pub mod efi;
pub mod entries;
pub mod firmware;
pub mod judge;
pub mod machine;
pub mod pstore;
pub(crate) mod report;
pub mod slot;
pub mod state;
