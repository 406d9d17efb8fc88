// SPDX-License-Identifier: MIT OR Apache-2.0
//! Turns a box into one clinic's reader.
//!
//! A provisioning [`set`] (one `reader.toml` with its certificates and keys) is judged whole before
//! anything changes, its secrets are sealed to the machine ([`seal`]), and it comes into force as a
//! generation in one rename ([`store`]). Sets come from the box's own `provision` partition at
//! [`boot`], or from a service [`stick`] with a signed [`grant`].
//!
//! Processes, all from the one binary `uketsuke-provision`:
//!
//! - `boot` (`uketsuke-provision.service`, root, before the daemons) applies a new set and lays the
//!   generation in force out for the daemons: `/run/uketsuke/reader.d/50-provision.toml` and
//!   `/run/credstore.encrypted/`. It also writes `/run/uketsuke/device-id`.
//! - `stick DEVICE` (`uketsuke-stick@.service`, user `uketsuke-stick`) reads a stick without the
//!   kernel's file system, and nothing on it without a grant.
//! - `door` (`uketsuke-provision-door@.service`, root, one per connection) takes grant and set from
//!   the stick's process, believes neither, judges both again and applies. [`door`] is its protocol.
//! - `back`, by hand: the generation before the current one.
//!
//! State: `/data/provision` (generations, `grants.json`, `last-report.txt`,
//! `passcode.pepper`), and
//! `/var/lib/uketsuke/stick` (the stick's own `grants.json`, the bundle to install). No bus name.
//! docs/provisioning.md is for who prepares sets, grants and sticks.

pub mod boot;
pub mod clock;
pub mod daemons;
pub mod device;
pub mod door;
pub mod fat;
pub mod files;
pub mod grant;
pub mod ledger;
pub mod partition;
pub mod pepper;
pub mod places;
pub mod report;
pub mod seal;
pub mod set;
pub mod stick;
pub mod store;
#[cfg(test)]
mod testing;

/// Lower-case hex.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
