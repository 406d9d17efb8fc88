// SPDX-License-Identifier: MIT OR Apache-2.0
//! The daemon on a private bus, with recordings made here: tones, by GStreamer's own encoder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use uketsuke_bus::voice1::{Loudness, Voice1Proxy, VoiceError};
use uketsuke_common::config::{Sound, VoiceConfig};
use uketsuke_testkit::PrivateBus;
use uketsuke_voice::app;
use zbus::proxy::CacheProperties;

use super::ears::{self, Stretch};

/// Longest wait of a test for something that happens at once, on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A recording of a test: name, pitch in Hz, milliseconds.
pub const TONES: [(&str, u32, u32); 4] = [
    ("low", 400, 300),
    ("middle", 800, 300),
    ("high", 1600, 300),
    ("long", 400, 4000),
];

/// Records [`TONES`] in `folder`, at a tenth of the loudest there can be.
pub fn record(folder: &Path) {
    gst::init().unwrap();
    for (name, pitch, ms) in TONES {
        let file = folder.join(format!("{name}.opus"));
        let (buffers, file) = (ms / 10, file.display());
        let pipeline = gst::parse::launch(&format!(
            "audiotestsrc freq={pitch} volume=0.1 samplesperbuffer=480 num-buffers={buffers} ! \
             audio/x-raw,rate=48000,channels=1 ! opusenc ! oggmux ! filesink location={file}"
        ))
        .unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let bus = pipeline.bus().unwrap();
        let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
        let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(30), &wanted);
        assert_eq!(message.unwrap().type_(), gst::MessageType::Eos);
        pipeline.set_state(gst::State::Null).unwrap();
    }
}

/// A daemon that says into files, and whoever calls it.
pub struct Desk {
    pub bus: PrivateBus,
    pub voice: Voice1Proxy<'static>,
}

impl Desk {
    pub async fn start() -> Self {
        let desk = Self::without_files().await;
        std::fs::create_dir(desk.path("files")).unwrap();
        desk
    }

    /// One whose files have nowhere to go.
    pub async fn without_files() -> Self {
        let bus = PrivateBus::start();
        let recordings = bus.dir().join("recordings");
        std::fs::create_dir(&recordings).unwrap();
        record(&recordings);
        std::fs::write(recordings.join("empty.opus"), "").unwrap();
        std::fs::write(recordings.join("noise.opus"), [7; 4096]).unwrap();
        let mut cut = std::fs::read(recordings.join("low.opus")).unwrap();
        cut.truncate(60);
        std::fs::write(recordings.join("cut.opus"), cut).unwrap();
        let config = VoiceConfig {
            output: Sound::File,
            files: bus.dir().join("files"),
            recordings,
            ..VoiceConfig::default()
        };
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        let (builder, beat) = (bus.builder(), Some(Duration::from_millis(20)));
        let ready = move || ready.send(()).unwrap();
        tokio::task::spawn_local(async move {
            app::serve(builder, &config, beat, ready, || {})
                .await
                .unwrap();
        });
        within("the daemon is ready", is_ready).await.unwrap();
        let client = bus.connect().await;
        let voice = Voice1Proxy::builder(&client)
            .cache_properties(CacheProperties::No)
            .build()
            .await
            .unwrap();
        Self { bus, voice }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.bus.dir().join(name)
    }

    pub async fn say(&self, names: &[&str], loudness: Loudness) -> Result<(), VoiceError> {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        within("an answer", self.voice.say(names, loudness)).await
    }

    /// What was heard of the order of this number, once it is over.
    pub async fn heard(&self, number: usize) -> Vec<Stretch> {
        let file = self.path(&format!("files/{number}.wav"));
        let closed = async {
            loop {
                match ears::samples(&file) {
                    Some(samples) => return ears::stretches(&samples),
                    None => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        };
        within("the order is over", closed).await
    }
}

pub async fn within<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, waiting).await {
        Ok(value) => value,
        Err(_) => panic!("did not happen: {what}"),
    }
}

/// Runs a test on one thread, as the daemon runs.
pub fn on_the_bus(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

/// Error name of a refused call.
pub fn name(result: Result<(), VoiceError>) -> String {
    let error = result.expect_err("it was not refused");
    let name = zbus::DBusError::name(&error).to_string();
    let short = name.strip_prefix("jp.uketsuke.Voice1.Error.");
    short.unwrap_or(&name).to_owned()
}

/// Error text of a refused call.
pub fn text(result: Result<(), VoiceError>) -> String {
    let error = result.expect_err("it was not refused");
    zbus::DBusError::description(&error).unwrap().to_owned()
}
