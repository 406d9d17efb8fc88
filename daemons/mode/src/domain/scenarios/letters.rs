// SPDX-License-Identifier: MIT OR Apache-2.0
//! P-12: referral letters.

use uketsuke_bus::day::Day;
use uketsuke_bus::letter::Letter;
use uketsuke_bus::mode1::Letters;

use super::*;

fn letter(number: usize) -> Letter {
    Letter {
        id: format!("letter-{number}"),
        issued: Day {
            year: 2026,
            month: 11,
            day: 5,
        },
        facility: format!("第{number}病院"),
        department: "内科".to_owned(),
    }
}

fn with_letters(count: usize) -> Verdict {
    Verdict {
        letters: Arc::new((1..=count).map(letter).collect()),
        ..valid()
    }
}

fn sharing() -> Desk {
    Desk::new(Rules {
        letters: true,
        ..Rules::default()
    })
}

/// To the first page, or past it.
fn asked(desk: &mut Desk, count: usize) -> ViewId {
    assert_eq!(desk.answered(with_letters(count)), ViewId::ConsentMethod);
    desk.press(Action::AgreeAll)
}

fn page(desk: &Desk) -> Letters {
    let shown = details(&desk.state, &desk.rules).and_then(|details| details.letters);
    shown.expect("a page of letters")
}

/// Which rows of the page are ticked.
fn ticked(desk: &Desk) -> Vec<bool> {
    page(desk).rows.iter().map(|row| row.ticked).collect()
}

/// The ids that were sent with 提出する and without.
fn said(desk: &Desk) -> (Vec<String>, Vec<String>) {
    let letters = desk.effects.iter().find_map(|effect| match effect {
        Effect::Complete { letters, .. } => Some(letters.clone()),
        _ => None,
    });
    let (yes, no): (Vec<_>, Vec<_>) = letters
        .expect("answers")
        .into_iter()
        .partition(|l| l.submit);
    let ids = |said: Vec<uketsuke_bus::letter::LetterAnswer>| said.into_iter().map(|l| l.id);
    (ids(yes).collect(), ids(no).collect())
}

#[test]
fn every_letter_is_shown_on_its_page_and_can_be_ticked_and_unticked() {
    let mut desk = sharing();
    assert_eq!(asked(&mut desk, 4), ViewId::Letters);
    let seen = desk.sees();
    assert_eq!(
        (seen.step, seen.steps, seen.personal),
        (Some(1), Some(2), Some(true))
    );
    let names: Vec<_> = page(&desk)
        .rows
        .into_iter()
        .map(|row| row.facility.clone())
        .collect();
    assert_eq!(names, ["第1病院", "第2病院", "第3病院"]);
    assert!(
        !seen.choices.contains(&Action::Submit),
        "not every letter was seen"
    );
    desk.press(Action::Tick2);
    desk.press(Action::Tick3);
    desk.press(Action::Tick2);
    assert_eq!(ticked(&desk), [false, false, true]);
    desk.press(Action::NextPage);
    assert_eq!(desk.sees().step, Some(2));
    assert!(
        !desk.sees().choices.contains(&Action::Tick2),
        "one letter is left"
    );
    desk.press(Action::Tick1);
    assert_eq!((ticked(&desk), page(&desk).ticked), (vec![true], 2));
    desk.press(Action::Back);
    assert_eq!(ticked(&desk), [false, false, true]);
    desk.press(Action::NextPage);
    desk.press(Action::Submit);
    let (yes, no) = said(&desk);
    assert_eq!(yes, ["letter-3", "letter-4"]);
    assert_eq!(no, ["letter-1", "letter-2"]);
    assert_eq!(desk.durable(), ViewId::Done);
}

#[test]
fn nothing_is_submitted_that_was_not_ticked_or_not_sent_off() {
    for way in [&[Action::Tick1, Action::SubmitNone][..], &[Action::Submit]] {
        let mut desk = sharing();
        asked(&mut desk, 2);
        for action in way {
            desk.press(*action);
        }
        let (yes, no) = said(&desk);
        assert!(yes.is_empty());
        assert_eq!(no, ["letter-1", "letter-2"]);
    }
    let mut desk = sharing();
    asked(&mut desk, 2);
    desk.press(Action::Tick1);
    desk.press(Action::Finish);
    assert!(desk.abandons());
    let mut desk = sharing();
    asked(&mut desk, 2);
    desk.press(Action::Tick1);
    assert_eq!(desk.wait(60), ViewId::TimedOut);
    assert!(desk.abandons());
}

#[test]
fn a_card_that_comes_back_finds_page_and_ticks_as_they_were() {
    let mut desk = sharing();
    asked(&mut desk, 4);
    desk.press(Action::Tick1);
    desk.press(Action::NextPage);
    assert_eq!(desk.does(Event::CardLifted), ViewId::CardLifted);
    assert!(
        details(&desk.state, &desk.rules).is_none(),
        "nobody reads on"
    );
    desk.place();
    let tag = desk.read_tag();
    assert_eq!(
        desk.does(Event::Certificate(tag, Ok(certificate(1)))),
        ViewId::Letters
    );
    assert_eq!((desk.sees().step, page(&desk).ticked), (Some(2), 1));
    desk.press(Action::Submit);
    assert_eq!(said(&desk).0, ["letter-1"]);
}

#[test]
fn letters_are_asked_about_only_where_any_wait_and_the_service_is_in_use() {
    assert_eq!(asked(&mut sharing(), 0), ViewId::Wait);
    let mut unused = desk();
    assert_eq!(asked(&mut unused, 2), ViewId::Wait);
    let (yes, no) = said(&unused);
    assert!(yes.is_empty() && no.is_empty());
    // Whoever is asked for no consent, is asked for none to a letter.
    let mut nothing = Desk::new(Rules {
        letters: true,
        ..facility(Variant::Y, &[])
    });
    assert_eq!(nothing.answered(with_letters(2)), ViewId::Wait);
    let mut expired = sharing();
    expired.answered(Verdict {
        certificate_expired: true,
        ..with_letters(2)
    });
    assert_eq!(expired.press(Action::Continue), ViewId::Wait);
}

#[test]
fn whoever_carries_consents_over_is_asked_about_letters_too() {
    let mut desk = sharing();
    let verdict = Verdict {
        letters: with_letters(1).letters,
        ..with_earlier(Variant::X, &ALL)
    };
    assert_eq!(desk.answered(verdict), ViewId::CarryOver);
    assert_eq!(desk.press(Action::KeepEarlier), ViewId::Letters);
    desk.press(Action::Tick1);
    desk.press(Action::Submit);
    assert!(desk.sent().2, "carried over");
    assert_eq!(said(&desk).0, ["letter-1"]);
}
