// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bus contract of Uketsuke OS (受付).
//!
//! Everything a program needs to talk to a daemon, and nothing of any daemon: well-known names,
//! value types, named errors, client proxies, and the one way a secret travels
//! ([`secret`]). The served side must equal the XML in `interfaces/`; each daemon's tests compare
//! it through [`contract`] (feature `contract`), and `BLESS=1 cargo test` rewrites the files.
//!
//! Names end in the major version of the interface. No signal and no property carries anything
//! about a patient: such data goes in the reply to the one caller the bus policy names.

pub mod card1;
pub mod consent;
#[cfg(feature = "contract")]
pub mod contract;
pub mod day;
pub mod face1;
pub mod letter;
pub mod mode1;
pub mod pinless1;
pub mod screen1;
pub mod secret;
pub mod staff;
pub mod update1;
pub mod uplink1;
pub mod view;
pub mod voice1;

/// Bus name of the card daemon.
pub const CARD: &str = "jp.uketsuke.Card1";
/// Bus name of who compares faces, where there are cameras.
pub const FACE: &str = "jp.uketsuke.Face1";
/// Bus name of the mode manager.
pub const MODE: &str = "jp.uketsuke.Mode1";
/// Bus name of who may have a card sign without PIN, where there is one.
pub const PINLESS: &str = "jp.uketsuke.Pinless1";
/// Bus name of the uplink.
pub const UPLINK: &str = "jp.uketsuke.Uplink1";
/// Bus name of the screen.
pub const SCREEN: &str = "jp.uketsuke.Screen1";
/// Bus name of the update daemon.
pub const UPDATE: &str = "jp.uketsuke.Update1";
/// Bus name of the voice.
pub const VOICE: &str = "jp.uketsuke.Voice1";

/// Object path of the card daemon; cards are its children `/card/<n>`.
pub const CARD_PATH: &str = "/jp/uketsuke/Card1";
/// Object path of who compares faces.
pub const FACE_PATH: &str = "/jp/uketsuke/Face1";
/// Object path of the mode manager.
pub const MODE_PATH: &str = "/jp/uketsuke/Mode1";
/// Object path of who may have a card sign without PIN.
pub const PINLESS_PATH: &str = "/jp/uketsuke/Pinless1";
/// Object path of the uplink.
pub const UPLINK_PATH: &str = "/jp/uketsuke/Uplink1";
/// Object path of the screen.
pub const SCREEN_PATH: &str = "/jp/uketsuke/Screen1";
/// Object path of the update daemon.
pub const UPDATE_PATH: &str = "/jp/uketsuke/Update1";
/// Object path of the voice.
pub const VOICE_PATH: &str = "/jp/uketsuke/Voice1";
