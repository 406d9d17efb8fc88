// SPDX-License-Identifier: MIT OR Apache-2.0
//! `check-in`: a patient with card and PIN, all by touch, and the record at the centre.
//! `keypad`: the same without the glass, on a keypad that is plugged while the reader runs, with a
//! loudspeaker from which the voice is heard.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use uketsuke_bus::consent::Variant;
use uketsuke_bus::mode1::{Action, ViewId};
use uketsuke_centre::scenario::Person;

use super::image::Flavour;
use super::stage::{Stage, VIEW};
use super::{Run, stage::BOOT};
use crate::machine::Machine;
use crate::report::Report;
use crate::screen::Expected;

/// The card, its PIN and whose it is.
const CARD: &str = "normal-adult";
const PIN: &str = "1234";
/// Longest time until an answered check-in has reached the centre's book.
const BOOKED: Duration = Duration::from_secs(60);
/// Longest time until a keypad that was plugged leads the ring.
const PLUGGED: Duration = Duration::from_secs(60);
/// QEMU writes a head of 44 bytes, then 44.1 kHz, two channels, 16 bits.
const WAV_HEAD: usize = 44;
const SAMPLES_A_TENTH: usize = 4410 * 2;
/// A hundredth of the full scale.
const LOUD: u16 = 327;
/// Least of what is said in a check-in that must be heard, s; each key cuts off what is being said.
const LEAST_HEARD: f64 = 2.0;
/// How long a key needs to be seen, at the emulator's pace.
const KEY_SHOWS: Duration = Duration::from_secs(1);

pub(super) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let mut stage = Stage::start(run, Flavour::Release).await?;
    let hardware = stage.hardware(run, "machine").await?;
    let mut machine = stage.boot(&mut run.report, &hardware).await?;
    visit(&mut stage, &mut machine, &mut run.report, 1).await
}

/// How the patient answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Touch,
    Keypad,
}

/// `keypad`.
pub(super) async fn keypad(run: &mut Run) -> anyhow::Result<()> {
    run.parts.loudspeaker = true;
    let mut stage = Stage::start(run, Flavour::Release).await?;
    let hardware = stage.hardware(run, "machine").await?;
    let mut machine = stage.boot(&mut run.report, &hardware).await?;
    machine.plug_keypad().await?;
    let idle = stage.glass.idle();
    let first = stage.glass.ringed(&idle, "screen-layout-low");
    // The reader needs its time to find what was plugged: a key before that is lost, and the ring goes
    // round until it is seen.
    let end = Instant::now() + PLUGGED;
    while machine.look().await?.differing(&first) > 0 {
        anyhow::ensure!(Instant::now() < end, "no ring in {PLUGGED:?}");
        machine.key("kp_add").await?;
        tokio::time::sleep(KEY_SHOWS).await;
    }
    run.report.step("keypad plugged, its ring on P-00");
    visit_by(By::Keypad, &mut stage, &mut machine, &mut run.report, 1).await?;
    let hardware = machine.cut().await?;
    let heard = sounding(&hardware.sound())?;
    run.report.figure("heard", format!("{heard:.1} s"));
    anyhow::ensure!(heard > LEAST_HEARD, "the loudspeaker was silent");
    Ok(())
}

/// Seconds in which a loudspeaker sounded: tenths of a second with a sample of more than a hundredth
/// of the full scale.
fn sounding(file: &Path) -> anyhow::Result<f64> {
    let bytes = std::fs::read(file).with_context(|| format!("no {}", file.display()))?;
    let samples: Vec<i16> = bytes
        .get(WAV_HEAD..)
        .unwrap_or_default()
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    let loud = |part: &[i16]| part.iter().any(|sample| sample.unsigned_abs() > LOUD);
    let tenths = samples.chunks(SAMPLES_A_TENTH).filter(|part| loud(part));
    Ok(tenths.count() as f64 / 10.0)
}

/// One check-in by touch from the idle screen back to it; the centre must then have `count` of them.
pub(super) async fn visit(
    stage: &mut Stage,
    machine: &mut Machine,
    report: &mut Report,
    count: usize,
) -> anyhow::Result<()> {
    visit_by(By::Touch, stage, machine, report, count).await
}

async fn visit_by(
    by: By,
    stage: &mut Stage,
    machine: &mut Machine,
    report: &mut Report,
    count: usize,
) -> anyhow::Result<()> {
    let began = Instant::now();
    stage.outside.reader.tray().place(CARD, 0)?;
    let method = stage
        .glass
        .view(ViewId::Method, &[Action::Pin, Action::Finish], |_| {});
    stage.expect(machine, &method, VIEW).await?;
    report.step("card placed, P-02");
    answer(by, stage, machine, &method, Action::Pin).await?;
    pin(by, stage, machine).await?;
    let (consent, to_all) = consent(stage, count > 1);
    stage.expect(machine, &consent, VIEW).await?;
    report.step(format!("PIN typed, {}", consent.name));
    answer(by, stage, machine, &consent, to_all).await?;
    let name = Person::of(CARD)
        .name_kana
        .context("the card's holder has no name at the centre")?;
    let done = stage.glass.done(&name);
    stage.expect(machine, &done, VIEW).await?;
    report.step("agreed, P-13");
    booked(stage, count).await?;
    report.step("record at the centre");
    stage.outside.reader.tray().lift(0)?;
    let idle = stage.glass.idle();
    stage.expect(machine, &idle, BOOT).await?;
    report.step("card lifted, idle screen");
    let seconds = began.elapsed().as_secs_f64();
    report.figure("check-in", format!("{seconds:.1} s"));
    Ok(())
}

/// What the patient is asked, and the answer that gives consent to all: whoever has answered before,
/// to whichever reader, may leave it at that.
fn consent(stage: &Stage, before: bool) -> (Expected, Action) {
    if before {
        let choices = [
            Action::KeepEarlier,
            Action::ChooseAgain,
            Action::ShowEarlier,
            Action::Finish,
        ];
        let view = stage.glass.view(ViewId::CarryOver, &choices, |_| {});
        return (view, Action::KeepEarlier);
    }
    let choices = [Action::AgreeAll, Action::ChooseEach, Action::Finish];
    let view = stage.glass.view(ViewId::ConsentMethod, &choices, |view| {
        view.variant = Some(Variant::X);
    });
    (view, Action::AgreeAll)
}

/// Presses an answer of the view that is shown.
async fn answer(
    by: By,
    stage: &mut Stage,
    machine: &mut Machine,
    shown: &Expected,
    action: Action,
) -> anyhow::Result<()> {
    if by == By::Touch {
        return stage.press(machine, shown, action.as_str()).await;
    }
    for _ in 0..shown.steps_to(action.as_str())? {
        machine.key("kp_add").await?;
    }
    let ringed = stage.glass.ringed(shown, action.as_str());
    stage.expect(machine, &ringed, VIEW).await?;
    Ok(machine.key("kp_enter").await?)
}

/// Types the PIN; each digit shows before the next is typed.
async fn pin(by: By, stage: &mut Stage, machine: &mut Machine) -> anyhow::Result<()> {
    for (typed, digit) in (0u8..).zip(PIN.chars()) {
        let pad = stage.glass.pin(typed);
        stage.expect(machine, &pad, VIEW).await?;
        match by {
            By::Touch => {
                let action = format!("digit-{digit}");
                stage.press(machine, &pad, &action).await?;
            }
            By::Keypad => machine.key(&format!("kp_{digit}")).await?,
        }
    }
    Ok(())
}

/// The centre's own book has so many completed sessions, the last of this card with its consents.
async fn booked(stage: &Stage, count: usize) -> anyhow::Result<()> {
    let end = Instant::now() + BOOKED;
    loop {
        let sessions = stage.outside.centre.sessions().await?;
        let completed: Vec<_> = sessions
            .iter()
            .filter(|session| session.state == "completed")
            .collect();
        if completed.len() == count
            && let Some(last) = completed.last()
        {
            let profile = last.profile.as_deref();
            anyhow::ensure!(profile == Some(CARD), "the record is of {profile:?}");
            anyhow::ensure!(last.records == 1, "{} records of one visit", last.records);
            anyhow::ensure!(!last.elements.is_empty(), "the record has no consents");
            return Ok(());
        }
        anyhow::ensure!(
            Instant::now() < end && completed.len() <= count,
            "the centre has {} completed check-ins, not {count}: {:?}",
            completed.len(),
            sessions.iter().map(|s| &s.state).collect::<Vec<_>>()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
