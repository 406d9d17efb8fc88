// SPDX-License-Identifier: MIT OR Apache-2.0
//! When the reader may restart by itself: nobody there, and at an hour for it. Time is an argument.

use std::time::Duration;

use uketsuke_common::config::{Activation, UpdateConfig, Window};

/// How long the mode manager has to be away before nobody can be at the reader. A restart after a
/// fault takes far less, and the patient is still there then.
const AWAY: Duration = Duration::from_secs(30);

/// Minutes Japan Standard Time is ahead of UTC. A reader serves Japanese clinics; the zone has no
/// summer time, so no table of zones is needed to know it.
const JST_MINUTES: u64 = 9 * 60;

/// Whether somebody is at the reader, as the mode manager says. Moments count from any fixed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attendance {
    /// A patient is there, or something that is not the idle screen.
    Patient,
    /// The idle screen is shown.
    Idle {
        /// Since when.
        since: Duration,
    },
    /// There is no mode manager.
    Away {
        /// Since when.
        since: Duration,
    },
}

impl Attendance {
    /// Whether a restart would take the reader from somebody.
    #[must_use]
    pub fn patient(self, now: Duration) -> bool {
        match self {
            Self::Patient => true,
            Self::Idle { .. } => false,
            Self::Away { since } => now.saturating_sub(since) < AWAY,
        }
    }

    fn free_for(self, now: Duration) -> Duration {
        match self {
            Self::Patient => Duration::ZERO,
            Self::Idle { since } | Self::Away { since } => now.saturating_sub(since),
        }
    }
}

/// The rules of a reader.
#[derive(Clone, Copy, Debug)]
pub struct Quiet {
    by_itself: bool,
    window: Window,
    idle: Duration,
    postpone_s: u64,
}

impl Quiet {
    /// As configured.
    #[must_use]
    pub fn new(config: &UpdateConfig) -> Self {
        Self {
            by_itself: config.activate == Activation::Quiet,
            window: config.window,
            idle: Duration::from_secs(60 * u64::from(config.idle_min)),
            postpone_s: 86_400 * u64::from(config.postpone_days),
        }
    }

    /// Whether an update ever takes effect by itself.
    #[must_use]
    pub fn by_itself(&self) -> bool {
        self.by_itself
    }

    /// Whether an update that waits since `since` may take effect. `wall` and `since` are seconds
    /// since 1970 (UTC); `now` is on the scale of `attendance`. A clock that was set back makes the
    /// wait longer, one that was set forward shortens it at most to `idle_min` without a patient.
    #[must_use]
    pub fn due(&self, since: u64, wall: u64, now: Duration, attendance: Attendance) -> bool {
        let free = !attendance.patient(now) && attendance.free_for(now) >= self.idle;
        let late = wall.saturating_sub(since) >= self.postpone_s;
        self.by_itself && free && (late || self.window.holds(minute_of_day(wall)))
    }
}

/// Minute of the day in Japan, 0 to 1439.
fn minute_of_day(wall: u64) -> u16 {
    let minute = (wall / 60).saturating_add(JST_MINUTES) % (24 * 60);
    u16::try_from(minute).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    /// 2027-01-15, 00:00 in Japan.
    const MIDNIGHT: u64 = 1_799_938_800;

    fn quiet() -> Quiet {
        Quiet::new(&UpdateConfig::default())
    }

    fn at(hour: u64, minute: u64) -> u64 {
        MIDNIGHT + 3600 * hour + 60 * minute
    }

    #[test]
    fn midnight_is_midnight_in_japan() {
        assert_eq!(minute_of_day(MIDNIGHT), 0);
        assert_eq!(minute_of_day(MIDNIGHT - 1), 1439);
        assert_eq!(minute_of_day(0), 540);
        let _ = minute_of_day(u64::MAX);
    }

    #[test]
    fn a_day_of_simulated_minutes_has_one_quiet_time() {
        let mut hours = Vec::new();
        let idle = Attendance::Idle {
            since: Duration::ZERO,
        };
        for minute in 0..24 * 60 {
            let wall = at(0, minute);
            let now = MINUTE * u32::try_from(minute).unwrap_or_default() + 10 * MINUTE;
            if quiet().due(MIDNIGHT, wall, now, idle) {
                hours.push(minute);
            }
        }
        assert_eq!(hours, (120..300).collect::<Vec<_>>());
    }

    #[test]
    fn a_patient_starts_the_wait_anew() {
        let now = 100 * MINUTE;
        let wall = at(3, 0);
        assert!(!quiet().due(MIDNIGHT, wall, now, Attendance::Patient));
        for (minutes, due) in [(0, false), (9, false), (10, true), (99, true)] {
            let since = now.saturating_sub(minutes * MINUTE);
            assert_eq!(
                quiet().due(MIDNIGHT, wall, now, Attendance::Idle { since }),
                due,
                "{minutes}"
            );
            assert_eq!(
                quiet().due(MIDNIGHT, wall, now, Attendance::Away { since }),
                due
            );
        }
    }

    #[test]
    fn after_the_longest_wait_any_idle_hour_will_do() {
        let now = 100 * MINUTE;
        let idle = Attendance::Idle { since: 80 * MINUTE };
        let noon = at(12, 0);
        assert!(!quiet().due(noon - 7 * 86_400 + 1, noon, now, idle));
        assert!(quiet().due(noon - 7 * 86_400, noon, now, idle));
        assert!(!quiet().due(noon - 8 * 86_400, noon, now, Attendance::Patient));
        // Set back behind the beginning of the wait: the window still comes every night.
        assert!(!quiet().due(noon + 86_400, noon, now, idle));
        assert!(quiet().due(noon + 86_400, at(4, 59), now, idle));
    }

    #[test]
    fn on_request_never_happens_by_itself() {
        let config = UpdateConfig {
            activate: Activation::OnRequest,
            ..UpdateConfig::default()
        };
        let idle = Attendance::Idle {
            since: Duration::ZERO,
        };
        assert!(!Quiet::new(&config).due(0, at(3, 0), 100 * MINUTE, idle));
    }

    #[test]
    fn a_mode_manager_that_just_left_may_leave_a_patient_behind() {
        let away = Attendance::Away { since: MINUTE };
        assert!(away.patient(MINUTE + Duration::from_secs(29)));
        assert!(!away.patient(MINUTE + Duration::from_secs(30)));
        let idle = Attendance::Idle { since: MINUTE };
        assert!(!idle.patient(MINUTE));
        assert!(Attendance::Patient.patient(100 * MINUTE));
    }
}
