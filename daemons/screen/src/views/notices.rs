// SPDX-License-Identifier: MIT OR Apache-2.0
//! What happened: P-13, P-14 and the failures. First what, then what to do now, then one way out.

use uketsuke_bus::day::Day;
use uketsuke_bus::mode1::{Action, Details, Form, ViewId};

use super::frame::{self, Telling};
use super::identity::place_name;
use super::{Model, Scene, choices};
use crate::texts::{Key, Language, catalogue, key, letters};
use crate::ui::node::*;

/// Side of a sign above the words, mm.
const ABOVE_MM: f32 = 12.0;

/// No mode manager yet: it is being started.
pub(super) fn starting(scene: &Scene<'_>, model: &Model<'_>) -> Node {
    let telling = Telling {
        above: Some(place_name(model.facility)),
        title: scene.text(key::STARTING),
        heard: None,
        then: vec![scene.text(key::STARTING_WAIT)],
        art: Icon::Wait,
        art_label: key::STARTING,
    };
    frame::told(scene, telling)
}

/// Before any daemon runs.
pub(super) fn splash(languages: &[Language]) -> Node {
    let words = languages.iter().flat_map(|language| {
        let texts = catalogue(*language);
        [
            heading(texts.text(key::STARTING)),
            text(texts.text(key::SPLASH_STAYS)).size(TextSize::Lead),
        ]
        .map(|word| word.letters(letters(*language)))
    });
    let picture = icon(Icon::Wait, 26.0).ink(Colour::Primary);
    let words = column(words.map(|word| word.align(Place::Centre))).gap(3.0);
    column([spacer(), picture.place(Place::Centre), words, spacer()])
        .gap(6.0)
        .fill(Colour::Ground)
}

/// P-13: done, by name where the centre gave one.
pub(super) fn done(scene: &Scene<'_>, details: &Details) -> Node {
    let title = match &details.name_kana {
        Some(name) => scene.with(key::DONE_NAME, [("name", name.as_str().into())]),
        None => scene.text(key::DONE_NEUTRAL),
    };
    let next = if scene.by_phone() {
        key::DONE_WAIT
    } else {
        key::DONE_TAKE_CARD
    };
    success(scene, title, next)
}

/// P-14: until when the certificate can be used, and where it is renewed.
pub(super) fn expiring(scene: &Scene<'_>, details: &Details) -> Node {
    let title = match details.expires {
        Some(day) => scene.with(key::EXPIRING, [("date", date(scene, day).into())]),
        None => scene.text(key::EXPIRING_UNDATED),
    };
    let telling = Telling {
        above: None,
        title,
        // No day is recorded; the screen and the staff have it.
        heard: Some(key::EXPIRING_UNDATED),
        then: vec![scene.text(key::EXPIRING_DO)],
        art: Icon::Card,
        art_label: key::EXPIRING_UNDATED,
    };
    frame::told(scene, telling)
}

/// A day in the usual form of the language.
fn date(scene: &Scene<'_>, day: Day) -> String {
    let values = [
        ("year", day.year.into()),
        ("month", day.month.into()),
        ("day", day.day.into()),
    ];
    scene.with(key::DAY, values)
}

/// F-12: the same face for everybody in the room; staff know the reason.
pub(super) fn wait_at_reception(scene: &Scene<'_>) -> Node {
    success(scene, scene.text(key::DONE_NEUTRAL), key::DONE_WAIT)
}

fn success(scene: &Scene<'_>, title: String, next: Key) -> Node {
    let place = if scene.wide() {
        Place::Start
    } else {
        Place::Centre
    };
    let telling = Telling {
        above: Some(icon(Icon::Done, ABOVE_MM).ink(Colour::Good).place(place)),
        title,
        // A name is never said aloud.
        heard: Some(key::DONE_NEUTRAL),
        then: vec![scene.text(next)],
        art: if scene.by_phone() {
            Icon::Staff
        } else {
            Icon::TakeCard
        },
        art_label: if scene.by_phone() {
            key::DONE_WAIT
        } else {
            key::DONE_PICTURE
        },
    };
    frame::told(scene, telling)
}

/// Where a sign above the words stands.
fn above_words(scene: &Scene<'_>) -> Place {
    if scene.wide() {
        Place::Start
    } else {
        Place::Centre
    }
}

/// Whether a sign must say that something was wrong, since the words or the picture are those of a
/// view where nothing was.
fn not_this_way(scene: &Scene<'_>) -> bool {
    scene.view.id == ViewId::WrongCard
        || (scene.view.id == ViewId::Unreadable && !needs_staff(scene))
}

/// The words of one failure, and its picture.
struct Notice {
    what: Key,
    then: Option<Key>,
    art: Icon,
    art_label: Key,
}

fn words_of(scene: &Scene<'_>) -> Notice {
    let place = (Icon::PlaceCard, key::PLACE_CARD_PICTURE);
    let take = (Icon::TakeCard, key::DONE_PICTURE);
    let staff = (Icon::Staff, key::ASK_RECEPTION);
    let hold = (Icon::HoldPhone, key::PHONE_PICTURE);
    let phone = (Icon::Phone, key::USE_PHONE);
    let by_phone = scene.by_phone();
    let (what, then, (art, art_label)) = match (scene.view.id, scene.view.form) {
        (ViewId::PinUnusable, _) if by_phone => (
            key::PHONE_PIN_UNUSABLE,
            Some(key::PHONE_PIN_UNUSABLE_DO),
            (Icon::Lock, key::PHONE_PIN_UNUSABLE),
        ),
        (ViewId::PhoneUnreadable, Some(Form::OtherPhone)) => {
            (key::PHONE_OTHER, Some(key::PHONE_OTHER_DO), phone)
        }
        (ViewId::PhoneUnreadable, _) => {
            (key::PHONE_UNREADABLE, Some(key::PHONE_UNREADABLE_DO), hold)
        }
        (ViewId::WrongCard, Some(Form::CardSlot)) => (key::CARD_HERE, None, place),
        (ViewId::WrongCard, Some(Form::PhoneSlot)) => (key::PHONE_HOLD, None, hold),
        (ViewId::TimedOut, _) if by_phone => (key::TIMED_OUT, Some(key::PHONE_TIMED_OUT_DO), phone),
        (ViewId::CardForgotten, _) if by_phone => (key::PHONE_FORGOTTEN, None, phone),
        (ViewId::PinUnusable, _) => (
            key::PIN_UNUSABLE,
            Some(key::PIN_UNUSABLE_DO),
            (Icon::Lock, key::PIN_UNUSABLE),
        ),
        (ViewId::CertificateExpired, Some(Form::EligibilityOnly)) => (
            key::EXPIRED_RECENT,
            Some(key::EXPIRED_RECENT_DO),
            (Icon::Warning, key::EXPIRED_RECENT),
        ),
        (ViewId::CertificateExpired, _) if by_phone => {
            (key::PHONE_REFUSED, Some(key::EXPIRED_OLD_DO), staff)
        }
        (ViewId::CertificateExpired, _) => (key::EXPIRED_OLD, Some(key::EXPIRED_OLD_DO), staff),
        (ViewId::CardLifted, _) => (key::CARD_AWAY, Some(key::CARD_AWAY_DO), place),
        (ViewId::WrongCard, _) => (key::PLACE_CARD, None, place),
        (ViewId::Unreadable, _) => (key::UNREADABLE, Some(key::UNREADABLE_DO), place),
        (ViewId::NotFound, _) => (key::NO_INSURANCE, Some(key::ASK_RECEPTION), staff),
        (ViewId::TimedOut, _) => (key::TIMED_OUT, Some(key::TIMED_OUT_DO), take),
        (ViewId::CardForgotten, _) => (key::FORGOTTEN, None, take),
        _ => (key::UNAVAILABLE, Some(key::ASK_RECEPTION), staff),
    };
    Notice {
        what,
        then,
        art,
        art_label,
    }
}

/// Whether the patient can only turn to the staff, though the text does not say so.
fn needs_staff(scene: &Scene<'_>) -> bool {
    match scene.view.id {
        ViewId::PinUnusable => !scene.by_phone() && !choices::offered(scene, Action::Face),
        ViewId::Unreadable => scene.view.form == Some(Form::Reception),
        _ => false,
    }
}

/// F-04, F-07 to F-11, F-14 to F-17.
pub(super) fn notice(scene: &Scene<'_>) -> Node {
    let notice = words_of(scene);
    let mut then: Vec<String> = notice
        .then
        .map(|words| scene.text(words))
        .into_iter()
        .collect();
    if needs_staff(scene) {
        then.push(scene.text(key::ASK_RECEPTION));
    }
    let telling = Telling {
        above: not_this_way(scene).then(|| {
            icon(Icon::Warning, ABOVE_MM)
                .ink(Colour::Warning)
                .place(above_words(scene))
        }),
        title: scene.text(notice.what),
        heard: None,
        then,
        art: notice.art,
        art_label: notice.art_label,
    };
    frame::told(scene, telling)
}
