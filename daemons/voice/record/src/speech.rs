// SPDX-License-Identifier: MIT OR Apache-2.0
//! Has words spoken: Japanese by Open JTalk, English by Flite.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

use crate::level::RATE;
use crate::words::{Language, Line, Readings};

/// Open JTalk's dictionary, where Debian's package has it.
const DICTIONARY: &str = "/var/lib/mecab/dic/open-jtalk/naist-jdic";
/// Flite's voice: the clearest of the free ones it brings.
const ENGLISH: &str = "slt";

/// Whoever speaks.
pub struct Speakers {
    voice: PathBuf,
    licence: Option<String>,
    readings: Readings,
}

impl Speakers {
    /// With this voice for Japanese.
    ///
    /// # Errors
    /// When voice or dictionary are not there.
    pub fn new(voice: &Path, readings: Readings) -> anyhow::Result<Self> {
        ensure!(
            voice.is_file(),
            "{}: no such voice; packages/install-voice gets it",
            voice.display()
        );
        ensure!(
            Path::new(DICTIONARY).is_dir(),
            "{DICTIONARY}: no dictionary; Debian's open-jtalk-mecab-naist-jdic has it"
        );
        let licence = voice.with_file_name("LICENCE");
        let licence = match std::fs::read_to_string(&licence) {
            Ok(text) => Some(text),
            Err(absent) if absent.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| licence.display().to_string()),
        };
        Ok(Self {
            voice: voice.to_owned(),
            licence,
            readings,
        })
    }

    /// The licence of the voice, which goes where the recordings go.
    pub fn licence(&self) -> Option<&str> {
        self.licence.as_deref()
    }

    /// Samples of [`RATE`].
    ///
    /// # Errors
    /// When a synthesiser fails, or nothing comes out of it.
    pub fn speak(&self, line: &Line) -> anyhow::Result<Vec<f64>> {
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let (words, sound) = (folder.path().join("words"), folder.path().join("sound"));
        let mut command = match line.language {
            Language::Japanese => self.japanese("1.0", &sound),
            Language::EasyJapanese => self.japanese("0.9", &sound),
            Language::English => {
                let mut flite = Command::new("flite");
                flite.args(["-voice", ENGLISH, "-o"]).arg(&sound).arg("-f");
                flite
            }
        };
        let mut text = line.words.clone();
        if line.language != Language::English {
            for (written, read) in &self.readings {
                text = text.replace(written, read);
            }
        }
        std::fs::write(&words, text + "\n").context("words")?;
        let program = command.get_program().to_owned();
        let output = command
            .arg(&words)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} (packages/debian-12.txt)", program.display()))?;
        ensure!(
            output.status.success(),
            "{}: {}: {}",
            program.display(),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        let bytes = std::fs::read(&sound).context("no sound was made")?;
        samples(&bytes)
    }

    fn japanese(&self, speed: &str, sound: &Path) -> Command {
        let mut command = Command::new("open_jtalk");
        command.args(["-x", DICTIONARY, "-r", speed, "-m"]);
        command.arg(&self.voice).arg("-ow").arg(sound);
        command
    }
}

/// The samples of a WAV file of one channel, as many a second as [`RATE`] says.
fn samples(wav: &[u8]) -> anyhow::Result<Vec<f64>> {
    ensure!(
        wav.starts_with(b"RIFF") && wav.get(8..12) == Some(b"WAVE"),
        "no WAV file"
    );
    let mut rest = &wav[12..];
    let mut rate = None;
    while let Some((head, tail)) = rest.split_at_checked(8) {
        let length = u32::from_le_bytes(head[4..8].try_into().expect("four bytes")) as usize;
        // Flite pads nothing and Open JTalk knows its length; a longer one is what is there.
        let (body, next) = tail.split_at(length.min(tail.len()));
        match &head[..4] {
            b"fmt " => {
                let field = |at: usize| {
                    body.get(at..at + 2)
                        .map(|b| u16::from_le_bytes([b[0], b[1]]))
                };
                ensure!(
                    (field(0), field(2), field(14)) == (Some(1), Some(1), Some(16)),
                    "not one channel of 16 bits"
                );
                rate = body
                    .get(4..8)
                    .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            }
            b"data" => {
                let rate = rate.context("no format before the samples")?;
                let one = |b: &[u8]| f64::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0;
                return widened(body.chunks_exact(2).map(one).collect(), rate);
            }
            _ => {}
        }
        rest = next;
    }
    bail!("no samples")
}

/// `samples` of `rate`, at [`RATE`]: a windowed sinc, so that no hiss comes in above what was there.
fn widened(samples: Vec<f64>, rate: u32) -> anyhow::Result<Vec<f64>> {
    /// Samples on either side that count.
    const REACH: isize = 32;
    if rate == RATE {
        return Ok(samples);
    }
    ensure!(
        RATE.is_multiple_of(rate),
        "{rate} samples a second do not fit {RATE}"
    );
    let times = (RATE / rate) as isize;
    let at = |i: isize| {
        usize::try_from(i)
            .ok()
            .and_then(|i| samples.get(i))
            .copied()
    };
    let one = |n: isize| {
        let (whole, part) = (n / times, n % times);
        let weight = |k: isize| {
            let x = (k * times - part) as f64 / times as f64;
            let window = 0.5 + 0.5 * (std::f64::consts::PI * x / (REACH as f64 + 1.0)).cos();
            let x = std::f64::consts::PI * x;
            if x == 0.0 { 1.0 } else { x.sin() / x * window }
        };
        (-REACH..=REACH)
            .filter_map(|k| at(whole + k).map(|sample| sample * weight(k)))
            .sum()
    };
    Ok((0..samples.len() as isize * times).map(one).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_wave_keeps_its_shape_when_it_is_widened() {
        let wave = |rate: f64, n: usize| {
            (0..n).map(move |i| (i as f64 * 1000.0 / rate * std::f64::consts::TAU).sin())
        };
        let wide = widened(wave(16_000.0, 1600).collect(), 16_000).unwrap();
        assert_eq!(wide.len(), 4800);
        let worst = wide
            .iter()
            .zip(wave(48_000.0, 4800))
            .skip(300)
            .take(4200)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(worst < 0.01, "{worst}");
    }

    #[test]
    fn what_is_no_wav_file_is_refused() {
        assert!(samples(b"").is_err());
        assert!(samples(b"RIFF\0\0\0\0WAVE").is_err());
        assert!(samples(b"RIFF\0\0\0\0WAVEdata\x02\0\0\0ab").is_err());
    }
}
