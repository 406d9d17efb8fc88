// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsukectl status`.

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use serde::Serialize;
use uketsuke_bus::card1::{Card1Proxy, ReaderState, Role};
use uketsuke_bus::face1::{CameraFault, CameraState, Face1Proxy};
use uketsuke_bus::mode1::{Mode1Proxy, Operation};
use uketsuke_bus::screen1::{Contrast, Language, Layout, Screen1Proxy, Text};
use uketsuke_bus::uplink1::{HopState, Uplink1Proxy};

/// How long a daemon may take to answer before it counts as hung.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a daemon said, or why it said nothing.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Answer<T> {
    Up(T),
    Down(String),
}

#[derive(Serialize)]
struct Card {
    readers: Vec<ReaderState>,
    card_present: bool,
}

#[derive(Serialize)]
struct Mode {
    operation: Operation,
    view: &'static str,
}

#[derive(Serialize)]
struct Uplink {
    hops: Vec<HopState>,
    queued: u32,
}

#[derive(Serialize)]
struct Face {
    engine: String,
    cameras: Vec<CameraState>,
    faults: Vec<CameraFault>,
}

#[derive(Serialize)]
struct Screen {
    language: Language,
    contrast: Contrast,
    text: Text,
    layout: Layout,
}

#[derive(Serialize)]
struct Status {
    card: Answer<Card>,
    mode: Answer<Mode>,
    uplink: Answer<Uplink>,
    screen: Answer<Screen>,
    face: Answer<Face>,
}

/// Prints the status; the exit code says whether a patient can be checked in.
pub fn run(json: bool) -> ExitCode {
    let status = match ask() {
        Ok(status) => status,
        Err(error) => {
            eprintln!("uketsukectl: {error:#}");
            return ExitCode::from(2);
        }
    };
    if json {
        match serde_json::to_string_pretty(&status) {
            Ok(text) => println!("{text}"),
            Err(error) => {
                eprintln!("uketsukectl: {error}");
                return ExitCode::from(2);
            }
        }
    } else {
        for line in status.lines() {
            println!("{line}");
        }
    }
    if status.healthy() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The status as JSON, for the log bundle.
///
/// # Errors
/// When the bus cannot be reached.
pub fn json() -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(&ask()?)?)
}

fn ask() -> anyhow::Result<Status> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let bus = zbus::Connection::system()
                .await
                .context("the system bus cannot be reached")?;
            let (card, mode, uplink, screen, face) = tokio::join!(
                card(&bus),
                mode(&bus),
                uplink(&bus),
                screen(&bus),
                face(&bus)
            );
            Ok(Status {
                card,
                mode,
                uplink,
                screen,
                face,
            })
        })
}

/// Waits for `asked`, but not for a daemon that hangs.
async fn answer<T>(asked: impl Future<Output = zbus::fdo::Result<T>>) -> Answer<T> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(value)) => Answer::Up(value),
        Ok(Err(error)) => Answer::Down(reason(&error)),
        Err(_) => Answer::Down(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

fn reason(error: &zbus::fdo::Error) -> String {
    match error {
        zbus::fdo::Error::ServiceUnknown(_) | zbus::fdo::Error::NameHasNoOwner(_) => {
            "not running".into()
        }
        zbus::fdo::Error::AccessDenied(_) => "the bus policy does not let this user ask".into(),
        other => other.to_string(),
    }
}

async fn card(bus: &zbus::Connection) -> Answer<Card> {
    answer(async {
        let proxy = Card1Proxy::new(bus).await?;
        Ok(Card {
            readers: proxy.readers().await?,
            card_present: proxy.present().await?.as_str() != "/",
        })
    })
    .await
}

async fn mode(bus: &zbus::Connection) -> Answer<Mode> {
    answer(async {
        let proxy = Mode1Proxy::new(bus).await?;
        Ok(Mode {
            operation: proxy.operation().await?,
            view: proxy.view().await?.id.as_str(),
        })
    })
    .await
}

async fn uplink(bus: &zbus::Connection) -> Answer<Uplink> {
    answer(async {
        let proxy = Uplink1Proxy::new(bus).await?;
        Ok(Uplink {
            hops: proxy.hops().await?,
            queued: proxy.queued().await?,
        })
    })
    .await
}

async fn screen(bus: &zbus::Connection) -> Answer<Screen> {
    answer(async {
        let proxy = Screen1Proxy::new(bus).await?;
        Ok(Screen {
            language: proxy.language().await?,
            contrast: proxy.contrast().await?,
            text: proxy.text().await?,
            layout: proxy.layout().await?,
        })
    })
    .await
}

async fn face(bus: &zbus::Connection) -> Answer<Face> {
    answer(async {
        let proxy = Face1Proxy::new(bus).await?;
        Ok(Face {
            engine: proxy.engine().await?,
            cameras: proxy.cameras().await?,
            faults: proxy.faults().await?,
        })
    })
    .await
}

impl Status {
    /// Whether a patient can be checked in now; nobody needs his face for it.
    fn healthy(&self) -> bool {
        let reader = matches!(&self.card, Answer::Up(card) if card
            .readers.iter().any(|(role, _, works)| *role == Role::Card && *works));
        let link = matches!(&self.uplink, Answer::Up(link)
            if !link.hops.is_empty() && link.hops.iter().all(|h| h.up));
        let desk = matches!(self.mode, Answer::Up(_)) && matches!(self.screen, Answer::Up(_));
        reader && link && desk
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match &self.card {
            Answer::Up(card) => {
                lines.push(format!(
                    "card    up    card present: {}",
                    yes(card.card_present)
                ));
                for (role, name, works) in &card.readers {
                    let (role, state) = (role.as_str(), if *works { "ok  " } else { "lost" });
                    lines.push(match name.as_str() {
                        "" => format!("  reader  {role:<5}  none found"),
                        name => format!("  reader  {role:<5}  {state}  {name}"),
                    });
                }
            }
            Answer::Down(why) => lines.push(format!("card    DOWN  {why}")),
        }
        match &self.mode {
            Answer::Up(mode) => lines.push(format!(
                "mode    up    {}, view {}",
                operation(mode.operation),
                mode.view
            )),
            Answer::Down(why) => lines.push(format!("mode    DOWN  {why}")),
        }
        match &self.uplink {
            Answer::Up(link) => {
                lines.push(format!("uplink  up    {} queued", link.queued));
                for hop in &link.hops {
                    lines.push(format!(
                        "  {:<8}  {}  since {}",
                        hop.hop.as_str(),
                        if hop.up { "up  " } else { "DOWN" },
                        ago(hop.since)
                    ));
                }
            }
            Answer::Down(why) => lines.push(format!("uplink  DOWN  {why}")),
        }
        match &self.screen {
            Answer::Up(screen) => lines.push(format!(
                "screen  up    language {}, contrast {}, text {}, layout {}",
                screen.language.as_str(),
                screen.contrast.as_str(),
                screen.text.as_str(),
                screen.layout.as_str()
            )),
            Answer::Down(why) => lines.push(format!("screen  DOWN  {why}")),
        }
        lines.extend(cameras(&self.face));
        lines
    }
}

/// The lines of the cameras.
fn cameras(face: &Answer<Face>) -> Vec<String> {
    let face = match face {
        Answer::Up(face) => face,
        // It ends where no camera is set up, and that is no fault.
        Answer::Down(why) => return vec![format!("face    off   {why}")],
    };
    let compares = match face.engine.as_str() {
        "" => "nothing compares faces".to_owned(),
        engine => format!("engine {engine}"),
    };
    let mut lines = vec![format!("face    up    {compares}")];
    for (camera, works) in &face.cameras {
        let named = |of: &&CameraFault| of.0 == *camera;
        let fault = face.faults.iter().find(named).map_or("", |(_, word)| word);
        let state = if *works { "ok  " } else { "LOST" };
        let line = format!("  camera  {:<10}  {state}  {fault}", camera.as_str());
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The name on the wire, and the one on the terminal's page.
fn operation(operation: Operation) -> String {
    let there = match operation {
        Operation::Unattended => "無人運転",
        Operation::PinOnly => "暗証番号認証固定",
        Operation::Visual => "目視確認",
    };
    format!("{} ({there})", operation.as_str())
}

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// How long ago a second since 1970 was, coarsely.
fn ago(since: u64) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs());
    match now.saturating_sub(since) {
        s @ 0..=119 => format!("{s} s"),
        s @ 120..=7199 => format!("{} min", s / 60),
        s @ 7200..=172_799 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uketsuke_bus::face1::Camera;
    use uketsuke_bus::uplink1::Hop;

    fn status(works: bool, up: bool) -> Status {
        Status {
            card: Answer::Up(Card {
                readers: vec![(Role::Card, "Reader 00 00".into(), works)],
                card_present: false,
            }),
            mode: Answer::Up(Mode {
                operation: Operation::Unattended,
                view: "P-00",
            }),
            uplink: Answer::Up(Uplink {
                hops: vec![HopState {
                    hop: Hop::Centre,
                    up,
                    since: 0,
                }],
                queued: 2,
            }),
            screen: Answer::Down("not running".into()),
            face: Answer::Down("not running".into()),
        }
    }

    fn usual_screen() -> Screen {
        Screen {
            language: Language::Ja,
            contrast: Contrast::Normal,
            text: Text::Normal,
            layout: Layout::Normal,
        }
    }

    #[test]
    fn a_missing_daemon_or_hop_is_not_healthy() {
        let mut good = status(true, true);
        assert!(!good.healthy());
        good.screen = Answer::Up(usual_screen());
        assert!(good.healthy());
        let mut cut = status(true, false);
        cut.screen = Answer::Up(usual_screen());
        assert!(!cut.healthy());
        let mut lost = status(false, true);
        lost.screen = Answer::Up(usual_screen());
        assert!(!lost.healthy());
    }

    #[test]
    fn every_part_has_its_line() {
        let lines = status(false, false).lines().join("\n");
        for part in [
            "card    up",
            "card   lost  Reader 00 00",
            "view P-00",
            "2 queued",
            "DOWN  since",
            "screen  DOWN  not running",
            "face    off   not running",
        ] {
            assert!(lines.contains(part), "{part} is missing in\n{lines}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_camera_is_named_and_keeps_nobody_from_a_check_in() {
        let mut status = status(true, true);
        status.screen = Answer::Up(usual_screen());
        status.face = Answer::Up(Face {
            engine: String::new(),
            cameras: vec![(Camera::Face, true), (Camera::CardFront, false)],
            faults: vec![
                (Camera::Face, "dark".into()),
                (Camera::CardFront, "absent".into()),
            ],
        });
        assert!(status.healthy());
        let lines = status.lines();
        let wanted = [
            "face    up    nothing compares faces",
            "  camera  face        ok    dark",
            "  camera  card-front  LOST  absent",
        ];
        assert!(lines.ends_with(&wanted.map(str::to_owned)), "{lines:?}");
    }

    #[test]
    fn every_operation_mode_is_named_as_on_the_wire_and_as_at_the_terminal() {
        let said = Operation::ALL.iter().map(|held| {
            let mut status = status(true, true);
            status.mode = Answer::Up(Mode {
                operation: *held,
                view: "P-00",
            });
            status.lines()
        });
        let wanted = [
            "mode    up    unattended (無人運転), view P-00",
            "mode    up    pin-only (暗証番号認証固定), view P-00",
            "mode    up    visual (目視確認), view P-00",
        ];
        for (lines, wanted) in said.zip(wanted) {
            assert!(lines.iter().any(|line| line == wanted), "{lines:?}");
        }
        assert_eq!(Operation::ALL.len(), wanted.len());
    }
}
