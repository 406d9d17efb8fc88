// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who holds a card, and the number that goes with it.

use fastrand::Rng;

/// What the front of a card says of its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// 氏名.
    pub name: String,
    /// The line of the date of birth.
    pub birth: String,
    /// The line of the expiry.
    pub expiry: String,
    /// The security code.
    pub code: String,
    /// 照合番号B of this card.
    pub number: String,
}

const FAMILY: &[&str] = &[
    "資格", "番号", "山田", "佐藤", "高橋", "渡辺", "小林", "斎藤", "清水",
];
const GIVEN: &[&str] = &[
    "一郎", "花子", "太郎", "美咲", "健", "陽子", "大輔", "結衣", "翔",
];
const FOREIGN: &[&str] = &[
    "NGUYEN VAN AN",
    "MARIA SILVA",
    "KIM MINJUN",
    "SMITH JOHN",
    "LI WEI",
];
/// (name, common-era year before its first, first and last year that is drawn here).
const ERAS: &[(&str, u16, u16, u16)] = &[
    ("大正", 1911, 13, 14),
    ("昭和", 1925, 2, 63),
    ("平成", 1988, 2, 30),
    ("令和", 2018, 2, 7),
];

impl Holder {
    /// Somebody.
    #[must_use]
    pub fn new(rng: &mut Rng) -> Self {
        let month = rng.u16(1..=12);
        let days = match month {
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let day = rng.u16(1..=days);
        // How a number below ten is set is printed alike all over a card.
        let style = rng.u8(..3);
        let date = |year: String, month: u16, day: u16| {
            format!("{year}年{}月{}日", set(month, style), set(day, style))
        };
        let expires = rng.u16(2026..=2036);
        let code = format!("{:04}", rng.u16(..10_000));
        let foreign = rng.f32() < 0.12;
        let (name, birth, digits, (expiry_month, expiry_day)) = if foreign {
            let year = rng.u16(1935..=2015);
            let stay = (rng.u16(1..=12), rng.u16(1..=28));
            (
                pick(rng, FOREIGN).to_owned(),
                date(year.to_string(), month, day),
                year % 100,
                stay,
            )
        } else {
            let at = [0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3][rng.usize(..12)];
            let (era, _, first, last) = ERAS[at];
            // The first year of an era is a sign of its own; its first day differs from era to era.
            let year = if at > 1 && rng.f32() < 0.08 {
                1
            } else {
                rng.u16(first..=last)
            };
            let late = year == 1 && (month < 6 || (month, day) == (5, 1));
            let (month, day) = if late { (month + 6, 1) } else { (month, day) };
            let number = if year == 1 {
                "元".to_owned()
            } else {
                set(year, style)
            };
            let name = format!("{}　{}", pick(rng, FAMILY), pick(rng, GIVEN));
            let birth = date(format!("{era}{number}"), month, day);
            return Self {
                name,
                birth: format!("{birth}生"),
                expiry: format!("{}まで有効", date(expires.to_string(), month, day)),
                number: format!("{year:02}{month:02}{day:02}{expires}{code}"),
                code,
            };
        };
        Self {
            name,
            birth: format!("{birth}生"),
            expiry: format!(
                "{}まで有効",
                date(expires.to_string(), expiry_month, expiry_day)
            ),
            number: format!("{digits:02}{month:02}{day:02}{expires}{code}"),
            code,
        }
    }
}

/// A number as it is set on this card: plain, with a space, or with a zero before it.
fn set(number: u16, style: u8) -> String {
    match style {
        0 => number.to_string(),
        1 => format!("{number:2}"),
        _ => format!("{number:02}"),
    }
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.usize(..from.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_fourteen_digits_of_what_is_printed() {
        let mut rng = Rng::with_seed(2);
        for _ in 0..500 {
            let holder = Holder::new(&mut rng);
            assert_eq!(holder.number.len(), 14, "{holder:?}");
            assert!(holder.number.bytes().all(|byte| byte.is_ascii_digit()));
            assert_eq!(holder.number[10..], holder.code);
            assert!(
                holder.expiry.starts_with(&holder.number[6..10]),
                "{holder:?}"
            );
        }
    }
}
