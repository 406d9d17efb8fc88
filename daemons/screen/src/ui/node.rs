// SPDX-License-Identifier: MIT OR Apache-2.0
//! The view tree: what a view says, once, for pixels, touch, speech and tests.
//!
//! A view is a pure function from its model to a [`Node`]; it knows millimetres and colour roles,
//! never pixels. Whoever writes views needs only this module:
//!
//! ```
//! use uketsuke_screen::ui::node::*;
//! let view = column([
//!     heading("本人確認の方法を選んでください。").size(TextSize::Title),
//!     row([
//!         button("顔認証を行う", "face").icon(Icon::Face).primary().grow(),
//!         button("暗証番号を入力", "pin").icon(Icon::Keypad).primary().grow(),
//!     ]).gap(6.0),
//!     spacer(),
//!     strip("通信できません").icon(Icon::Network).tone(Tone::Warning),
//! ]).pad(8.0).gap(6.0).grow();
//! # assert!(view.children.len() == 4);
//! ```
//!
//! Text may carry U+200B where a line may break and U+2060 where it must not (see
//! [`phrases`]); the labels that tests and speech read are free of both ([`Node::spoken`]).

pub use super::make::*;
pub use super::style::*;
use uketsuke_bus::screen1::Language;

/// Smallest side of anything to touch, mm (kiosk keypad studies: 20 wanted, never below 15).
pub const MIN_TARGET_MM: f32 = 15.0;
/// Wanted side of a main key, mm.
pub const KEY_MM: f32 = 20.0;
/// Smallest gap between two things to touch, mm.
pub const MIN_GAP_MM: f32 = 3.0;

/// Action of the button that opens the choice of languages over the view; handled by the screen.
pub const LANGUAGES_ACTION: &str = "screen-languages";
/// Action of the button that chooses a language: this and the language's wire name
/// (`screen-language-ja`, `screen-language-en`). The screen handles it itself.
pub const LANGUAGE_ACTION: &str = "screen-language-";
/// Action of the button that takes away what stands over the view; handled by the screen.
pub const CLOSE_ACTION: &str = "screen-close";
/// Action of the button that opens and closes the choice of text size and colours. The screen
/// handles it itself, like all actions that begin with [`SCREEN_ACTION`].
pub const EASE_ACTION: &str = "screen-ease";
/// Action of the button that asks for a size of the text: this and the size's wire name.
pub const TEXT_ACTION: &str = "screen-text-";
/// Action of the button that asks for colours: this and their wire name.
pub const CONTRAST_ACTION: &str = "screen-contrast-";
/// Action of the button that puts the things to touch elsewhere: this and the layout's wire name.
pub const LAYOUT_ACTION: &str = "screen-layout-";
/// How every action begins that changes how the screen looks and not what it says.
pub const SCREEN_ACTION: &str = "screen-";
/// Action of the key that takes back the last digit of the PIN pad; handled by the screen.
pub const ERASE_ACTION: &str = "erase";
/// Digits of the PIN pad: this and the digit; see [`digit_key`]. Handled by the screen.
pub const DIGIT_ACTION: &str = "digit-";

/// What a node is; its children, if any, are laid out by [`Style::flow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A row or a column. With a label it is a named group for speech and tests.
    Group,
    /// Running text.
    Text,
    /// The first thing to read; every view has exactly one.
    Heading,
    /// A thing to press; [`Node::action`] says what it does. With children it shows them instead of
    /// its label, and the label remains what is read.
    Button,
    /// A key of the PIN pad. A masked key never shows that *it* was pressed: the dots light instead.
    Key {
        /// True for digits, whose touch must look alike for every digit (SCR-01).
        masked: bool,
    },
    /// How many digits are in, never which.
    Dots {
        /// Digits entered so far.
        filled: u8,
        /// Digits wanted.
        of: u8,
    },
    /// A drawn sign; decoration unless it has a label.
    Icon(Icon),
    /// What a camera sees, where there is a picture of it; a sign in its place otherwise.
    Live(Icon),
    /// Takes the room that is left.
    Spacer,
    /// A status strip: text that came by itself and is read out when it changes.
    Strip,
}

/// Drawn signs. Paths are in `ui::icons`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Icon {
    /// A card with its chip.
    Card,
    /// A card being placed on the reader.
    PlaceCard,
    /// A card being taken off the reader.
    TakeCard,
    /// A phone.
    Phone,
    /// A phone held to a small reader beside the large one.
    HoldPhone,
    /// A face in a frame.
    Face,
    /// A keypad of nine dots.
    Keypad,
    /// A tick in a circle: done.
    Done,
    /// A bare tick.
    Check,
    /// A bare cross.
    Cross,
    /// An exclamation mark in a triangle.
    Warning,
    /// A broken cable.
    Network,
    /// A person at a desk: call the staff.
    Staff,
    /// An hour-glass: wait.
    Wait,
    /// Erase the last digit.
    Erase,
    /// Back.
    Back,
    /// A globe: language.
    Language,
    /// A padlock: locked, or kept secret.
    Lock,
    /// A sheet of paper: records.
    Document,
    /// A large and a small letter: how the screen looks.
    Letters,
    /// A person in a wheelchair.
    Wheelchair,
}

/// What is heard of a node. What cannot be recorded (names, dates, a hospital) is heard as something
/// that can.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Heard {
    /// Its label.
    #[default]
    Label,
    /// Nothing: it says where one is on the glass, or another node says the same.
    Nothing,
    /// Other words.
    Words(String),
    /// Words of another language.
    In(Language, String),
}

/// One node of a view.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// What a person reads or hears. May carry U+200B and U+2060.
    pub label: String,
    /// What pressing it does: the word sent with `Act`. `digit-0` to `digit-9`, `erase` and
    /// those beginning with `screen-` stay inside the screen.
    pub action: Option<String>,
    /// What is heard instead of the label.
    pub heard: Heard,
    /// Read out when it changes.
    pub live: bool,
    /// May be pressed.
    pub enabled: bool,
    /// Looks and room.
    pub style: Style,
    /// Sign drawn before (in a column: above) the label.
    pub icon: Option<Icon>,
    /// Side of the sign in mm; 0 takes one em of the text.
    pub icon_mm: f32,
    /// Children, in reading order.
    pub children: Vec<Node>,
}

impl Node {
    /// A bare node of one kind.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            label: String::new(),
            action: None,
            heard: Heard::default(),
            live: false,
            enabled: true,
            style: Style::default(),
            icon: None,
            icon_mm: 0.0,
            children: Vec::new(),
        }
    }

    /// The role of the panel protocol.
    pub fn role(&self) -> &'static str {
        match self.kind {
            Kind::Group | Kind::Spacer => "group",
            Kind::Text => "text",
            Kind::Heading => "heading",
            Kind::Button => "button",
            Kind::Key { .. } => "key",
            Kind::Dots { .. } | Kind::Strip => "status",
            Kind::Icon(_) | Kind::Live(_) => "image",
        }
    }

    /// The label as a person reads it, without the marks for line breaking.
    pub fn spoken(&self) -> String {
        self.label
            .chars()
            .filter(|c| !matches!(c, '\u{200b}' | '\u{2060}'))
            .collect()
    }

    /// Children side by side instead of below each other.
    pub fn flow(mut self, flow: Flow) -> Self {
        self.style.flow = flow;
        self
    }
    /// Room between the children, mm.
    pub fn gap(mut self, mm: f32) -> Self {
        self.style.gap = mm;
        self
    }
    /// Room inside all four edges, mm.
    pub fn pad(mut self, mm: f32) -> Self {
        self.style.pad = (mm, mm);
        self
    }
    /// Room inside the edges: left and right, top and bottom, mm.
    pub fn pad_xy(mut self, x: f32, y: f32) -> Self {
        self.style.pad = (x, y);
        self
    }
    /// Takes room left over along the parent's flow, alike among all that grow.
    pub fn grow(mut self) -> Self {
        self.style.grow = 1.0;
        self
    }
    /// Takes `part` parts of the room left over.
    pub fn grow_by(mut self, part: f32) -> Self {
        self.style.grow = part;
        self
    }
    /// Keeps its size when there is too little room.
    pub fn rigid(mut self) -> Self {
        self.style.shrink = false;
        self
    }
    /// A row that becomes several lines where it must.
    pub fn wrap(mut self) -> Self {
        self.style.wrap = true;
        self
    }
    /// Width.
    pub fn width(mut self, width: Length) -> Self {
        self.style.width = width;
        self
    }
    /// Height.
    pub fn height(mut self, height: Length) -> Self {
        self.style.height = height;
        self
    }
    /// Smallest width and height, mm.
    pub fn at_least(mut self, width: f32, height: f32) -> Self {
        self.style.min_width = width;
        self.style.min_height = height;
        self
    }
    /// Largest width, mm.
    pub fn max_width(mut self, mm: f32) -> Self {
        self.style.max_width = mm;
        self
    }
    /// Children along the flow.
    pub fn along(mut self, place: Place) -> Self {
        self.style.along = place;
        self
    }
    /// Children across the flow.
    pub fn across(mut self, place: Place) -> Self {
        self.style.across = place;
        self
    }
    /// This node across its parent's flow.
    pub fn place(mut self, place: Place) -> Self {
        self.style.place = Some(place);
        self
    }
    /// Lines of text in their box.
    pub fn align(mut self, place: Place) -> Self {
        self.style.align = place;
        self
    }
    /// Text and children in the middle of both axes.
    pub fn centre(mut self) -> Self {
        self.style.align = Place::Centre;
        self.style.along = Place::Centre;
        self.style.across = Place::Centre;
        self
    }
    /// Size of the text.
    pub fn size(mut self, size: TextSize) -> Self {
        self.style.size = size;
        self
    }
    /// Words for staff alone, which keep their size whatever size the patient asked for.
    pub fn for_staff(mut self) -> Self {
        self.style.for_staff = true;
        self
    }
    /// Text of this node and of all below it at a size that the patient asked for.
    pub fn scaled(mut self, scale: Scale) -> Self {
        if !self.style.for_staff {
            self.style.scale = scale;
        }
        self.children = self
            .children
            .into_iter()
            .map(|child| child.scaled(scale))
            .collect();
        self
    }
    /// Bold text.
    pub fn bold(mut self) -> Self {
        self.style.bold = true;
        self
    }
    /// Letters of another language than the view's.
    pub fn letters(mut self, letters: Letters) -> Self {
        self.style.letters = Some(letters);
        self
    }
    /// These letters wherever a text of the tree has none of its own.
    pub fn all_letters(&mut self, letters: Letters) {
        self.style.letters.get_or_insert(letters);
        for child in &mut self.children {
            child.all_letters(letters);
        }
    }
    /// Colour of text and icon.
    pub fn ink(mut self, colour: Colour) -> Self {
        self.style.ink = colour;
        self
    }
    /// Fill.
    pub fn fill(mut self, colour: Colour) -> Self {
        self.style.fill = Some(colour);
        self
    }
    /// Line round the edge, mm thick.
    pub fn line(mut self, colour: Colour, mm: f32) -> Self {
        self.style.line = Some((colour, mm));
        self
    }
    /// Radius of the corners, mm.
    pub fn radius(mut self, mm: f32) -> Self {
        self.style.radius = mm;
        self
    }
    /// A raised area: surface, thin line, round corners.
    pub fn card(self) -> Self {
        self.fill(Colour::Surface)
            .line(Colour::Line, 0.3)
            .radius(3.0)
    }
    /// Ink and fill of a meaning.
    pub fn tone(self, tone: Tone) -> Self {
        let (ink, ground) = tone.colours();
        self.ink(ink).fill(ground)
    }
    /// The main thing to do: white on the primary colour.
    pub fn primary(self) -> Self {
        let mut node = self.fill(Colour::Primary).ink(Colour::OnPrimary).bold();
        node.style.line = None;
        node
    }
    /// A sign beside the label.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }
    /// A sign beside the label, its side in mm.
    pub fn icon_of(mut self, icon: Icon, mm: f32) -> Self {
        self.icon = Some(icon);
        self.icon_mm = mm;
        self
    }
    /// Names a group, or an icon that is more than decoration.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
    /// Not heard.
    pub fn silent(mut self) -> Self {
        self.heard = Heard::Nothing;
        self
    }
    /// Heard as other words.
    pub fn heard(mut self, words: impl Into<String>) -> Self {
        self.heard = Heard::Words(words.into());
        self
    }
    /// Heard as words of another language.
    pub fn heard_in(mut self, language: Language, words: impl Into<String>) -> Self {
        self.heard = Heard::In(language, words.into());
        self
    }
    /// Read out when it changes.
    pub fn live(mut self) -> Self {
        self.live = true;
        self
    }
    /// May be pressed or not.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }
}
