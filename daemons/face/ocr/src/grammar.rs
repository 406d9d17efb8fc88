// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a line must say to be believed: a whole date in one of the two forms, or four digits alone.

use uketsuke_bus::day::Day;

use crate::alphabet::Sign;
use crate::decode::Token;
use crate::{Birth, Era, Why};

/// What was read of a line, and how sure its least sure sign is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sure<T> {
    pub value: T,
    pub sure: f32,
}

/// Digits that do not stand as evenly as this (÷ the middle one of their distances) are not four in a row.
const EVEN: std::ops::RangeInclusive<f32> = 0.62..=1.6;

/// 昭和55年2月17日生, or 1980年2月17日生 on the card of a foreign holder.
pub(crate) fn birth(tokens: &[Token]) -> Result<Sure<Birth>, Why> {
    let end = last(tokens, '生').ok_or(Why::NotADate)?;
    // Words may stand before it, and sex or another line's rest after it.
    let mut cursor = Back {
        tokens: &tokens[..end],
        sure: tokens[end].sure,
    };
    let (day, month) = day_and_month(&mut cursor)?;
    if let Some(year) = cursor.number(4) {
        cursor.no_digit_before()?;
        let day = Day { year, month, day };
        return exists(day).map(|()| {
            cursor.done(Birth {
                era: None,
                year: year % 100,
                day,
            })
        });
    }
    let year = match cursor.take('元') {
        true => 1,
        false => cursor
            .number(2)
            .or_else(|| cursor.number(1))
            .ok_or(Why::NotADate)?,
    };
    let era = Era::ALL.into_iter().find(|era| cursor.word(era.name()));
    let era = era.ok_or(Why::NotADate)?;
    let day = Day {
        year: era.before() + year,
        month,
        day,
    };
    exists(day)?;
    if !era.has(day) {
        return Err(Why::NotADate);
    }
    Ok(cursor.done(Birth {
        era: Some(era),
        year,
        day,
    }))
}

/// 2035年2月17日まで有効.
pub(crate) fn expiry(tokens: &[Token]) -> Result<Sure<Day>, Why> {
    let end = last(tokens, '効').ok_or(Why::NotADate)?;
    let mut cursor = Back {
        tokens: &tokens[..end],
        sure: tokens[end].sure,
    };
    if !cursor.word("まで有") {
        return Err(Why::NotADate);
    }
    let (day, month) = day_and_month(&mut cursor)?;
    let year = cursor.number(4).ok_or(Why::NotADate)?;
    cursor.no_digit_before()?;
    let day = Day { year, month, day };
    exists(day).map(|()| cursor.done(day))
}

/// Four digits and nothing else.
pub(crate) fn code(tokens: &[Token]) -> Result<Sure<[u8; 4]>, Why> {
    let tokens: &[Token; 4] = tokens.try_into().map_err(|_| Why::NotFourDigits)?;
    let mut value = [0; 4];
    for (value, token) in value.iter_mut().zip(tokens) {
        *value = digit(token).ok_or(Why::NotFourDigits)?;
    }
    let apart = [0, 1, 2].map(|at| tokens[at + 1].at - tokens[at].at);
    let mut sorted = apart;
    sorted.sort_by(f32::total_cmp);
    if !apart.iter().all(|one| EVEN.contains(&(one / sorted[1]))) {
        return Err(Why::NotFourDigits);
    }
    let sure = tokens.iter().map(|token| token.sure).fold(1.0, f32::min);
    Ok(Sure { value, sure })
}

fn exists(day: Day) -> Result<(), Why> {
    day.exists().then_some(()).ok_or(Why::NotADate)
}

fn last(tokens: &[Token], sign: char) -> Option<usize> {
    tokens
        .iter()
        .rposition(|token| token.sign == Sign::Known(sign))
}

fn digit(token: &Token) -> Option<u8> {
    match token.sign {
        Sign::Known(sign) => sign.to_digit(10).map(|digit| digit as u8),
        Sign::Other => None,
    }
}

/// …年M月D日.
fn day_and_month(cursor: &mut Back<'_>) -> Result<(u8, u8), Why> {
    let mut number_before = |sign: char| {
        let number = cursor
            .take(sign)
            .then(|| cursor.number(2).or_else(|| cursor.number(1)));
        number.flatten().ok_or(Why::NotADate)
    };
    let day = number_before('日')?;
    let month = number_before('月')?;
    if !cursor.take('年') {
        return Err(Why::NotADate);
    }
    Ok((day as u8, month as u8))
}

/// Reads from the end, and keeps the least of how sure the signs were.
struct Back<'a> {
    tokens: &'a [Token],
    sure: f32,
}

impl Back<'_> {
    fn take(&mut self, sign: char) -> bool {
        match self.tokens.split_last() {
            Some((token, rest)) if token.sign == Sign::Known(sign) => {
                self.sure = self.sure.min(token.sure);
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    /// All of a word or nothing.
    fn word(&mut self, word: &str) -> bool {
        let (tokens, sure) = (self.tokens, self.sure);
        let whole = word.chars().rev().all(|sign| self.take(sign));
        if !whole {
            (self.tokens, self.sure) = (tokens, sure);
        }
        whole
    }

    /// A number of exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<u16> {
        let from = self.tokens.len().checked_sub(digits)?;
        let mut number = 0;
        for token in &self.tokens[from..] {
            number = number * 10 + u16::from(digit(token)?);
        }
        for token in &self.tokens[from..] {
            self.sure = self.sure.min(token.sure);
        }
        self.tokens = &self.tokens[..from];
        Some(number)
    }

    /// A number that had more digits than were taken is another number.
    fn no_digit_before(&self) -> Result<(), Why> {
        match self.tokens.last().and_then(digit) {
            None => Ok(()),
            Some(_) => Err(Why::NotADate),
        }
    }

    fn done<T>(&self, value: T) -> Sure<T> {
        Sure {
            value,
            sure: self.sure,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn line(text: &str) -> Vec<Token> {
        let token = |(at, sign): (usize, char)| {
            let known = "0123456789元年月日生明大正昭平成令和まで有効".contains(sign);
            let sign = if known {
                Sign::Known(sign)
            } else {
                Sign::Other
            };
            Token {
                sign,
                sure: 1.0 - at as f32 / 1000.0,
                at: at as f32 * 6.0,
                columns: 3,
            }
        };
        text.chars().enumerate().map(token).collect()
    }

    fn number(text: &str) -> Option<(String, u16)> {
        let birth = birth(&line(text)).ok()?.value;
        Some((birth.six_digits().iter().collect(), birth.day.year))
    }

    #[test]
    fn both_forms_of_a_birth_date_are_read_as_printed() {
        let rows = [
            ("昭和55年2月17日生", "550217", 1980),
            ("昭和55年02月17日生", "550217", 1980),
            ("昭和64年1月7日生", "640107", 1989),
            ("平成元年1月8日生", "010108", 1989),
            ("平成31年4月30日生", "310430", 2019),
            ("令和元年5月1日生", "010501", 2019),
            ("大正15年12月24日生", "151224", 1926),
            ("1980年2月17日生", "800217", 1980),
            ("2004年12月31日生", "041231", 2004),
            ("##令和8年10月1日生#", "081001", 2026),
            ("##1980年2月17日生", "800217", 1980),
        ];
        for (text, wanted, year) in rows {
            assert_eq!(number(text), Some((wanted.into(), year)), "{text}");
        }
    }

    #[test]
    fn what_is_not_wholly_a_date_is_none() {
        for text in [
            "",
            "生",
            "昭和55年2月17日",
            "昭和55年2月生",
            "昭和年2月17日生",
            "和55年2月17日生",
            "昭和5#年2月17日生",
            "昭和155年2月17日生",
            "昭和64年1月8日生",
            "平成元年1月7日生",
            "平成31年5月1日生",
            "令和元年4月30日生",
            "大正15年12月25日生",
            "昭和元年12月24日生",
            "昭和55年2月30日生",
            "昭和55年13月1日生",
            "昭和55年0月1日生",
            "昭和0年1月1日生",
            "11980年2月17日生",
            "980年2月17日生",
            "#980年2月17日生",
            "1980年217日生",
            "昭和55年2月117日生",
            "1980年2月29#日生",
            "明治45年1月1日生",
            "平和3年1月1日生",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn the_expiry_of_the_card_is_read_and_no_other() {
        let read = |text: &str| expiry(&line(text)).ok().map(|sure| sure.value);
        let day = Day {
            year: 2035,
            month: 2,
            day: 17,
        };
        assert_eq!(read("2035年2月17日まで有効"), Some(day));
        assert_eq!(read("##2035年02月17日まで有効#"), Some(day));
        for text in [
            "2035年2月17日",
            "2035年2月17日まで",
            "035年2月17日まで有効",
            "2035年2月30日まで有効",
            "2035年2月17日有効",
            "12035年2月17日まで有効",
            "#035年2月17日まで有効",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_code_is_four_digits_in_a_row_alone() {
        let read = |text: &str| code(&line(text)).map(|sure| sure.value);
        assert_eq!(read("2285"), Ok([2, 2, 8, 5]));
        for text in ["228", "22855", "22#5", "#2285", "2285年", ""] {
            assert_eq!(read(text), Err(Why::NotFourDigits), "{text}");
        }
        let mut gap = line("2285");
        gap[3].at += 7.0;
        assert_eq!(code(&gap).map(|sure| sure.value), Err(Why::NotFourDigits));
    }

    #[test]
    fn a_line_is_as_sure_as_its_least_sure_sign() {
        let mut tokens = line("昭和55年2月17日生");
        tokens[3].sure = 0.4;
        assert_eq!(birth(&tokens).unwrap().sure, 0.4);
    }
}
