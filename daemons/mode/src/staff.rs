// SPDX-License-Identifier: MIT OR Apache-2.0
//! The staff passcodes of this reader: kept here, verified here, counted here (`uketsuke-passcode`), and
//! bound to a counter in the TPM where there is one (`uketsuke-counter`).

use std::future::ready;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;
use uketsuke_bus::secret;
use uketsuke_bus::staff::{Keeping, StaffError, is_account};
use uketsuke_counter::{Client, ClientError};
use uketsuke_passcode::code::DIGITS;
use uketsuke_passcode::counts::Refusal;
use uketsuke_passcode::gate::{IssueError, Verdict, Verifier};
use uketsuke_passcode::kept::{Counter, Folder, KeptError};
use uketsuke_passcode::verifier::{BYTES, CodeError, Codes, Cost, Pepper};
use uketsuke_passcode::{Code, Gate, Tried};
use zbus::OwnedFd;
use zeroize::Zeroizing;

use crate::domain::Passed;

/// Name of the credential that holds the pepper.
pub const PEPPER: &str = "passcode.pepper";

type Kept = Gate<Folder<Tpm>>;

/// Why this reader has no passcodes.
#[derive(Debug, thiserror::Error)]
pub enum NoPasscodes {
    /// The service manager names no place for them.
    #[error("{0} is not set")]
    Folder(&'static str),
    /// Its pepper cannot be read.
    #[error("the credential {PEPPER}")]
    Pepper(#[source] std::io::Error),
    /// Its pepper is none.
    #[error("the credential {PEPPER} has {0} bytes, not {BYTES}")]
    Size(usize),
    /// There is a TPM, and its counter gives no number.
    #[error("the counter that the passcodes are bound to")]
    Counter(#[from] ClientError),
    /// What was kept cannot be read.
    #[error("what was kept")]
    Kept(#[from] KeptError),
}

/// The passcodes.
#[derive(Clone)]
pub struct Staff {
    gate: Arc<Mutex<Kept>>,
    pepper: Arc<Pepper>,
    keeping: Keeping,
    born: Instant,
}

/// The counter in this board's TPM, behind a process of its own.
struct Tpm(Client);

impl Counter for Tpm {
    fn value(&mut self) -> io::Result<u64> {
        self.0.value().map_err(io::Error::other)
    }

    fn step(&mut self) -> io::Result<()> {
        self.0.step().map(drop).map_err(io::Error::other)
    }
}

/// Compares with what this reader keeps.
struct Here<'a>(&'a Pepper);

impl Verifier for Here<'_> {
    fn verify(&mut self, code: &Code, codes: &Codes) -> impl Future<Output = Verdict> {
        ready(match codes.find(code, self.0) {
            Ok(Some(account)) => Verdict::Right(account.to_owned()),
            Ok(None) => Verdict::Wrong,
            Err(error) => {
                tracing::error!(%error, "a passcode cannot be verified");
                Verdict::NoAnswer
            }
        })
    }
}

impl Staff {
    /// Reads what is kept in `state`, and the pepper among the `credentials`; asks for the TPM's counter
    /// at the socket `counter`. Blocks as long as that may take.
    ///
    /// # Errors
    /// [`NoPasscodes`].
    pub fn open(
        state: &Path,
        credentials: &Path,
        counter: &Path,
        cost: Cost,
    ) -> Result<Self, NoPasscodes> {
        let bytes = std::fs::read(credentials.join(PEPPER)).map(Zeroizing::new);
        let bytes = bytes.map_err(NoPasscodes::Pepper)?;
        let pepper = <[u8; BYTES]>::try_from(bytes.as_slice())
            .map_err(|_| NoPasscodes::Size(bytes.len()))?;
        let counter = Client::find(counter)?.map(Tpm);
        let keeping = if counter.is_some() {
            Keeping::Bound
        } else {
            tracing::warn!(
                "no TPM: an older state of the passcodes that is put back is not recognised"
            );
            Keeping::Unbound
        };
        let gate = Gate::open(Folder::new(state, counter), cost, Duration::ZERO)?;
        if gate.put_back() {
            tracing::error!(
                "the passcodes were put back from another time, or their TPM is another or gone: \
                 the longest wait begins; issuing one anew ends it"
            );
        }
        Ok(Self {
            gate: Arc::new(Mutex::new(gate)),
            pepper: Arc::new(Pepper::new(pepper)),
            keeping,
            born: Instant::now(),
        })
    }

    /// How they are kept; never [`Keeping::None`].
    #[must_use]
    pub fn keeping(&self) -> Keeping {
        self.keeping
    }

    /// Accounts with a passcode.
    #[must_use]
    pub fn accounts(&self) -> u32 {
        self.gate().accounts()
    }

    /// Takes what was typed out of the memory file and tries it. Whose it was comes with it.
    pub async fn attempt(&self, typed: OwnedFd) -> (Passed, Option<String>) {
        let this = self.clone();
        let tried = tokio::task::spawn_blocking(move || {
            let Some(code) = code(typed) else {
                return Ok(Tried::NoAnswer);
            };
            let now = this.born.elapsed();
            let mut verifier = Here(&this.pepper);
            let mut gate = this.gate();
            // It waits for nobody: the verifier is here.
            let tried = gate.attempt(&code, now, &mut verifier).now_or_never();
            tried.unwrap_or(Ok(Tried::NoAnswer))
        });
        match tried.await {
            Ok(Ok(Tried::Opened(account))) => (Passed::Right, Some(account)),
            Ok(Ok(Tried::Wrong)) => (Passed::Wrong, None),
            Ok(Ok(Tried::NoAnswer)) => (Passed::Unverified, None),
            Ok(Ok(Tried::Refused(Refusal::Wait(seconds)))) => (Passed::Wait(seconds), None),
            Ok(Ok(Tried::Refused(Refusal::Closed))) => (Passed::Closed, None),
            Ok(Err(error)) => {
                tracing::error!(error = chain(&error), "a passcode was not tried");
                (Passed::Unverified, None)
            }
            Err(error) => {
                tracing::error!(%error, "a passcode was not tried");
                (Passed::Unverified, None)
            }
        }
    }

    /// Gives an account a code.
    ///
    /// # Errors
    /// As `Staff.Issue` says.
    pub async fn issue(&self, account: String, typed: OwnedFd) -> Result<(), StaffError> {
        check(&account)?;
        self.blocking(move |this| {
            let code = code(typed)
                .ok_or_else(|| StaffError::BadCode("not a sealed file of four digits".into()))?;
            let issued = this.gate().issue(&account, &code, &this.pepper);
            issued.map_err(|error| match error {
                IssueError::Code(CodeError::Taken) => StaffError::Taken(error.to_string()),
                IssueError::Code(CodeError::Cost(_)) | IssueError::Kept(_) => not_kept(&error),
            })
        })
        .await
    }

    /// Takes the code of an account away.
    ///
    /// # Errors
    /// As `Staff.Withdraw` says.
    pub async fn withdraw(&self, account: String) -> Result<bool, StaffError> {
        check(&account)?;
        self.blocking(move |this| this.gate().withdraw(&account).map_err(|e| not_kept(&e)))
            .await
    }

    /// To be called every few minutes: what was given back meanwhile is written down.
    pub async fn tick(&self) {
        let ticked = self.blocking(|this| {
            let now = this.born.elapsed();
            this.gate().tick(now).map_err(|e| not_kept(&e))
        });
        // Said where it happened; the next tick tries again.
        let _ = ticked.await;
    }

    async fn blocking<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Self) -> Result<T, StaffError> + Send + 'static,
    ) -> Result<T, StaffError> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || act(&this))
            .await
            .unwrap_or_else(|error| Err(not_kept(&error)))
    }

    /// A panic in between leaves what was written: the count on disk is the stricter one.
    fn gate(&self) -> MutexGuard<'_, Kept> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn code(typed: OwnedFd) -> Option<Code> {
    let digits = secret::take(typed.into(), DIGITS).ok()?;
    Code::new(digits.expose()).ok()
}

fn check(account: &str) -> Result<(), StaffError> {
    if is_account(account) {
        Ok(())
    } else {
        Err(StaffError::BadAccount(
            "1 to 64 of a–z, A–Z, 0–9, '.', '_', '-'".into(),
        ))
    }
}

fn not_kept(error: &dyn std::error::Error) -> StaffError {
    tracing::error!(error = chain(error), "a passcode was not kept");
    StaffError::NotKept("the log of this reader says why".into())
}

/// An error with its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 8,
        passes: 1,
    };

    /// Nobody listens here.
    const NO_COUNTER: &str = "/nonexistent/counter.socket";

    fn typed(digits: &str) -> OwnedFd {
        secret::seal(digits.as_bytes()).unwrap().into()
    }

    fn reader() -> (tempfile::TempDir, Staff) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(PEPPER), [7; BYTES]).unwrap();
        let staff = open(folder.path()).unwrap();
        (folder, staff)
    }

    fn open(folder: &Path) -> Result<Staff, NoPasscodes> {
        Staff::open(folder, folder, Path::new(NO_COUNTER), CHEAP)
    }

    #[tokio::test]
    async fn what_is_issued_opens_until_it_is_issued_anew_or_withdrawn() {
        let (_folder, staff) = reader();
        assert_eq!(staff.accounts(), 0);
        staff.issue("suzuki".into(), typed("0417")).await.unwrap();
        let opened = staff.attempt(typed("0417")).await;
        assert_eq!(opened, (Passed::Right, Some("suzuki".into())));
        staff.issue("suzuki".into(), typed("9000")).await.unwrap();
        assert_eq!(staff.attempt(typed("0417")).await, (Passed::Wrong, None));
        assert!(staff.withdraw("suzuki".into()).await.unwrap());
        assert!(!staff.withdraw("suzuki".into()).await.unwrap());
        assert_eq!(staff.accounts(), 0);
    }

    #[tokio::test]
    async fn five_wrong_ones_bar_the_right_one_for_a_minute_and_over_a_restart() {
        let (folder, staff) = reader();
        staff.issue("suzuki".into(), typed("0417")).await.unwrap();
        for wrong in ["0001", "0002", "0003", "0004", "0005"] {
            assert_eq!(staff.attempt(typed(wrong)).await.0, Passed::Wrong);
        }
        let barred = |passed| matches!(passed, Passed::Wait(1..=60));
        assert!(barred(staff.attempt(typed("0417")).await.0));
        drop(staff);
        let again = open(folder.path()).unwrap();
        assert!(barred(again.attempt(typed("0417")).await.0));
    }

    #[tokio::test]
    async fn what_is_no_code_or_no_account_is_refused_and_counts_nothing() {
        let (_folder, staff) = reader();
        for digits in ["041", "04170", "04a7"] {
            let refused = staff.issue("suzuki".into(), typed(digits)).await;
            assert!(matches!(refused, Err(StaffError::BadCode(_))), "{digits}");
            assert_eq!(staff.attempt(typed(digits)).await.0, Passed::Unverified);
        }
        let refused = staff.issue("鈴木".into(), typed("0417")).await;
        assert!(matches!(refused, Err(StaffError::BadAccount(_))));
        staff.issue("suzuki".into(), typed("0417")).await.unwrap();
        let refused = staff.issue("tanaka".into(), typed("0417")).await;
        assert!(matches!(refused, Err(StaffError::Taken(_))));
        assert_eq!(staff.accounts(), 1);
    }

    #[test]
    fn without_a_whole_pepper_there_are_no_passcodes() {
        let folder = tempfile::tempdir().unwrap();
        let open = || open(folder.path()).err().unwrap();
        assert!(matches!(open(), NoPasscodes::Pepper(_)));
        std::fs::write(folder.path().join(PEPPER), [7; 31]).unwrap();
        assert_eq!(
            open().to_string(),
            "the credential passcode.pepper has 31 bytes, not 32"
        );
    }
}
