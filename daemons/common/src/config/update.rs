// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[update]`: where updates come from and when they take effect.

use serde::Deserialize;
use url::Url;

use super::Problems;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// When an installed update takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// By itself, at a quiet time.
    Quiet,
    /// When `uketsukectl update activate` says so.
    OnRequest,
}

/// Beginning of the addresses an update may come from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Server(pub Url);

impl TryFrom<String> for Server {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url = Url::parse(&text).map_err(|e| format!("{text:?} is no address: {e}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("{text:?} is no http:// or https:// address"));
        }
        if url.query().is_some() || url.fragment().is_some() || has_user(&url) {
            return Err(format!(
                "{text:?}: only scheme, host, port and path are taken"
            ));
        }
        if !url.path().ends_with('/') {
            return Err(format!("{text:?} names no folder; end it with `/`"));
        }
        Ok(Self(url))
    }
}

impl Server {
    /// Whether `url` lies below this address: same scheme, host and port, and the path in the
    /// folder. Both have been parsed, so no `..` is left in either path.
    #[must_use]
    pub fn covers(&self, url: &Url) -> bool {
        self.0.scheme() == url.scheme()
            && self.0.host() == url.host()
            && self.0.port_or_known_default() == url.port_or_known_default()
            && url.path().starts_with(self.0.path())
    }
}

/// Whether an address carries a user name or password.
#[must_use]
pub fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// Minutes of the day, Japan Standard Time, in which the reader may restart by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Window {
    start: u16,
    end: u16,
}

impl Window {
    /// Whether it holds this minute of the day (0 to 1439). May reach over midnight.
    #[must_use]
    pub fn holds(self, minute: u16) -> bool {
        if self.start < self.end {
            (self.start..self.end).contains(&minute)
        } else {
            minute >= self.start || minute < self.end
        }
    }
}

impl TryFrom<String> for Window {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no time span like \"02:00-05:00\"");
        let (start, end) = text.split_once('-').ok_or_else(wrong)?;
        let start = minute(start).filter(|m| *m < DAY).ok_or_else(wrong)?;
        let end = minute(end).ok_or_else(wrong)?;
        if start == end {
            return Err(format!("{text:?} is empty; the whole day is 00:00-24:00"));
        }
        Ok(Self { start, end })
    }
}

/// `HH:MM`, 00:00 to 24:00.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<u16>().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let of_day = hours * 60 + minutes;
    (minutes < 60 && of_day <= DAY).then_some(of_day)
}

/// `[update]` of `reader.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UpdateConfig {
    /// Folders updates may come from by net; none by default.
    pub servers: Vec<Server>,
    /// When an installed update takes effect.
    pub activate: Activation,
    /// Hours of the quiet time, Japan Standard Time.
    pub window: Window,
    /// Minutes without a patient before the reader may restart by itself; 1 to 240.
    pub idle_min: u32,
    /// Days after which an update waits for `idle_min` alone, at any hour: a reader that is switched
    /// off every night never meets its window; 1 to 30.
    pub postpone_days: u32,
}

impl Default for UpdateConfig {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            activate: Activation::Quiet,
            window: Window {
                start: 2 * 60,
                end: 5 * 60,
            },
            idle_min: 10,
            postpone_days: 7,
        }
    }
}

impl UpdateConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        if self.servers.len() > 8 {
            let what = format!("{} addresses; 8 at most", self.servers.len());
            problems.add("update.servers", what);
        }
        problems.range("update.idle_min", self.idle_min, 1..=240, "min");
        problems.range("update.postpone_days", self.postpone_days, 1..=30, "days");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn window(text: &str) -> Result<Window, String> {
        Window::try_from(text.to_owned())
    }

    #[test]
    fn a_window_holds_its_first_minute_and_not_its_last_also_over_midnight() {
        let night = window("22:00-05:00").unwrap();
        let held: Vec<u16> = (0..DAY).filter(|m| night.holds(*m)).collect();
        assert_eq!((held[0], held.len()), (0, 7 * 60));
        assert!(night.holds(22 * 60) && !night.holds(5 * 60) && !night.holds(22 * 60 - 1));
        let early = window("02:00-05:00").unwrap();
        assert_eq!((0..DAY).filter(|m| early.holds(*m)).count(), 180);
        assert!((0..DAY).all(|m| window("00:00-24:00").unwrap().holds(m)));
    }

    #[test]
    fn a_window_that_is_none_is_refused() {
        for text in [
            "",
            "02:00",
            "2:00-5:00",
            "02:00-05:60",
            "24:00-05:00",
            "02:00-24:01",
            "03:00-03:00",
            "02:00-05:00 ",
            "+2:00-05:00",
        ] {
            assert!(window(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_server_covers_its_folder_and_nothing_beside_it() {
        let server = Server::try_from("https://updates.example/readers/".to_owned()).unwrap();
        let covered = |text: &str| server.covers(&Url::parse(text).unwrap());
        for text in [
            "https://updates.example/readers/1.raucb",
            "https://updates.example:443/readers/a/1.raucb?key=1",
            "https://UPDATES.example/x/../readers/1.raucb",
        ] {
            assert!(covered(text), "{text}");
        }
        for text in [
            "http://updates.example/readers/1.raucb",
            "https://updates.example:8443/readers/1.raucb",
            "https://updates.example.evil/readers/1.raucb",
            "https://updates.example/readers",
            "https://updates.example/readers-x/1.raucb",
            "https://updates.example/readers/../1.raucb",
            "https://updates.example/readers/%2e%2e/1.raucb",
            "https://updates.example/readers/a/..\\..\\1.raucb",
        ] {
            assert!(!covered(text), "{text}");
        }
    }

    #[test]
    fn an_address_that_is_no_folder_is_refused() {
        for text in [
            "updates.example",
            "ftp://updates.example/",
            "https://updates.example/readers",
            "https://user@updates.example/",
            "https://:word@updates.example/",
            "https://updates.example/?a=b",
            "https://updates.example/#a",
        ] {
            assert!(Server::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
