// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who has which session open. Only memory: what is owed to the centre is in the queue.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// A session lives this long at most. A visit takes a minute or two, but a patient may ask for more
/// time at every question, ten times and more (WCAG 2.2, 2.2.1).
pub const LIMIT: Duration = Duration::from_secs(60 * 60);
/// Most sessions one caller has at a time; the oldest unused one makes room.
const PER_OWNER: usize = 16;

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The digest was given out.
    Challenged,
    /// The check-in is on its way.
    Asked,
    /// Answered; from here the queue's row decides.
    Queued,
}

#[derive(Debug)]
struct Session {
    owner: String,
    stage: Stage,
    since: Instant,
}

/// Why a check-in may not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNow {
    /// The session was used.
    Over,
    /// This caller has no such session.
    Unknown,
}

/// All sessions of this run, and those an earlier run left.
#[derive(Debug, Default)]
pub struct Sessions {
    sessions: HashMap<String, Session>,
    /// Owners whose exit is waited for.
    watched: HashSet<String>,
}

impl Sessions {
    /// A new session of `owner`. Returns whether the owner is new, that is, whether its exit must
    /// be waited for from now on and told to [`Self::gone`].
    pub fn add(&mut self, session: String, owner: &str, stage: Stage, now: Instant) -> bool {
        let mine = self.sessions.values().filter(|s| s.owner == owner).count();
        if mine >= PER_OWNER {
            let oldest = self
                .sessions
                .iter()
                .filter(|(_, s)| s.owner == owner && s.stage == Stage::Challenged)
                .min_by_key(|(_, s)| s.since)
                .map(|(id, _)| id.clone());
            if let Some(oldest) = oldest {
                self.sessions.remove(&oldest);
            }
        }
        let owner = owner.to_owned();
        let new = Session {
            owner: owner.clone(),
            stage,
            since: now,
        };
        self.sessions.insert(session, new);
        self.watched.insert(owner)
    }

    /// Uses a session up for its one check-in.
    ///
    /// # Errors
    /// [`NotNow`].
    pub fn ask(&mut self, session: &str, owner: &str) -> Result<(), NotNow> {
        match self.sessions.get_mut(session).filter(|s| s.owner == owner) {
            Some(found) if found.stage == Stage::Challenged => {
                found.stage = Stage::Asked;
                Ok(())
            }
            Some(_) => Err(NotNow::Over),
            None => Err(NotNow::Unknown),
        }
    }

    /// The check-in came to its end: back to `stage`. `false` when the session was given up
    /// meanwhile.
    pub fn asked(&mut self, session: &str, stage: Stage) -> bool {
        self.sessions
            .get_mut(session)
            .map(|found| found.stage = stage)
            .is_some()
    }

    /// Forgets a session; its stage, if this owner had it.
    pub fn remove(&mut self, session: &str, owner: &str) -> Option<Stage> {
        if self.sessions.get(session)?.owner != owner {
            return None;
        }
        self.sessions.remove(session).map(|s| s.stage)
    }

    /// Forgets all sessions of an owner; those that have a row in the queue are returned.
    pub fn gone(&mut self, owner: &str) -> Vec<String> {
        self.watched.remove(owner);
        self.take(|s| s.owner == owner)
    }

    /// Forgets all sessions past their [`LIMIT`]; those that have a row in the queue are returned.
    pub fn expired(&mut self, now: Instant) -> Vec<String> {
        self.take(|s| s.stage != Stage::Asked && now.saturating_duration_since(s.since) >= LIMIT)
    }

    fn take(&mut self, mut which: impl FnMut(&Session) -> bool) -> Vec<String> {
        let mut queued = Vec::new();
        self.sessions.retain(|id, session| {
            let taken = which(session);
            if taken && session.stage == Stage::Queued {
                queued.push(id.clone());
            }
            !taken
        });
        queued
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> (Sessions, Instant) {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        assert!(sessions.add("s".into(), "a", Stage::Challenged, now));
        (sessions, now)
    }

    #[test]
    fn a_session_is_used_once_and_by_its_owner_only() {
        let (mut sessions, _) = one();
        assert_eq!(sessions.ask("s", "b"), Err(NotNow::Unknown));
        assert_eq!(sessions.ask("t", "a"), Err(NotNow::Unknown));
        assert_eq!(sessions.ask("s", "a"), Ok(()));
        assert_eq!(sessions.ask("s", "a"), Err(NotNow::Over));
        assert_eq!(sessions.remove("s", "b"), None);
        assert_eq!(sessions.remove("s", "a"), Some(Stage::Asked));
        assert!(!sessions.asked("s", Stage::Queued), "given up meanwhile");
    }

    #[test]
    fn sessions_end_with_their_owner_and_their_limit() {
        let (mut sessions, now) = one();
        assert!(!sessions.add("q".into(), "a", Stage::Queued, now));
        assert!(sessions.add("o".into(), "b", Stage::Queued, now));
        assert!(
            sessions
                .expired(now + LIMIT - Duration::from_secs(1))
                .is_empty()
        );
        assert_eq!(sessions.gone("a"), ["q"]);
        assert_eq!(sessions.remove("s", "a"), None);
        assert_eq!(sessions.expired(now + LIMIT), ["o"]);
    }

    #[test]
    fn a_check_in_under_way_outlives_the_limit() {
        let (mut sessions, now) = one();
        assert_eq!(sessions.ask("s", "a"), Ok(()));
        assert!(sessions.expired(now + LIMIT * 2).is_empty());
        assert!(sessions.asked("s", Stage::Queued));
    }

    #[test]
    fn an_owner_is_watched_once_however_its_sessions_end() {
        let (mut sessions, now) = one();
        assert_eq!(sessions.remove("s", "a"), Some(Stage::Challenged));
        assert!(!sessions.add("t".into(), "a", Stage::Challenged, now));
        sessions.gone("a");
        assert!(sessions.add("u".into(), "a", Stage::Challenged, now));
    }

    #[test]
    fn an_owner_cannot_fill_the_memory() {
        let (mut sessions, now) = one();
        for n in 0..100 {
            sessions.add(n.to_string(), "a", Stage::Challenged, now);
        }
        assert!(sessions.sessions.len() <= PER_OWNER);
        assert_eq!(sessions.ask("99", "a"), Ok(()));
    }
}
