// SPDX-License-Identifier: MIT OR Apache-2.0
//! A virtual My Number Card (マイナンバーカード) for tests and the bench, and a pcscd to lay it on.
//!
//! - [`card`] is the card itself: bytes in, bytes out; what it has on it is data in [`files`] and
//!   [`profile`].
//! - [`vault`] keeps keys, certificates and counters of all cards in a state directory.
//! - [`tray`] lays cards on the two slots of pcscd's vpcd driver and takes them away; [`slot`] is one
//!   of them. [`control`] offers it on a socket and has the client for it.
//! - [`pcscd`] starts a pcscd of one's own.
//!
//! The program is a thin shell around [`app`]; tests may as well use [`tray`] inside their process:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = std::path::Path::new("target/tmp");
//! use uketsuke_virtual_card::{latency::Latency, pcscd::Pcscd, tray::{Options, Tray}};
//! let pcscd = Pcscd::start(&dir.join("pcscd"))?;
//! let options = Options { vpcd: pcscd.address(), state: dir.join("cards"), latency: Latency::NONE };
//! let tray = pcscd.within(|| Tray::start(&options))??;
//! tray.place("normal-adult", 0)?;
//! // A client of this pcscd has PCSCLITE_CSOCK_NAME set to pcscd.socket.
//! # Ok(())
//! # }
//! ```

pub mod apdu;
pub mod app;
pub mod atr;
pub mod behaviour;
pub mod calendar;
pub mod card;
pub mod certificates;
pub mod control;
pub mod damage;
mod der;
pub mod fault;
pub mod files;
pub mod identity;
pub mod issuer;
pub mod latency;
pub mod memory;
mod network;
pub mod official;
pub mod pcscd;
pub mod photo;
pub mod pin;
mod printed;
pub mod profile;
mod profiles;
pub mod register;
pub mod registry;
pub mod sign;
pub mod slot;
pub mod support;
pub mod surface;
mod tlv;
pub mod tray;
pub mod vault;
pub mod vpcd;

/// An error with its causes, in one line.
fn chain_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
