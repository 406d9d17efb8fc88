// SPDX-License-Identifier: MIT OR Apache-2.0
//! 利用状況: how often eligibility was asked, how often with a card, and how often what is kept elsewhere
//! was looked at. Counts alone; nobody can be found in them.

/// Counts of a kind of facility, or of a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// オンライン資格確認等: how often eligibility was asked.
    pub checks: u64,
    /// Of these, with the card or the phone (マイナ保険証).
    pub by_card: u64,
    /// 特定健診等情報.
    pub check_ups: u64,
    /// 薬剤情報.
    pub medicine: u64,
    /// 診療情報.
    pub care: u64,
}

impl Figures {
    /// Checks without a card.
    #[must_use]
    pub fn without_card(&self) -> u64 {
        self.checks.saturating_sub(self.by_card)
    }

    /// Share of the checks that was by card, in tenths of a percent, rounded half up; none of nothing.
    #[must_use]
    pub fn share(&self) -> Option<u64> {
        let (checks, by_card) = (u128::from(self.checks), u128::from(self.by_card));
        let tenths = (by_card * 2000 + checks).checked_div(2 * checks)?;
        u64::try_from(tenths).ok()
    }

    /// All together.
    pub fn total<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        all.into_iter().fold(Self::default(), |sum, one| Self {
            checks: sum.checks.saturating_add(one.checks),
            by_card: sum.by_card.saturating_add(one.by_card),
            check_ups: sum.check_ups.saturating_add(one.check_ups),
            medicine: sum.medicine.saturating_add(one.medicine),
            care: sum.care.saturating_add(one.care),
        })
    }
}

/// A kind of facility, Japanese and English, and its counts.
pub type OfKind = ((&'static str, &'static str), Figures);

/// The whole country in August 2024: 厚生労働省「オンライン資格確認の利用状況」, 令和6年8月分.
pub const AUGUST_2024: [OfKind; 4] = [
    (
        ("病院", "hospitals"),
        Figures {
            checks: 13_701_606,
            by_card: 2_816_439,
            check_ups: 712_061,
            medicine: 470_808,
            care: 1_197_471,
        },
    ),
    (
        ("医科診療所", "medical clinics"),
        Figures {
            checks: 78_833_547,
            by_card: 8_202_270,
            check_ups: 2_450_217,
            medicine: 3_162_214,
            care: 6_557_711,
        },
    ),
    (
        ("歯科診療所", "dental clinics"),
        Figures {
            checks: 13_324_617,
            by_card: 2_301_716,
            check_ups: 529_250,
            medicine: 492_066,
            care: 469_164,
        },
    ),
    (
        ("薬局", "pharmacies"),
        Figures {
            checks: 90_097_187,
            by_card: 11_042_415,
            check_ups: 3_371_033,
            medicine: 2_883_832,
            care: 5_502_347,
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_and_sums_of_the_notice_come_out() {
        let shares = AUGUST_2024.map(|(_, figures)| figures.share());
        assert_eq!(shares, [206, 104, 173, 123].map(Some));
        let total = Figures::total(AUGUST_2024.iter().map(|(_, figures)| figures));
        let notice = Figures {
            checks: 195_956_957,
            by_card: 24_362_840,
            check_ups: 7_062_561,
            medicine: 7_008_920,
            care: 13_726_693,
        };
        assert_eq!(total, notice);
        assert_eq!(
            (total.share(), total.without_card()),
            (Some(124), 171_594_117)
        );
    }

    #[test]
    fn a_share_is_rounded_half_up_and_there_is_none_of_nothing() {
        let share = |by_card, checks| {
            Figures {
                checks,
                by_card,
                ..Figures::default()
            }
            .share()
        };
        assert_eq!(share(0, 0), None);
        assert_eq!(share(0, 3), Some(0));
        assert_eq!(share(1, 2000), Some(1));
        assert_eq!(share(1, 2001), Some(0));
        assert_eq!(share(2, 3), Some(667));
        assert_eq!(share(7, 7), Some(1000));
        assert_eq!(share(u64::MAX, u64::MAX), Some(1000));
    }
}
