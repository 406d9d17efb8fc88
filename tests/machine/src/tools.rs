// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tools tree: QEMU, firmware, TPM and partitioning tools of the image's own Debian, entered by
//! `image/enter`, which shows the repository at [`INSIDE`].
//!
//! Everything a machine needs lies below the repository, so that one path means the same file on
//! both sides; sockets too.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::sys::prctl;
use nix::sys::signal::Signal;
use tokio::process::Command;

/// Where the tools tree shows the repository; `image/enter` says so too.
pub const INSIDE: &str = "/checkout";

/// The script that enters the tree, from the repository's root.
const ENTER: &str = "image/enter";

/// Longest path of a Unix socket (`sun_path` of unix(7), less the closing zero).
pub const SOCKET_PATH: usize = 107;

/// Why a tool could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// Not called in a checkout.
    #[error("{0} is not inside a checkout: no image/enter above it")]
    NoRepository(PathBuf),
    /// The tree does not show it.
    #[error("{path} lies outside {repository}, so the tools tree cannot see it")]
    Outside {
        /// The file.
        path: PathBuf,
        /// What the tree sees.
        repository: PathBuf,
    },
    /// A path that the kernel takes for no socket.
    #[error(
        "{0} is too long for a socket ({SOCKET_PATH} bytes); use a checkout nearer to the root"
    )]
    Long(PathBuf),
    /// The tool cannot be started.
    #[error("cannot start {program}")]
    Start {
        /// Which.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The tool failed.
    #[error("{program} failed ({status}): {said}")]
    Failed {
        /// Which.
        program: String,
        /// How.
        status: std::process::ExitStatus,
        /// Its own words.
        said: String,
    },
}

/// Grip on the tools tree.
#[derive(Clone, Debug)]
pub struct Tools {
    repository: PathBuf,
}

impl Tools {
    /// The tools of the checkout that `start` lies in.
    ///
    /// # Errors
    /// [`ToolsError::NoRepository`].
    pub fn find(start: &Path) -> Result<Self, ToolsError> {
        let found = start
            .ancestors()
            .find(|directory| directory.join(ENTER).is_file());
        match found {
            Some(repository) => Ok(Self {
                repository: repository.to_owned(),
            }),
            None => Err(ToolsError::NoRepository(start.to_owned())),
        }
    }

    /// Root of the checkout.
    #[must_use]
    pub fn repository(&self) -> &Path {
        &self.repository
    }

    /// The same file as the tools see it.
    ///
    /// # Errors
    /// [`ToolsError::Outside`].
    pub fn inside(&self, path: &Path) -> Result<PathBuf, ToolsError> {
        match path.strip_prefix(&self.repository) {
            Ok(rest) => Ok(Path::new(INSIDE).join(rest)),
            Err(_) => Err(ToolsError::Outside {
                path: path.to_owned(),
                repository: self.repository.clone(),
            }),
        }
    }

    /// As [`Self::inside`], for a socket: both ends must fit into the kernel's address.
    ///
    /// # Errors
    /// [`ToolsError::Outside`], [`ToolsError::Long`].
    pub fn socket(&self, path: &Path) -> Result<PathBuf, ToolsError> {
        if path.as_os_str().len() > SOCKET_PATH {
            return Err(ToolsError::Long(path.to_owned()));
        }
        self.inside(path)
    }

    /// A command inside the tree that ends when its handle is dropped, or this program dies.
    /// `image/enter` only executes, so the process started is the tool itself.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.repository.join(ENTER));
        command
            .arg(program)
            .current_dir(&self.repository)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        // SAFETY: prctl is a plain system call; nothing is allocated or locked between fork and
        // exec.
        unsafe {
            command.pre_exec(|| Ok(prctl::set_pdeathsig(Signal::SIGKILL)?));
        }
        command
    }

    /// Runs a tool to its end and returns what it printed.
    ///
    /// # Errors
    /// [`ToolsError::Start`], [`ToolsError::Failed`] with its words.
    pub async fn run<A: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<String, ToolsError> {
        let arguments: Vec<OsString> = arguments
            .into_iter()
            .map(|argument| argument.as_ref().to_owned())
            .collect();
        let output = self
            .command(program)
            .args(&arguments)
            .output()
            .await
            .map_err(|source| ToolsError::Start {
                program: program.to_owned(),
                source,
            })?;
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(out);
        }
        Err(ToolsError::Failed {
            program: program.to_owned(),
            status: output.status,
            said: format!("{out}{}", String::from_utf8_lossy(&output.stderr)),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_path_below_the_repository_is_seen_inside_and_any_other_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("image")).unwrap();
        let deep = folder.path().join("tests/machine");
        assert!(matches!(
            Tools::find(&deep),
            Err(ToolsError::NoRepository(_))
        ));
        std::fs::write(folder.path().join(ENTER), "").unwrap();
        let tools = Tools::find(&deep).unwrap();
        assert_eq!(
            tools.inside(&folder.path().join("target/x")).unwrap(),
            Path::new("/checkout/target/x")
        );
        assert!(matches!(
            tools.inside(Path::new("/etc/passwd")),
            Err(ToolsError::Outside { .. })
        ));
        let long = folder.path().join("x".repeat(SOCKET_PATH));
        assert!(matches!(tools.socket(&long), Err(ToolsError::Long(_))));
    }
}
