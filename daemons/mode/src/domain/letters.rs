// SPDX-License-Identifier: MIT OR Apache-2.0
//! P-12: which referral letters (診療情報提供書) are submitted.
//!
//! ```text
//!  consents ──letters wait──► 1/X ──next──► 2/X … ──submit──► (completing)
//!                              ▲  ◄──back──  │ ▲                  ▲
//!                              └─── tick ────┘ └─ tick           none, on any page
//! ```
//!
//! Consent is per letter. What is ticked stays ticked from page to page and with a card that comes back;
//! nothing of it counts before 提出する, which stands on the last page, so that every letter was seen.
//! 提出する with nothing ticked submits nothing, as 提出しない does.

use std::ops::Range;

use uketsuke_bus::letter::{Letter, LetterAnswer};
use uketsuke_bus::mode1::{LetterRow, Letters};
use uketsuke_bus::view::Action;

use super::Turn;
use super::person::Ticks;
use super::rules::{Defect, Rules};
use super::state::{Desk, Session, Stage};

/// What ticks a letter, from the top of a page.
pub(super) const TICKS: [Action; 3] = [Action::Tick1, Action::Tick2, Action::Tick3];

impl Turn<'_> {
    /// Asks about the letters, none of them ticked.
    pub(super) fn begin_letters(&mut self, mut session: Session) -> Desk {
        session.ticks = Ticks(vec![false; session.letters().len()]);
        self.ask(&mut session, Stage::Letters(0));
        Desk::Session(session)
    }

    /// A choice on a page of P-12.
    pub(super) fn letters(&mut self, mut session: Session, page: usize, action: Action) -> Desk {
        let rows = session.rows(page, self.rules);
        let page = match action {
            Action::NextPage => page + 1,
            Action::Back => page.saturating_sub(1),
            Action::Submit => return self.complete(session),
            Action::SubmitNone => {
                if !self.rules.broken(Defect::SubmitAnyway) {
                    session.ticks.0.fill(false);
                }
                return self.complete(session);
            }
            _ => {
                let row = TICKS.iter().position(|tick| *tick == action);
                let at = row.and_then(|row| rows.clone().nth(row));
                if let Some(ticked) = at.and_then(|at| session.ticks.0.get_mut(at)) {
                    *ticked = !*ticked;
                }
                page
            }
        };
        if page != rows.start / self.rules.letters_a_page
            && self.rules.broken(Defect::TicksForgotten)
        {
            session.ticks.0.fill(false);
        }
        self.ask(&mut session, Stage::Letters(page));
        Desk::Session(session)
    }
}

impl Session {
    /// The letters that are asked about.
    pub(super) fn letters(&self) -> &[Letter] {
        self.visit.as_ref().map_or(&[], |visit| &visit.letters)
    }

    /// What is said to each letter; nothing where none was asked about.
    pub(super) fn letter_answers(&self) -> Vec<LetterAnswer> {
        let said = self.letters().iter().zip(&self.ticks.0);
        said.map(|(letter, submit)| LetterAnswer {
            id: letter.id.clone(),
            submit: *submit,
        })
        .collect()
    }

    /// Which letters are on a page, counted from 0.
    fn rows(&self, page: usize, rules: &Rules) -> Range<usize> {
        let all = self.letters().len();
        let first = (page * rules.letters_a_page).min(all);
        first..(first + rules.letters_a_page).min(all)
    }

    /// Pages of P-12.
    pub(super) fn pages(&self, rules: &Rules) -> usize {
        self.letters().len().div_ceil(rules.letters_a_page)
    }

    /// What can be pressed on a page.
    pub(super) fn letter_choices(&self, page: usize, rules: &Rules) -> Vec<Action> {
        let mut choices = TICKS[..self.rows(page, rules).len()].to_vec();
        choices.push(match page + 1 < self.pages(rules) {
            true => Action::NextPage,
            false => Action::Submit,
        });
        choices.push(Action::SubmitNone);
        if page > 0 {
            choices.push(Action::Back);
        }
        choices.push(Action::Finish);
        choices
    }

    /// What the patient reads on a page.
    pub(super) fn letter_page(&self, page: usize, rules: &Rules) -> Letters {
        let rows = self.rows(page, rules).filter_map(|at| {
            let letter = self.letters().get(at)?;
            Some(LetterRow {
                issued: letter.issued,
                facility: letter.facility.clone(),
                department: letter.department.clone(),
                ticked: *self.ticks.0.get(at)?,
            })
        });
        let ticked = self.ticks.0.iter().filter(|ticked| **ticked).count();
        Letters {
            rows: rows.collect(),
            ticked: u16::try_from(ticked).unwrap_or(u16::MAX),
        }
    }
}
