// SPDX-License-Identifier: MIT OR Apache-2.0
//! Other programs, run with a limit.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::report::warning;

/// Why a program did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// It is not there, or cannot be run.
    #[error("{program} cannot be run")]
    Start {
        /// The program.
        program: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// It took too long and was killed.
    #[error("{program} did not end within {} s", limit.as_secs())]
    Late {
        /// The program.
        program: &'static str,
        /// How long it had.
        limit: Duration,
    },
    /// It said no.
    #[error("{program}: {status}")]
    Failed {
        /// The program.
        program: &'static str,
        /// How it ended.
        status: ExitStatus,
    },
}

/// Runs `program` with `arguments` and gives it `limit`; what it prints goes to our log. The
/// answer is its exit status, whatever that means.
pub fn run(
    program: &'static str,
    arguments: &[&str],
    environment: &[(&str, &str)],
    limit: Duration,
) -> Result<ExitStatus, ToolError> {
    let start = |source| ToolError::Start { program, source };
    let mut child = Command::new(program)
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .spawn()
        .map_err(start)?;
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().map_err(start)? {
            return Ok(status);
        }
        if Instant::now() >= end {
            if let Err(error) = child.kill() {
                warning!("{program}: cannot be killed: {error}");
            }
            child.wait().map_err(start)?;
            return Err(ToolError::Late { program, limit });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// As [`run`], for a program that has to end well.
pub fn succeed(
    program: &'static str,
    arguments: &[&str],
    environment: &[(&str, &str)],
    limit: Duration,
) -> Result<(), ToolError> {
    let status = run(program, arguments, environment, limit)?;
    match status.success() {
        true => Ok(()),
        false => Err(ToolError::Failed { program, status }),
    }
}

/// A path as an argument. Ours are made of device names, which are ASCII.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SHORT: Duration = Duration::from_millis(200);
    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn ends_are_told_apart() {
        assert!(succeed("/bin/true", &[], &[], LONG).is_ok());
        let failed = succeed("/bin/false", &[], &[], LONG).unwrap_err();
        assert!(matches!(failed, ToolError::Failed { .. }), "{failed}");
        let late = succeed("/bin/sleep", &["60"], &[], SHORT).unwrap_err();
        assert_eq!(late.to_string(), "/bin/sleep did not end within 0 s");
        let missing = succeed("/nowhere", &[], &[], LONG).unwrap_err();
        assert!(matches!(missing, ToolError::Start { .. }), "{missing}");
    }
}
