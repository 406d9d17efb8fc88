// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the house takes from a daemon's unit file: the very file a reader installs.

use std::time::Duration;

/// The parts of a unit that a run on the bench keeps to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Daemon, as `card`.
    pub name: &'static str,
    /// File name of the binary.
    pub binary: String,
    /// `User=`.
    pub user: String,
    /// `WatchdogSec=`.
    pub watchdog: Option<Duration>,
    /// `RestartSec=`.
    pub restart_after: Duration,
    /// `RestartPreventExitStatus=`.
    pub never_restart_on: Vec<i32>,
    /// Names of `ImportCredential=`, in order.
    pub credentials: Vec<String>,
    /// Whether there is a `RuntimeDirectory=`.
    pub runtime: bool,
}

/// Why a unit file cannot be kept to.
#[derive(Debug, thiserror::Error)]
#[error("unit of {name}: {what}")]
pub struct UnitError {
    name: &'static str,
    what: String,
}

const FILES: [(&str, &str); 6] = [
    (
        "card",
        include_str!("../../../systemd/system/uketsuke-card.service"),
    ),
    (
        "mode",
        include_str!("../../../systemd/system/uketsuke-mode.service"),
    ),
    (
        "uplink",
        include_str!("../../../systemd/system/uketsuke-uplink.service"),
    ),
    (
        "screen",
        include_str!("../../../systemd/system/uketsuke-screen.service"),
    ),
    (
        "terminal",
        include_str!("../../../systemd/system/uketsuke-terminal.service"),
    ),
    (
        "voice",
        include_str!("../../../systemd/system/uketsuke-voice.service"),
    ),
];

/// The daemons that have a unit.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// Reads the unit of `name`.
///
/// # Errors
/// When there is none, or it says something the house does not keep to.
pub fn unit(name: &str) -> Result<Unit, UnitError> {
    let (name, text) = FILES.iter().find(|(n, _)| *n == name).ok_or(UnitError {
        name: "?",
        what: format!("no daemon {name:?}"),
    })?;
    parse(name, text)
}

fn parse(name: &'static str, text: &str) -> Result<Unit, UnitError> {
    let bad = |what: String| UnitError { name, what };
    let mut unit = Unit {
        name,
        binary: String::new(),
        user: String::new(),
        watchdog: None,
        restart_after: Duration::from_millis(100),
        never_restart_on: Vec::new(),
        credentials: Vec::new(),
        runtime: false,
    };
    let lines = text.lines().map(str::trim);
    for line in lines.filter(|l| !l.is_empty() && !l.starts_with(['#', '['])) {
        let (key, value) = line
            .split_once('=')
            .ok_or_else(|| bad(format!("no assignment: {line}")))?;
        match key {
            "ExecStart" => unit.binary = value.rsplit('/').next().unwrap_or(value).to_owned(),
            "User" => value.clone_into(&mut unit.user),
            "WatchdogSec" => unit.watchdog = Some(seconds(value).ok_or_else(|| bad(line.into()))?),
            "RestartSec" => unit.restart_after = seconds(value).ok_or_else(|| bad(line.into()))?,
            "RestartPreventExitStatus" => {
                let codes = value.split_whitespace().map(str::parse);
                unit.never_restart_on = codes
                    .collect::<Result<_, _>>()
                    .map_err(|_| bad(line.into()))?;
            }
            "ImportCredential" if value.contains(['*', '?', '[', ':']) => {
                // The house lays out files by name.
                return Err(bad(line.into()));
            }
            "ImportCredential" => unit.credentials.push(value.to_owned()),
            "RuntimeDirectory" => unit.runtime = true,
            "Type" if value != "notify" => return Err(bad(line.into())),
            "Restart" if value != "on-failure" => return Err(bad(line.into())),
            _ => {}
        }
    }
    if unit.binary.is_empty() || unit.user.is_empty() {
        return Err(bad("ExecStart= or User= is missing".into()));
    }
    Ok(unit)
}

/// `100ms`, `10` or `10s`.
fn seconds(value: &str) -> Option<Duration> {
    if let Some(ms) = value.strip_suffix("ms") {
        return ms.parse().ok().map(Duration::from_millis);
    }
    let s = value.strip_suffix('s').unwrap_or(value);
    s.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_unit_can_be_kept_to_and_names_a_user_of_ours() {
        for name in names() {
            let unit = unit(name).unwrap();
            assert_eq!(unit.binary, format!("uketsuke-{name}"));
            assert!(crate::users::find(&unit.user).is_some(), "{}", unit.user);
            assert!(unit.watchdog.is_some());
            assert_eq!(unit.never_restart_on, [78]);
        }
        let credentials = unit("uplink").unwrap().credentials;
        assert_eq!(credentials, ["reader.crt", "reader.key", "terminal-ca.crt"]);
    }
}
