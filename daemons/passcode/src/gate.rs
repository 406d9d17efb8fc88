// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order of a try: counted and on disk before it is compared.

use std::time::Duration;

use crate::code::Code;
use crate::counts::Refusal;
use crate::kept::{Earlier, Keep, Kept, KeptError};
use crate::recent::Recent;
use crate::verifier::{CodeError, Codes, Cost, Pepper};

/// Running time after which what was given back meanwhile is written down, so that a reader that is
/// switched off every night gets its budget back as well.
const WRITE_DOWN: Duration = Duration::from_secs(60 * 60);

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The code of this account.
    Opened(String),
    /// Nobody's.
    Wrong,
    /// Who knows did not answer: nothing counted, nothing opened.
    NoAnswer,
    /// Not now.
    Refused(Refusal),
}

/// What somebody who knows says of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the code of this account.
    Right(String),
    /// It is nobody's.
    Wrong,
    /// He could not be asked, or answered too late.
    NoAnswer,
}

/// Who knows whose code it is: this reader itself, the terminal or the centre.
pub trait Verifier {
    /// Says so. A future that is dropped leaves the try counted.
    fn verify(&mut self, code: &Code, codes: &Codes) -> impl Future<Output = Verdict>;
}

/// The passcodes of a reader. `now` is running time everywhere, of a clock that never goes back and
/// begins with the power.
pub struct Gate<K> {
    keep: K,
    kept: Kept,
    recent: Recent,
    /// When the counts were last brought up to date, in whole seconds from `begun`.
    at: Duration,
    written: Duration,
    /// Something of no danger could not be written, and will be with the next.
    behind: bool,
    put_back: bool,
}

impl<K: Keep> Gate<K> {
    /// What was kept, on which every wait begins anew. A state that was put back costs the highest.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(mut keep: K, cost: Cost, now: Duration) -> Result<Self, KeptError> {
        let (mut kept, put_back) = match keep.load()? {
            None => (Kept::new(Codes::none(cost)), false),
            Some(loaded) => loaded,
        };
        if put_back {
            kept.counts.distrust(kept.codes.accounts());
            keep.save(&mut kept, Earlier::Void)?;
        }
        // What is not worth keeping is not kept: no file before the first code.
        kept.counts.pass(0, kept.codes.accounts());
        Ok(Self {
            keep,
            kept,
            recent: Recent::new(),
            at: now,
            written: now,
            behind: false,
            put_back,
        })
    }

    /// Whether what was found had been put back, and cost the highest wait.
    #[must_use]
    pub fn put_back(&self) -> bool {
        self.put_back
    }

    /// Accounts with a code.
    #[must_use]
    pub fn accounts(&self) -> u32 {
        self.kept.codes.accounts()
    }

    /// Failures since the last success.
    #[must_use]
    pub fn in_a_row(&self) -> u8 {
        self.kept.counts.in_a_row()
    }

    /// Whether a code may be tried now.
    ///
    /// # Errors
    /// For how long not.
    pub fn look(&mut self, now: Duration) -> Result<(), Refusal> {
        self.pass(now);
        self.kept.counts.look(self.accounts())
    }

    /// Tries a code.
    ///
    /// # Errors
    /// When the count cannot be kept. Nothing was compared then.
    pub async fn attempt(
        &mut self,
        code: &Code,
        now: Duration,
        verifier: &mut impl Verifier,
    ) -> Result<Tried, KeptError> {
        if let Err(refusal) = self.look(now) {
            return Ok(Tried::Refused(refusal));
        }
        let mark = self.recent.mark(code);
        let known = self.recent.has(&mark);
        let accounts = self.accounts();
        let before = self.kept.counts;
        let charge = match self.kept.counts.charge(accounts) {
            Ok(charge) => charge,
            Err(refusal) => return Ok(Tried::Refused(refusal)),
        };
        // One way for all wrong ones, so that the time tells nothing. One that is known costs nothing more;
        // and no step of the counter: it can be repeated without end, and would wear the TPM out.
        let earlier = if known {
            self.kept.counts = before;
            Earlier::Harmless
        } else {
            Earlier::Void
        };
        self.save(earlier)?;
        match verifier.verify(code, &self.kept.codes).await {
            // Nothing was issued since it was wrong, or it would have been forgotten.
            Verdict::Right(_) if known => Ok(Tried::Wrong),
            Verdict::Right(account) => {
                self.kept.counts.right(charge);
                self.recent.forget();
                self.save_later();
                Ok(Tried::Opened(account))
            }
            Verdict::Wrong => {
                self.recent.add(&mark, known);
                Ok(Tried::Wrong)
            }
            Verdict::NoAnswer if known => Ok(Tried::Wrong),
            Verdict::NoAnswer => {
                self.kept.counts.take_back(charge);
                self.save_later();
                Ok(Tried::NoAnswer)
            }
        }
    }

    /// To be called now and then.
    ///
    /// # Errors
    /// When it cannot be kept; the next call tries again.
    pub fn tick(&mut self, now: Duration) -> Result<(), KeptError> {
        let before = self.kept.counts;
        self.pass(now);
        let changed = self.kept.counts != before;
        if self.behind || (changed && now.saturating_sub(self.written) >= WRITE_DOWN) {
            self.save(Earlier::Harmless)?;
            self.written = now;
        }
        Ok(())
    }

    /// Gives `account` a code, and forgets every wrong one.
    ///
    /// # Errors
    /// When it cannot be kept, or another account has it.
    pub fn issue(&mut self, account: &str, code: &Code, pepper: &Pepper) -> Result<(), IssueError> {
        let mut kept = self.kept.clone();
        kept.codes.issue(account, code, pepper)?;
        kept.counts.forget();
        self.replace(kept)?;
        Ok(())
    }

    /// Takes the code of `account` away; whether it had one. The counts stay.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn withdraw(&mut self, account: &str) -> Result<bool, KeptError> {
        let mut kept = self.kept.clone();
        let had = kept.codes.withdraw(account);
        if had {
            self.replace(kept)?;
        }
        Ok(had)
    }

    /// Service has unlocked.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn unlock(&mut self) -> Result<(), KeptError> {
        let mut kept = self.kept.clone();
        kept.counts.forget();
        self.replace(kept)
    }

    fn replace(&mut self, mut kept: Kept) -> Result<(), KeptError> {
        self.keep.save(&mut kept, Earlier::Void)?;
        self.kept = kept;
        self.recent.forget();
        self.behind = false;
        Ok(())
    }

    fn pass(&mut self, now: Duration) {
        let seconds = now.saturating_sub(self.at).as_secs();
        self.at += Duration::from_secs(seconds);
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
        let accounts = self.accounts();
        self.kept.counts.pass(seconds, accounts);
    }

    fn save(&mut self, earlier: Earlier) -> Result<(), KeptError> {
        self.keep.save(&mut self.kept, earlier)?;
        self.behind = false;
        Ok(())
    }

    /// What is on disk is stricter than what is so; the next write mends it.
    fn save_later(&mut self) {
        let saved = self.keep.save(&mut self.kept, Earlier::Harmless);
        self.behind = saved.is_err();
    }
}

/// Why a code cannot be issued. Nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The code itself.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// It cannot be kept.
    #[error(transparent)]
    Kept(#[from] KeptError),
}
