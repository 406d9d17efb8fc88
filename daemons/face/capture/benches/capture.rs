// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rows `capture.frames`, `preview.copies` and `idle.cameras`.
//!
//! Pictures a second on one core at 640×480, from a source that is as fast as it is asked: through a camera
//! that judges every picture and lays it where the screen looks, against the barest pipeline that makes the
//! same pixels. Both in turns, in the same process, which is tied to one processor.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use serde_json::json;
use uketsuke_bus::face1::Camera;
use uketsuke_face_capture::{Health, Live, Setup, Source};
use uketsuke_face_preview::{Colours, Shape};
use uketsuke_testkit::bench;

const SHAPE: Shape = Shape {
    width: 640,
    height: 480,
    colours: Colours::Rgb,
};
/// Pictures of one turn.
const PICTURES: u64 = 400;
/// Turns of each side.
const TURNS: usize = 9;
/// How long nobody looks.
const IDLE: Duration = Duration::from_secs(3);

fn main() {
    uketsuke_face_capture::init().expect("GStreamer");
    let mut one = CpuSet::new();
    one.set(0).expect("a processor");
    sched_setaffinity(Pid::from_raw(0), &one).expect("tied to one processor");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        frames().await;
        idle().await;
    });
}

/// A camera of the kernel's usual pixels.
fn source(live: bool) -> gst::Element {
    let caps = format!(
        "video/x-raw,format=YUY2,width={},height={},framerate=30/1",
        SHAPE.width, SHAPE.height
    );
    let line = format!("videotestsrc is-live={live} ! capsfilter caps={caps}");
    let bin = gst::parse::bin_from_description(&line, true).expect("a source");
    bin.upcast()
}

fn setup(live: bool) -> Setup {
    let make = Arc::new(move || source(live));
    Setup::new(Camera::Face, Source::Bench(make), SHAPE, 30)
}

async fn frames() {
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    let (mut pictures, mut copies) = (0, 0);
    for _ in 0..TURNS {
        bare.push(barest());
        let live = Live::start(setup(false)).expect("memory");
        let mut seen = live.seen();
        let first = seen.wait_for(|seen| seen.pictures > 0).await;
        let from = first.expect("it runs").pictures;
        let begun = Instant::now();
        let last = seen.wait_for(|seen| seen.pictures >= from + PICTURES).await;
        let seen = *last.expect("it runs");
        ours.push((seen.pictures - from) as f64 / begun.elapsed().as_secs_f64());
        (pictures, copies) = (pictures + seen.pictures, copies + seen.copies);
    }
    let (ours, bare) = (median(&mut ours), median(&mut bare));
    bench::row(&json!({
        "name": "capture.frames", "ours": round(ours), "peer": round(bare),
        "peer_name": "the same source ! videoconvert ! RGB ! fakesink", "ratio": round(ours / bare),
        "unit": "pictures/s", "n": TURNS as u64 * PICTURES, "goal": null,
        "note": "640x480 on one core, as fast as the test source draws: taken, converted, judged, handed on \
                 and laid where the screen looks; medians of turns",
    }));
    bench::row(&json!({
        "name": "preview.copies", "ours": copies as f64 / pictures as f64, "peer": null, "peer_name": null,
        "ratio": null, "unit": "copies/picture", "n": pictures, "goal": null,
        "note": "of a picture in the face daemon, for however many readers; the screen draws from the same \
                 memory",
    }));
}

/// Pictures a second of the pipeline with nothing around it.
fn barest() -> f64 {
    let pipeline = gst::Pipeline::new();
    let part = |kind: &str| gst::ElementFactory::make(kind).build().expect("a part");
    let (source, convert, asked, sink) = (
        source(false),
        part("videoconvert"),
        part("capsfilter"),
        part("fakesink"),
    );
    let rgb = gst::Caps::builder("video/x-raw").field("format", "RGB");
    asked.set_property("caps", rgb.build());
    sink.set_property("num-buffers", PICTURES as i32);
    let all = [&source, &convert, &asked, &sink];
    pipeline.add_many(all).expect("a pipeline");
    gst::Element::link_many(all).expect("a line");
    pipeline.set_state(gst::State::Paused).expect("it starts");
    let (started, ..) = pipeline.state(gst::ClockTime::from_seconds(30));
    started.expect("it has a first picture");
    let begun = Instant::now();
    pipeline.set_state(gst::State::Playing).expect("it runs");
    let bus = pipeline.bus().expect("a bus");
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let said = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &ends);
    let said = said.expect("it ends in time");
    assert_eq!(said.type_(), gst::MessageType::Eos, "{said:?}");
    let rate = PICTURES as f64 / begun.elapsed().as_secs_f64();
    pipeline.set_state(gst::State::Null).expect("it stops");
    rate
}

/// What a camera costs that nobody looks through, after somebody did.
async fn idle() {
    let live = Live::start(setup(true)).expect("memory");
    let mut health = live.health();
    let works = health.wait_for(|health| *health == Health::Works).await;
    works.expect("it works");
    let busy = processor_ms();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let busy = processor_ms() - busy;
    drop((live, health));
    // It is closed by then.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = processor_ms();
    tokio::time::sleep(IDLE).await;
    let used = processor_ms() - begun;
    let percent = used / (IDLE.as_secs_f64() * 1000.0) * 100.0;
    bench::row(&json!({
        "name": "idle.cameras", "ours": round(percent), "peer": null, "peer_name": null, "ratio": null,
        "unit": "% of a core", "n": 1, "goal": null,
        "note": format!(
            "processor time of a process whose camera is closed, over {} s; {} % while it was open at 30 \
             pictures a second, its source drawing them",
            IDLE.as_secs(),
            round(busy / 10.0),
        ),
    }));
}

/// Processor time of this process so far, ms.
fn processor_ms() -> f64 {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF);
    let usage = usage.expect("the kernel counts");
    let ms = |time: nix::sys::time::TimeVal| {
        time.tv_sec() as f64 * 1000.0 + time.tv_usec() as f64 / 1000.0
    };
    ms(usage.user_time()) + ms(usage.system_time())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
