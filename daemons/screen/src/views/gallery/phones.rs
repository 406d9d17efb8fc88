// SPDX-License-Identifier: MIT OR Apache-2.0
//! The views of a phone held to its reader.

use uketsuke_bus::mode1::{Action, Details, Form, Phone, View, ViewId};

use super::{Sample, sample};

pub(super) fn phones() -> Vec<Sample> {
    use Action::{Android, Card, ChooseAgain, Continue, Finish, Iphone, Retry};
    let by = |phone| move |view: &mut View| view.phone = Some(phone);
    let formed = |form| {
        move |view: &mut View| {
            view.phone = Some(Phone::Android);
            view.form = Some(form);
        }
    };
    let pad = |tries| {
        move |view: &mut View| {
            view.phone = Some(Phone::Android);
            view.pad = Some(true);
            view.tries_left = tries;
        }
    };
    let warned = |set: &dyn Fn(&mut View), view: &mut View| {
        set(view);
        view.warning_s = Some(15);
    };
    let reception = |view: &mut View| {
        view.phone = Some(Phone::Any);
        view.form = Some(Form::Reception);
    };
    let (android, any) = (by(Phone::Android), by(Phone::Any));
    vec![
        sample(ViewId::Idle, "phone", &[Action::Phone], |_| {}),
        sample(ViewId::WhichPhone, "", &[Android, Iphone, Finish], any),
        sample(
            ViewId::WhichPhone,
            "warning",
            &[Android, Iphone, Finish, Continue],
            |v| warned(&any, v),
        ),
        sample(ViewId::Pin, "phone", &[Finish], pad(None)).digits(2),
        sample(ViewId::Pin, "phone-warning", &[Finish, Continue], |v| {
            warned(&pad(Some(1)), v);
        }),
        sample(ViewId::WrongPin, "phone", &[Finish], pad(Some(2))),
        sample(ViewId::HoldPhone, "android", &[Finish], android),
        sample(ViewId::HoldPhone, "iphone", &[Finish], by(Phone::Iphone)),
        sample(ViewId::Wait, "phone", &[], android),
        sample(ViewId::PhoneUnreadable, "", &[Retry, Card], android),
        sample(
            ViewId::PhoneUnreadable,
            "warning",
            &[Retry, Card, Continue],
            |v| warned(&android, v),
        ),
        sample(
            ViewId::PhoneUnreadable,
            "other",
            &[ChooseAgain, Card],
            formed(Form::OtherPhone),
        ),
        sample(
            ViewId::PhoneUnreadable,
            "other-warning",
            &[ChooseAgain, Card, Continue],
            |v| warned(&formed(Form::OtherPhone), v),
        ),
        sample(ViewId::PhoneUnreadable, "no-reader", &[Card], android),
        sample(
            ViewId::WrongCard,
            "card-slot",
            &[Retry, Card],
            formed(Form::CardSlot),
        ),
        sample(
            ViewId::WrongCard,
            "phone-slot",
            &[Retry, Card],
            formed(Form::PhoneSlot),
        ),
        sample(
            ViewId::WrongCard,
            "phone-slot-warning",
            &[Retry, Card, Continue],
            |v| warned(&formed(Form::PhoneSlot), v),
        ),
        sample(ViewId::PinUnusable, "phone", &[Card, Finish], any),
        sample(ViewId::CertificateExpired, "phone", &[], reception),
        sample(ViewId::TimedOut, "phone", &[], any),
        sample(ViewId::CardForgotten, "phone", &[], any),
        sample(ViewId::Done, "phone", &[Finish], any).details(Details {
            name_kana: Some("シカク イチロウ".to_owned()),
            ..Details::default()
        }),
    ]
}
