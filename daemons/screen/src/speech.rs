// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is said, and when: for those who do not see the glass, and two notes for everybody.
//!
//! ```text
//!              a key of the keypad                  idle again, or left alone there
//!   silent ───────────────────────────► speaking ───────────────────────────────────► silent
//! ```
//!
//! A view that has come is said whole: heading, words, and what the ring lies round. While it stays,
//! what is new on it is said: the count of digits, a warning, what the ring has come to. Whatever is
//! ordered takes the place of what is being said, so who knows the way need not wait.
//!
//! Said is what a [recording](list) exists of, in Japanese or English. The tree of the view that is
//! said is made in the language that is spoken, so that ear and eye meet the same words.

pub mod heard;
pub mod list;

use uketsuke_bus::mode1::ViewId;
use uketsuke_bus::screen1::Language;
use uketsuke_bus::voice1::Loudness;
use uketsuke_common::config::Voice;

use crate::texts::{Key, catalogue, key, plain};
use crate::views::Overlay;
use heard::Line;

/// Two notes: done.
pub const DONE_TONE: &str = "tone-done";
/// Three notes again and again: something lies on the reader.
pub const FORGOTTEN_TONE: &str = "tone-forgotten";

/// What the voice is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Recordings, one after the other, in the place of what is being said.
    Say(Vec<&'static str>, Loudness),
    /// No more.
    Hush,
}

/// What is to be heard of the view as it stands now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Heading and words.
    pub words: Vec<Line>,
    /// What the ring lies round.
    pub ring: Option<Line>,
    /// How to lead the ring, for who hears the voice for the first time.
    pub help: Option<Line>,
}

/// Where somebody is. Whoever comes to another place hears it whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The view; `None` while there is no mode manager.
    pub view: Option<ViewId>,
    /// What stands over it.
    pub overlay: Option<Overlay>,
    /// What is spoken.
    pub language: Language,
    /// Steps with each pad that is put up anew, so that a second wrong PIN is said like the first.
    pub pad: u32,
}

/// The state of the voice.
pub struct Speech {
    wanted: Voice,
    chimes: bool,
    /// Somebody pressed a key.
    called: bool,
    /// Nobody has been told yet how to lead the ring.
    greet: bool,
    again: bool,
    loudness: Loudness,
    place: Option<Place>,
    heard: Heard,
    /// Whether the view before was said.
    spoke: bool,
    sounding: bool,
    order: Option<Order>,
}

impl Speech {
    /// Silent.
    #[must_use]
    pub fn new(wanted: Voice, chimes: bool) -> Self {
        Self {
            wanted,
            chimes,
            called: false,
            greet: false,
            again: false,
            loudness: Loudness::default(),
            place: None,
            heard: Heard::default(),
            spoke: false,
            sounding: false,
            order: None,
        }
    }

    /// From now on it is wanted so.
    pub fn want(&mut self, wanted: Voice, chimes: bool) {
        (self.wanted, self.chimes) = (wanted, chimes);
    }

    /// A key of the keypad was pressed: whoever feels for keys may not see the glass.
    pub fn call(&mut self) {
        if self.wanted != Voice::Off && !self.called {
            self.called = true;
            self.greet = true;
            self.again = true;
        }
    }

    /// Once more, from the heading on.
    pub fn repeat(&mut self) {
        self.again = true;
    }

    /// Once more and louder; after the loudest as it was.
    pub fn louder(&mut self) {
        self.loudness = self.loudness.next();
        self.again = true;
    }

    /// The next patient has not called anybody.
    pub fn reset(&mut self) {
        self.called = false;
        self.greet = false;
        self.again = false;
        self.loudness = Loudness::default();
    }

    /// Whether a patient called the voice.
    #[must_use]
    pub fn is_called(&self) -> bool {
        self.called
    }

    /// Whether views are said. An idle reader that always speaks would speak to an empty room.
    #[must_use]
    pub fn speaks(&self, view: Option<ViewId>) -> bool {
        match self.wanted {
            Voice::Off => false,
            Voice::Keypad => self.called,
            Voice::Always => self.called || !matches!(view, None | Some(ViewId::Idle)),
        }
    }

    /// Where somebody is now, and what is to be heard there; nothing where the voice does not speak.
    pub fn turn(&mut self, place: Place, heard: Option<Heard>) {
        let came = self.place.is_none_or(|was| was.view != place.view);
        let elsewhere = self.place != Some(place);
        self.place = Some(place);
        let mut names = Vec::new();
        let again = std::mem::take(&mut self.again);
        let speaks = heard.is_some();
        let fell_silent = std::mem::replace(&mut self.spoke, speaks) && !speaks;
        match heard {
            Some(heard) => {
                let known = std::mem::replace(&mut self.heard, heard);
                let whole = again || elsewhere;
                let lines = if whole {
                    self.whole()
                } else {
                    self.news(&known)
                };
                names.extend(lines.iter().filter_map(|line| list::recording(line)));
            }
            None => self.heard = Heard::default(),
        }
        match place.view.filter(|_| came && self.chimes) {
            Some(ViewId::Done | ViewId::VisualDone) => names.insert(0, DONE_TONE),
            Some(ViewId::CardForgotten) => names.push(FORGOTTEN_TONE),
            _ => {}
        }
        if !names.is_empty() {
            self.order = Some(Order::Say(names, self.loudness));
            self.sounding = true;
        } else if (came || fell_silent) && std::mem::take(&mut self.sounding) {
            self.order = Some(Order::Hush);
        }
    }

    /// What the voice is to be asked now.
    pub fn take_order(&mut self) -> Option<Order> {
        self.order.take()
    }

    fn whole(&mut self) -> Vec<Line> {
        let help = self.heard.help.clone();
        let help = help.filter(|_| std::mem::take(&mut self.greet));
        let heard = &self.heard;
        let words = heard.words.iter().cloned();
        help.into_iter()
            .chain(words)
            .chain(heard.ring.clone())
            .collect()
    }

    fn news(&self, known: &Heard) -> Vec<Line> {
        let words = self.heard.words.iter();
        let new = words.filter(|line| !known.words.contains(line)).cloned();
        let ring = self.heard.ring.clone();
        new.chain(ring.filter(|_| self.heard.ring != known.ring))
            .collect()
    }
}

/// The language in which a view is said: its own where it has a voice, English otherwise.
#[must_use]
pub fn spoken(language: Language) -> Language {
    match language {
        Language::Ja | Language::JaEasy | Language::En => language,
        Language::Zh | Language::Ko | Language::Vi | Language::Pt => Language::En,
    }
}

/// How to lead the ring.
#[must_use]
pub fn help(language: Language) -> Line {
    said(language, key::VOICE_HELP)
}

/// The name of a language; one without a voice is named in English.
#[must_use]
pub fn name_of(language: Language) -> Line {
    Line {
        language: spoken(language),
        ..said(language, key::LANGUAGE_HEARD)
    }
}

fn said(language: Language, key: Key) -> Line {
    let words = plain(&catalogue(language).text(key));
    Line { language, words }
}

/// Every language that has a voice.
pub const VOICES: [Language; 3] = [Language::Ja, Language::JaEasy, Language::En];
