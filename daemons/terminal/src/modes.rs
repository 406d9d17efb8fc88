// SPDX-License-Identifier: MIT OR Apache-2.0
//! Operation modes (運転モード) that staff set at the terminal, as the ministry's older notice has it.
//!
//! | | Kept | Ordered |
//! | --- | --- | --- |
//! | 無人運転, 暗証番号認証固定 | in the database | whenever the reader stands in something else |
//! | 目視確認 | in memory | until the reader has been in it, for a minute at most |
//! | 目視で本人確認完了 | in memory; that it was ticked, in the database | once, in 目視確認, for a minute at most |
//!
//! After 目視確認 a reader is to be in what staff set for good, 無人運転 where they set nothing. A reader
//! that does not say what it stands in is of a version that cannot be held, and is ordered nothing.

mod reader;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use uketsuke_bus::view::Operation;
use uketsuke_link::orders::{Became, Order, OrderResult, Standing};
use uketsuke_link::random_id;

use crate::store::ModeSet;
use crate::{HEARD, Shared, StoreError};
use reader::{Moment, Reader};

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ModeError {
    /// It cannot be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such reader ever came.
    #[error("no reader of this name ever came")]
    UnknownReader,
    /// This very tick was given or taken back before.
    #[error("the form was sent before")]
    Used,
}

/// How it stands with a reader.
pub struct ReaderMode {
    /// The reader.
    pub reader: String,
    /// Whether it is connected.
    pub connected: bool,
    /// What it said last that it stands in; none: it did not say.
    pub stands: Option<Operation>,
    /// What staff want it in.
    pub wanted: Operation,
    /// What it is to be in after 目視確認.
    pub afterwards: Operation,
}

/// What the readers stand in, and the wishes that must not outlive a restart.
#[derive(Default)]
pub struct Modes(Mutex<HashMap<String, Reader>>);

impl Modes {
    fn of<T>(&self, reader: &str, act: impl FnOnce(&mut Reader, Moment) -> T) -> T {
        // Whole after every statement.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = all
            .entry(reader.to_owned())
            .or_insert_with(|| Reader::new(random_id()));
        let now = Moment::now();
        one.settle(now);
        act(one, now)
    }

    /// What a reader said became of its orders.
    pub(crate) fn told(&self, reader: &str, results: &[OrderResult]) {
        self.of(reader, |one, now| {
            for result in results {
                one.told(result, now);
            }
        });
    }
}

impl Shared {
    /// A reader says how it stands.
    pub(crate) fn stands(&self, reader: &str, standing: &Standing) {
        let operation = standing.operation;
        let mode = self.modes.of(reader, |one, now| {
            let before = one.operation();
            one.stands(operation, now);
            before != operation
        });
        let profile = self.stands_on(reader, standing);
        if mode || profile {
            self.changed();
        }
    }

    /// What `reader` has to do next about its mode; it must be sent.
    pub(crate) async fn mode_order(&self, reader: &str) -> Result<Option<Order>, StoreError> {
        let set = self.store.mode(reader).await?;
        Ok(self.modes.of(reader, |one, now| one.order(set, now)))
    }

    /// Every reader that ever came, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reader_modes(&self) -> Result<Vec<ReaderMode>, StoreError> {
        let readers = self.store.modes().await?.into_iter();
        let stand = |(reader, set): (String, Option<ModeSet>)| {
            let afterwards = set.as_ref().map_or(Operation::Unattended, |s| s.operation);
            let (stands, wanted) = self.modes.of(&reader, |one, _| {
                (one.operation(), one.wanted(set.as_ref()))
            });
            ReaderMode {
                connected: self.connected(&reader),
                reader,
                stands,
                wanted,
                afterwards,
            }
        };
        Ok(readers.map(stand).collect())
    }

    /// Sets the mode of a reader and waits for it, where it is connected; what became of it, none where
    /// the reader has not said.
    ///
    /// # Errors
    /// [`ModeError`]; nothing was set, but 目視確認 is over whatever happened.
    pub async fn hold(
        &self,
        reader: &str,
        operation: Operation,
    ) -> Result<Option<Became>, ModeError> {
        self.known(reader).await?;
        let id = random_id();
        if operation == Operation::Visual {
            self.modes
                .of(reader, |one, now| one.ask_visual(id.clone(), now));
        } else {
            // In this order: where it cannot be stored, at least nobody is vouched for any more.
            self.modes.of(reader, |one, _| one.end_visual());
            let id = id.clone();
            let set = ModeSet { id, operation };
            self.store.set_mode(reader, &set).await?;
        }
        self.changed();
        let name = operation.as_str();
        tracing::info!(reader, operation = name, id, "an operation mode was set");
        let look = || async {
            let connected = self.connected(reader);
            Ok(self.modes.of(reader, |one, _| {
                let became = one.became(operation, &id).filter(|_| connected);
                let overtaken = operation == Operation::Visual && one.wanted(None) != operation;
                let waits = connected && one.operation().is_some() && !overtaken;
                (became, waits)
            }))
        };
        self.answer(look).await
    }

    /// Staff have compared a patient with the card by eye: tells the reader, once, and waits for what it
    /// says; none where it has not said anything, and a tick that was not given by then never is. `id`
    /// is that of the form, 32 hexadecimal digits, so that one that is sent twice ticks once; `checked` is the
    /// 資格確認日, `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`ModeError`]; then nobody is vouched for.
    pub async fn vouch(
        &self,
        reader: &str,
        id: &str,
        checked: &str,
    ) -> Result<Option<Became>, ModeError> {
        self.known(reader).await?;
        if !self.modes.of(reader, |one, _| one.is_in_visual()) {
            return Ok(Some(Became::NotNow));
        }
        if self.store.vouch(reader, id, checked).await? {
            if !self.modes.of(reader, |one, now| one.vouch(id, now)) {
                return Ok(Some(Became::NotNow));
            }
            tracing::info!(reader, id, "staff vouch for a patient");
            self.changed();
        } else if !self.modes.of(reader, |one, _| one.has_tick(id)) {
            return Err(ModeError::Used);
        }
        let look = || async {
            let became = self.store.vouched(reader, id).await?;
            let on_its_way = self.modes.of(reader, |one, _| one.has_tick(id));
            Ok((became, on_its_way && self.connected(reader)))
        };
        let answer = self.answer(look).await;
        self.modes.of(reader, |one, _| one.take_back(id));
        answer
    }

    async fn known(&self, reader: &str) -> Result<(), ModeError> {
        let readers = self.store.modes().await?;
        if readers.iter().any(|(name, _)| name == reader) {
            Ok(())
        } else {
            Err(ModeError::UnknownReader)
        }
    }

    /// What became of something, as soon as it is said or there is nothing to wait for.
    async fn answer<F>(&self, look: impl Fn() -> F) -> Result<Option<Became>, ModeError>
    where
        F: Future<Output = Result<(Option<Became>, bool), StoreError>>,
    {
        let enough = |(became, waits): &(Option<Became>, bool)| became.is_some() || !waits;
        Ok(self.look(HEARD, look, enough).await?.0)
    }
}
