// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rows `voice.first_sound` and `rss.voice`.
//!
//! The first sound is measured from `Say` on a real bus to its answer, against the barest pipeline that
//! plays one of the same recordings, in the same process, both in turns; medians. The memory is that
//! of the whole program after the longest order.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use serde_json::json;
use uketsuke_bus::voice1::{Loudness, MOST_RECORDINGS, Voice1Proxy};
use uketsuke_common::config::{Sound, VoiceConfig};
use uketsuke_testkit::{PrivateBus, bench};
use uketsuke_voice::app;

/// Rounds.
const ROUNDS: usize = 60;
/// Recordings of a usual order: a title, a sentence, four choices.
const USUAL: usize = 6;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async {
        first_sound().await;
        memory().await;
    });
}

async fn first_sound() {
    let bus = PrivateBus::start();
    let config = prepare(bus.dir());
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    let builder = bus.builder();
    let served = config.clone();
    tokio::task::spawn_local(async move {
        let ready = move || ready.send(()).expect("somebody waits");
        app::serve(builder, &served, None, ready, || {}).await
    });
    is_ready.await.expect("the daemon is ready");
    let client = bus.connect().await;
    let voice = Voice1Proxy::new(&client).await.expect("a proxy");
    let one = config.recordings.join("words.opus");
    let (mut usual, mut longest, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        usual.push(say(&voice, USUAL).await);
        voice.hush().await.expect("hush");
        bare.push(barest(&one));
        longest.push(say(&voice, MOST_RECORDINGS).await);
        voice.hush().await.expect("hush");
    }
    let (ours, peer) = (median(&mut usual), median(&mut bare));
    bench::row(&json!({
        "name": "voice.first_sound", "ours": round(ours), "peer": round(peer),
        "peer_name": "filesrc ! oggdemux ! opusdec ! audioconvert ! audioresample ! fakesink, one recording",
        "ratio": round(ours / peer), "unit": "ms", "n": ROUNDS, "goal": null,
        "note": format!(
            "Say on the bus until its answer, {USUAL} recordings; {} ms with {MOST_RECORDINGS}; into a file, \
             so without the time a sound device takes to open",
            round(median(&mut longest)),
        ),
    }));
}

async fn say(voice: &Voice1Proxy<'_>, count: usize) -> Duration {
    let order = vec!["words".to_owned(); count];
    let begun = Instant::now();
    voice
        .say(order, Loudness::Normal)
        .await
        .expect("it is heard");
    begun.elapsed()
}

/// Until one recording plays, with nothing around it.
fn barest(file: &Path) -> Duration {
    let begun = Instant::now();
    let pipeline = launch(&format!(
        "filesrc location={} ! oggdemux ! opusdec ! audioconvert ! audioresample ! fakesink sync=true",
        file.display()
    ));
    let (result, ..) = pipeline.state(gst::ClockTime::from_seconds(30));
    result.expect("it plays");
    let took = begun.elapsed();
    pipeline.set_state(gst::State::Null).expect("it stops");
    took
}

/// `rss.voice`: the whole program, as its unit sets it up.
async fn memory() {
    let bus = PrivateBus::start();
    let config = prepare(bus.dir());
    let text = format!(
        "[voice]\noutput = \"file\"\nfiles = {:?}\nrecordings = {:?}\n",
        config.files, config.recordings
    );
    std::fs::write(bus.dir().join("reader.toml"), text).expect("the configuration");
    let Some(program) = program() else {
        bench::row(&json!({
            "name": "rss.voice", "ours": null, "peer": null, "peer_name": null, "ratio": null,
            "unit": "MiB", "n": 1, "goal": null,
            "note": "not measured: uketsuke-voice is not built; make bench builds it",
        }));
        return;
    };
    let mut child = Command::new(program)
        .env("DBUS_SYSTEM_BUS_ADDRESS", bus.address())
        .env("UKETSUKE_CONFIG", bus.dir())
        .env("ORC_CODE", "backup")
        .env("MALLOC_ARENA_MAX", "2")
        .env("GST_REGISTRY", bus.dir().join("registry"))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let client = bus.connect().await;
    let voice = Voice1Proxy::new(&client).await.expect("a proxy");
    while voice.output().await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let silent = status_mib(child.id(), "VmRSS");
    say(&voice, MOST_RECORDINGS).await;
    let saying = status_mib(child.id(), "VmRSS");
    voice.hush().await.expect("hush");
    bench::row(&json!({
        "name": "rss.voice", "ours": status_mib(child.id(), "VmRSS"), "peer": null, "peer_name": null,
        "ratio": null, "unit": "MiB", "n": 1, "goal": null,
        "note": format!(
            "VmRSS of uketsuke-voice after the longest order; {silent} MiB before the first, {saying} MiB \
             while it is said; with every plug-in of this machine, of which an image has eight; a part of \
             rss.total, which has the goal",
        ),
    }));
    child.kill().expect("it ends");
    child.wait().expect("it has ended");
}

/// A folder for files, and one recording of two seconds.
fn prepare(folder: &Path) -> VoiceConfig {
    gst::init().expect("GStreamer");
    let config = VoiceConfig {
        output: Sound::File,
        files: folder.join("files"),
        recordings: folder.join("recordings"),
        ..VoiceConfig::default()
    };
    for folder in [&config.files, &config.recordings] {
        std::fs::create_dir(folder).expect("a folder");
    }
    let pipeline = launch(&format!(
        "audiotestsrc wave=pink-noise volume=0.1 samplesperbuffer=480 num-buffers=200 ! \
         audio/x-raw,rate=48000,channels=1 ! opusenc bitrate=16000 ! oggmux ! filesink location={}",
        config.recordings.join("words.opus").display()
    ));
    let bus = pipeline.bus().expect("a bus");
    let ended = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(30), &ended);
    let message = message.expect("it ends in time");
    assert_eq!(message.type_(), gst::MessageType::Eos, "{message:?}");
    pipeline.set_state(gst::State::Null).expect("it stops");
    config
}

fn launch(line: &str) -> gst::Element {
    let pipeline = gst::parse::launch(line).expect("a pipeline");
    pipeline.set_state(gst::State::Playing).expect("it starts");
    pipeline
}

/// The daemon of the same build, two folders above a bench.
fn program() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let program = own.parent()?.parent()?.join("uketsuke-voice");
    program.is_file().then_some(program)
}

/// A value of `/proc/PID/status`, MiB.
fn status_mib(pid: u32, key: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let kib = line
        .expect("a line of that name")
        .trim_matches([':', '\t', ' ']);
    let kib: u32 = kib.trim_end_matches(" kB").parse().expect("a number");
    (f64::from(kib) / 1024.0 * 100.0).round() / 100.0
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
