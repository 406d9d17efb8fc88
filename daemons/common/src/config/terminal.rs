// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[terminal]`: the 資格確認端末, on this box or elsewhere.

use std::borrow::Cow;
use std::net::SocketAddr;

use serde::Deserialize;
use url::Url;

use super::Problems;
use super::receipt::{self, Receipts};

/// Where the terminal runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Place {
    /// On this box.
    Here,
    /// At this address, `https` with a host name or address.
    At(Url),
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "here" {
            return Ok(Self::Here);
        }
        https(&text).map(Self::At)
    }
}

/// `[terminal]` of `reader.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TerminalConfig {
    /// `"here"`, or the `https://` address of a terminal that serves several readers.
    pub place: Place,
    /// Where a terminal on this box listens for readers.
    pub listen: SocketAddr,
    /// Where a terminal on this box shows its console.
    pub page: SocketAddr,
    /// `https://` address of the centre (オンライン資格確認等システム).
    pub centre: Centre,
    /// Longest wait for one answer of the centre; 1 to 25 s. At least 2 s shorter than
    /// `uplink.request_s`, so that the reader is told which hop is down before its own patience
    /// ends.
    pub centre_s: u32,
    /// Time between two heart-beats to the centre; 1 to 60 s.
    pub heartbeat_s: u32,
    /// Longest pause between two attempts to deliver to the centre; 1 to 900 s.
    pub retry_max_s: u32,
    /// Where a terminal on this box keeps what it knows: `"here"`, or a PostgreSQL database.
    pub database: DatabasePlace,
    /// How long check-ins stay in the history (time, result, consents; no name); 1 to 3650 days.
    pub history_days: u32,
    /// 医療機関コード, 10 digits, for face files; empty where there is no receipt computer.
    pub institution: String,
    /// What stands between 医療機関コード and counter in the name of a face file, 3 digits. No public source
    /// says what it means.
    pub face_kind: String,
    /// The receipt computers (レセプトコンピューター) that get face files.
    pub receipt: Receipts,
}

/// Address of the centre.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Centre(pub Url);

impl TryFrom<String> for Centre {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        https(&text).map(Self)
    }
}

/// Where a terminal's database is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum DatabasePlace {
    /// A file of its own (SQLite).
    Here,
    /// PostgreSQL at `postgres://role@host/name`, or at `postgres:///name?host=/folder` by the socket in a
    /// folder.
    At(Url),
}

impl TryFrom<String> for DatabasePlace {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "here" {
            return Ok(Self::Here);
        }
        // The text is not repeated where it may hold a password.
        let url = Url::parse(&text).map_err(|e| format!("no address: {e}"))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err("no postgres:// address".into());
        }
        let values = |names: &[&str]| -> Vec<String> {
            let named = |(key, value): (Cow<'_, str>, Cow<'_, str>)| {
                names.contains(&&*key).then(|| value.into_owned())
            };
            url.query_pairs().filter_map(named).collect()
        };
        if url.password().is_some() || !values(&["password"]).is_empty() {
            return Err(
                "a password does not belong here: docs/terminal-database.md says where".into(),
            );
        }
        if url.path().len() < 2 {
            return Err(format!("{text:?} names no database"));
        }
        let mut hosts = values(&["host", "hostaddr"]);
        hosts.extend(url.host_str().map(|host| host.replace("%2F", "/")));
        let modes = values(&["sslmode", "ssl-mode"]);
        let verified = !modes.is_empty() && modes.iter().all(|mode| mode == "verify-full");
        if !verified && hosts.iter().any(|host| !host.starts_with('/')) {
            return Err(format!(
                "{text:?}: by net the server is to be known, with ?sslmode=verify-full"
            ));
        }
        Ok(Self::At(url))
    }
}

fn https(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|e| format!("{text:?} is no address: {e}"))?;
    if url.scheme() != "https" || url.host().is_none() {
        return Err(format!("{text:?} is not an https:// address"));
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(format!(
            "{text:?}: only scheme, host, port and path are taken"
        ));
    }
    Ok(url)
}

impl Default for TerminalConfig {
    fn default() -> Self {
        Self {
            place: Place::Here,
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            page: SocketAddr::from(([127, 0, 0, 1], 8480)),
            centre: Centre(
                Url::parse("https://centre.invalid/").expect("a constant that a test parses"),
            ),
            centre_s: 5,
            heartbeat_s: 3,
            retry_max_s: 60,
            database: DatabasePlace::Here,
            history_days: 90,
            institution: String::new(),
            face_kind: "001".into(),
            receipt: Receipts::new(),
        }
    }
}

impl TerminalConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        if self.listen == self.page && self.listen.port() != 0 {
            problems.add("terminal.page", "the same address as `terminal.listen`");
        }
        if !self.page.ip().is_loopback() {
            problems.add(
                "terminal.page",
                "the console is not encrypted and stays on this box: a loopback address",
            );
        }
        problems.range("terminal.centre_s", self.centre_s, 1..=25, "s");
        problems.range("terminal.heartbeat_s", self.heartbeat_s, 1..=60, "s");
        problems.range("terminal.retry_max_s", self.retry_max_s, 1..=900, "s");
        problems.range("terminal.history_days", self.history_days, 1..=3650, "days");
        receipt::check(&self.receipt, problems);
        let named = !self.institution.is_empty() || !self.receipt.is_empty();
        if named && !receipt::is_institution(&self.institution) {
            let what = format!("{:?} is no 医療機関コード of 10 digits", self.institution);
            problems.add("terminal.institution", what);
        }
        if self.face_kind.len() != 3 || !self.face_kind.bytes().all(|b| b.is_ascii_digit()) {
            let what = format!("{:?} is not three digits", self.face_kind);
            problems.add("terminal.face_kind", what);
        }
    }
}
