// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[card]`: the reader slots and card sessions.

use std::path::PathBuf;

use serde::Deserialize;

use super::Problems;
use super::slot::{self, SlotConfig};

/// `[card]` of `reader.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CardConfig {
    /// The slot for cards.
    pub slot: SlotConfig,
    /// The slot for phones (汎用カードリーダー); there is none where nothing is set.
    pub phone_slot: SlotConfig,
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
            slot: SlotConfig::default(),
            phone_slot: SlotConfig::default(),
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
        self.slot.check(&slot::CARD, problems);
        self.phone_slot.check(&slot::PHONE, problems);
        if !self.phone_slot.is_empty() {
            let both = if self.slot.covers(&self.phone_slot) {
                Some(
                    "every reader that fits it fits `card.slot` too; say there which reader is for cards",
                )
            } else if self.phone_slot.covers(&self.slot) {
                Some(
                    "every reader that fits `card.slot` fits it too; say here which reader is for phones",
                )
            } else {
                None
            };
            if let Some(both) = both {
                problems.add("card.phone_slot", both);
            }
        }
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
