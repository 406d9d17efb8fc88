// SPDX-License-Identifier: MIT OR Apache-2.0
//! A source that can be made to fail and to work again while it runs.

use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;
use uketsuke_bus::face1::Camera;
use uketsuke_face_capture::{Setup, Source};
use uketsuke_face_preview::{Colours, Shape};

pub const SHAPE: Shape = Shape {
    width: 160,
    height: 120,
    colours: Colours::Rgb,
};

/// What the source does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Bars, and something that moves in a corner.
    Good,
    /// The stream ends.
    Ends,
    /// The source fails in the middle.
    Fails,
    /// Nothing comes.
    Stalls,
    /// Pictures of another size.
    OtherSize,
    /// Noise.
    Noise,
    /// No light.
    Black,
    /// The same picture again and again.
    Still,
    /// Pictures that are a second old.
    Late,
}

/// The source, whichever time it is built.
#[derive(Clone)]
pub struct Bench(Arc<Mutex<State>>);

struct State {
    mood: Mood,
    built: u32,
    parts: Option<Parts>,
}

struct Parts {
    source: gst::Element,
    asked: gst::Element,
    valve: gst::Element,
    fails: gst::Element,
    delay: gst::Pad,
}

impl Bench {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            mood: Mood::Good,
            built: 0,
            parts: None,
        })))
    }

    pub fn setup(&self) -> Setup {
        let bench = self.clone();
        let source = Source::Bench(Arc::new(move || bench.build()));
        Setup::new(Camera::Face, source, SHAPE, 30)
    }

    /// Whether the device is closed.
    pub fn is_closed(&self) -> bool {
        let state = self.0.lock().unwrap();
        let parts = state.parts.as_ref().unwrap();
        parts.source.current_state() == gst::State::Null
    }

    /// How often it was built.
    pub fn built(&self) -> u32 {
        self.0.lock().unwrap().built
    }

    /// It does this from now on.
    pub fn set(&self, mood: Mood) {
        let mut state = self.0.lock().unwrap();
        state.mood = mood;
        if let Some(parts) = &state.parts {
            parts.set(mood);
            match mood {
                Mood::Ends => drop(parts.source.send_event(gst::event::Eos::new())),
                Mood::Fails => {
                    gst::element_error!(parts.fails, gst::ResourceError::Read, ("it was pulled"));
                }
                _ => {}
            }
        }
    }

    fn build(&self) -> gst::Element {
        let mut state = self.0.lock().unwrap();
        let part = |kind: &str| gst::ElementFactory::make(kind).build().unwrap();
        let parts = Parts {
            source: part("videotestsrc"),
            asked: part("capsfilter"),
            valve: part("valve"),
            fails: part("identity"),
            delay: gst::Pad::new(gst::PadDirection::Src),
        };
        parts.source.set_property("is-live", true);
        if state.mood == Mood::Ends {
            parts.source.set_property("num-buffers", 3);
        }
        let bin = gst::Bin::new();
        let line = [&parts.source, &parts.asked, &parts.valve, &parts.fails];
        bin.add_many(line).unwrap();
        gst::Element::link_many(line).unwrap();
        let last = parts.fails.static_pad("src").unwrap();
        bin.add_pad(&gst::GhostPad::with_target(&last).unwrap())
            .unwrap();
        let parts = Parts {
            delay: last,
            ..parts
        };
        parts.set(state.mood);
        state.parts = Some(parts);
        state.built += 1;
        bin.upcast()
    }
}

impl Parts {
    fn set(&self, mood: Mood) {
        let pattern = match mood {
            Mood::Noise => "snow",
            Mood::Black => "black",
            Mood::Still => "checkers-8",
            _ => "smpte",
        };
        self.source.set_property_from_str("pattern", pattern);
        let side = if mood == Mood::OtherSize { 2 } else { 1 };
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "YUY2")
            .field("width", SHAPE.width as i32 * side)
            .field("height", SHAPE.height as i32 * side)
            .field("framerate", gst::Fraction::new(30, 1))
            .build();
        self.asked.set_property("caps", caps);
        self.valve.set_property("drop", mood == Mood::Stalls);
        let after = if mood == Mood::Fails { 1 } else { -1 };
        self.fails.set_property("error-after", after);
        // Time that passed between sensor and us.
        let late = if mood == Mood::Late {
            -1_000_000_000
        } else {
            0
        };
        self.delay.set_offset(late);
    }
}
