// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is printed, and the number that it makes.

use uketsuke_bus::day::Day;
use zeroize::Zeroizing;

/// An era of the Japanese calendar in which somebody who lives was born.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// 大正, 1912 to 1926.
    Taisho,
    /// 昭和, 1926 to 1989.
    Showa,
    /// 平成, 1989 to 2019.
    Heisei,
    /// 令和, from 2019.
    Reiwa,
}

impl Era {
    /// All, the oldest first.
    pub const ALL: [Self; 4] = [Self::Taisho, Self::Showa, Self::Heisei, Self::Reiwa];

    /// As it is printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Taisho => "大正",
            Self::Showa => "昭和",
            Self::Heisei => "平成",
            Self::Reiwa => "令和",
        }
    }

    /// The common-era year before its first.
    #[must_use]
    pub fn before(self) -> u16 {
        match self {
            Self::Taisho => 1911,
            Self::Showa => 1925,
            Self::Heisei => 1988,
            Self::Reiwa => 2018,
        }
    }

    /// Its first day.
    fn first(self) -> Day {
        let (year, month, day) = match self {
            Self::Taisho => (1912, 7, 30),
            Self::Showa => (1926, 12, 25),
            Self::Heisei => (1989, 1, 8),
            Self::Reiwa => (2019, 5, 1),
        };
        Day { year, month, day }
    }

    /// Whether a day lies in it.
    #[must_use]
    pub fn has(self, day: Day) -> bool {
        let next = Self::ALL
            .into_iter()
            .map(Self::first)
            .find(|first| *first > self.first());
        day >= self.first() && next.is_none_or(|next| day < next)
    }
}

/// A date of birth as it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Birth {
    /// `None`: the card of a foreign holder, which has the common-era year.
    pub era: Option<Era>,
    /// The year of the era, or the last two digits of the common-era year.
    pub year: u16,
    /// The day in the common era.
    pub day: Day,
}

impl Birth {
    /// YYMMDD.
    #[must_use]
    pub fn six_digits(&self) -> [char; 6] {
        let [y1, y2] = two(self.year);
        let [m1, m2] = two(self.day.month.into());
        let [d1, d2] = two(self.day.day.into());
        [y1, y2, m1, m2, d1, d2]
    }
}

fn two(number: u16) -> [char; 2] {
    [number / 10 % 10, number % 10].map(|digit| char::from(b'0' + digit as u8))
}

/// 照合番号B: 14 ASCII digits, birth YYMMDD, expiry YYYY, security code. Wiped when dropped, no `Debug`.
pub struct NumberB(Zeroizing<[u8; 14]>);

impl NumberB {
    pub(crate) fn new(birth: &Birth, expiry: Day, code: [u8; 4]) -> Self {
        let mut digits = Zeroizing::new([b'0'; 14]);
        let year = expiry.year;
        let [y1, y2] = two(year / 100);
        let [y3, y4] = two(year);
        let expiry = [y1, y2, y3, y4];
        let code = code.map(|digit| char::from(b'0' + digit));
        let all = birth.six_digits().into_iter().chain(expiry).chain(code);
        for (to, digit) in digits.iter_mut().zip(all) {
            *to = digit as u8;
        }
        Self(digits)
    }

    /// The digits.
    #[must_use]
    pub fn digits(&self) -> &[u8; 14] {
        &self.0
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        *self.0 == *other.0
    }

    pub(crate) fn copy(&self) -> Self {
        Self(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_the_official_test_card() {
        let day = Day {
            year: 1980,
            month: 2,
            day: 17,
        };
        let birth = Birth {
            era: Some(Era::Showa),
            year: 55,
            day,
        };
        let expiry = Day {
            year: 2035,
            month: 2,
            day: 17,
        };
        assert_eq!(
            NumberB::new(&birth, expiry, [2, 2, 8, 5]).digits(),
            b"55021720352285"
        );
    }

    #[test]
    fn eras_meet_without_gap() {
        let day = |year, month, day| Day { year, month, day };
        for (era, first, last) in [
            (Era::Taisho, day(1912, 7, 30), day(1926, 12, 24)),
            (Era::Showa, day(1926, 12, 25), day(1989, 1, 7)),
            (Era::Heisei, day(1989, 1, 8), day(2019, 4, 30)),
            (Era::Reiwa, day(2019, 5, 1), day(2099, 12, 31)),
        ] {
            for other in Era::ALL {
                assert_eq!(
                    (other.has(first), other.has(last)),
                    (era == other, era == other)
                );
            }
        }
    }
}
