// SPDX-License-Identifier: MIT OR Apache-2.0
//! Puts the parts together.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::sync::{mpsc, watch};
use uketsuke_bus::consent::{Categories, ConsentGroup, Variant};
use uketsuke_bus::mode1::Operation;
use uketsuke_bus::{MODE, MODE_PATH};
use uketsuke_common::Start;
use uketsuke_common::config::{
    CardConfig, FacilityConfig, ModeConfig, Own, PrescriptionAsked, Reader, Takes,
};
use uketsuke_passcode::verifier::Cost;
use zbus::connection::Builder;

use crate::bus::{Issuer, Mode1};
use crate::domain::{Event, Millis, Rules};
pub use crate::late::Staffed;
use crate::late::{self, Now};
use crate::manager::{INBOX, Manager, Says, first_view};
use crate::peers::{self, News};
use crate::profile::{InForce, Profiles};
use crate::staff::{NoPasscodes, Staff};

/// Where the service manager says that state and credentials lie.
const STATE: &str = "STATE_DIRECTORY";
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// Where the TPM's counter is asked for, if not at [`uketsuke_counter::SOCKET`]; tests.
const COUNTER: &str = "UKETSUKE_COUNTER_SOCKET";

/// Pause before the passcodes' counter is asked again where it did not answer at the start.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// How often the passcodes are asked whether there is something to write down.
const WRITE_DOWN: Duration = Duration::from_secs(10 * 60);

/// No call of ours stays open longer, whatever the peer does; every wait of the machine is shorter.
const CALL_LIMIT: Duration = Duration::from_secs(90);

/// What the card daemon needs around the signature itself (PIN, selection, power).
const SIGN_MARGIN_MS: u64 = 10_000;

/// Runs the daemon until it fails or is stopped.
///
/// # Errors
/// When the bus fails or the name is taken.
pub async fn run(start: Start) -> anyhow::Result<()> {
    let notify = start.notify.clone();
    let beat = notify.watchdog_interval();
    let ready = start.notify.clone();
    let own = Own::load().context("reader.toml")?;
    let profiles = Profiles::new(own, start.state_dir.clone());
    let staff = Staffed {
        open: Arc::new(staff),
        again: ASK_AGAIN,
        button: start.config.mode.staff_button,
    };
    serve(
        start.bus(),
        rules(&start.config),
        profiles,
        staff,
        beat,
        move || ready.ready(),
        move || notify.alive(),
    )
    .await
}

/// The passcodes of this reader.
fn staff() -> Result<Staff, NoPasscodes> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from);
    let named = |name| folder(name).ok_or(NoPasscodes::Folder(name));
    let (state, credentials) = (named(STATE)?, named(CREDENTIALS)?);
    let counter = folder(COUNTER).unwrap_or_else(|| uketsuke_counter::SOCKET.into());
    Staff::open(&state, &credentials, &counter, Cost::SHIPPED)
}

/// Serves [`Mode1`] and [`Issuer`] on the bus of `builder` until it fails. `ready` is called once the name is
/// owned, `alive` once a turn of the owning task and at the latest every `beat`. `own` are the rules where
/// `profiles` has none.
///
/// # Errors
/// When the bus fails or the name is taken.
pub async fn serve(
    builder: Builder<'static>,
    own: Rules,
    profiles: Profiles,
    staff: Staffed,
    beat: Option<Duration>,
    ready: impl FnOnce(),
    alive: impl Fn(),
) -> anyhow::Result<()> {
    let profiles = Arc::new(profiles);
    let (found, lost) = profiles.at_start();
    let (profile, in_force) = watch::channel(InForce::at_start(found.as_ref()));
    let rules = found.map_or_else(|| own.clone(), |found| found.rules);
    let (shown, view) = watch::channel(first_view(&rules));
    let (hold, held) = watch::channel(Operation::Unattended);
    let (call, calls) = mpsc::channel(INBOX);
    let (post, news) = mpsc::channel(INBOX);
    let (first, late) = late::first(&staff.open);
    if first.as_ref().is_some_and(|staff| staff.accounts() > 0) {
        post.send(News::Event(Event::Staff(true))).await?;
    }
    let (set, now) = watch::channel(first);
    let connection = builder
        .method_timeout(CALL_LIMIT)
        .serve_at(
            MODE_PATH,
            Mode1::new(view, held, in_force, now.clone(), call.clone()),
        )
        .serve_at(
            MODE_PATH,
            Issuer::new(now.clone(), staff.button, profiles, post.clone(), call),
        )
        .build()
        .await
        .context("bus")?;
    let manager = Manager::new(
        connection.clone(),
        (rules, own),
        now.clone(),
        Says {
            view: shown,
            held: hold,
            profile,
        },
        post.clone(),
    )
    .await
    .context("served object")?;
    connection
        .request_name(MODE)
        .await
        .with_context(|| format!("name {MODE}"))?;
    ready();
    if lost {
        manager.profile_lost();
    }
    // A task that ends, ends the daemon: half a mode manager is worse than a restart.
    tokio::select! {
        ended = manager.run(calls, news, beat, alive) => ended.context("owning task")?,
        ended = peers::card(connection.clone(), post.clone()) => ended.context("watch over card")?,
        ended = peers::uplink(connection.clone(), post.clone()) => {
            ended.context("watch over uplink")?;
        }
        ended = peers::face(connection.clone(), post.clone()) => ended.context("watch over face")?,
        ended = peers::screen(connection.clone(), post.clone()) => {
            ended.context("watch over screen")?;
        }
        () = late::later(staff, late, set, connection.clone(), post) => {}
        () = write_down(now) => {}
    }
    bail!("the bus closed")
}

/// Has what the passcodes' budget was given back written down now and then; never ends.
async fn write_down(now: Now) {
    loop {
        tokio::time::sleep(WRITE_DOWN).await;
        let staff = now.borrow().clone();
        if let Some(staff) = staff {
            staff.tick().await;
        }
    }
}

/// The rules of this reader.
#[must_use]
pub fn rules(config: &Reader) -> Rules {
    let ModeConfig {
        question_s,
        warning_s,
        resume_s,
        done_reminder_s,
        staff_call_s,
        message_s,
        link_s,
        staff_button: _,
        face_attempts,
        visual_run_min,
    } = config.mode;
    let seconds = |s: u32| Millis(u64::from(s) * 1000);
    let CardConfig {
        sign_timeout_ms, ..
    } = config.card;
    Rules {
        question: seconds(question_s),
        warning: seconds(warning_s),
        resume: seconds(resume_s),
        done_reminder: seconds(done_reminder_s),
        staff_call: seconds(staff_call_s),
        message: seconds(message_s),
        challenge_limit: seconds(link_s),
        sign_limit: Millis(u64::from(sign_timeout_ms) + SIGN_MARGIN_MS),
        check_in_limit: seconds(link_s),
        complete_limit: seconds(link_s),
        attempts: face_attempts,
        phones: config.facility.phones,
        run: (visual_run_min > 0).then(|| seconds(visual_run_min * 60)),
        categories: Arc::new(categories(&config.facility)),
        prescription: config.facility.prescription_asked == PrescriptionAsked::AtCheck,
        subsidy: config.facility.medical_subsidy,
        high_cost: config.facility.high_cost_asked,
        letters: config.facility.record_sharing,
        ..Rules::default()
    }
}

/// What the facility asks, in the order of the screens whatever the order in the file.
fn categories(facility: &FacilityConfig) -> Categories {
    let order = [
        (Takes::Surgery, ConsentGroup::Surgery),
        (Takes::Care, ConsentGroup::Care),
        (Takes::Medicine, ConsentGroup::Medicine),
        (Takes::CheckUps, ConsentGroup::CheckUps),
    ];
    Categories {
        variant: if facility.diagnosis_names {
            Variant::X
        } else {
            Variant::Y
        },
        groups: order
            .into_iter()
            .filter(|(takes, _)| facility.takes.contains(takes))
            .map(|(_, group)| group)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_configuration_is_the_default_rules() {
        let (from_file, built_in) = (rules(&Reader::default()), Rules::default());
        assert!(from_file.question == built_in.question);
        assert!(from_file.warning == built_in.warning);
        assert!(from_file.resume == built_in.resume);
        assert!(from_file.done_reminder == built_in.done_reminder);
        assert!(from_file.staff_call == built_in.staff_call);
        assert!(from_file.message == built_in.message);
        assert!(from_file.run == built_in.run);
        assert_eq!(from_file.attempts, built_in.attempts);
        assert_eq!(from_file.phones, built_in.phones);
        assert_eq!(from_file.categories, built_in.categories);
    }

    #[test]
    fn groups_are_asked_in_the_order_of_the_screens() {
        let facility = FacilityConfig {
            takes: vec![Takes::CheckUps, Takes::Medicine, Takes::Surgery],
            diagnosis_names: false,
            ..FacilityConfig::default()
        };
        let asked = categories(&facility);
        assert_eq!(asked.variant, Variant::Y);
        assert_eq!(
            asked.groups,
            [
                ConsentGroup::Surgery,
                ConsentGroup::Medicine,
                ConsentGroup::CheckUps
            ]
        );
    }
}
