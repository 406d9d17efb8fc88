// SPDX-License-Identifier: MIT OR Apache-2.0
//! The scenarios, by name, and what they share.

mod bench;
mod boot;
mod broken_update;
mod brought;
mod check_in;
mod corrupt;
mod hand;
mod image;
mod limits;
mod matrix;
mod models;
mod power_cuts;
mod provision;
mod refused;
mod replay;
mod stage;
mod stick;
mod update;
mod updating;

use std::path::PathBuf;

use crate::hardware::Parts;
use crate::report::Report;
use crate::tools::Tools;
pub use image::{Flavour, Image};

/// What a run of a scenario is given.
pub struct Run {
    /// The tools.
    pub tools: Tools,
    /// The image given on the command line, if any; otherwise the built one of the flavour needed.
    pub image: Option<PathBuf>,
    /// What every machine of the run has besides what a scenario gives it.
    pub parts: Parts,
    /// Directory of this scenario's files, logs and pictures.
    pub directory: PathBuf,
    /// Arguments after the name.
    pub arguments: Vec<String>,
    /// For everything left to chance; the seed is printed.
    pub chance: fastrand::Rng,
    /// What is told.
    pub report: Report,
}

impl Run {
    /// The first argument as a number, or `default`.
    ///
    /// # Errors
    /// When it is no number.
    fn count(&self, default: u32) -> anyhow::Result<u32> {
        match self.arguments.first() {
            None => Ok(default),
            Some(text) => text
                .parse()
                .map_err(|_| anyhow::anyhow!("{text:?} is no number")),
        }
    }
}

/// A scenario as the list shows it.
pub struct Listed {
    /// Its name.
    pub name: &'static str,
    /// Its arguments.
    pub arguments: &'static str,
    /// The image it needs.
    pub flavour: Flavour,
    /// What it shows.
    pub shows: &'static str,
}

/// Every scenario.
pub const ALL: &[Listed] = &[
    Listed {
        name: "boot",
        arguments: "",
        flavour: Flavour::Release,
        shows: "power on to the idle screen",
    },
    Listed {
        name: "check-in",
        arguments: "",
        flavour: Flavour::Release,
        shows: "a card, a PIN and consents by touch; the record is at the centre",
    },
    Listed {
        name: "keypad",
        arguments: "",
        flavour: Flavour::Release,
        shows: "the same on a keypad that is plugged while the reader runs",
    },
    Listed {
        name: "update",
        arguments: "[BUNDLE]",
        flavour: Flavour::Development,
        shows: "a streamed update, the other slot confirmed, bytes fetched",
    },
    Listed {
        name: "stick",
        arguments: "[BUNDLE]",
        flavour: Flavour::Development,
        shows: "the same from a field engineer's USB stick with a grant; another box's is refused",
    },
    Listed {
        name: "provision",
        arguments: "",
        flavour: Flavour::Development,
        shows: "no set, a bad one, a good one: one boot to the clinic's reader; a spare takes over",
    },
    Listed {
        name: "broken-update",
        arguments: "CAUSE[,CAUSE…]",
        flavour: Flavour::Development,
        shows: "the bundle CAUSE (image/variant) does not work; the old slot comes back by itself",
    },
    Listed {
        name: "power-cuts",
        arguments: "[N[,BOOTS]]",
        flavour: Flavour::Development,
        shows: "power cut at N random instants of an install; BOOTS come up, the rest could, then it succeeds",
    },
    Listed {
        name: "replay",
        arguments: "[BUNDLE[,BOOTS[,SAMPLES]]]",
        flavour: Flavour::Development,
        shows: "every write of an update recorded; at each of them a power cut leaves a slot that starts",
    },
    Listed {
        name: "matrix",
        arguments: "",
        flavour: Flavour::Development,
        shows: "every user asks for every bus method; what is let through is the committed table",
    },
    Listed {
        name: "models",
        arguments: "",
        flavour: Flavour::Development,
        shows: "the image's models give every known answer in the sandbox of their worker; none is taken in production",
    },
    Listed {
        name: "refused",
        arguments: "[N]",
        flavour: Flavour::Development,
        shows: "bad bundles refused by name, RAUC's loosening arguments too, N altered bytes noticed",
    },
    Listed {
        name: "corrupt",
        arguments: "[N]",
        flavour: Flavour::Development,
        shows: "one bit flipped in N random root blocks: never used, the other slot runs",
    },
    Listed {
        name: "bench",
        arguments: "[N]",
        flavour: Flavour::Development,
        shows: "power on to idle against a bare target, memory, wake-ups",
    },
    Listed {
        name: "hand",
        arguments: "[FLAVOUR]",
        flavour: Flavour::Development,
        shows: "nothing: a machine for a person who types `place`, `look`, `touch`, `sh`",
    },
];

/// Runs a scenario by its name.
///
/// # Errors
/// What failed, with its causes.
pub async fn run(name: &str, run: &mut Run) -> anyhow::Result<()> {
    match name {
        "boot" => boot::run(run).await,
        "check-in" => check_in::run(run).await,
        "keypad" => check_in::keypad(run).await,
        "update" => update::run(run).await,
        "stick" => stick::run(run).await,
        "provision" => provision::run(run).await,
        "broken-update" => broken_update::run(run).await,
        "power-cuts" => power_cuts::run(run).await,
        "replay" => replay::run(run).await,
        "matrix" => matrix::run(run).await,
        "models" => models::run(run).await,
        "refused" => refused::run(run).await,
        "corrupt" => corrupt::run(run).await,
        "bench" => bench::run(run).await,
        "hand" => hand::run(run).await,
        _ => anyhow::bail!("there is no scenario {name:?}; see `uketsuke-machine list`"),
    }
}
