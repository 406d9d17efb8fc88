// SPDX-License-Identifier: MIT OR Apache-2.0
//! Checks that ask over the bus: every daemon, and the service manager.

use std::time::Duration;

use uketsuke_bus::card1::{Card1Proxy, ReaderState, Role};
use uketsuke_bus::mode1::{Keeping, Mode1Proxy};
use uketsuke_bus::screen1::Screen1Proxy;
use uketsuke_bus::update1::Update1Proxy;
use uketsuke_bus::uplink1::{HopState, Uplink1Proxy};
use uketsuke_bus::{CARD, MODE, SCREEN, UPDATE, UPLINK};
use uketsuke_common::config::{self, Place};
use zbus::Connection;
use zbus::fdo::{DBusProxy, Error};
use zbus::names::BusName;

use super::Finding;
use super::systemd::{self, Unit};

/// How long a daemon may take to answer before it counts as hung.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The checks that one bus name answers.
const DAEMONS: [(&str, &[&str]); 5] = [
    (CARD, &["card", "card-reader"]),
    (MODE, &["mode", "passcodes"]),
    (SCREEN, &["screen", "display"]),
    (UPLINK, &["uplink", "line"]),
    (UPDATE, &["update"]),
];
/// The checks that the service manager answers.
const UNITS: [&str; 3] = ["pcscd", "terminal", "units"];

/// Asks what of these checks is wanted.
pub async fn ask(wanted: &impl Fn(&str) -> bool) -> Vec<Finding> {
    let daemons = DAEMONS.iter().flat_map(|(_, checks)| checks.iter());
    let all: Vec<&'static str> = daemons.chain(&UNITS).copied().collect();
    if !wanted("bus") && !all.iter().any(|name| wanted(name)) {
        return Vec::new();
    }
    let mut findings = match within(Connection::system()).await {
        Ok(bus) => {
            let mut findings = vec![Finding::ok("bus", "the system bus answers")];
            findings.extend(daemons_on(&bus).await);
            findings.extend(units_on(&bus).await);
            findings
        }
        Err(why) => {
            let not_asked = |name| Finding::bad(name, "not asked: no bus");
            let bus = Finding::bad("bus", format!("the system bus cannot be reached: {why}"));
            std::iter::once(bus)
                .chain(all.into_iter().map(not_asked))
                .collect()
        }
    };
    findings.retain(|finding| wanted(finding.name));
    findings
}

/// Waits for `asked`, but not for a peer that hangs; otherwise says why.
async fn within<T, E: Into<zbus::Error>>(
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, String> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(reason(error.into())),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

fn reason(error: zbus::Error) -> String {
    match Error::from(error) {
        Error::ServiceUnknown(_) | Error::NameHasNoOwner(_) => "not running".into(),
        Error::AccessDenied(_) => "the bus policy does not let this user ask".into(),
        Error::ZBus(error) => error.to_string(),
        other => other.to_string(),
    }
}

async fn daemons_on(bus: &Connection) -> Vec<Finding> {
    let (card, mode, screen, uplink, update) =
        tokio::join!(card(bus), mode(bus), screen(bus), uplink(bus), update(bus));
    let mut findings = Vec::new();
    for (name, parts) in [CARD, MODE, SCREEN, UPLINK, UPDATE]
        .into_iter()
        .zip([card, mode, screen, uplink, update])
    {
        let owner = owner(bus, name).await;
        findings.extend(parts.into_iter().map(|part| part.by(owner.clone())));
    }
    findings
}

async fn owner(bus: &Connection, name: &'static str) -> Option<String> {
    let asked = async {
        let name = BusName::try_from(name)?;
        DBusProxy::new(bus).await?.get_name_owner(name).await
    };
    within(asked).await.ok().map(|owner| owner.to_string())
}

async fn card(bus: &Connection) -> Vec<Finding> {
    let asked = within(async { Card1Proxy::new(bus).await?.readers().await });
    match asked.await {
        Ok(readers) => vec![Finding::ok("card", "answers"), card_reader(&readers)],
        Err(why) => vec![
            Finding::bad("card", &why),
            Finding::bad("card-reader", "not asked: the card daemon does not answer"),
        ],
    }
}

/// Of the slot for cards alone: without a phone reader patients can still be checked in.
fn card_reader(readers: &[ReaderState]) -> Finding {
    let reader = readers.iter().find(|(role, ..)| *role == Role::Card);
    match reader {
        Some((_, name, true)) => Finding::ok("card-reader", name),
        Some((_, name, false)) if !name.is_empty() => {
            Finding::bad("card-reader", format!("{name}: lost"))
        }
        _ => Finding::bad("card-reader", "none found"),
    }
}

async fn mode(bus: &Connection) -> Vec<Finding> {
    let view = within(async { Mode1Proxy::new(bus).await?.view().await });
    let keeping = within(async { Mode1Proxy::new(bus).await?.passcodes().await });
    let (view, keeping) = tokio::join!(view, keeping);
    vec![
        match view {
            Ok(view) => Finding::ok("mode", format!("shows {}", view.id.as_str())),
            Err(why) => Finding::bad("mode", why),
        },
        match keeping {
            Ok(keeping) => passcodes(keeping),
            Err(why) => Finding::bad("passcodes", why),
        },
    ]
}

fn passcodes(keeping: Keeping) -> Finding {
    match keeping {
        Keeping::Bound => Finding::ok("passcodes", "bound to a counter in the TPM"),
        Keeping::Unbound => Finding::absent("passcodes", "no TPM to bind them to"),
        Keeping::None => Finding::bad("passcodes", "none can be kept"),
    }
}

async fn screen(bus: &Connection) -> Vec<Finding> {
    let asked = within(async { Screen1Proxy::new(bus).await?.output().await });
    match asked.await {
        Ok(output) => vec![Finding::ok("screen", "answers"), display(&output)],
        Err(why) => vec![
            Finding::bad("screen", &why),
            Finding::bad("display", "not asked: the screen daemon does not answer"),
        ],
    }
}

/// A panel is shared memory: right on the bench, but no patient sees it.
fn display(output: &str) -> Finding {
    match output.split(' ').next() {
        Some("kms" | "fbdev") => Finding::ok("display", output),
        Some("panel") => Finding::absent("display", format!("{output} (simulated)")),
        _ => Finding::bad("display", format!("unknown kind of glass: {output:?}")),
    }
}

async fn uplink(bus: &Connection) -> Vec<Finding> {
    let asked = within(async {
        let uplink = Uplink1Proxy::new(bus).await?;
        Ok::<_, Error>((uplink.hops().await?, uplink.queued().await?))
    });
    match asked.await {
        Ok((hops, queued)) => vec![
            Finding::ok("uplink", format!("answers, {queued} queued")),
            line(&hops),
        ],
        Err(why) => vec![
            Finding::bad("uplink", &why),
            Finding::bad("line", "not asked: the uplink does not answer"),
        ],
    }
}

fn line(hops: &[HopState]) -> Finding {
    match hops.iter().find(|hop| !hop.up) {
        _ if hops.is_empty() => Finding::bad("line", "no hop known"),
        Some(hop) => Finding::bad("line", format!("{}: down", hop.hop.as_str())),
        None => Finding::ok("line", format!("{} hops up", hops.len())),
    }
}

async fn update(bus: &Connection) -> Vec<Finding> {
    let asked = within(async { Update1Proxy::new(bus).await?.confirmed().await });
    vec![match asked.await {
        Ok(true) => Finding::ok("update", "answers; this version is confirmed"),
        Ok(false) => Finding::ok("update", "answers; this version runs on trial"),
        Err(why) => Finding::bad("update", why),
    }]
}

async fn units_on(bus: &Connection) -> Vec<Finding> {
    match within(systemd::units(bus)).await {
        Ok(units) => vec![pcscd(&units), terminal(&units), failed(&units)],
        Err(why) => UNITS
            .map(|name| Finding::absent(name, format!("service manager: {why}")))
            .into(),
    }
}

fn pcscd(units: &[Unit]) -> Finding {
    let active = |unit: &&Unit| unit.name.starts_with("uketsuke-pcscd.") && unit.active == "active";
    match units.iter().find(active) {
        Some(unit) => Finding::ok("pcscd", format!("{} {}", unit.name, unit.sub)),
        None => Finding::bad("pcscd", "neither its socket nor its service is active"),
    }
}

fn terminal(units: &[Unit]) -> Finding {
    let here = match config::load() {
        Ok(reader) => reader.terminal.place == Place::Here,
        // The check `configuration` says what is wrong.
        Err(_) => true,
    };
    if !here {
        return Finding::absent("terminal", "on another machine");
    }
    match units.iter().find(|u| u.name == "uketsuke-terminal.service") {
        Some(unit) if unit.active == "active" => Finding::ok("terminal", &unit.sub),
        Some(unit) => Finding::bad("terminal", format!("{} ({})", unit.active, unit.sub)),
        None => Finding::bad("terminal", "its unit is not there"),
    }
}

fn failed(units: &[Unit]) -> Finding {
    let failed: Vec<&str> = units
        .iter()
        .filter(|unit| unit.active == "failed")
        .map(|unit| unit.name.as_str())
        .collect();
    if failed.is_empty() {
        Finding::ok("units", format!("{} units, none failed", units.len()))
    } else {
        Finding::bad("units", format!("failed: {}", failed.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict::{Absent, Bad, Ok};
    use super::*;
    use uketsuke_bus::uplink1::Hop;

    fn unit(name: &str, active: &str) -> Unit {
        Unit {
            name: name.into(),
            active: active.into(),
            sub: "sub".into(),
        }
    }

    #[test]
    fn one_working_slot_is_a_reader_and_a_lost_one_is_named() {
        assert_eq!(card_reader(&[]).verdict, Bad);
        let lost = card_reader(&[(Role::Card, "X 00".into(), false)]);
        assert_eq!((lost.verdict, lost.what.as_str()), (Bad, "X 00: lost"));
        let two = [
            (Role::Card, "Y 00".into(), true),
            (Role::Phone, "X 00".into(), false),
        ];
        assert_eq!(card_reader(&two), Finding::ok("card-reader", "Y 00"));
    }

    #[test]
    fn a_simulated_glass_is_not_called_a_display() {
        assert_eq!(display("kms /dev/dri/card0 Virtual-1 1280x800").verdict, Ok);
        assert_eq!(display("fbdev /dev/fb0 800x600").verdict, Ok);
        assert_eq!(display("panel /run/x").verdict, Absent);
        assert_eq!(display("").verdict, Bad);
    }

    #[test]
    fn the_weaker_form_of_keeping_passcodes_is_said_and_none_is_bad() {
        assert_eq!(passcodes(Keeping::Bound).verdict, Ok);
        assert_eq!(passcodes(Keeping::Unbound).verdict, Absent);
        assert_eq!(passcodes(Keeping::None).verdict, Bad);
    }

    #[test]
    fn the_first_hop_that_is_down_is_named() {
        let hop = |hop, up| HopState { hop, up, since: 0 };
        let cut = [hop(Hop::Terminal, true), hop(Hop::Centre, false)];
        assert_eq!(line(&cut).verdict, Bad);
        assert!(line(&cut).what.contains("centre"), "{}", line(&cut).what);
        assert_eq!(line(&[hop(Hop::Terminal, true)]).verdict, Ok);
        assert_eq!(line(&[]).verdict, Bad);
    }

    #[test]
    fn a_failed_unit_is_named_and_a_listening_socket_is_enough_for_pcscd() {
        let units = [
            unit("uketsuke-pcscd.service", "inactive"),
            unit("uketsuke-pcscd.socket", "active"),
            unit("uketsuke-card.service", "failed"),
        ];
        assert_eq!(pcscd(&units).verdict, Ok);
        assert_eq!(pcscd(&units[..1]).verdict, Bad);
        assert_eq!(failed(&units).what, "failed: uketsuke-card.service");
        assert_eq!(failed(&units[..2]).verdict, Ok);
    }
}
