// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the daemons find when they start: configurations, and the secret of the box.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;

use crate::api::Orientation;
use crate::house::{HouseError, user_of};
use crate::options::{Options, panel_toml};
use crate::space::Space;

/// Addresses chosen for a run.
pub struct Addresses {
    /// Where the uplink finds the terminal: the proxy.
    pub terminal: SocketAddr,
    /// Where the terminal listens for readers.
    pub listen: SocketAddr,
    /// Where it shows its page.
    pub page: SocketAddr,
    /// Where the terminal finds the centre: the proxy.
    pub centre: SocketAddr,
}

/// Names of the virtual reader's two slots, as far as they differ: the first is for cards, the second
/// for phones.
const SLOTS: [&str; 2] = ["00 00", "00 01"];

/// Two configurations: the reader's daemons reach the terminal through the line that can be cut;
/// the terminal itself has the place `here`.
///
/// # Errors
/// [`HouseError::Space`]; a unit or user that is not there.
pub fn configure(
    space: &Space,
    options: &Options,
    addresses: &Addresses,
    roots: &Path,
) -> Result<(), HouseError> {
    let reader = format!(
        "[facility]\nname = \"うけつけ医院\"\n\n[card]\ntest_cards = true\nroots = {roots:?}\n\n\
         [card.slot]\nname = {:?}\n\n[card.phone_slot]\nname = {:?}\n\n\
         [terminal]\nplace = \"https://localhost:{}/\"\n\n\
         [voice]\noutput = \"file\"\nfiles = {:?}\nrecordings = {:?}\n",
        SLOTS[0],
        SLOTS[1],
        addresses.terminal.port(),
        space.directory("sound", user_of("voice")?, 0o755)?,
        space.recordings(),
    );
    let terminal = format!(
        "[terminal]\nplace = \"here\"\nlisten = \"{}\"\npage = \"{}\"\ncentre = \"https://localhost:{}/\"\n",
        addresses.listen,
        addresses.page,
        addresses.centre.port()
    );
    for (directory, text) in [("config", reader), ("config-terminal", terminal)] {
        space.directory(directory, 0, 0o755)?;
        space.directory(&format!("{directory}/reader.d"), 0, 0o755)?;
        space.file(&format!("{directory}/reader.toml"), text.as_bytes(), None)?;
        if let Some(extra) = &options.config {
            let path = format!("{directory}/reader.d/50-run.toml");
            space.file(&path, extra.as_bytes(), None)?;
        }
    }
    write_panel_config(space, options.orientation, &options.language)
}

/// How the panel is held, and the language a new patient meets.
///
/// # Errors
/// [`HouseError::Space`].
pub fn write_panel_config(
    space: &Space,
    orientation: Orientation,
    language: &str,
) -> Result<(), HouseError> {
    let toml = panel_toml(&space.base().join("panel"), orientation, language);
    space.file("config/reader.d/10-panel.toml", toml.as_bytes(), None)?;
    Ok(())
}

/// What provisioning draws on a box: the mode manager keeps its passcodes under it.
///
/// # Errors
/// [`HouseError::Random`], [`HouseError::Space`].
pub fn pepper(space: &Space) -> Result<(), HouseError> {
    let user = user_of("mode")?;
    let mut bytes = [0; 32];
    File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .map_err(HouseError::Random)?;
    space.directory("credentials/mode", user, 0o700)?;
    space.file("credentials/mode/passcode.pepper", &bytes, Some(user))?;
    Ok(())
}
