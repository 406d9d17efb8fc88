// SPDX-License-Identifier: MIT OR Apache-2.0
//! One order, one pipeline.
//!
//! ```text
//!  recording-0: filesrc ─► oggdemux ─► opusdec ──┐
//!                        pause: audiotestsrc ──┐ │
//!  recording-1: filesrc ─► oggdemux ─► opusdec ┼─┼─► concat ─► volume ─► audioconvert
//!                                   …          ┘ ┘                           │
//!                                                 sink ◄── audioresample ◄───┘
//! ```
//!
//! `concat` takes one after the other and lets the rest wait, so nothing but the first recording is
//! read before the first sound.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{FutureExt, StreamExt};
use gstreamer as gst;
use gstreamer::prelude::*;
use uketsuke_bus::voice1::Loudness;
use uketsuke_common::config::{Sound, VoiceConfig};

use crate::recordings::Unknown;
use crate::wav::{self, Wav};

/// Silence between two recordings, in samples of [`wav::RATE`]: 0.3 s, as between two sentences.
pub const PAUSE: i32 = 14_400;

/// Why an order is not said.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It names what is not there.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The file of the recording of this number, counted from 1, cannot be decoded.
    #[error("recording {0} of the order: the file is broken")]
    Broken(usize),
    /// The sink, or a part of GStreamer, does not do it.
    #[error("{0}")]
    NoSound(String),
    /// The file that the sound goes to cannot be written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing could be heard in time.
    #[error("the sink takes nothing")]
    TooSlow,
    /// The daemon is ending.
    #[error("the daemon is ending")]
    Ending,
}

/// What becomes of an order.
#[derive(Debug)]
pub enum News {
    /// It can be heard.
    Heard,
    /// All was said.
    Ended,
    /// It is not said, or no further.
    Failed(Failure),
}

/// Where it sounds, in words.
#[must_use]
pub fn output(config: &VoiceConfig) -> String {
    match config.output {
        Sound::Alsa => format!("alsa {}", config.device),
        Sound::File => format!("file {}", config.files.display()),
    }
}

/// An order that is being said. Dropped, it is silent.
pub struct Order {
    pipeline: gst::Pipeline,
    messages: gst::bus::BusStream,
    parts: Vec<gst::Bin>,
    file: Option<Arc<Mutex<Wav>>>,
}

impl Order {
    /// Starts to say `files`.
    ///
    /// # Errors
    /// When it fails at once; what fails later comes by [`Self::next`].
    pub fn start(
        config: &VoiceConfig,
        files: &[PathBuf],
        loudness: Loudness,
    ) -> Result<Self, Failure> {
        let pipeline = gst::Pipeline::new();
        let bus = pipeline.bus().expect("every pipeline has a bus");
        let concat = part("concat", &[])?;
        let volume = part("volume", &[("volume", factor(loudness).into())])?;
        let convert = part("audioconvert", &[])?;
        let resample = part("audioresample", &[])?;
        let (sink, file) = match config.output {
            Sound::Alsa => {
                let device = ("device", config.device.as_str().into());
                (part("alsasink", &[device])?, None)
            }
            Sound::File => {
                let (sink, file) = to_file(&config.files)?;
                (sink, Some(file))
            }
        };
        let line = [&concat, &volume, &convert, &resample];
        pipeline.add_many(line).map_err(defect)?;
        pipeline.add(&sink).map_err(defect)?;
        gst::Element::link_many(line).map_err(defect)?;
        match config.output {
            Sound::Alsa => resample.link(&sink),
            Sound::File => resample.link_filtered(&sink, &plain()),
        }
        .map_err(defect)?;
        let mut parts = Vec::with_capacity(files.len());
        for file in files {
            if !parts.is_empty() {
                let pause = pause()?;
                pipeline.add(&pause).map_err(defect)?;
                pause.link_filtered(&concat, &plain()).map_err(defect)?;
            }
            let recording = recording(file)?;
            pipeline.add(&recording).map_err(defect)?;
            recording.link(&concat).map_err(defect)?;
            parts.push(recording);
        }
        let mut order = Self {
            messages: bus.stream(),
            pipeline,
            parts,
            file,
        };
        if let Err(refused) = order.pipeline.set_state(gst::State::Playing) {
            return Err(order.first_failure().unwrap_or_else(|| defect(refused)));
        }
        Ok(order)
    }

    /// Waits for what becomes of it.
    pub async fn next(&mut self) -> News {
        while let Some(message) = self.messages.next().await {
            if let Some(news) = self.news(&message) {
                return news;
            }
        }
        // The stream of a bus ends with the bus, and that with the order.
        News::Ended
    }

    /// The first error said so far.
    fn first_failure(&mut self) -> Option<Failure> {
        while let Some(Some(message)) = self.messages.next().now_or_never() {
            if let Some(News::Failed(failure)) = self.news(&message) {
                return Some(failure);
            }
        }
        None
    }

    fn news(&self, message: &gst::Message) -> Option<News> {
        match message.view() {
            gst::MessageView::Eos(_) => Some(News::Ended),
            gst::MessageView::StateChanged(change) => {
                let whole = message.src().is_some_and(|src| *src == self.pipeline);
                (whole && change.current() == gst::State::Playing).then_some(News::Heard)
            }
            gst::MessageView::Error(error) => {
                let of = |part: &gst::Bin| message.src().is_some_and(|src| src.has_ancestor(part));
                // What GStreamer says of a recording has the file's name in it.
                let failure = match self.parts.iter().position(of) {
                    Some(at) => Failure::Broken(at + 1),
                    None => Failure::NoSound(error.error().to_string()),
                };
                Some(News::Failed(failure))
            }
            _ => None,
        }
    }
}

impl Drop for Order {
    fn drop(&mut self) {
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::error!(%error, "a pipeline does not stop");
        }
        if let Some(file) = &self.file {
            let closed = file.lock().unwrap_or_else(PoisonError::into_inner).close();
            if let Err(error) = closed {
                tracing::warn!(%error, "a file is left without a header");
            }
        }
    }
}

/// What the samples are multiplied with. Recordings are made with 12 dB left above them, so that
/// nothing is cut off.
#[must_use]
pub fn factor(loudness: Loudness) -> f64 {
    match loudness {
        Loudness::Normal => 1.0,
        Loudness::Loud => 2.0,
        Loudness::Loudest => 4.0,
    }
}

/// One recording, decoded.
fn recording(file: &Path) -> Result<gst::Bin, Failure> {
    let source = part("filesrc", &[("location", file.to_value())])?;
    let demux = part("oggdemux", &[])?;
    let decode = part("opusdec", &[])?;
    // Whatever it was recorded with: nothing changes from one recording to the next.
    let alike = part("capsfilter", &[("caps", plain().into())])?;
    let bin = gst::Bin::new();
    bin.add_many([&source, &demux, &decode, &alike])
        .map_err(defect)?;
    source.link(&demux).map_err(defect)?;
    decode.link(&alike).map_err(defect)?;
    let ghost = alike
        .static_pad("src")
        .ok_or_else(|| absent("capsfilter", "src"))?;
    let ghost = gst::GhostPad::with_target(&ghost).map_err(defect)?;
    bin.add_pad(&ghost).map_err(defect)?;
    let decode = decode.downgrade();
    demux.connect_pad_added(move |demux, pad| {
        let sink = decode
            .upgrade()
            .and_then(|decode| decode.static_pad("sink"));
        // Without a decoder the order is over already.
        if let Some(sink) = sink
            && let Err(error) = pad.link(&sink)
        {
            gst::element_error!(demux, gst::StreamError::WrongType, ("{error}"));
        }
    });
    Ok(bin)
}

/// Silence of [`PAUSE`].
fn pause() -> Result<gst::Element, Failure> {
    let silence = part("audiotestsrc", &[("num-buffers", 1.into())])?;
    silence.set_property_from_str("wave", "silence");
    silence.set_property("samplesperbuffer", PAUSE);
    Ok(silence)
}

/// A sink that takes samples at the speed of sound and writes them to the next free number in
/// `folder`.
fn to_file(folder: &Path) -> Result<(gst::Element, Arc<Mutex<Wav>>), Failure> {
    let mut number = 1;
    let file = loop {
        let path = folder.join(format!("{number}.wav"));
        match Wav::create(&path) {
            Ok(file) => break Arc::new(Mutex::new(file)),
            Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(source) => return Err(Failure::File { path, source }),
        }
    };
    let sink = part(
        "fakesink",
        &[("sync", true.into()), ("signal-handoffs", true.into())],
    )?;
    let write = file.clone();
    let itself = sink.downgrade();
    sink.connect("handoff", false, move |values| {
        let buffer = values.get(1)?.get::<gst::Buffer>().ok()?;
        let bytes = buffer.map_readable().ok()?;
        let added = write
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(&bytes);
        if let (Err(error), Some(sink)) = (added, itself.upgrade()) {
            gst::element_error!(sink, gst::ResourceError::Write, ("{error}"));
        }
        None
    });
    Ok((sink, file))
}

/// What a WAV file holds.
fn plain() -> gst::Caps {
    gst::Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("layout", "interleaved")
        .field("rate", wav::RATE as i32)
        .field("channels", 1)
        .build()
}

fn part(kind: &str, properties: &[(&str, gst::glib::Value)]) -> Result<gst::Element, Failure> {
    let mut builder = gst::ElementFactory::make(kind);
    for (name, value) in properties {
        builder = builder.property(name, value.clone());
    }
    builder
        .build()
        .map_err(|error| Failure::NoSound(format!("{kind}: {error}")))
}

fn absent(kind: &str, pad: &str) -> Failure {
    Failure::NoSound(format!("{kind} has no pad {pad}"))
}

/// Parts that do not fit together: of another GStreamer than this was written for.
fn defect(error: impl std::fmt::Display) -> Failure {
    Failure::NoSound(error.to_string())
}
