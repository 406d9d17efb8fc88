// SPDX-License-Identifier: MIT OR Apache-2.0
//! Looks and room of a node: sizes in millimetres and points, colours as roles.

/// Points to millimetres: 1 pt = 1/72 inch.
pub const MM_PER_PT: f32 = 25.4 / 72.0;

/// Smallest text on the screen, pt (JIS S 0032 for age 70 at 50 cm, Gothic, 5–10 strokes).
pub const MIN_TEXT_PT: f32 = 13.5;
/// Direction in which a group lays out its children.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Flow {
    /// Side by side.
    Row,
    /// One below the other.
    #[default]
    Column,
}

/// Text sizes, as em in points. None is below [`MIN_TEXT_PT`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TextSize {
    /// 14 pt: status strip, footnote.
    Note,
    /// 17 pt: running text.
    #[default]
    Body,
    /// 21 pt: buttons, important text.
    Lead,
    /// 27 pt: headings.
    Title,
    /// 36 pt: the one thing on an idle screen.
    Display,
}

impl TextSize {
    /// The em in points.
    pub fn pt(self) -> f32 {
        match self {
            Self::Note => 14.0,
            Self::Body => 17.0,
            Self::Lead => 21.0,
            Self::Title => 27.0,
            Self::Display => 36.0,
        }
    }

    /// The em in millimetres.
    pub fn mm(self) -> f32 {
        self.pt() * MM_PER_PT
    }
}

/// Colour roles; `ui::theme` gives them values and tests their contrast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Colour {
    /// Behind everything.
    Ground,
    /// Cards and plain buttons on the ground.
    Surface,
    /// A quiet area on the ground or on a surface.
    Quiet,
    /// Text: at least 15:1 on ground and surface.
    Text,
    /// Less important text: at least 7:1.
    Muted,
    /// Main actions and what is selected.
    Primary,
    /// Text on `Primary`: at least 7:1.
    OnPrimary,
    /// Lines round things to touch: at least 3:1.
    Outline,
    /// A line that only divides.
    Line,
    /// It worked.
    Good,
    /// Behind text that says it worked.
    GoodGround,
    /// Something needs care.
    Warning,
    /// Behind text that needs care.
    WarningGround,
    /// It did not work.
    Alert,
    /// Behind text that says it did not work.
    AlertGround,
}

/// Meaning of a strip, a card or a text; picks its colours together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// It worked.
    Good,
    /// Something needs care.
    Warning,
    /// It did not work.
    Alert,
}

impl Tone {
    /// Ink and ground of this tone.
    pub fn colours(self) -> (Colour, Colour) {
        match self {
            Self::Plain => (Colour::Text, Colour::Quiet),
            Self::Good => (Colour::Good, Colour::GoodGround),
            Self::Warning => (Colour::Warning, Colour::WarningGround),
            Self::Alert => (Colour::Alert, Colour::AlertGround),
        }
    }
}

/// Whose letters a text is set in. Han characters have one code for all languages, but each
/// language's readers know other shapes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Letters {
    /// Kana and Japanese shapes of Han characters. A text of these that is mostly Latin letters is
    /// set as [`Self::Latin`]: names of facilities are free text.
    #[default]
    Japanese,
    /// Simplified Chinese.
    Chinese,
    /// Hangul.
    Korean,
    /// English, Vietnamese, Portuguese.
    Latin,
}

/// A length along one side.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Length {
    /// As large as the content.
    #[default]
    Auto,
    /// Millimetres on the glass.
    Mm(f32),
    /// Share of the parent, 0 to 1.
    Share(f32),
}

/// Where content sits on an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Place {
    /// Left or top.
    #[default]
    Start,
    /// In the middle.
    Centre,
    /// Right or bottom.
    End,
    /// Across the flow: as wide as the parent. Along it: spread out.
    Fill,
}

/// Everything about looks and room. Lengths are millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Direction of the children.
    pub flow: Flow,
    /// Width.
    pub width: Length,
    /// Height.
    pub height: Length,
    /// Smallest width, mm; 0 for none.
    pub min_width: f32,
    /// Smallest height, mm; 0 for none.
    pub min_height: f32,
    /// Largest width, mm; 0 for none. Lines of text stay readable up to about 40 characters.
    pub max_width: f32,
    /// Takes this part of the room left over along the parent's flow.
    pub grow: f32,
    /// Gives up room when there is too little.
    pub shrink: bool,
    /// Wraps a row into several lines when its children do not fit.
    pub wrap: bool,
    /// Room between children, mm.
    pub gap: f32,
    /// Room inside the edge, mm: left and right, top and bottom.
    pub pad: (f32, f32),
    /// Children along the flow.
    pub along: Place,
    /// Children across the flow.
    pub across: Place,
    /// This node across its parent's flow; `None` does as the parent says.
    pub place: Option<Place>,
    /// Lines of text in their box.
    pub align: Place,
    /// Size of the text.
    pub size: TextSize,
    /// Bold text.
    pub bold: bool,
    /// Letters of the text; `None` takes those of the view's language.
    pub letters: Option<Letters>,
    /// Colour of text and icon.
    pub ink: Colour,
    /// Fill; `None` lets the parent show through.
    pub fill: Option<Colour>,
    /// Line round the edge: colour and thickness in mm.
    pub line: Option<(Colour, f32)>,
    /// Radius of the corners, mm.
    pub radius: f32,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            flow: Flow::Column,
            width: Length::Auto,
            height: Length::Auto,
            min_width: 0.0,
            min_height: 0.0,
            max_width: 0.0,
            grow: 0.0,
            shrink: true,
            wrap: false,
            gap: 0.0,
            pad: (0.0, 0.0),
            along: Place::Start,
            across: Place::Fill,
            place: None,
            align: Place::Start,
            size: TextSize::Body,
            bold: false,
            letters: None,
            ink: Colour::Text,
            fill: None,
            line: None,
            radius: 0.0,
        }
    }
}
