// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rows `screen.full`, `screen.press` and `screen.first_frame`.
//!
//! Drawing is measured against copying one frame in memory, both sides taken in turns in the same
//! run; medians. The first frame is measured from outside, as the CPU time of a whole process that
//! starts, shapes its texts, draws and publishes one frame and ends.
//! Rows are printed and appended, one JSON object per line, to `$UKETSUKE_BENCH_OUT`.

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use uketsuke_bus::mode1::{Details, View, ViewId};
use uketsuke_bus::screen1::{Ease, Language};
use uketsuke_common::config::Voice;
use uketsuke_screen::desk::{Desk, Event, Setup, Usual};
use uketsuke_screen::drawing::present;
use uketsuke_screen::output::memory::Memory;
use uketsuke_screen::output::{Output, Phase, Touch};
use uketsuke_screen::ui::geometry::Rotation;
use uketsuke_screen::{pictures, views};

/// Rounds of each drawing measurement.
const ROUNDS: usize = 400;
/// Processes started for the first frame.
const STARTS: usize = 21;
/// Argument with which this program plays the process that draws one frame and ends.
const CHILD: &str = "--first-frame";

fn main() {
    if std::env::args().any(|argument| argument == CHILD) {
        first_frame_child();
        return;
    }
    let mut rows = drawing_rows();
    rows.push(first_frame_row());
    for row in rows {
        uketsuke_testkit::bench::row(&row);
    }
}

fn setup() -> Setup {
    let [(_, size, panel), _] = pictures::orientations();
    Setup {
        usual: Usual {
            facility: views::gallery::FACILITY.to_owned(),
            language: Language::Ja,
            languages: Language::ALL.to_vec(),
            ease: Ease::default(),
            same_key: Duration::ZERO,
            shuffle_pad: false,
            voice: Voice::Keypad,
            chimes: true,
        },
        panel,
        size,
    }
}

fn view(name: &str) -> Option<View> {
    let sample = views::gallery()
        .into_iter()
        .find(|sample| sample.name == name);
    sample.expect("the gallery has this view").view
}

/// Full frames of three views and two kinds of press, each against a copy of one frame.
fn drawing_rows() -> Vec<serde_json::Value> {
    let mut desk = Desk::new(setup());
    let now = Instant::now();
    let (mut full, mut per_view) = (Vec::new(), Vec::new());
    let mut copies = Vec::new();
    let mut copier = Copier::new();
    for name in ["P-00", "P-02-face", "P-04"] {
        desk.event(Event::View(view(name), Details::default()), now);
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            copies.push(copier.copy());
            let start = Instant::now();
            black_box(desk.repaint_all());
            times.push(start.elapsed());
        }
        per_view.push(format!("{name} {:.3} ms", ms(median(&mut times))));
        full.push(median(&mut times));
    }
    let copy = median(&mut copies);
    let slowest = full.iter().max().copied().unwrap_or_default();
    let note = format!(
        "slowest of {}; copy {:.3} ms; 1280x800",
        per_view.join(", "),
        ms(copy)
    );
    let full_row = row(
        "screen.full",
        ms(slowest),
        ms(copy),
        "ms",
        ROUNDS * 3,
        5.0,
        &note,
    );

    let mut output = Memory::new((1280, 800));
    let press_method = press(&mut desk, &mut output, &mut copier, "P-02-face", "pin");
    let press_pad = press(&mut desk, &mut output, &mut copier, "P-04", "digit-5");
    let (time, copy) = if press_method.ratio() > press_pad.ratio() {
        (press_method.press, press_method.copy)
    } else {
        (press_pad.press, press_pad.copy)
    };
    let note = format!(
        "touch to pixels in the glass's memory, the worse of: large button {:.3} ms ({} px), \
         PIN key {:.3} ms ({} px); digit shown on release {:.3} ms",
        ms(press_method.press),
        press_method.pixels,
        ms(press_pad.press),
        press_pad.pixels,
        ms(press_pad.release),
    );
    vec![
        full_row,
        row("screen.press", ms(time), ms(copy), "ms", ROUNDS, 0.7, &note),
    ]
}

struct Pressed {
    press: Duration,
    release: Duration,
    copy: Duration,
    pixels: u64,
}

impl Pressed {
    fn ratio(&self) -> f64 {
        self.press.as_secs_f64() / self.copy.as_secs_f64()
    }
}

/// A finger goes down on one button of a view, and up again.
fn press(
    desk: &mut Desk,
    output: &mut Memory,
    copier: &mut Copier,
    name: &str,
    action: &str,
) -> Pressed {
    let (mut downs, mut ups, mut copies) = (Vec::new(), Vec::new(), Vec::new());
    let mut pixels = 0;
    for round in 0..ROUNDS {
        let now = Instant::now();
        // A new number each time: the same view, an empty pad, everything laid out.
        let mut shown = view(name);
        if let Some(view) = &mut shown {
            view.number = round as u64 * 2 + 10;
        }
        desk.event(Event::View(shown, Details::default()), now);
        show(desk, output);
        let tree = desk.scene().tree();
        let key = tree
            .iter()
            .find(|node| node.action.as_deref() == Some(action));
        let key = key.expect("the view has this action");
        let touch = Touch {
            x: key.x + key.w / 2,
            y: key.y + key.h / 2,
            phase: Phase::Down,
        };
        copies.push(copier.copy());
        let copied = output.copied;
        let start = Instant::now();
        desk.touch(touch, now);
        show(desk, output);
        downs.push(start.elapsed());
        pixels = output.copied - copied;
        let start = Instant::now();
        desk.touch(
            Touch {
                phase: Phase::Up,
                ..touch
            },
            now,
        );
        show(desk, output);
        ups.push(start.elapsed());
    }
    Pressed {
        press: median(&mut downs),
        release: median(&mut ups),
        copy: median(&mut copies),
        pixels,
    }
}

fn show(desk: &mut Desk, output: &mut dyn Output) {
    present(desk, output, Rotation::None).expect("memory never fails");
}

/// Copies one frame from one place to another.
struct Copier {
    from: Vec<u32>,
    to: Vec<u32>,
}

impl Copier {
    fn new() -> Self {
        let frame = vec![0x12_3456; 1280 * 800];
        Self {
            to: frame.clone(),
            from: frame,
        }
    }

    fn copy(&mut self) -> Duration {
        let start = Instant::now();
        self.to.copy_from_slice(black_box(&self.from));
        black_box(&mut self.to);
        start.elapsed()
    }
}

/// What the daemon does until its first frame is on the glass: the idle view, with all its texts.
fn first_frame_child() {
    let mut desk = Desk::new(setup());
    let idle = Some(View::new(ViewId::Idle, 1));
    desk.event(Event::View(idle, Details::default()), Instant::now());
    let mut output = Memory::new((1280, 800));
    show(&mut desk, &mut output);
    black_box(&output.bytes);
}

fn first_frame_row() -> serde_json::Value {
    let program = std::env::current_exe().expect("the path of this program");
    let mut times: Vec<Duration> = (0..STARTS)
        .map(|_| {
            let before = children_cpu();
            let status = Command::new(&program)
                .arg(CHILD)
                .status()
                .expect("it starts");
            assert!(status.success(), "the child ended with {status}");
            children_cpu() - before
        })
        .collect();
    let time = ms(median(&mut times));
    let note = "CPU of a process that draws 'starting' and P-00 into memory and ends; goal in ms";
    serde_json::json!({
        "name": "screen.first_frame", "ours": round(time), "peer": null, "peer_name": null,
        "ratio": null, "unit": "ms CPU", "n": STARTS, "goal": 30.0, "note": note,
    })
}

/// CPU time of all children that have ended, user and system.
fn children_cpu() -> Duration {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN)
        .expect("the kernel counts");
    let time = |t: nix::sys::time::TimeVal| {
        Duration::from_micros(t.tv_sec() as u64 * 1_000_000 + t.tv_usec() as u64)
    };
    time(usage.user_time()) + time(usage.system_time())
}

fn row(
    name: &str,
    ours: f64,
    peer: f64,
    unit: &str,
    n: usize,
    goal: f64,
    note: &str,
) -> serde_json::Value {
    serde_json::json!({
        "name": name, "ours": round(ours), "peer": round(peer),
        "peer_name": "memcpy of the frame", "ratio": round(ours / peer), "unit": unit, "n": n,
        "goal": goal, "note": note,
    })
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Four digits are more than the clock gives.
fn round(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
