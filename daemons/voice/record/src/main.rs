// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-voice-record`: makes every recording of the voice, on the machine that builds.
//!
//! [`words`] reads what is to be said, [`speech`] has it spoken by Open JTalk and Flite, [`notes`] are
//! the sounds without words, [`level`] cuts silence and makes all of them equally loud, [`opus`]
//! encodes. The same input gives the same bytes, so that two builds of an image agree. `make
//! recordings` calls it; it does nothing where nothing has changed.
#![forbid(unsafe_code)]

mod level;
mod notes;
mod opus;
mod speech;
mod stamp;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::Parser;

use speech::Speakers;
use words::Line;

/// Makes the recordings of the voice.
#[derive(Parser)]
struct Arguments {
    /// What is said: lines of name, tab, language (ja, ja-x-easy, en), tab, words.
    #[arg(long)]
    spoken: PathBuf,
    /// What Open JTalk misreads: lines of what is written, tab, what is read.
    #[arg(long)]
    readings: PathBuf,
    /// The voice of Open JTalk (*.htsvoice); its licence lies beside it as LICENCE.
    #[arg(long)]
    voice: PathBuf,
    /// The folder that is made; one that is there is replaced.
    #[arg(long)]
    out: PathBuf,
}

/// Something to record.
enum Piece<'a> {
    Words(&'a Line),
    Notes(&'static str, notes::Make),
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("uketsuke-voice-record: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let begun = Instant::now();
    let lines = words::read(&arguments.spoken)?;
    let readings = words::readings(&arguments.readings)?;
    let speakers = Speakers::new(&arguments.voice, readings)?;
    let stamp = stamp::of(&[&arguments.spoken, &arguments.readings, &arguments.voice])?;
    let stamp_file = arguments.out.join("stamp");
    if std::fs::read_to_string(&stamp_file).is_ok_and(|was| was == stamp) {
        return Ok(());
    }
    let mut pieces: Vec<_> = lines.iter().map(Piece::Words).collect();
    for (name, make) in notes::ALL {
        ensure!(
            lines.iter().all(|line| line.name != name),
            "{}: {name} is the name of a sound without words",
            arguments.spoken.display()
        );
        pieces.push(Piece::Notes(name, make));
    }

    // Beside the old ones, so that what is there is always whole.
    let out = arguments
        .out
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let out = out.unwrap_or(Path::new("."));
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    let new = tempfile::Builder::new()
        .prefix(".voice-")
        .tempdir_in(out)
        .with_context(|| out.display().to_string())?;
    record_all(&pieces, &speakers, new.path())?;
    if let Some(licence) = speakers.licence() {
        write(&new.path().join("LICENCE"), licence.as_bytes())?;
    }
    write(&new.path().join("stamp"), stamp.as_bytes())?;
    replace(new, &arguments.out)?;
    println!(
        "{} recordings in {} s: {}",
        pieces.len(),
        begun.elapsed().as_secs(),
        arguments.out.display()
    );
    Ok(())
}

/// On every processor; the first failure ends it.
fn record_all(pieces: &[Piece<'_>], speakers: &Speakers, folder: &Path) -> anyhow::Result<()> {
    let rest = Mutex::new((pieces.iter(), None));
    let threads = std::thread::available_parallelism().context("processors")?;
    let work = || {
        loop {
            let piece = {
                let mut rest = rest.lock().expect("no thread panics with it");
                if rest.1.is_some() {
                    return;
                }
                rest.0.next()
            };
            let Some(piece) = piece else { return };
            if let Err(error) = record(piece, speakers, folder) {
                let mut rest = rest.lock().expect("no thread panics with it");
                rest.1.get_or_insert(error);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.get() {
            scope.spawn(work);
        }
    });
    let failed = rest.into_inner().expect("no thread panics with it").1;
    failed.map_or(Ok(()), Err)
}

fn record(piece: &Piece<'_>, speakers: &Speakers, folder: &Path) -> anyhow::Result<()> {
    let (name, samples) = match piece {
        Piece::Words(line) => {
            let spoken = speakers.speak(line);
            let spoken = spoken.with_context(|| format!("{}: {}", line.name, line.words))?;
            (line.name.as_str(), level::trimmed(&spoken))
        }
        Piece::Notes(name, make) => (*name, make()),
    };
    let samples = level::levelled(&samples).with_context(|| name.to_owned())?;
    opus::write(&folder.join(format!("{name}.opus")), &samples).with_context(|| name.to_owned())
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}

/// Puts `new` where `out` was.
fn replace(new: tempfile::TempDir, out: &Path) -> anyhow::Result<()> {
    if out.exists() {
        std::fs::remove_dir_all(out).with_context(|| out.display().to_string())?;
    }
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(new.path(), readable).with_context(|| out.display().to_string())?;
    std::fs::rename(new.keep(), out).with_context(|| out.display().to_string())
}
