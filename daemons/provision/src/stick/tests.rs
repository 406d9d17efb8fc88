// SPDX-License-Identifier: MIT OR Apache-2.0
//! Prepared sticks, good and bad.
#![allow(clippy::unwrap_used)]
mod mutated;
mod sticks;

use std::cell::RefCell;
use std::io;

use super::*;
use crate::fat::Volume;
use crate::files::RealFiles;
use crate::grant::{self, Act, GrantError, Wish};
use crate::report::Outcome;
use crate::set::Set;
use crate::testing::image::{FAT12, FAT16, FAT32, Image, Watched};
use crate::testing::{Files, Maker, TestBox, good, wish};

/// Hands that note what was asked of them.
#[derive(Default)]
struct FakeHands {
    sets: RefCell<Vec<String>>,
    bundles: RefCell<Vec<Vec<u8>>>,
    /// What a log bundle holds; nobody answers while it is empty.
    logs: RefCell<Vec<u8>>,
    copy: std::path::PathBuf,
}

impl Hands for FakeHands {
    fn provision(&self, _grant: &[u8], set: &Set) -> io::Result<(Outcome, String)> {
        self.sets.borrow_mut().push(set.hash());
        Ok((Outcome::Applied, "result: applied".into()))
    }

    fn logs(&self) -> io::Result<Vec<u8>> {
        match self.logs.borrow().as_slice() {
            [] => Err(io::ErrorKind::ConnectionRefused.into()),
            logs => Ok(logs.to_vec()),
        }
    }

    fn install(&self) -> Result<String, String> {
        let bundle = std::fs::read(&self.copy).unwrap();
        self.bundles.borrow_mut().push(bundle);
        Ok("installed 2.0.0".into())
    }
}

/// A reader with a maker, and its clock.
struct Desk {
    reader: TestBox,
    maker: Maker,
    hands: FakeHands,
}

/// What a visit came to.
struct Came {
    visited: Result<Visited, String>,
    read: Vec<Vec<u8>>,
    written: usize,
}

impl Desk {
    fn new() -> Self {
        let reader = TestBox::new();
        let maker = Maker::new();
        maker.install(&reader.places.keys);
        reader.boot().run(None).unwrap();
        let hands = FakeHands {
            copy: reader.places.stick.join(COPY),
            ..FakeHands::default()
        };
        Self {
            reader,
            maker,
            hands,
        }
    }

    fn device(&self) -> String {
        let id = std::fs::read_to_string(&self.reader.places.device).unwrap();
        id.trim().to_owned()
    }

    /// A grant for now, changed.
    fn grant(&self, change: impl FnOnce(&mut Wish)) -> String {
        let mut wish = wish(&self.device(), crate::clock::now());
        wish.allow.remove(&Act::LogBundle);
        change(&mut wish);
        grant::make(&self.maker.pem(), wish).unwrap()
    }

    fn visit(&self, image: &Image) -> Came {
        let (device, log) = Watched::new(&image.path());
        self.visit_device(device, &log)
    }

    fn visit_device(&self, device: Watched, log: &RefCell<crate::testing::image::Log>) -> Came {
        let volume = Volume::new(device).unwrap();
        let visit = Visit {
            places: &self.reader.places,
            files: &RealFiles,
            volume: &volume,
            hands: &self.hands,
        };
        let visited = visit
            .run()
            .map_err(|e| format!("{:#}", anyhow::Error::new(e)));
        let mut log = log.borrow_mut();
        Came {
            visited,
            read: std::mem::take(&mut log.read),
            written: log.written,
        }
    }

    /// Whether anything was done, or left behind.
    fn untouched(&self) -> bool {
        self.hands.sets.borrow().is_empty()
            && self.hands.bundles.borrow().is_empty()
            && !self.hands.copy.exists()
            && !self
                .reader
                .places
                .stick
                .join(format!("{COPY}.part"))
                .exists()
    }
}

/// A pattern no other sector has: who read it, opened the file.
const BUNDLE: &[u8] = b"bundle bundle bundle bundle 2.0.0\n";

fn bundle() -> Vec<u8> {
    BUNDLE.repeat(3000)
}

/// A stick with a grant, a bundle and a set.
fn stick(grant: &str) -> Files {
    let mut files = Files::new();
    files.insert("uketsuke/service.grant".into(), grant.into());
    files.insert("uketsuke/update-2.0.0.raucb".into(), bundle());
    for (path, content) in good() {
        files.insert(format!("uketsuke/provision/{path}"), content);
    }
    files.insert("holiday/photo.jpg".into(), BUNDLE.repeat(500));
    files
}

/// Whether a bundle's, photo's or key's content was among what was read.
fn opened(came: &Came) -> bool {
    let key = &good()["credentials/uplink/reader.key"];
    let needles = [BUNDLE, &key[30..80]];
    came.read.iter().any(|sector| {
        needles
            .iter()
            .any(|n| sector.windows(n.len()).any(|w| w == *n))
    })
}

fn result(image: &Image) -> Option<String> {
    let text = image.read("uketsuke/result.txt")?;
    Some(String::from_utf8(text).unwrap())
}
