// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rendered cards shown to the reader of fronts, through the real worker, and counted. Shared by the test
//! of some cards and by the program that counts many (`examples/cards.rs`).
#![allow(clippy::unwrap_used, reason = "a panic is the report")]
#![allow(dead_code, reason = "each uses its own part")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fastrand::Rng;
use uketsuke_bus::day::Day;
use uketsuke_face_ocr::{Agree, Grey, Miss, Reading, layout, read};
use uketsuke_infer::bundle::{Bundle, Policy, Role, SigningKey, pack};
use uketsuke_infer::runtime::KNOWN;
use uketsuke_infer::{Engine, Worker};
use uketsuke_rendered_front::{Conditions, Fonts, Front, Holder};

pub use uketsuke_face_ocr::Demands;

/// The day of all these cards.
pub const TODAY: Day = Day {
    year: 2026,
    month: 12,
    day: 1,
};
/// Frames of one card at most: some three seconds of a camera.
pub const FRAMES: usize = 8;

/// The workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// The committed model, packed and signed with a key that nobody keeps. `point` in place of the committed
/// operating point.
pub fn bundle(point: Option<&str>) -> Arc<Bundle> {
    let folder = tempfile::tempdir().unwrap();
    let from = root().join("image/models/card-front");
    fs::create_dir(folder.path().join("kat")).unwrap();
    for sub in ["", "kat"] {
        for entry in fs::read_dir(from.join(sub)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                fs::copy(
                    entry.path(),
                    folder.path().join(sub).join(entry.file_name()),
                )
                .unwrap();
            }
        }
    }
    let draft = fs::read_to_string(from.join("draft.toml")).unwrap();
    let point = match point {
        Some(point) => {
            fs::write(folder.path().join("report.json"), b"{}").unwrap();
            point.to_owned()
        }
        None => fs::read_to_string(from.join("operating-point.toml")).unwrap(),
    };
    fs::write(
        folder.path().join("draft.toml"),
        format!("{draft}\n{point}"),
    )
    .unwrap();
    let mut seed = [0; 32];
    fastrand::fill(&mut seed);
    let key = SigningKey::from_seed(&seed).unwrap();
    let out = folder.path().join("out");
    pack(&folder.path().join("draft.toml"), &out, &key).unwrap();
    let policy = Policy {
        trusted: vec![key.verifying()],
        demonstration: true,
        least_epoch: 0,
        runtime: KNOWN[0].version.into(),
    };
    Arc::new(Bundle::open(&out, &policy).unwrap())
}

/// An engine on it. The program is the one of the same build as this, some folders above.
pub fn engine(bundle: Arc<Bundle>) -> Engine {
    let own = std::env::current_exe().unwrap();
    let mut built = own.ancestors().map(|folder| folder.join("uketsuke-infer"));
    let program = built.find(|program| program.is_file());
    let program = program.expect("no uketsuke-infer: cargo build --package uketsuke-infer");
    let library = root().join("target/litert/libLiteRt.so");
    assert!(
        library.exists(),
        "no {}: run packages/install-litert",
        library.display()
    );
    Engine::start(Worker::Program { program, library }, bundle).unwrap()
}

/// As the committed operating point demands.
pub fn demands(bundle: &Bundle) -> Demands {
    let point = bundle.operating_point(Role::CardFront, "default").unwrap();
    Demands {
        sure: point.threshold,
        today: TODAY,
        layout: layout::SINCE_2016,
    }
}

/// What became of cards.
#[derive(Clone, Default)]
pub struct Counts {
    pub right: usize,
    pub wrong: usize,
    pub refused: usize,
    /// Single frames whose every line was taken, and those of them that were wrong.
    pub frames: usize,
    pub frames_wrong: usize,
    /// Why lines of refused cards were not taken, and how often.
    pub why: BTreeMap<String, usize>,
    /// Cards to look at: what was wrong or refused, with the seed that draws them again.
    pub notes: Vec<String>,
}

impl Counts {
    pub fn cards(&self) -> usize {
        self.right + self.wrong + self.refused
    }

    pub fn add(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.refused += other.refused;
        self.frames += other.frames;
        self.frames_wrong += other.frames_wrong;
        for (why, times) in other.why {
            *self.why.entry(why).or_default() += times;
        }
        self.notes.extend(other.notes);
    }

    pub fn print(&self) {
        let share = |part: usize, of: usize| part as f64 * 100.0 / of.max(1) as f64;
        println!(
            "{} cards: {} right ({:.2} %), {} wrong ({:.4} %), {} refused ({:.2} %)",
            self.cards(),
            self.right,
            share(self.right, self.cards()),
            self.wrong,
            share(self.wrong, self.cards()),
            self.refused,
            share(self.refused, self.cards()),
        );
        println!(
            "{} single frames taken, {} of them wrong ({:.4} %)",
            self.frames,
            self.frames_wrong,
            share(self.frames_wrong, self.frames),
        );
        for (why, times) in &self.why {
            println!("  {times:6} {why}");
        }
        for note in self.notes.iter().take(40) {
            println!("  {note}");
        }
    }
}

/// Shows the card of this seed.
pub fn show(seed: u64, fonts: &Fonts, engine: &mut Engine, demands: &Demands) -> Counts {
    let mut rng = Rng::with_seed(seed);
    let holder = Holder::new(&mut rng);
    let worn = rng.f32() * rng.f32();
    let front = Front::print(holder, fonts, worn, &mut rng);
    let conditions = Conditions::new(&mut rng);
    let mut counts = Counts::default();
    let mut agree = Agree::default();
    let mut last = None;
    for _ in 0..FRAMES {
        let frame = front.frame(&conditions, &mut rng);
        let grey = Grey::new(frame.width, frame.height, &frame.pixels).unwrap();
        let reading = read(&grey, demands, engine).unwrap();
        if let Some(number) = reading.as_ref().ok().and_then(Reading::number) {
            counts.frames += 1;
            counts.frames_wrong += usize::from(number.digits() != front.holder.number.as_bytes());
            if let Some(number) = agree.add(number) {
                if number.digits() == front.holder.number.as_bytes() {
                    counts.right = 1;
                } else {
                    counts.wrong = 1;
                    let said = String::from_utf8_lossy(number.digits()).into_owned();
                    counts.notes.push(format!(
                        "seed {seed}: {} read as {said}",
                        front.holder.number
                    ));
                }
                return counts;
            }
        }
        last = Some(reading);
    }
    counts.refused = 1;
    let reasons = reasons(last);
    counts
        .notes
        .push(format!("seed {seed}: refused, {}", reasons.join(", ")));
    for why in reasons {
        *counts.why.entry(why).or_default() += 1;
    }
    counts
}

fn reasons(reading: Option<Result<Reading, Miss>>) -> Vec<String> {
    match reading {
        None => vec!["no frame".into()],
        Some(Err(miss)) => vec![format!("{miss:?}")],
        Some(Ok(reading)) => [
            reading.birth.err().map(|why| format!("birth {why:?}")),
            reading.expiry.err().map(|why| format!("expiry {why:?}")),
            reading.code.err().map(|why| format!("code {why:?}")),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}
