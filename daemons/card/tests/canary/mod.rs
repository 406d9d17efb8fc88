// SPDX-License-Identifier: MIT OR Apache-2.0
//! The search: memory of a process, files, what a monitor of the bus sees. And a decoder that keeps its
//! client waiting, so that there is something to be found.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use futures_util::StreamExt;
use tokio::task::JoinHandle;
use uketsuke_photo::wire;
use uketsuke_testkit::PrivateBus;
use zbus::MessageStream;
use zbus::fdo::MonitoringProxy;

use crate::support::{House, until};

/// Bytes of one piece of a picture that is searched for.
const PIECE: usize = 16;

/// How often `needle` occurs.
pub fn count(bytes: &[u8], needle: &[u8]) -> usize {
    let first = needle[0];
    let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == first);
    starts
        .filter(|(at, _)| bytes[*at..].starts_with(needle))
        .count()
}

/// How often `digits` occur that are not part of a longer number: a log tells the time.
pub fn alone(bytes: &[u8], digits: &str) -> usize {
    let needle = digits.as_bytes();
    let digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    (0..bytes.len())
        .filter(|at| bytes[*at] == needle[0] && bytes[*at..].starts_with(needle))
        .filter(|at| !digit(at.checked_sub(1)) && !digit(Some(at + needle.len())))
        .count()
}

/// All that a process can read of its own.
pub struct Memory(Vec<(String, Vec<u8>)>);

impl Memory {
    /// Copies every readable mapping. Begins again where one went meanwhile (the stack of a thread that
    /// ended), so that what is looked through is whole.
    pub fn of(pid: u32) -> Self {
        const TRIES: usize = 10;
        let whole = (0..TRIES).find_map(|_| Self::at_once(pid));
        whole.expect("its mappings changed at every try")
    }

    /// None where a mapping went meanwhile.
    fn at_once(pid: u32) -> Option<Self> {
        let mappings = || fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
        let maps = mappings();
        let memory = fs::File::open(format!("/proc/{pid}/mem")).unwrap();
        let mut regions = Vec::new();
        for line in maps.lines() {
            if !line.split(' ').nth(1).unwrap().starts_with('r') {
                continue;
            }
            let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
            let from = u64::from_str_radix(from, 16).unwrap();
            let to = u64::from_str_radix(to, 16).unwrap();
            let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
            if let Err(error) = memory.read_exact_at(&mut bytes, from) {
                // The kernel's own (vvar) cannot be read by anybody.
                if line.contains("[v") {
                    continue;
                }
                let there = mappings().lines().any(|now| now == line);
                assert!(!there, "{line}: {error:?}");
                return None;
            }
            regions.push((line.to_owned(), bytes));
        }
        let has = |what: &str| regions.iter().any(|(line, _)| line.ends_with(what));
        assert!(has("[heap]") && has("[stack]"), "{maps}");
        Some(Self(regions))
    }

    pub fn bytes(&self) -> usize {
        self.0.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    pub fn count(&self, needle: &[u8]) -> usize {
        self.0.iter().map(|(_, bytes)| count(bytes, needle)).sum()
    }

    pub fn standing_alone(&self, digits: &str) -> usize {
        self.0.iter().map(|(_, bytes)| alone(bytes, digits)).sum()
    }

    /// Mappings in which `needle` occurs, for whoever has to find out why.
    pub fn places(&self, needle: &[u8]) -> Vec<&str> {
        let found = self.0.iter().filter(|(_, bytes)| count(bytes, needle) > 0);
        found.map(|(line, _)| line.as_str()).collect()
    }
}

/// Pieces of a picture that occur nowhere else.
pub struct Needles(HashSet<[u8; PIECE]>);

impl Needles {
    /// Of every place in a file.
    pub fn of_file(file: &[u8], before: &Memory) -> Self {
        Self::new(file.windows(PIECE), before)
    }

    /// Of every 64th place in pixels.
    pub fn of_picture(pixels: &[u8], before: &Memory) -> Self {
        Self::new(pixels.windows(PIECE).step_by(64), before)
    }

    fn new<'a>(pieces: impl Iterator<Item = &'a [u8]>, before: &Memory) -> Self {
        let varied = |piece: &[u8; PIECE]| piece.iter().collect::<HashSet<_>>().len() >= 8;
        let pieces: HashSet<_> = pieces.map(|piece| piece.try_into().unwrap()).collect();
        let mut all = Self(pieces.into_iter().filter(varied).collect());
        for (_, bytes) in &before.0 {
            for piece in all.found(bytes) {
                all.0.remove(&piece);
            }
        }
        assert!(all.0.len() >= 32, "only {} pieces", all.0.len());
        all
    }

    fn found(&self, bytes: &[u8]) -> HashSet<[u8; PIECE]> {
        // Nearly every place is told apart by its first two bytes.
        let mut begins = vec![false; 1 << 16];
        let place = |piece: &[u8]| usize::from(piece[0]) << 8 | usize::from(piece[1]);
        self.0.iter().for_each(|piece| begins[place(piece)] = true);
        bytes
            .windows(PIECE)
            .filter(|window| begins[place(window)])
            .filter_map(|window| self.0.get(window).copied())
            .collect()
    }

    /// How many of the pieces occur.
    pub fn in_bytes(&self, bytes: &[u8]) -> usize {
        self.found(bytes).len()
    }

    /// How many of the pieces occur.
    pub fn in_memory(&self, memory: &Memory) -> usize {
        memory.0.iter().map(|(_, bytes)| self.in_bytes(bytes)).sum()
    }
}

/// Every file below `folder`, with what is in it.
pub fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.is_file() {
            files.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    files
}

/// A monitor of the bus.
pub struct Capture(JoinHandle<Vec<u8>>);

/// Member of the signal that ends a capture.
const LAST: &str = "ThatWasAll";

impl Capture {
    pub async fn start(bus: &PrivateBus) -> Self {
        let connection = bus.connect().await;
        let mut messages = MessageStream::from(&connection);
        let monitor = MonitoringProxy::new(&connection).await.unwrap();
        monitor.become_monitor(&[], 0).await.unwrap();
        Self(tokio::spawn(async move {
            let mut seen = Vec::new();
            while let Some(message) = messages.next().await {
                let message = message.unwrap();
                seen.extend_from_slice(message.data());
                if message.header().member().is_some_and(|name| name == LAST) {
                    break;
                }
            }
            drop(connection);
            seen
        }))
    }

    /// All that went over the bus until now.
    pub async fn end(self, house: &House) -> Vec<u8> {
        let signal = house
            .client
            .emit_signal(None::<&str>, "/", "jp.uketsuke.Test", LAST, &());
        signal.await.unwrap();
        self.0.await.unwrap()
    }
}

/// A decoder that tells what it was asked and answers when it is told to.
pub struct Decoder {
    asked: Mutex<Receiver<Vec<u8>>>,
    go: Sender<()>,
}

impl Decoder {
    pub fn in_place_of(house: &House) -> Self {
        house.no_decoder();
        let listener = UnixListener::bind(house.folder().join("photo.socket")).unwrap();
        let (tell, asked) = channel();
        let (go, told) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let question = wire::read_question(&mut stream).unwrap().unwrap();
                tell.send(question.to_vec()).unwrap();
                // The last question is never answered: it is the one that is cancelled.
                if told.recv().is_err() {
                    return;
                }
                let answer = uketsuke_photo::decode(&question);
                wire::write_answer(&mut stream, &answer).unwrap();
            }
        });
        Self {
            asked: asked.into(),
            go,
        }
    }

    /// Waits for the next question.
    pub async fn question(&self) -> Vec<u8> {
        let mut told = None;
        until("the decoder is asked", async || {
            told = self.asked.lock().unwrap().try_recv().ok();
            told.is_some()
        })
        .await;
        told.unwrap()
    }

    /// Lets the answer go.
    pub fn answer(&self) {
        self.go.send(()).unwrap();
    }
}
