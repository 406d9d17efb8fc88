// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a new patient meets, as the facility has it. It may become another one while the screen runs
//! (環境設定情報更新), and then counts from the next patient on: on P-00, when nobody has chosen anything.

use std::time::{Duration, Instant};

use uketsuke_bus::mode1::ViewId;
use uketsuke_bus::screen1::{Ease, Language};
use uketsuke_common::config::{Reader, ScreenConfig, Voice};

use super::{Desk, Effect};

/// What the facility sets of the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Usual {
    /// Name of the facility.
    pub facility: String,
    /// Language a new patient meets.
    pub language: Language,
    /// Languages to choose from, in this order.
    pub languages: Vec<Language>,
    /// Text size, colours and layout a new patient meets.
    pub ease: Ease,
    /// The digits of the pad in another order each time it is shown.
    pub shuffle_pad: bool,
    /// When views are said aloud.
    pub voice: Voice,
    /// Two notes when it is done, three again and again where something was forgotten.
    pub chimes: bool,
    /// A second touch of the same key within this time is ignored.
    pub same_key: Duration,
}

impl Usual {
    /// As a configuration has it.
    #[must_use]
    pub fn of(config: &Reader) -> Self {
        let ScreenConfig {
            language,
            contrast,
            text,
            layout,
            same_key_ms,
            shuffle_pad,
            voice,
            chimes,
            ..
        } = config.screen;
        Self {
            facility: config.facility.name.clone(),
            language,
            languages: config.screen.languages.clone(),
            ease: Ease {
                contrast,
                text,
                layout,
            },
            shuffle_pad,
            voice,
            chimes,
            same_key: Duration::from_millis(same_key_ms.into()),
        }
    }
}

impl Desk {
    /// Takes up what the facility has set meanwhile, if nobody is there.
    pub(super) fn take_up(&mut self) -> Option<Effect> {
        let id = self.view.as_ref().map(|view| view.id);
        let nobody = matches!(id, None | Some(ViewId::Idle));
        if !nobody || self.overlay.is_some() || !self.is_as_usual() {
            return None;
        }
        let usual = self.next.take()?;
        if usual == self.setup.usual {
            return None;
        }
        self.speech.want(usual.voice, usual.chimes);
        (self.language, self.ease) = (usual.language, usual.ease);
        let effect = Effect::Usual(usual.language, usual.languages.clone());
        self.setup.usual = usual;
        self.fitted = None;
        self.render();
        Some(effect)
    }

    /// Whether the next patient would meet what another one chose.
    pub(super) fn is_as_usual(&self) -> bool {
        let looks =
            self.language == self.setup.usual.language && self.ease == self.setup.usual.ease;
        looks && !self.speech.is_called()
    }

    /// On the idle view what was chosen goes back after a time without a touch.
    pub(super) fn watch_idle(&mut self, now: Instant) {
        let idle = self
            .view
            .as_ref()
            .is_some_and(|view| view.id == ViewId::Idle);
        self.chosen_since = (idle && !self.is_as_usual()).then_some(now);
    }

    /// Everything as a new patient meets it.
    pub(super) fn reset(&mut self) -> Option<Effect> {
        let usual = self.setup.usual.language;
        let effect = (self.language != usual).then_some(Effect::Language(usual));
        self.chosen_since = None;
        self.speech.reset();
        if !self.is_as_usual() {
            self.language = usual;
            self.ease = self.setup.usual.ease;
            self.fitted = None;
            self.render();
        }
        effect
    }
}
