// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other side of the screen's panel: its picture out of shared memory, touches and keys into it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};

use crate::api::{Deed, Picture, Screen};

/// First word of the frame file: `UKFR`, little-endian.
const MAGIC: u32 = u32::from_le_bytes(*b"UKFR");
/// Bytes before the first pixel.
const HEADER: u64 = 64;
/// Bytes of a pixel: blue, green, red, unused.
const PIXEL: usize = 4;
/// Pause between two looks for the socket of a screen that is starting.
const RETRY: Duration = Duration::from_millis(20);
/// How long a frame is read that the screen keeps drawing over: on a busy machine the screen may lose its
/// processor in the middle of a drawing.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two such reads.
const PAUSE: Duration = Duration::from_millis(1);

/// Why a picture cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PanelError {
    /// The frame file cannot be read.
    #[error("cannot read the frame {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is no frame.
    #[error("{0} is not a frame")]
    NotAFrame(PathBuf),
    /// The screen drew all the time.
    #[error("the screen does not stop drawing")]
    Restless,
    /// No screen is connected.
    #[error("the screen is not connected")]
    Away,
}

/// Pixels of one rectangle, rows without gaps, 4 bytes each: blue, green, red, unused.
pub struct Pixels {
    /// `[x, y, width, height]`.
    pub rect: [u32; 4],
    /// `width * height * 4` bytes.
    pub bytes: Vec<u8>,
}

/// The panel of one run.
pub struct Panel {
    directory: PathBuf,
    screen: watch::Receiver<Screen>,
    deeds: mpsc::Sender<Deed>,
    task: tokio::task::JoinHandle<()>,
}

impl Panel {
    /// Watches the panel in `directory`; a screen may come, go and come again.
    #[must_use]
    pub fn watch(directory: &Path) -> Self {
        let (sender, screen) = watch::channel(Screen::default());
        let (deeds, inbox) = mpsc::channel(64);
        let task = tokio::spawn(follow(directory.to_owned(), sender, inbox));
        Self {
            directory: directory.to_owned(),
            screen,
            deeds,
            task,
        }
    }

    /// What the screen last said, and every change of it.
    #[must_use]
    pub fn screen(&self) -> watch::Receiver<Screen> {
        self.screen.clone()
    }

    /// Touches the panel, or presses a key of the keypad.
    ///
    /// # Errors
    /// [`PanelError::Away`].
    pub async fn does(&self, deed: Deed) -> Result<(), PanelError> {
        if !self.screen.borrow().connected {
            return Err(PanelError::Away);
        }
        self.deeds.send(deed).await.map_err(|_| PanelError::Away)
    }

    /// Reads rectangles of the present frame, clipped to it; all of it when `rects` is empty.
    /// Blocking: a few milliseconds, unless the machine is busy.
    ///
    /// # Errors
    /// [`PanelError`].
    pub fn read(&self, rects: &[[u32; 4]]) -> Result<Vec<Pixels>, PanelError> {
        let path = self.directory.join("frame");
        let failed = |source| PanelError::Read {
            path: path.clone(),
            source,
        };
        let file = File::open(&path).map_err(failed)?;
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let before = Header::read(&file, &path)?;
            if before.sequence % 2 == 0 {
                let pixels = read_rects(&file, &before, rects).map_err(failed)?;
                if Header::read(&file, &path)?.sequence == before.sequence {
                    return Ok(pixels);
                }
            }
            std::thread::sleep(PAUSE);
        }
        Err(PanelError::Restless)
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Header {
    width: u32,
    height: u32,
    stride: u32,
    sequence: u64,
}

impl Header {
    fn read(file: &File, path: &Path) -> Result<Self, PanelError> {
        let mut bytes = [0; 24];
        file.read_exact_at(&mut bytes, 0)
            .map_err(|source| PanelError::Read {
                path: path.to_owned(),
                source,
            })?;
        let word = |at: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&bytes[at..at + 4]);
            u32::from_le_bytes(word)
        };
        if word(0) != MAGIC {
            return Err(PanelError::NotAFrame(path.to_owned()));
        }
        Ok(Self {
            width: word(4),
            height: word(8),
            stride: word(12),
            sequence: u64::from(word(16)) | u64::from(word(20)) << 32,
        })
    }
}

fn read_rects(file: &File, header: &Header, rects: &[[u32; 4]]) -> io::Result<Vec<Pixels>> {
    let whole = [[0, 0, header.width, header.height]];
    let rects = if rects.is_empty() { &whole } else { rects };
    let mut all = Vec::with_capacity(rects.len());
    for [x, y, w, h] in rects {
        let (x, y) = (*x.min(&header.width), *y.min(&header.height));
        let (w, h) = (*w.min(&(header.width - x)), *h.min(&(header.height - y)));
        let row = w as usize * PIXEL;
        let mut bytes = vec![0; row * h as usize];
        for (line, row) in bytes.chunks_exact_mut(row.max(1)).enumerate() {
            let offset = (u64::from(y) + line as u64) * u64::from(header.stride);
            file.read_exact_at(row, HEADER + offset + u64::from(x) * PIXEL as u64)?;
        }
        all.push(Pixels {
            rect: [x, y, w, h],
            bytes,
        });
    }
    Ok(all)
}

/// Keeps a connection to the screen for as long as there is one.
async fn follow(
    directory: PathBuf,
    screen: watch::Sender<Screen>,
    mut deeds: mpsc::Receiver<Deed>,
) {
    loop {
        let Ok(stream) = UnixStream::connect(directory.join("panel.sock")).await else {
            tokio::time::sleep(RETRY).await;
            continue;
        };
        // Either end of the connection is the end of this screen.
        let _ = talk(stream, &directory, &screen, &mut deeds).await;
        screen.send_modify(|s| {
            s.connected = false;
            s.change += 1;
        });
    }
}

async fn talk(
    stream: UnixStream,
    directory: &Path,
    screen: &watch::Sender<Screen>,
    deeds: &mut mpsc::Receiver<Deed>,
) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => {
                let Some(line) = line? else { return Ok(()) };
                let picture: Picture = serde_json::from_str(&line)?;
                let path = directory.join("frame");
                let header = File::open(&path)
                    .map_err(|source| PanelError::Read { path: path.clone(), source })
                    .and_then(|file| Header::read(&file, &path))
                    .map_err(io::Error::other)?;
                screen.send_modify(|s| {
                    s.change += 1;
                    s.connected = true;
                    (s.width, s.height) = (header.width, header.height);
                    s.picture = picture;
                });
            }
            deed = deeds.recv() => {
                let mut line = match deed {
                    None => return Ok(()),
                    Some(Deed::Key(key)) => json!({ "key": key }).to_string(),
                    Some(Deed::Touch(touch)) => {
                        let (x, y) = (touch.x.round() as i32, touch.y.round() as i32);
                        let touch = json!({ "x": x, "y": y, "phase": touch.phase });
                        json!({ "touch": touch }).to_string()
                    }
                };
                line.push('\n');
                write.write_all(line.as_bytes()).await?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn frame(directory: &Path, sequence: u64) {
        let mut bytes = vec![0; 64];
        bytes[..4].copy_from_slice(b"UKFR");
        for (at, value) in [(4, 3u32), (8, 2), (12, 16)] {
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        bytes[16..24].copy_from_slice(&sequence.to_le_bytes());
        for y in 0..2u8 {
            bytes.extend((0..4u8).flat_map(|x| [x, y, 0, 0]));
        }
        std::fs::write(directory.join("frame"), bytes).unwrap();
    }

    #[tokio::test]
    async fn a_rectangle_is_cut_out_and_clipped_and_a_half_drawn_frame_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        frame(directory.path(), 4);
        let panel = Panel::watch(directory.path());
        let pixels = panel.read(&[[1, 1, 9, 9]]).unwrap();
        assert_eq!(pixels[0].rect, [1, 1, 2, 1]);
        assert_eq!(pixels[0].bytes, [1, 1, 0, 0, 2, 1, 0, 0]);
        assert_eq!(panel.read(&[]).unwrap()[0].bytes.len(), 3 * 2 * 4);
        frame(directory.path(), 5);
        assert!(matches!(panel.read(&[]), Err(PanelError::Restless)));
    }
}
