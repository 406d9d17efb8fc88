// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every view with every wording, on invented data: for pictures and for tests.

mod letters;
mod phones;

use uketsuke_bus::consent::{Categories, ConsentAnswer, ConsentGroup, Variant};
use uketsuke_bus::day::Day;
use uketsuke_bus::mode1::{Action, Details, Form, Hop, Operation, View, ViewId};
use uketsuke_bus::screen1::Ease;
use uketsuke_bus::view::Hint;

use super::{Model, Overlay, Panel};
use crate::shuffle::USUAL;
use crate::texts::{LANGUAGES, Language};
use crate::ui::node::Scale;
pub use letters::NAMES;

/// An invented facility.
pub const FACILITY: &str = "うけつけ市民病院";

/// One view to show.
pub struct Sample {
    /// View and wording, fit for a file name: `P-09a-x`.
    pub name: String,
    /// What `mode` would say.
    pub view: Option<View>,
    /// The invented patient's part.
    pub details: Details,
    /// Digits on the pad.
    pub pin_digits: u8,
}

impl Sample {
    /// The model of this sample.
    #[must_use]
    pub fn model(&self, language: Language, panel: Panel) -> Model<'_> {
        Model {
            view: self.view.as_ref(),
            details: &self.details,
            overlay: None,
            language,
            languages: &LANGUAGES,
            pin_digits: self.pin_digits,
            pad_order: USUAL,
            facility: FACILITY,
            panel,
            ease: Ease::default(),
            scale: Scale::NORMAL,
        }
    }

    /// What is tried over it. Of the view behind it an overlay shows the warning and what staff
    /// should know alone, so one view for each kind of these is enough.
    pub fn overlays(&self) -> Vec<Option<Overlay>> {
        let over = [
            "starting",
            "P-00",
            "P-02-warning",
            "P-00-still-visual",
            "F-14-centre",
        ];
        if over.contains(&self.name.as_str()) {
            vec![None, Some(Overlay::Languages), Some(Overlay::Ease)]
        } else {
            vec![None]
        }
    }

    fn details(mut self, details: Details) -> Self {
        self.details = details;
        self
    }

    fn digits(mut self, digits: u8) -> Self {
        self.pin_digits = digits;
        self
    }
}

/// A sample of `id`; `wording` tells it from others of the same view, `set` fills in the rest.
fn sample(id: ViewId, wording: &str, choices: &[Action], set: impl FnOnce(&mut View)) -> Sample {
    let mut view = View::new(id, 1);
    view.choices = choices.to_vec();
    set(&mut view);
    let name = if wording.is_empty() {
        id.as_str().to_owned()
    } else {
        format!("{}-{wording}", id.as_str())
    };
    Sample {
        name,
        view: Some(view),
        details: Details::default(),
        pin_digits: 0,
    }
}

/// Every view of the reader, in the order of a check-in.
#[must_use]
pub fn gallery() -> Vec<Sample> {
    let mut all = identity();
    all.extend(faces());
    all.extend(phones::phones());
    all.extend(staff());
    all.extend(held());
    all.extend(consents());
    all.extend(besides());
    all.extend(letters::samples());
    all.extend(endings());
    all
}

fn identity() -> Vec<Sample> {
    use Action::{Continue, Face, Finish, Pin};
    let pad = |view: &mut View| view.pad = Some(true);
    vec![
        Sample {
            name: "starting".to_owned(),
            view: None,
            details: Details::default(),
            pin_digits: 0,
        },
        sample(ViewId::Idle, "", &[], |_| {}),
        sample(ViewId::Method, "", &[Pin, Finish], |_| {}),
        sample(ViewId::Method, "face", &[Face, Pin, Finish], |_| {}),
        sample(ViewId::Method, "warning", &[Pin, Finish, Continue], |v| {
            v.warning_s = Some(15)
        }),
        sample(ViewId::Pin, "", &[Finish], pad).digits(2),
        sample(ViewId::Pin, "tries", &[Face, Finish], |v| {
            pad(v);
            v.tries_left = Some(2);
        }),
        sample(ViewId::Pin, "warning", &[Face, Finish, Continue], |v| {
            pad(v);
            v.tries_left = Some(1);
            v.warning_s = Some(15);
        })
        .digits(3),
        sample(ViewId::WrongPin, "", &[Finish], |v| {
            pad(v);
            v.tries_left = Some(2);
        }),
        sample(ViewId::WrongPin, "last", &[Face, Finish], |v| {
            pad(v);
            v.tries_left = Some(1);
        })
        .digits(4),
        sample(
            ViewId::WrongPin,
            "warning",
            &[Face, Finish, Continue],
            |v| {
                pad(v);
                v.tries_left = Some(1);
                v.warning_s = Some(15);
            },
        ),
        sample(ViewId::Wait, "", &[], |_| {}),
    ]
}

/// The face, and what came of it.
fn faces() -> Vec<Sample> {
    use Action::{Continue, Face, Finish, Pin, Retry};
    let hinted = |hint| move |view: &mut View| view.hint = Some(hint);
    let warned = |view: &mut View| view.warning_s = Some(15);
    let fault = |view: &mut View| view.camera_fault = Some(true);
    let mut all = vec![
        sample(ViewId::Face, "", &[Pin, Finish], |_| {}),
        sample(ViewId::Face, "no-pin", &[Finish], hinted(Hint::HoldStill)),
    ];
    for hint in Hint::ALL.iter().filter(|hint| hint.is_trouble()) {
        for id in [ViewId::Face, ViewId::FaceUnclear] {
            all.push(sample(id, hint.as_str(), &[Pin, Finish], hinted(*hint)));
        }
    }
    all.extend([
        sample(
            ViewId::FaceUnclear,
            "no-pin",
            &[Finish],
            hinted(Hint::Backlight),
        ),
        sample(ViewId::FaceFailed, "", &[Retry, Pin, Finish], |_| {}),
        sample(
            ViewId::FaceFailed,
            "warning",
            &[Retry, Pin, Finish, Continue],
            warned,
        ),
        sample(ViewId::FaceFailed, "no-more", &[Pin, Finish], |_| {}),
        sample(ViewId::FaceFailed, "no-pin", &[Retry, Finish], |_| {}),
        sample(ViewId::FaceFailed, "nothing", &[Finish], |_| {}),
        sample(ViewId::NumberUnread, "", &[Pin, Finish], |_| {}),
        sample(
            ViewId::NumberUnread,
            "warning",
            &[Pin, Finish, Continue],
            warned,
        ),
        sample(ViewId::NumberUnread, "no-pin", &[Finish], |_| {}),
        sample(
            ViewId::PinUnusable,
            "warning",
            &[Face, Finish, Continue],
            warned,
        ),
        sample(ViewId::Idle, "camera", &[Action::Phone], fault),
        sample(ViewId::Method, "camera", &[Pin, Finish], fault),
    ]);
    all
}

fn staff() -> Vec<Sample> {
    use Action::{Phone, Staff, Stop};
    let formed = |form, open: bool| {
        move |view: &mut View| {
            view.form = Some(form);
            view.pad = open.then_some(true);
        }
    };
    vec![
        sample(ViewId::Idle, "staff", &[Staff], |_| {}),
        sample(ViewId::Idle, "phone-staff", &[Phone, Staff], |_| {}),
        sample(ViewId::Passcode, "", &[Stop], |v| v.pad = Some(true)).digits(2),
        sample(
            ViewId::Passcode,
            "wrong",
            &[Stop],
            formed(Form::WrongPasscode, true),
        ),
        sample(
            ViewId::Passcode,
            "unverified",
            &[Stop],
            formed(Form::UnverifiedPasscode, true),
        ),
        sample(ViewId::Passcode, "wait", &[Stop], |v| {
            formed(Form::WaitPasscode, false)(v);
            v.wait_s = Some(900);
        }),
        sample(ViewId::Passcode, "wait-hours", &[Stop], |v| {
            formed(Form::WaitPasscode, false)(v);
            v.wait_s = Some(14_400);
        }),
        sample(
            ViewId::Passcode,
            "closed",
            &[Stop],
            formed(Form::ClosedPasscode, false),
        ),
        sample(ViewId::Visual, "", &[Stop], |_| {}),
        sample(ViewId::VisualDone, "", &[], |_| {}).details(Details {
            name_kana: Some("シカク イチロウ".to_owned()),
            ..Details::default()
        }),
        sample(ViewId::VisualDone, "no-name", &[], |_| {}),
    ]
}

/// The terminal holds the reader in an operation mode.
fn held() -> Vec<Sample> {
    use Action::{Phone, Staff, Stop};
    use Operation::{PinOnly, Visual};
    let by = |operation| move |view: &mut View| view.operation = Some(operation);
    let still = |operation| {
        move |view: &mut View| {
            view.operation = Some(operation);
            view.form = Some(Form::StillHeld);
        }
    };
    vec![
        sample(ViewId::Idle, "held-pin-only", &[Staff], by(PinOnly)),
        sample(ViewId::Idle, "held-visual", &[], by(Visual)),
        sample(ViewId::Idle, "still-pin-only", &[Phone], still(PinOnly)),
        sample(ViewId::Idle, "still-visual", &[Phone, Staff], still(Visual)),
        sample(ViewId::Idle, "held-run", &[Phone, Staff], |view| {
            view.operation = Some(Visual);
            view.held_min = Some(15);
        }),
        sample(ViewId::Visual, "held-pin-only", &[Stop], by(PinOnly)),
        sample(ViewId::Visual, "held-visual", &[Stop], by(Visual)),
    ]
}

fn consents() -> Vec<Sample> {
    use Action::{
        Agree, AgreeAll, Back, ChooseAgain, ChooseEach, Continue, Finish, KeepEarlier, Refuse,
        ShowEarlier,
    };
    let mut all = Vec::new();
    for (variant, letter) in [(Variant::X, "x"), (Variant::Y, "y")] {
        let worded = |view: &mut View| view.variant = Some(variant);
        all.push(sample(
            ViewId::ConsentMethod,
            letter,
            &[AgreeAll, ChooseEach, Finish],
            worded,
        ));
        all.push(
            sample(ViewId::EarlierConsents, letter, &[Back], worded).details(earlier(variant)),
        );
        for (id, step) in [
            (ViewId::ConsentSurgery, 1),
            (ViewId::ConsentCare, 2),
            (ViewId::ConsentMedicine, 2),
            (ViewId::ConsentCheckUps, 3),
        ] {
            all.push(sample(id, letter, &[Agree, Refuse, Finish], |v| {
                worded(v);
                v.step = Some(step);
                v.steps = Some(3);
            }));
        }
    }
    all.push(sample(
        ViewId::CarryOver,
        "",
        &[KeepEarlier, ChooseAgain, ShowEarlier, Finish],
        |_| {},
    ));
    all.push(sample(
        ViewId::ConsentCare,
        "warning",
        &[Agree, Refuse, Finish, Continue],
        |v| {
            v.variant = Some(Variant::X);
            v.step = Some(2);
            v.steps = Some(3);
            v.warning_s = Some(15);
        },
    ));
    all
}

/// What is asked besides the consents.
fn besides() -> Vec<Sample> {
    use Action::{
        Continue, ElectronicPrescription, Finish, PaperPrescription, Provide, ProvideNot, Use,
        UseNot,
    };
    let forms = [ElectronicPrescription, PaperPrescription, Finish];
    vec![
        sample(ViewId::PrescriptionForm, "", &forms, |_| {}),
        sample(ViewId::Subsidy, "", &[Use, UseNot, Finish], |_| {}),
        sample(
            ViewId::Subsidy,
            "warning",
            &[Use, UseNot, Finish, Continue],
            |v| v.warning_s = Some(15),
        ),
        sample(ViewId::HighCost, "", &[Provide, ProvideNot, Finish], |_| {}),
        sample(
            ViewId::HighCost,
            "warning",
            &[Provide, ProvideNot, Finish, Continue],
            |v| v.warning_s = Some(15),
        ),
    ]
}

/// Agreed to everything but medicines and care.
fn earlier(variant: Variant) -> Details {
    let groups = vec![
        ConsentGroup::Surgery,
        ConsentGroup::Care,
        ConsentGroup::CheckUps,
    ];
    let answers = groups
        .iter()
        .map(|group| ConsentAnswer {
            group: *group,
            agreed: *group != ConsentGroup::Care,
        })
        .collect();
    Details {
        earlier: Some((Categories { variant, groups }, answers)),
        ..Details::default()
    }
}

fn endings() -> Vec<Sample> {
    use Action::{Continue, Face, Finish};
    let person = || Details {
        name_kana: Some("シカク イチロウ".to_owned()),
        ..Details::default()
    };
    let last_day = Details {
        expires: Some(Day {
            year: 2027,
            month: 12,
            day: 28,
        }),
        ..Details::default()
    };
    vec![
        sample(ViewId::Done, "", &[], |_| {}).details(person()),
        sample(ViewId::Done, "no-name", &[], |_| {}),
        sample(ViewId::Expiring, "", &[Continue], |_| {}).details(last_day),
        sample(ViewId::Expiring, "undated", &[Continue], |_| {}),
        sample(ViewId::PinUnusable, "", &[Face, Finish], |_| {}),
        sample(ViewId::PinUnusable, "no-face", &[Finish], |_| {}),
        sample(
            ViewId::CertificateExpired,
            "recent",
            &[Continue, Finish],
            |v| {
                v.form = Some(Form::EligibilityOnly);
            },
        ),
        sample(ViewId::CertificateExpired, "old", &[], |v| {
            v.form = Some(Form::Reception)
        }),
        sample(ViewId::CardLifted, "", &[Finish], |_| {}),
        sample(ViewId::WrongCard, "", &[], |_| {}),
        sample(ViewId::Unreadable, "", &[], |_| {}),
        sample(ViewId::Unreadable, "reception", &[], |v| {
            v.form = Some(Form::Reception)
        }),
        sample(ViewId::NotFound, "", &[Finish], |_| {}),
        sample(ViewId::WaitAtReception, "", &[], |_| {}),
        sample(ViewId::LinkDown, "terminal", &[], |v| {
            v.hop = Some(Hop::Terminal)
        }),
        sample(ViewId::LinkDown, "network", &[], |v| {
            v.hop = Some(Hop::Network)
        }),
        sample(ViewId::LinkDown, "centre", &[Finish], |v| {
            v.hop = Some(Hop::Centre)
        }),
        sample(ViewId::TimedOut, "", &[], |_| {}),
        sample(ViewId::CardForgotten, "", &[], |_| {}),
    ]
}
