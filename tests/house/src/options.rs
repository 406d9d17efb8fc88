// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a run can be told, on the bench's command line and by tests.

use std::fmt::Write as _;

use crate::api::Orientation;
use crate::{face, pinless, unit};

/// Options of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Port of the page on 127.0.0.1; 0 takes any free one, otherwise the next free one is taken.
    pub port: u16,
    /// How the panel stands.
    pub orientation: Orientation,
    /// `ja` or `en`.
    pub language: String,
    /// More configuration, TOML as in `reader.d/*.toml`.
    pub config: Option<String>,
    /// Whether there is a voice.
    pub voice: bool,
    /// Daemons that are not started, so that another program can stand in for them.
    pub without: Vec<String>,
    /// Milliseconds the card takes for an instruction and for a signature; the card's own defaults
    /// where none.
    pub latency_ms: Option<(u32, u32)>,
    /// Whether the logs stay off the terminal.
    pub quiet: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 8080,
            orientation: Orientation::Landscape,
            language: "ja".into(),
            config: None,
            voice: true,
            without: Vec::new(),
            latency_ms: None,
            quiet: false,
        }
    }
}

impl Options {
    /// A desk that says nothing, neither aloud nor in a log, on any free port.
    #[must_use]
    pub fn of_a_test() -> Self {
        Self {
            port: 0,
            voice: false,
            quiet: true,
            // Most of them ask for the PIN, on views as they are where no face is compared.
            without: vec![face::NAME.into()],
            ..Self::default()
        }
    }
}

/// How the bench is called.
pub const USAGE: &str = "\
usage: uketsuke-bench [--port N] [--portrait] [--english] [--config TOML] [--without DAEMON]…
                      [--latency MS,MS] [--silent] [--quiet]

Starts a whole reception desk on this machine and serves one page on 127.0.0.1.
  --port N          first port to try (default 8080; 0: any)
  --portrait        the panel stands upright, 800 × 1280
  --english         a new patient meets English
  --config TOML     more configuration, as in reader.d/*.toml
  --without DAEMON  do not start card, mode, uplink, screen, voice, terminal, face or pinless
  --latency MS,MS   time of the virtual card for an instruction and for a signature
  --silent          no voice
  --quiet           keep the logs of the programs off the terminal";

/// An argument that cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadArgument(String);

impl Options {
    /// Reads the command line; `None` when help was asked for.
    ///
    /// # Errors
    /// [`BadArgument`], in words for the caller.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Option<Self>, BadArgument> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let missing = || BadArgument(format!("{argument} needs a value"));
                arguments.next().ok_or_else(missing)
            };
            let bad = |value: &str| BadArgument(format!("{argument}: cannot take {value:?}"));
            match argument.as_str() {
                "--help" | "-h" => return Ok(None),
                "--quiet" => options.quiet = true,
                "--silent" => options.voice = false,
                "--portrait" => options.orientation = Orientation::Portrait,
                "--english" => options.language = "en".into(),
                "--port" => {
                    let value = value()?;
                    options.port = value.parse().map_err(|_| bad(&value))?;
                }
                "--config" => options.config = Some(value()?),
                "--without" => {
                    let name = value()?;
                    if ![face::NAME, pinless::NAME].contains(&name.as_str())
                        && !unit::names().any(|n| n == name)
                    {
                        return Err(bad(&name));
                    }
                    options.without.push(name);
                }
                "--latency" => {
                    let value = value()?;
                    let parts = value.split_once(',').ok_or_else(|| bad(&value))?;
                    let number = |text: &str| text.parse().map_err(|_| bad(&value));
                    options.latency_ms = Some((number(parts.0)?, number(parts.1)?));
                }
                _ => return Err(BadArgument(format!("unknown argument {argument:?}"))),
            }
        }
        Ok(Some(options))
    }

    /// The command line that [`Self::parse`] turns into these options.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut line = vec!["--port".into(), self.port.to_string()];
        let mut flag = |on: bool, name: &str| {
            if on {
                line.push(name.to_owned());
            }
        };
        flag(self.quiet, "--quiet");
        flag(!self.voice, "--silent");
        flag(self.orientation == Orientation::Portrait, "--portrait");
        flag(self.language == "en", "--english");
        if let Some(config) = &self.config {
            line.extend(["--config".into(), config.clone()]);
        }
        for name in &self.without {
            line.extend(["--without".into(), name.clone()]);
        }
        if let Some((instruction, signature)) = self.latency_ms {
            line.extend(["--latency".into(), format!("{instruction},{signature}")]);
        }
        line
    }
}

/// `[screen]` of the panel as it stands, TOML.
#[must_use]
pub fn panel_toml(directory: &std::path::Path, orientation: Orientation, language: &str) -> String {
    // The panel of the reference board: 1280 × 800 on 172 × 108 mm.
    let ((w, h), (w_mm, h_mm)) = match orientation {
        Orientation::Landscape => ((1280, 800), (172, 108)),
        Orientation::Portrait => ((800, 1280), (108, 172)),
    };
    let mut toml = String::from("[screen]\noutput = \"panel\"\n");
    let _ = writeln!(toml, "panel = {:?}", directory.display().to_string());
    let _ = writeln!(
        toml,
        "pixels = [{w}, {h}]\nwidth_mm = {w_mm}\nheight_mm = {h_mm}"
    );
    let _ = writeln!(toml, "language = {language:?}");
    toml
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn options_come_back_from_their_command_line() {
        let options = Options {
            port: 0,
            orientation: Orientation::Portrait,
            language: "en".into(),
            config: Some("[mode]\nquestion_s = 30\n".into()),
            voice: false,
            without: vec!["screen".into(), "pinless".into()],
            latency_ms: Some((0, 5)),
            quiet: true,
        };
        assert_eq!(Options::parse(options.arguments()).unwrap(), Some(options));
        assert!(Options::parse(["--without".into(), "fax".into()]).is_err());
        assert!(Options::parse(["--prot".into()]).is_err());
        assert_eq!(Options::parse(["--help".into()]).unwrap(), None);
    }
}
