// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card daemon of Uketsuke OS: cards on the reader, over PC/SC.
//!
//! # Purpose
//! Finds out what lies on the reader, reads the authentication certificate (利用者証明用電子証明書)
//! of a My Number card, presents the four-digit PIN once per entry, and signs a challenge. It guards
//! the tries: no VERIFY is ever repeated, not after an error, a reset or a restart; the card's own
//! counter is asked before every entry. It builds the `DigestInfo` itself and never signs bytes that
//! a caller chose. It opens the card's face with 照合番号B, once a call and never below three tries,
//! and hands the photo out only when record and card are proved. Phones
//! (スマホ用電子証明書) sign on a slot of their own, by a PIN that was typed before (Android) or unlocked by
//! their holder (iPhone), and show their certificate only then. A card is powered down when its
//! session ends, because a presented PIN survives re-selection, disconnection and a warm reset.
//!
//! # Place
//! Starts after the bus; pcscd may come later, go, and come back. Talks to pcscd's socket and the
//! system bus, needs no device, no network, no state and no disk.
//!
//! # End
//! On SIGTERM the entry under way is dropped, and the process stays until the card is powered down: at
//! most for the longest answer (`sign_timeout_ms`) and 1.5 s. A daemon that is killed between VERIFY
//! and power-down leaves the card to pcscd. That resets it when the command under way has ended, and
//! takes the power off five seconds later (pcscd 1.9.9, `tests/rights.rs` prints it); a card that
//! keeps a PIN over a reset would sign for the next client in between. So the unit runs
//! `uketsuke-card --power-down` ([`pcsc::off`]) behind every end, and nobody but this user may talk to
//! pcscd at all. The next start begins with a SELECT that clears old rights besides.
//!
//! # Bus
//! Name `jp.uketsuke.Card1`. `/jp/uketsuke/Card1` serves `jp.uketsuke.Card1`; each card is
//! `/jp/uketsuke/Card1/card/<n>` with `jp.uketsuke.Card1.Card`. The committed XML in
//! `daemons/bus/interfaces` is the reference.
//!
//! A signature without PIN (特定機関認証) needs a licensed operator's service, which a maker adds under
//! the name `jp.uketsuke.Pinless1`: it writes what a terminal proves itself to a card with, and this
//! daemon lets nothing else of it through ([`apdu::Command::relayed`]). What is signed, and on what
//! ground, stays here: on a face only after the face daemon was given the photo of this very card and
//! has attested the match, once for each attestation.
//!
//! # States
//! Drawn in [`desk`]: empty, looking, placed; a placed card is powered or off, claimed or free. The
//! order of the commands stands in [`session`], which reader is for what in [`roles`]. A reader whose
//! calls do not return counts as away while the other slot goes on.
//!
//! # Files
//! Reads `[card]` of `reader.toml`: `slot`, `phone_slot`, `test_cards`, `roots`, `apdu_timeout_ms`,
//! `sign_timeout_ms`, `claim_s`; and the folder with the roots ([`roots`]). Writes none. Environment:
//! `PCSCLITE_CSOCK_NAME`, `UKETSUKE_PHOTO_SOCKET` (where pcscd and the decoder listen, if not at their
//! usual places), `DBUS_SYSTEM_BUS_ADDRESS`, `UKETSUKE_CONFIG`, `UKETSUKE_LOG`.
//!
//! # Log
//! info: a reader or a card came or went. warn: a card failed, with the step. debug: one line per
//! command with header, lengths, status word and milliseconds; never data of a command or an answer.

pub mod apdu;
pub mod app;
pub mod bus;
pub mod certificate;
pub mod der;
pub mod desk;
#[cfg(test)]
mod fake;
pub mod link;
pub mod pcsc;
pub mod pinless;
pub mod roles;
pub mod roots;
pub mod session;
pub mod token;
