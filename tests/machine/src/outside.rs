// SPDX-License-Identifier: MIT OR Apache-2.0
//! What stands outside the machine: the stand-in centre, everybody's certificates, the update
//! server, the card reader with its cards, and the provisioning folder that names them.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use uketsuke_centre::pki::{self, Ca, PkiError};
use uketsuke_centre::{Centre, Options};
use uketsuke_link::tls::Identity;
use uketsuke_virtual_card::latency::Latency;
use uketsuke_virtual_card::registry;
use uketsuke_virtual_card::tray::TrayError;

use crate::bundles::Bundles;
use crate::disk::{self, DiskError, failed};
use crate::hardware::{Forward, OUTSIDE};
use crate::https;
use crate::reader::{Reader, ReaderError};
use crate::tools::Tools;
use crate::volume;

/// The clinic of every test.
pub const FACILITY: &str = "うけつけ医院";
/// Ports of [`OUTSIDE`].
const CENTRE: u16 = 8443;
const UPDATES: u16 = 8080;

/// Why something outside is not there.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// A file or disk.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Certificates.
    #[error("certificates of the line")]
    Pki(#[from] PkiError),
    /// The centre.
    #[error("the centre does not start: {0}")]
    Centre(String),
    /// The reader.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// The cards.
    #[error(transparent)]
    Tray(#[from] TrayError),
    /// The update server.
    #[error("the update server does not start")]
    Bundles(#[source] std::io::Error),
}

/// Everything outside a machine.
pub struct Outside {
    /// The national centre's stand-in.
    pub centre: Centre,
    /// Reader and cards.
    pub reader: Reader,
    /// The update server.
    pub bundles: Bundles,
    /// A disk with the partition `provision`.
    pub provision: PathBuf,
    /// The set that is on it, as a folder.
    pub set: PathBuf,
}

impl Outside {
    /// Starts it all with state below `directory`; bundles come from `bundles`.
    ///
    /// # Errors
    /// [`OutsideError`].
    pub async fn start(
        tools: &Tools,
        directory: &Path,
        bundles: &Path,
    ) -> Result<Self, OutsideError> {
        let credentials = directory.join("credentials");
        certificates(&credentials)?;
        let cards = directory.join("cards");
        let reader = Reader::start(&cards, Latency::default()).await?;
        let trust = directory.join("trust.pem");
        let roots = reader.tray().roots()?;
        fs::write(&trust, roots).map_err(failed("write", &trust))?;
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let identity = Identity::in_directory(
            &credentials.join("centre"),
            "centre.crt",
            "centre.key",
            "terminal-client-ca.crt",
        );
        let centre = uketsuke_centre::start(Options {
            listen: loopback,
            control: loopback,
            state: directory.join("centre"),
            identity,
            registry: cards.join(registry::FILE),
            trust,
        })
        .await
        .map_err(|error| OutsideError::Centre(format!("{error:#}")))?;
        let folder = directory.join("provision");
        provisioning(&credentials, &folder, &configuration())?;
        let provision = directory.join("provision.raw");
        volume::provision(tools, &folder, &provision).await?;
        https::certificate(tools, &credentials, OUTSIDE)
            .await
            .map_err(DiskError::from)?;
        let bundles = Bundles::serve_tls(bundles, &credentials)
            .await
            .map_err(OutsideError::Bundles)?;
        Ok(Self {
            centre,
            reader,
            bundles,
            set: folder,
            provision,
        })
    }

    /// Lays the same set into another folder, but with this configuration.
    ///
    /// # Errors
    /// [`DiskError`].
    pub fn set_with(&self, folder: &Path, configuration: &str) -> Result<(), DiskError> {
        provisioning(&self.set.join("credentials"), folder, configuration)
    }

    /// The ways out a machine needs to reach it.
    #[must_use]
    pub fn forwards(&self) -> Vec<Forward> {
        let to = |guest, address: SocketAddr| Forward {
            guest,
            host: address.port(),
        };
        vec![
            to(CENTRE, self.centre.address),
            to(UPDATES, self.bundles.address()),
        ]
    }

    /// A bundle's address as the machine calls it.
    #[must_use]
    pub fn url(bundle: &str) -> String {
        format!("https://{OUTSIDE}:{UPDATES}/{bundle}")
    }
}

/// The certificates of the line, with a centre that is called by the address the machine knows it
/// under.
fn certificates(directory: &Path) -> Result<(), PkiError> {
    pki::make(directory)?;
    let centres = Ca::new("Uketsuke test centre")?;
    let centre = centres.server("centre", &[OUTSIDE])?;
    pki::write(&directory.join("centre"), "centre", &centre)?;
    let root = directory.join("terminal/centre-ca.crt");
    fs::write(root, centres.pem()).map_err(PkiError::Write)
}

/// The folder of a reader with a terminal of its own.
fn provisioning(credentials: &Path, folder: &Path, text: &str) -> Result<(), DiskError> {
    for process in ["uplink", "terminal"] {
        let from = credentials.join(process);
        let to = folder.join("credentials").join(process);
        fs::create_dir_all(&to).map_err(failed("make", &to))?;
        for entry in fs::read_dir(&from).map_err(failed("list", &from))? {
            let entry = entry.map_err(failed("list", &from))?;
            disk::copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    let file = folder.join("reader.toml");
    fs::write(&file, text).map_err(failed("write", &file))
}

/// Its configuration. Emulation is ten times slower than a board: limits on peers and patients are
/// the longest the product allows, so that a test meets slowness and not its own machine's load.
fn configuration() -> String {
    format!(
        "[facility]\nname = \"{FACILITY}\"\n\n\
         [card]\ntest_cards = true\napdu_timeout_ms = 10000\nsign_timeout_ms = 30000\n\n\
         [mode]\nquestion_s = 600\nwarning_s = 590\nlink_s = 60\nmessage_s = 60\n\
         done_reminder_s = 120\nstaff_call_s = 600\n\n\
         [uplink]\nrequest_s = 30\n\n\
         [terminal]\nplace = \"here\"\ncentre = \"https://{OUTSIDE}:{CENTRE}/\"\ncentre_s = 25\n\n\
         [update]\nservers = [\"https://{OUTSIDE}:{UPDATES}/\"]\nactivate = \"on-request\"\n"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_folder_is_what_a_reader_takes() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = folder.path().join("made");
        certificates(&credentials).unwrap();
        let provision = folder.path().join("provision");
        provisioning(&credentials, &provision, &configuration()).unwrap();
        let config = uketsuke_common::config::load_from(&provision).unwrap();
        assert_eq!(config.facility.name, FACILITY);
        assert!(config.card.test_cards);
        let bundle = Outside::url("good.raucb");
        assert!(
            bundle.starts_with(config.update.servers[0].0.as_str()),
            "{bundle}"
        );
        for file in [
            "uplink/reader.crt",
            "uplink/reader.key",
            "uplink/terminal-ca.crt",
            "terminal/terminal.key",
            "terminal/centre-ca.crt",
            "terminal/terminal-client.key",
        ] {
            assert!(provision.join("credentials").join(file).is_file(), "{file}");
        }
        assert!(!provision.join("credentials/centre").exists());
        let root = fs::read(provision.join("credentials/terminal/centre-ca.crt")).unwrap();
        assert!(!root.is_empty());
    }
}
