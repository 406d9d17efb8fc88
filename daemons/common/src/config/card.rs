// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[card]`: the reader slot and card sessions.

use std::path::PathBuf;

use serde::Deserialize;

use super::Problems;

/// `[card]` of `reader.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CardConfig {
    /// Part of the PC/SC name of the slot to use; empty takes the first one.
    pub reader: String,
    /// Whether cards of a test root (`O=JPKI-TEST`) are accepted. Off on every reader in service.
    pub test_cards: bool,
    /// Folder with the roots of card records (証明者鍵), one `<key id>.pem` each; those of test cards
    /// in `test` below it.
    pub roots: PathBuf,
    /// Longest wait for one answer of the card; 200 to 10000 ms.
    pub apdu_timeout_ms: u32,
    /// Longest wait for a signature; 1000 to 30000 ms.
    pub sign_timeout_ms: u32,
    /// How long a claim may stay without a call before the card is powered down; 30 to 900 s.
    pub claim_s: u32,
}

impl Default for CardConfig {
    fn default() -> Self {
        Self {
            reader: String::new(),
            test_cards: false,
            roots: "/usr/share/uketsuke/card-roots".into(),
            apdu_timeout_ms: 2000,
            sign_timeout_ms: 6000,
            claim_s: 180,
        }
    }
}

impl CardConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        problems.range(
            "card.apdu_timeout_ms",
            self.apdu_timeout_ms,
            200..=10_000,
            "ms",
        );
        problems.range(
            "card.sign_timeout_ms",
            self.sign_timeout_ms,
            1000..=30_000,
            "ms",
        );
        problems.range("card.claim_s", self.claim_s, 30..=900, "s");
    }
}
