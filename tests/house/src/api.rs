// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values of the control API, shared by the bench that serves it and the tests that call it.

use serde::{Deserialize, Serialize};
pub use uketsuke_bus::screen1::Language;

/// One line of a process's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Rises by one over all processes.
    pub number: u64,
    /// Who said it.
    pub process: String,
    /// What.
    pub text: String,
}

/// Life of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Life {
    /// Started, not ready yet.
    Starting,
    /// Ready.
    Ready,
    /// Ended; starts again after its unit's restart delay.
    Restarting,
    /// Ended for good: asked to, or its exit status forbids a restart.
    Stopped,
}

/// One process of the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Name, as `card`.
    pub name: String,
    /// Where it is in its life.
    pub life: Life,
    /// Process number inside the house; none while it is not running.
    pub pid: Option<u32>,
    /// Times it was started again by itself.
    pub restarts: u32,
    /// How it last ended, in words; none before the first end.
    pub ended: Option<String>,
    /// Last `STATUS=` line.
    pub status: Option<String>,
    /// Resident memory in KiB (`VmRSS`); none while it is not running.
    pub rss_kib: Option<u64>,
    /// Time its threads have spent on a processor, in µs; none while it is not running.
    pub busy_us: Option<u64>,
}

/// State of a cuttable stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// Everything passes.
    #[default]
    Open,
    /// Connections are reset, new ones too: the far end is off.
    Refused,
    /// Nothing passes and nobody says so: the cable is out.
    Silent,
}

/// One cuttable stretch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// `terminal`: reader to terminal; `centre`: terminal to centre.
    pub name: String,
    /// Its state.
    pub line: Line,
    /// Connections open now.
    pub connections: u32,
}

/// How the panel stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Orientation {
    /// 1280 × 800.
    #[default]
    Landscape,
    /// 800 × 1280.
    Portrait,
}

/// One node of what the screen shows, in reading order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// `button`, `text`, `heading`, `status`, `key`, `image` or `group`.
    pub role: String,
    /// What a person reads.
    pub label: String,
    /// Wire name of what pressing it does.
    #[serde(default)]
    pub action: Option<String>,
    /// Left edge in panel pixels.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
    /// Whether it can be pressed.
    #[serde(default)]
    pub enabled: bool,
    /// Whether a change of it is announced.
    #[serde(default)]
    pub live: bool,
    /// Whether the ring of the keypad lies round it.
    #[serde(default)]
    pub focused: bool,
}

/// What the screen says of its picture, on each change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Sequence number of the frame.
    pub sequence: u64,
    /// Changed rectangles, `[x, y, width, height]`.
    #[serde(default)]
    pub damage: Vec<[u32; 4]>,
    /// View, as `P-02`.
    pub view: String,
    /// Number of the view.
    pub view_number: u64,
    /// `ja` or `en`.
    pub language: String,
    /// Colours: `normal` or `high`.
    pub contrast: String,
    /// Size of the text that was asked for: `normal`, `large` or `largest`.
    pub text: String,
    /// Where the things to touch lie: `normal` or `low`.
    pub layout: String,
    /// What a person reads, in reading order.
    pub tree: Vec<Node>,
}

/// The screen as the control API shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Screen {
    /// Counts what arrived from the screen over the whole run, also over its restarts.
    pub change: u64,
    /// Whether the screen is connected now.
    pub connected: bool,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The last picture.
    pub picture: Picture,
}

/// A key of the reader's keypad, by what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// 0 to 9.
    Digit(u8),
    /// Takes the last digit back.
    Erase,
    /// To the next thing that can be pressed.
    Next,
    /// To the one before it.
    Previous,
    /// Presses it.
    Press,
}

/// What a person does to the panel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Touches it.
    Touch(Touch),
    /// Presses a key of the keypad.
    Key(Key),
}

/// A finger on the panel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Touch {
    /// Panel pixels from the left.
    pub x: f32,
    /// Panel pixels from the top.
    pub y: f32,
    /// Down, move or up.
    pub phase: Phase,
}

/// Part of a touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The finger arrives.
    Down,
    /// It moves.
    Move,
    /// It leaves.
    Up,
}

/// A virtual card of the tray.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Name for the API, as `normal-adult`.
    pub name: String,
    /// Where to look for it in the tray, as `people`; `phone` belongs on the slot for phones.
    pub group: String,
    /// PIN, shown because it is a test card.
    pub pin: Option<String>,
}

/// Everything at a glance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct House {
    /// Value for `DBUS_SYSTEM_BUS_ADDRESS`; the bus knows the users of the house only, and root.
    pub bus: String,
    /// Value for `PCSCLITE_CSOCK_NAME`.
    pub pcsc: String,
    /// Whether pcscd runs.
    pub pcscd: bool,
    /// Configuration directory of the run.
    pub config: String,
    /// The programs.
    pub processes: Vec<Process>,
    /// The stretches that can be cut.
    pub stretches: Vec<Stretch>,
    /// The virtual card's own state of the slot for cards; null while it cannot be asked.
    pub card: serde_json::Value,
    /// The same of the slot for phones.
    pub phone: serde_json::Value,
    /// The virtual card's switches: `behaviour`, `defaults` and `atrs`; null while it cannot be asked.
    pub switches: serde_json::Value,
    /// `Uplink1.Hops` and `.Queued` as the bus says them; null while they cannot be asked.
    pub uplink: serde_json::Value,
    /// The centre's own counts; null while it cannot be asked.
    pub centre: serde_json::Value,
    /// What is before the cameras, in a word of [`crate::face::WORDS`].
    pub before: String,
    /// How the panel stands.
    pub orientation: Orientation,
    /// Language a new patient meets.
    pub language: String,
}

/// One bus message in words; never its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Rises by one.
    pub number: u64,
    /// Milliseconds since the bench began to watch.
    pub at_ms: u64,
    /// Who sent it.
    pub from: String,
    /// Who gets it.
    pub to: String,
    /// `call`, `answer`, `error` or `signal`.
    pub kind: String,
    /// What it is, in words.
    pub words: String,
    /// The recordings that the voice is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recordings: Vec<String>,
}
