// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rendered cards, the committed model, the real worker. `make card-front-report` shows many more.
#![allow(clippy::unwrap_used, reason = "a panic is the report")]

mod judge;

use fastrand::Rng;
use judge::{Counts, bundle, demands, engine, show};
use uketsuke_face_ocr::{Agree, Grey, Miss, Reading, Why, read};
use uketsuke_rendered_front::{Conditions, Fonts, Front, Holder};

/// So many that a model which guesses is seen, and few enough for every run.
const CARDS: u64 = 200;

#[test]
fn hundreds_of_cards_are_read_or_refused_never_misread() {
    let (fonts, bundle) = (Fonts::read().unwrap(), bundle(None));
    let mut engine = engine(bundle.clone());
    let demands = demands(&bundle);
    let mut counts = Counts::default();
    for seed in 0..CARDS {
        counts.add(show(seed, &fonts, &mut engine, &demands));
    }
    counts.print();
    assert_eq!(
        counts.wrong, 0,
        "a wrong number costs the patient's card a try"
    );
    assert!(
        counts.refused * 10 <= CARDS as usize,
        "{} of {CARDS} refused",
        counts.refused
    );
}

#[test]
fn what_is_no_card_is_named() {
    let bundle = bundle(None);
    let mut engine = engine(bundle.clone());
    let demands = demands(&bundle);
    let mut said = |pixels: &[u8]| {
        let grey = Grey::new(1280, 800, pixels).unwrap();
        read(&grey, &demands, &mut engine).unwrap().err()
    };
    assert_eq!(said(&[30; 1280 * 800]), Some(Miss::NoCard), "an empty tray");
    let mut rng = Rng::with_seed(1);
    let noise: Vec<u8> = (0..1280 * 800).map(|_| rng.u8(..)).collect();
    assert_eq!(said(&noise), Some(Miss::NoCard));

    let fonts = Fonts::read().unwrap();
    let front = Front::print(Holder::new(&mut rng), &fonts, 0.0, &mut rng);
    let far = Conditions {
        scale: 6.0,
        ..Conditions::good()
    };
    assert_eq!(
        said(&front.frame(&far, &mut rng).pixels),
        Some(Miss::TooSmall)
    );
    let beyond = Conditions {
        aside: (30.0, 0.0),
        ..Conditions::good()
    };
    let miss = said(&front.frame(&beyond, &mut rng).pixels);
    assert!(
        matches!(miss, Some(Miss::CutOff | Miss::NoCard)),
        "{miss:?}"
    );
}

#[test]
fn a_line_that_is_hidden_is_refused_for_its_reason() {
    let bundle = bundle(None);
    let mut engine = engine(bundle.clone());
    let demands = demands(&bundle);
    let (fonts, mut rng) = (Fonts::read().unwrap(), Rng::with_seed(3));
    let front = Front::print(Holder::new(&mut rng), &fonts, 0.0, &mut rng);
    let good = Conditions::good();
    let mut frame = front.frame(&good, &mut rng);
    let area = demands.layout.code;
    // A finger on the code: 12 pixels to a millimetre, the card in the middle of the picture.
    let at = |mm: f32, side: f32, pixels: u32| {
        ((mm - side / 2.0) * good.scale + pixels as f32 / 2.0) as usize
    };
    for y in at(area.top - 1.0, 53.98, 800)..at(area.bottom + 1.0, 53.98, 800) {
        let row = &mut frame.pixels[y * 1280..]
            [at(area.left - 1.0, 85.6, 1280)..at(area.right + 1.0, 85.6, 1280)];
        row.fill(150);
    }
    let grey = Grey::new(frame.width, frame.height, &frame.pixels).unwrap();
    let reading = read(&grey, &demands, &mut engine).unwrap().unwrap();
    assert!(
        matches!(reading.code, Err(Why::NoPrint | Why::NotFourDigits)),
        "{:?}",
        reading.code.err()
    );
    assert!(reading.number().is_none());
}

#[test]
fn two_cards_in_turn_are_never_mixed_into_one_number() {
    let bundle = bundle(None);
    let mut engine = engine(bundle.clone());
    let demands = demands(&bundle);
    let (fonts, mut rng) = (Fonts::read().unwrap(), Rng::with_seed(4));
    let good = Conditions::good();
    let new = |rng: &mut Rng| Front::print(Holder::new(rng), &fonts, 0.0, rng);
    let cards = [new(&mut rng), new(&mut rng)];
    let (mut agree, mut taken) = (Agree::default(), 0);
    for turn in 0..6 {
        let frame = cards[turn % 2].frame(&good, &mut rng);
        let grey = Grey::new(frame.width, frame.height, &frame.pixels).unwrap();
        let reading = read(&grey, &demands, &mut engine).unwrap();
        if let Some(number) = reading.ok().as_ref().and_then(Reading::number) {
            taken += 1;
            assert!(agree.add(number).is_none(), "they do not agree");
        }
    }
    assert!(taken >= 4, "{taken} frames taken");
}
