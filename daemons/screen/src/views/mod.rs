// SPDX-License-Identifier: MIT OR Apache-2.0
//! The views: pure functions from what `mode` says to a tree of nodes.
//!
//! A view holds no rule. Which buttons there are is [`View::choices`]; a view only knows how each
//! is worded ([`choices`]) and where it stands. The frame is the same everywhere, so that a hand
//! finds things where they were: words for help, staff and time-outs with the progress at the upper
//! edge ([`head`]), the screen's own buttons at the lower one ([`controls`]).
//!
//! An [`Overlay`] takes the place of a view while somebody sets the screen up for himself. Its frame
//! keeps what the view has to say by itself: strip, warning, the button for more time.
//!
//! On a wide panel text stands left and the picture or the pad right; on a tall one everything is
//! stacked. What is pressed stands at the lower edge; in the low layout ([`Layout::Low`]) all of it
//! lies in the lower half. [`fitting`] makes a view at the size of text that the patient asked for,
//! or the next smaller one at which it fits. Choices of equal weight look equal: no view
//! pushes a patient towards a consent.

mod choices;
mod consent;
mod controls;
mod ease;
mod face;
mod fitting;
mod frame;
pub mod gallery;
mod head;
mod identity;
mod language;
mod letters;
mod notices;
mod staff;

use fluent_bundle::FluentValue;
use uketsuke_bus::mode1::{Details, View, ViewId};
use uketsuke_bus::screen1::{Ease, Layout};

use crate::shuffle::Order;
use crate::texts::{Catalogue, Key, Language, catalogue, letters};
use crate::ui::node::{Node, Scale};
pub use fitting::{fitting, palette, wanted};
pub use gallery::gallery;

/// Digits of the PIN (利用者証明用電子証明書の暗証番号).
pub const PIN_DIGITS: u8 = 4;

/// The visible area of the panel, in millimetres as the patient sees it (after rotation).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Panel {
    /// Left to right, mm.
    pub width_mm: f32,
    /// Top to bottom, mm.
    pub height_mm: f32,
}

impl Panel {
    /// 8 inch, 16:10, lying: the smallest panel of the reference boards.
    pub const LANDSCAPE: Self = Self {
        width_mm: 172.3,
        height_mm: 107.7,
    };
    /// The same panel, standing.
    pub const PORTRAIT: Self = Self {
        width_mm: 107.7,
        height_mm: 172.3,
    };

    /// Whether it is wider than tall.
    #[must_use]
    pub fn is_wide(self) -> bool {
        self.width_mm > self.height_mm
    }
}

/// What stands over a view at the patient's wish. It is the screen's own: `mode` does not know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The choice of languages.
    Languages,
    /// The choice of text size and colours.
    Ease,
}

/// Everything a view is made of.
#[derive(Clone, Copy)]
pub struct Model<'a> {
    /// What `mode` says; `None` while the mode manager is not there.
    pub view: Option<&'a View>,
    /// The personal part of that very view; empty where it has none.
    pub details: &'a Details,
    /// What stands over the view.
    pub overlay: Option<Overlay>,
    /// Language of every text.
    pub language: Language,
    /// Languages to choose from, in this order; with one alone there is no choice.
    pub languages: &'a [Language],
    /// PIN digits typed so far. The digits themselves never come here.
    pub pin_digits: u8,
    /// The digits of the pad in reading order.
    pub pad_order: Order,
    /// Name of the facility, free text from the configuration.
    pub facility: &'a str,
    /// The glass.
    pub panel: Panel,
    /// What the patient chose to see and to reach it.
    pub ease: Ease,
    /// Size of all text; what `ease` asks for, or less where that would not fit.
    pub scale: Scale,
}

/// The tree for a model.
#[must_use]
pub fn view(model: &Model<'_>) -> Node {
    let starting = View::new(ViewId::Wait, 0);
    let scene = Scene::new(model, model.view.unwrap_or(&starting));
    let mut root = match (model.overlay, model.view) {
        (Some(Overlay::Languages), _) => language::choose(&scene),
        (Some(Overlay::Ease), _) => ease::choose(&scene),
        (None, None) => notices::starting(&scene, model),
        (None, Some(view)) => of(&scene, view.id, model),
    };
    root.all_letters(letters(model.language));
    root.scaled(model.scale)
}

fn of(scene: &Scene<'_>, id: ViewId, model: &Model<'_>) -> Node {
    match id {
        ViewId::Idle => identity::idle(scene, model.facility),
        ViewId::Method => identity::method(scene),
        ViewId::Face => face::compare(scene),
        ViewId::FaceUnclear => face::unclear(scene),
        ViewId::FaceFailed => face::failed(scene),
        ViewId::NumberUnread => face::number(scene),
        ViewId::Pin | ViewId::WrongPin => identity::pin(scene, model.pin_digits),
        ViewId::Passcode => staff::passcode(scene, model.pin_digits),
        ViewId::Visual => staff::visual(scene),
        ViewId::WhichPhone => identity::which_phone(scene),
        ViewId::HoldPhone => identity::hold_phone(scene),
        ViewId::Wait => identity::wait(scene),
        ViewId::ConsentMethod => consent::method(scene),
        ViewId::CarryOver => consent::carry_over(scene),
        ViewId::EarlierConsents => consent::earlier(scene, model.details),
        ViewId::ConsentSurgery
        | ViewId::ConsentCare
        | ViewId::ConsentMedicine
        | ViewId::ConsentCheckUps => consent::one(scene),
        ViewId::PrescriptionForm => consent::prescription(scene),
        ViewId::Subsidy => consent::subsidy(scene),
        ViewId::HighCost => consent::high_cost(scene),
        ViewId::Letters => letters::letters(scene, model.details),
        ViewId::Done | ViewId::VisualDone => notices::done(scene, model.details),
        ViewId::Expiring => notices::expiring(scene, model.details),
        ViewId::WaitAtReception => notices::wait_at_reception(scene),
        ViewId::PinUnusable
        | ViewId::CertificateExpired
        | ViewId::CardLifted
        | ViewId::WrongCard
        | ViewId::Unreadable
        | ViewId::NotFound
        | ViewId::LinkDown
        | ViewId::TimedOut
        | ViewId::CardForgotten
        | ViewId::PhoneUnreadable => notices::notice(scene),
    }
}

/// What the firmware shows until the screen daemon draws, and what to do if nothing else ever comes.
///
/// No touch works yet, so Japanese and English both stand there. All languages would be a wall of
/// text that nobody reads in the seconds it is there, and whoever waits longer needs the staff.
#[must_use]
pub fn splash() -> Node {
    notices::splash(&[Language::Ja, Language::En])
}

/// A view with its words and its glass, as the makers of views need them.
struct Scene<'a> {
    view: &'a View,
    texts: &'static Catalogue,
    languages: &'a [Language],
    panel: Panel,
    ease: Ease,
    scale: Scale,
    overlay: Option<Overlay>,
    pad_order: Order,
}

impl<'a> Scene<'a> {
    fn new(model: &Model<'a>, view: &'a View) -> Self {
        Self {
            view,
            texts: catalogue(model.language),
            languages: model.languages,
            panel: model.panel,
            ease: model.ease,
            scale: model.scale,
            overlay: model.overlay,
            pad_order: model.pad_order,
        }
    }

    /// Whether all that is touched must lie in the lower half of the glass.
    fn low(&self) -> bool {
        self.ease.layout == Layout::Low
    }

    /// Whether the view is about a phone.
    fn by_phone(&self) -> bool {
        self.view.phone.is_some()
    }

    fn wide(&self) -> bool {
        self.panel.is_wide()
    }

    /// Whether there is no `mode` yet: real views are numbered from 1.
    fn starting(&self) -> bool {
        self.view.number == 0
    }

    fn text(&self, key: Key) -> String {
        self.texts.text(key)
    }

    fn with<const N: usize>(
        &self,
        key: Key,
        values: [(&'static str, FluentValue<'_>); N],
    ) -> String {
        self.texts.with(key, values)
    }
}

#[cfg(test)]
mod tests;
