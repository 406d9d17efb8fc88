// SPDX-License-Identifier: MIT OR Apache-2.0
//! P-12 on invented letters.

use uketsuke_bus::day::Day;
use uketsuke_bus::mode1::{Action, Details, LetterRow, Letters, ViewId};

use super::{Sample, sample};

/// Invented hospitals and departments, one with a name that is as long as any.
pub const NAMES: [(&str, &str); 5] = [
    ("みなと総合病院", "循環器内科"),
    ("さくら眼科クリニック", "眼科"),
    ("県立みどり医療センター", "整形外科"),
    (
        "学校法人うけつけ学園うけつけ医科大学附属北部総合医療センター病院",
        "リハビリテーション科",
    ),
    (LONGEST, LONGEST),
];
const LONGEST: &str = "独立行政法人うけつけ医療機構うけつけ中央医療センター附属特別地域支援総合診療研究所病院第二分院東病棟別館";

fn page(rows: &[(usize, bool)], ticked: u16) -> Details {
    let rows = rows.iter().map(|(name, ticked)| LetterRow {
        issued: Day {
            year: 2026,
            month: if *name == 0 { 11 } else { 9 },
            day: 28,
        },
        facility: NAMES[*name].0.to_owned(),
        department: NAMES[*name].1.to_owned(),
        ticked: *ticked,
    });
    Details {
        letters: Some(Letters {
            rows: rows.collect(),
            ticked,
        }),
        ..Details::default()
    }
}

pub(super) fn samples() -> Vec<Sample> {
    use Action::{Back, Continue, Finish, NextPage, Submit, SubmitNone, Tick1, Tick2, Tick3};
    let at = |page, of, choices: &[Action], name| {
        sample(ViewId::Letters, name, choices, |view| {
            view.step = Some(page);
            view.steps = Some(of);
            view.personal = Some(true);
            view.warning_s = choices.contains(&Continue).then_some(15);
        })
    };
    let first = [Tick1, Tick2, Tick3, NextPage, SubmitNone, Finish];
    let middle = [Tick1, Tick2, Tick3, NextPage, SubmitNone, Back, Finish];
    let warned = [
        Tick1, Tick2, Tick3, NextPage, SubmitNone, Back, Finish, Continue,
    ];
    vec![
        at(1, 3, &first, "").details(page(&[(0, true), (1, false), (2, false)], 1)),
        at(2, 3, &middle, "long").details(page(&[(3, false), (4, true), (3, true)], 3)),
        at(2, 3, &warned, "warning").details(page(&[(0, true), (1, true), (4, false)], 3)),
        at(3, 3, &[Tick1, Submit, SubmitNone, Back, Finish], "last").details(page(&[(1, true)], 4)),
        at(1, 1, &[Tick1, Tick2, Submit, SubmitNone, Finish], "only")
            .details(page(&[(0, false), (2, false)], 0)),
    ]
}
