// SPDX-License-Identifier: MIT OR Apache-2.0
//! One picture: what each line says, or why it is not taken.

use uketsuke_bus::day::Day;

use crate::decode::{Token, tokens};
use crate::grammar::{self, Sure};
use crate::layout::{Area, Layout};
use crate::line::strip;
use crate::{Birth, Grey, Lines, Miss, NumberB, Plane, Why, locate};

/// Pixels to a millimetre below which print is too small to be told apart: 1.8 mm of it has 12 then.
pub const LEAST_SCALE: f32 = 6.5;
/// Longest validity of a card, years, and one for the birthday itself.
const LONGEST_YEARS: u16 = 11;
/// No card of these has run out before: the first were issued in January 2016, for five years at least.
const FIRST_EXPIRY: u16 = 2020;

/// What a line must be to be taken.
#[derive(Clone, Copy, Debug)]
pub struct Demands {
    /// How sure each sign must be, 0 to 1: the threshold of the bundle's operating point.
    pub sure: f32,
    /// The day, in Japan.
    pub today: Day,
    /// Where the lines are.
    pub layout: Layout,
}

/// What one picture says. No `Debug`: it is the number itself.
#[derive(Clone, Copy)]
pub struct Reading {
    /// The date of birth.
    pub birth: Result<Birth, Why>,
    /// The expiry of the card.
    pub expiry: Result<Day, Why>,
    /// The security code.
    pub code: Result<[u8; 4], Why>,
}

impl Reading {
    /// The number, when every line was taken.
    #[must_use]
    pub fn number(&self) -> Option<NumberB> {
        let (birth, expiry, code) = (self.birth.ok()?, self.expiry.ok()?, self.code.ok()?);
        Some(NumberB::new(&birth, expiry, code))
    }
}

/// Reads one picture of a card's front, whichever way round the card lies.
///
/// # Errors
/// Outside: the model gave no answer. Inside: [`Miss`], when there is no card to read.
pub fn read<L: Lines>(
    picture: &Grey<'_>,
    demands: &Demands,
    lines: &mut L,
) -> Result<Result<Reading, Miss>, L::Error> {
    let mut corners = match locate(picture) {
        Ok(corners) => corners,
        Err(miss) => return Ok(Err(miss)),
    };
    let mut best: Option<Reading> = None;
    for _ in 0..2 {
        let Some(plane) = Plane::through(&corners) else {
            return Ok(Err(Miss::NoCard));
        };
        if plane.scale < LEAST_SCALE {
            return Ok(Err(Miss::TooSmall));
        }
        let reading = upright(picture, &plane, demands, lines)?;
        // The right way round one line at least is a date; nothing is, upside down.
        if reading.birth.is_ok() || reading.expiry.is_ok() {
            return Ok(Ok(reading));
        }
        best = best.or(Some(reading));
        corners.rotate_left(2);
    }
    Ok(best.ok_or(Miss::NoCard))
}

fn upright<L: Lines>(
    picture: &Grey<'_>,
    plane: &Plane,
    demands: &Demands,
    lines: &mut L,
) -> Result<Reading, L::Error> {
    let mut line = |area: &Area| -> Result<Result<Vec<Token>, Why>, L::Error> {
        let Some(strip) = strip(picture, plane, area) else {
            return Ok(Err(Why::NoPrint));
        };
        let scores = lines.scores(&strip.pixels)?;
        let mut tokens = match tokens(&scores) {
            Some(tokens) => tokens,
            None => return Ok(Err(Why::NoPrint)),
        };
        tokens.retain(|token| token.at < strip.end);
        Ok(Ok(tokens))
    };
    let layout = &demands.layout;
    let birth = line(&layout.birth)?.and_then(|line| grammar::birth(&line));
    let expiry = line(&layout.expiry)?.and_then(|line| grammar::expiry(&line));
    let code = line(&layout.code)?.and_then(|line| grammar::code(&line));
    let mut reading = Reading {
        birth: birth
            .and_then(|sure| enough(sure, demands))
            .and_then(|birth| {
                let lived =
                    birth.day <= demands.today && demands.today.year - birth.day.year <= 125;
                lived.then_some(birth).ok_or(Why::OutOfRange)
            }),
        expiry: expiry
            .and_then(|sure| enough(sure, demands))
            .and_then(|day| {
                let years = FIRST_EXPIRY..=demands.today.year + LONGEST_YEARS;
                years
                    .contains(&day.year)
                    .then_some(day)
                    .ok_or(Why::OutOfRange)
            }),
        code: code.and_then(|sure| enough(sure, demands)),
    };
    if let (Ok(birth), Ok(expiry)) = (&reading.birth, reading.expiry)
        && !birthday(birth, expiry)
    {
        reading.expiry = Err(Why::NotABirthday);
    }
    Ok(reading)
}

fn enough<T>(sure: Sure<T>, demands: &Demands) -> Result<T, Why> {
    // Written so that what is no number is not enough.
    if sure.sure >= demands.sure {
        Ok(sure.value)
    } else {
        Err(Why::Unsure)
    }
}

/// A card runs out on a birthday of its holder, and after it was born. The card of a foreign holder may
/// run out with the permission to stay, on any day.
fn birthday(birth: &Birth, expiry: Day) -> bool {
    if birth.era.is_none() {
        return expiry > birth.day;
    }
    let same = (expiry.month, expiry.day) == (birth.day.month, birth.day.day);
    // Nobody has published how 29 February is printed in other years.
    let leap = (birth.day.month, birth.day.day) == (2, 29)
        && matches!((expiry.month, expiry.day), (2, 28) | (3, 1));
    (same || leap) && expiry.year > birth.day.year
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Era;

    fn born(month: u8, day: u8, era: Option<Era>) -> Birth {
        let day = Day {
            year: 1980,
            month,
            day,
        };
        Birth { era, year: 55, day }
    }

    #[test]
    fn a_card_runs_out_on_a_birthday() {
        let day = |year, month, day| Day { year, month, day };
        let era = Some(Era::Showa);
        assert!(birthday(&born(2, 17, era), day(2035, 2, 17)));
        assert!(!birthday(&born(2, 17, era), day(2035, 2, 11)));
        assert!(!birthday(&born(2, 17, era), day(2035, 3, 17)));
        assert!(!birthday(&born(2, 17, era), day(1980, 2, 17)));
        assert!(birthday(&born(2, 29, era), day(2035, 2, 28)));
        assert!(!birthday(&born(2, 28, era), day(2035, 3, 1)));
        assert!(birthday(&born(2, 17, None), day(2030, 8, 1)));
        assert!(!birthday(&born(2, 17, None), day(1970, 8, 1)));
    }

    #[test]
    fn what_is_no_number_is_not_sure_enough() {
        let today = Day {
            year: 2026,
            month: 12,
            day: 1,
        };
        let demands = Demands {
            sure: 0.9,
            today,
            layout: crate::layout::SINCE_2016,
        };
        assert_eq!(
            enough(
                Sure {
                    value: 1,
                    sure: f32::NAN
                },
                &demands
            ),
            Err(Why::Unsure)
        );
        assert_eq!(
            enough(
                Sure {
                    value: 1,
                    sure: 0.9
                },
                &demands
            ),
            Ok(1)
        );
    }
}
