// SPDX-License-Identifier: MIT OR Apache-2.0
//! The house: every program of a reception desk on one machine, for makers and tests.
//!
//! ```text
//!   enter()            outer process: forwards signals, waits, removes the base directory
//!     └─ pid 1 of its own PID and mount namespaces
//!          /etc/passwd, /etc/group   with our users appended
//!          /run                      the run's own: bus socket, pcscd socket
//!          <base>/bin                the built binaries, read-only, reachable by every user
//!          ├─ dbus-daemon            the real one, with the policy files of systemd/dbus
//!          ├─ pcscd + virtual card   the real one, over a virtual reader
//!          ├─ centre                 stand-in, behind a proxy that can be cut
//!          ├─ terminal               behind a proxy that can be cut
//!          └─ card, mode, uplink, screen, voice (into a file: a house has no loudspeaker)
//!          and in pid 1 itself: the simulated face daemon, and the service for signatures without PIN
//! ```
//!
//! Users, watchdog, restart and credentials come from the very files the product installs
//! (`systemd/`), so a run on the bench meets the same rules as a reader. Nothing of the host is
//! changed: the mounts are private, all sockets lie in the base directory, ports are chosen free.
//! When the first process of a PID namespace ends, the kernel ends every other one in it, so no
//! process outlives the house, however it dies.
//!
//! Tests do not enter a namespace: [`client::HouseClient`] starts the bench binary and drives it
//! over its control API.

pub mod api;
pub mod bus;
pub mod card;
pub mod client;
pub mod console;
mod decoder;
mod error;
pub mod face;
pub mod house;
mod http;
pub mod logs;
pub mod notify;
pub mod options;
pub mod outside;
pub mod panel;
pub mod pinless;
mod ports;
pub mod process;
pub mod proxy;
mod settings;
pub mod space;
pub mod unit;
pub mod users;
pub mod voice;
