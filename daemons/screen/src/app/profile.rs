// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the facility has set from the terminal (環境設定情報更新), as far as the screen shows it. The mode manager
//! keeps it and says it; it is laid over the same files by the same code here.

use uketsuke_bus::mode1::Mode1Proxy;
use uketsuke_common::config::{ConfigError, Own, Profile};
use zbus::fdo::PropertiesChanged;

use crate::desk::Usual;

/// Whether another profile is in force.
pub(super) fn is_another(change: &PropertiesChanged) -> bool {
    change
        .args()
        .is_ok_and(|args| args.changed_properties().contains_key("Profile"))
}

/// What a new patient meets by the profile in force; none where that cannot be said, and everything
/// stays as it is.
pub(super) async fn usual(mode: &Mode1Proxy<'_>, own: &Own) -> Option<Usual> {
    let (id, text) = match mode.profile().await {
        Ok(profile) => profile,
        Err(error) => {
            tracing::warn!(%error, "the facility profile cannot be read");
            return None;
        }
    };
    match over(own, &text) {
        Ok(usual) => Some(usual),
        Err(error) => {
            // The mode manager found nothing wrong with it, so our files are not those it started with.
            tracing::error!(%error, id, "the facility profile cannot be used; the screen stays as it is");
            None
        }
    }
}

fn over(own: &Own, text: &str) -> Result<Usual, ConfigError> {
    let config = own.under(&Profile::parse(text)?)?;
    Ok(Usual::of(&config))
}
