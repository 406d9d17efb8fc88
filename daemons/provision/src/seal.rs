// SPDX-License-Identifier: MIT OR Apache-2.0
//! Credentials bound to this machine by `systemd-creds`: keys to the TPM and the host's key where
//! there is a TPM, to the host's key alone where there is none; certificates to the host's key, since
//! they are no secret and each opening by a TPM takes a good part of a second at every start. Each is
//! bound to its name, so that one cannot be put in another's place.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

/// Why a secret could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The tool could not be run.
    #[error("cannot run systemd-creds")]
    Run(#[source] io::Error),
    /// The tool refused.
    #[error("systemd-creds {verb} of {name} failed: {said}")]
    Refused {
        /// What it was asked to do.
        verb: &'static str,
        /// The credential's name.
        name: String,
        /// Its last words.
        said: String,
    },
}

/// What would be lost with a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// A key: nobody else may have it.
    Secret,
    /// A certificate: nobody may change it.
    Public,
}

/// Binds credentials to a machine.
pub trait Sealer {
    /// Seals `content` under `name`.
    ///
    /// # Errors
    /// [`SealError`].
    fn seal(&self, name: &str, worth: Worth, content: &[u8]) -> Result<Vec<u8>, SealError>;

    /// Opens what [`Self::seal`] made under the same name.
    ///
    /// # Errors
    /// [`SealError`]; also when `name` is another's.
    fn open(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError>;

    /// What keys are bound to, as `host` or `host+tpm2`.
    fn bound_to(&self) -> &str;
}

/// The binding without a TPM.
const HOST: &str = "host";
/// The binding with one.
const TPM: &str = "host+tpm2";

/// `systemd-creds`(1).
#[derive(Default)]
pub struct SystemdCreds {
    /// What keys are bound to; found out when the first is sealed.
    with_key: OnceCell<&'static str>,
    host_key: Option<PathBuf>,
}

impl SystemdCreds {
    /// Tries once whether there is a TPM that opens what it sealed. One that does not is said, and
    /// done without: a reader that cannot open its own keys serves nobody.
    fn with_key(&self) -> &'static str {
        self.with_key.get_or_init(|| {
            let found = Command::new("systemd-creds")
                .args(["has-tpm2", "--quiet"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            match found.map_err(SealError::Run).and_then(|found| {
                if found.success() {
                    self.try_out().map(|()| TPM)
                } else {
                    Ok(HOST)
                }
            }) {
                Ok(key) => key,
                Err(error) => {
                    let error = format!("{:#}", anyhow::Error::new(error));
                    tracing::error!(
                        error,
                        "no TPM to seal with: keys are bound to the host's key alone"
                    );
                    HOST
                }
            }
        })
    }

    fn try_out(&self) -> Result<(), SealError> {
        const PROBE: (&str, &[u8]) = ("uketsuke-probe", b"probe");
        let sealed = self.encrypt(TPM, PROBE.0, PROBE.1)?;
        if *self.open(PROBE.0, &sealed)? == PROBE.1 {
            return Ok(());
        }
        Err(SealError::Refused {
            verb: "decrypt",
            name: PROBE.0.into(),
            said: "opens to something else".into(),
        })
    }

    fn encrypt(&self, key: &str, name: &str, content: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = format!("--with-key={key}");
        // The same register that the data partition's own key is bound to (docs/boot.md): whether
        // the firmware checks signatures, and whose.
        self.ask("encrypt", name, &[&key, "--tpm2-pcrs=7"], content)
    }

    /// The host's key alone, kept in `file` instead of `/var/lib/systemd/credential.secret`.
    #[must_use]
    pub fn with_host_key(file: PathBuf) -> Self {
        Self {
            with_key: OnceCell::from(HOST),
            host_key: Some(file),
        }
    }

    fn ask(
        &self,
        verb: &'static str,
        name: &str,
        more: &[&str],
        input: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let mut command = Command::new("systemd-creds");
        command.arg(verb).arg(format!("--name={name}"));
        command.args(more).args(["-", "-"]);
        if let Some(file) = &self.host_key {
            command.env("SYSTEMD_CREDENTIAL_SECRET", OsString::from(file));
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(SealError::Run)?;
        if let Some(mut stdin) = child.stdin.take() {
            // The tool reads to the end before it answers. One that ends early is told by its exit.
            match stdin.write_all(input) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    return Err(SealError::Run(error));
                }
                _ => {}
            }
        }
        let output = child.wait_with_output().map_err(SealError::Run)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(SealError::Refused {
            verb,
            name: name.to_owned(),
            said: said.lines().last().unwrap_or("no reason given").to_owned(),
        })
    }
}

impl Sealer for SystemdCreds {
    fn seal(&self, name: &str, worth: Worth, content: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = match worth {
            Worth::Secret => self.with_key(),
            Worth::Public => HOST,
        };
        self.encrypt(key, name, content)
    }

    fn open(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.ask("decrypt", name, &[], sealed).map(Zeroizing::new)
    }

    fn bound_to(&self) -> &str {
        self.with_key()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_sealed_opens_under_its_own_name_only() {
        let dir = tempfile::tempdir().unwrap();
        let sealer = SystemdCreds::with_host_key(dir.path().join("key"));
        let secret = b"-----BEGIN PRIVATE KEY-----\nabc\n";
        let sealed = sealer.seal("reader.key", Worth::Secret, secret).unwrap();
        assert!(!sealed.windows(7).any(|w| w == b"PRIVATE"));
        assert_eq!(*sealer.open("reader.key", &sealed).unwrap(), secret);
        let swapped = sealer.open("terminal.key", &sealed).unwrap_err();
        assert!(swapped.to_string().contains("terminal.key"), "{swapped}");
        let elsewhere = SystemdCreds::with_host_key(dir.path().join("another"));
        elsewhere.seal("reader.key", Worth::Secret, b"").unwrap();
        assert!(elsewhere.open("reader.key", &sealed).is_err());
    }

    #[test]
    fn the_largest_file_of_a_set_can_be_sealed() {
        let dir = tempfile::tempdir().unwrap();
        let sealer = SystemdCreds::with_host_key(dir.path().join("key"));
        let secret = vec![7; usize::try_from(crate::set::MAX_PEM).unwrap()];
        let sealed = sealer.seal("reader.crt", Worth::Public, &secret).unwrap();
        assert_eq!(*sealer.open("reader.crt", &sealed).unwrap(), secret);
    }
}
