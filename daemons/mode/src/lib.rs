// SPDX-License-Identifier: MIT OR Apache-2.0
//! The mode manager of Uketsuke OS: every decision of a check-in, in one place.
//!
//! | | |
//! | --- | --- |
//! | Process | `uketsuke-mode`, its own user, no device, no network, no file but its configuration |
//! | Bus name | `jp.uketsuke.Mode1`, object `/jp/uketsuke/Mode1` |
//! | Calls | `jp.uketsuke.Card1` (certificate, signature), `jp.uketsuke.Uplink1` (challenge, check-in, consents) |
//! | Called by | the screen (`Act`, `EnterPin`, `Details`); the uplink with what staff do at the terminal (`Staff`); anybody may read `Operation`, `Profile` and `View` |
//! | Boot order | after the bus; needs none of the others: what is missing is shown (F-10, F-14) |
//! | Configuration | `[mode]` (times) and `[facility]` (what is asked) of `reader.toml`, and the facility profile from the terminal laid over it ([`profile`]) |
//! | State on disk | staff passcodes and their counts ([`staff`]), bound to a counter in the TPM that `uketsuke-counter` is asked for (`UKETSUKE_COUNTER_SOCKET`: where, in tests); `profile.toml`; of a check-in none: after a restart the reader is idle, a card that lies there counts as placed |
//!
//! [`domain`] is the check-in itself, a pure function of state, event and time that is explored
//! whole in its tests. [`manager`] is the one task that owns the state: [`bus`] turns the screen's
//! calls into letters to it, [`peers`] turns what card daemon, uplink and screen say into events,
//! [`calls`] carries out what the machine wants of them. [`app`] puts them together.
//!
//! ```text
//!  screen ──Act, EnterPin──► bus ──┐            ┌──► calls ──► card, uplink
//!                                  ▼            │                  │
//!  card, uplink, screen ─► peers ─► manager ────┤                  │
//!                                  ▲  │ step    └──► View          │
//!                                  └──┴────────────── answers ◄────┘
//! ```
//!
//! Nothing about a person is in a property, a signal or a log. The PIN stays in the descriptor it
//! came in and goes to the card daemon unread; name and earlier consents leave in a sealed memory
//! file. What waits for whom, and for how long, is in [`domain::Rules`].

pub mod app;
pub mod bus;
pub mod calls;
pub mod domain;
mod expiry;
pub mod late;
pub mod manager;
mod notes;
pub mod peers;
pub mod profile;
pub mod staff;
