// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is shown when nobody says what to show: that reception must be asked (F-14).
//!
//! Two ways lead here. The screen daemon draws it when the mode manager has been away longer than
//! any start takes. And when the screen daemon itself has failed too often and rests,
//! `uketsuke-safe-screen.service` starts this same program under another name: it lights the same
//! glass, asks no bus, has no keys but the screen's own, and stays until the screen daemon is tried again.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::unbounded_channel;
use uketsuke_bus::mode1::{Details, View, ViewId};
use uketsuke_common::Start;

use crate::desk::Event;
use crate::drawing::{self, Order, Report};

/// Name under which this program shows nothing else (`argv[0]`, set by the unit).
const NAME: &str = "uketsuke-safe-screen";
/// How long 準備しています is true. A restarted mode manager is back within seconds; one that rests
/// after too many failures stays away for minutes.
const START: Duration = Duration::from_secs(60);

/// Whether this process was started to show nothing else.
pub fn is_wanted() -> bool {
    let name = std::env::args().next().unwrap_or_default();
    name.rsplit('/').next() == Some(NAME)
}

/// 「ただいま確認できません。受付へお声がけください。」, without anything to press. It says of no hop
/// that it is down: which part failed is for the self-test.
pub fn event() -> Event {
    Event::View(Some(View::new(ViewId::LinkDown, 1)), Details::default())
}

/// How long the mode manager has been away.
pub struct Absence {
    since: Option<Instant>,
}

impl Absence {
    /// From now on.
    pub fn begun(now: Instant) -> Self {
        Self { since: Some(now) }
    }

    /// It came, or went again.
    pub fn changed(&mut self, present: bool, now: Instant) {
        self.since = (!present).then_some(now);
    }

    /// When reception has to be asked; none when that is shown already or nothing is missing.
    pub fn deadline(&self) -> Option<Instant> {
        self.since.map(|since| since + START)
    }

    /// The deadline has passed and was acted on.
    pub fn shown(&mut self) {
        self.since = None;
    }
}

/// Lights the glass and shows [`event`] until stopped.
///
/// # Errors
/// When the display or the drawing thread fails.
pub async fn run(start: Start) -> anyhow::Result<()> {
    let config = &start.config.screen;
    let (reports, mut heard) = unbounded_channel();
    let (orders, drawing) = drawing::prepare(reports)?;
    let rotation = super::rotation(config);
    let (output, devices) = super::open(config)?;
    tracing::error!(
        output = output.name(),
        "the screen daemon rests; reception must be asked"
    );
    let setup = super::setup(&start, output.size(), rotation);
    let (ended, end) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("drawing".to_owned())
        .spawn(move || {
            // Nobody listens any more when the program is ending.
            let _ = ended.send(drawing.run(setup, rotation, output, devices));
        })?;
    orders.send(Order::Event(event()));
    start.notify.ready();
    let hearing = async {
        while let Some(report) = heard.recv().await {
            if matches!(report, Report::Alive) {
                start.notify.alive();
            }
        }
        // The thread has ended; its result says why.
        std::future::pending::<()>().await;
    };
    let result = tokio::select! {
        result = super::watchdog(&orders, &start) => result,
        () = hearing => Ok(()),
        result = end => Err(super::drawing_ended(result)),
    };
    orders.send(Order::Stop);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reception_is_named_once_when_the_mode_manager_stays_away() {
        let begun = Instant::now();
        let mut absence = Absence::begun(begun);
        assert_eq!(absence.deadline(), Some(begun + START));
        absence.changed(true, begun + START / 2);
        assert_eq!(absence.deadline(), None);
        let left = begun + START * 3;
        absence.changed(false, left);
        assert_eq!(absence.deadline(), Some(left + START));
        absence.shown();
        assert_eq!(absence.deadline(), None);
    }

    #[test]
    fn the_safe_view_offers_nothing_and_asks_nothing_personal() {
        let Event::View(Some(view), _) = event() else {
            panic!("no view");
        };
        assert!(view.choices.is_empty() && view.pad.is_none());
        assert!(view.hop.is_none() && view.personal.is_none());
        assert_eq!(view.id.as_str(), "F-14");
    }
}
