// SPDX-License-Identifier: MIT OR Apache-2.0
//! `mode.step`: one step of the machine against the least that any owning task costs, an empty
//! letter through a channel to another task and back.
//!
//! Both sides are measured in turns in the same run; the row is printed and, where
//! `UKETSUKE_BENCH_OUT` names a file, appended to it.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use uketsuke_bus::card1::CardKind;
use uketsuke_bus::uplink1::Validity;
use uketsuke_bus::view::{Action, ViewId};
use uketsuke_mode::domain::{
    Certificate, Challenge, Effect, Event, Millis, Name, Placed, Rules, Signature, Slot, State,
    Verdict, step, view,
};

/// Turns; each side runs once in each.
const ROUNDS: usize = 201;
/// Whole check-ins in one turn.
const VISITS: usize = 50;
/// Round trips in one turn.
const TRIPS: usize = 1_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers");
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    let mut steps = 0;
    for _ in 0..ROUNDS {
        let (spent, taken) = visits();
        steps += taken;
        ours.push(nanoseconds(spent, taken));
        peer.push(nanoseconds(runtime.block_on(trips()), TRIPS));
    }
    let (ours, peer) = (median(&mut ours), median(&mut peer));
    let row = serde_json::json!({
        "name": "mode.step",
        "ours": round(ours),
        "peer": round(peer),
        "peer_name": "empty tokio channel round trip",
        "ratio": round(ours / peer),
        "unit": "ns",
        "n": steps,
        "goal": 1.5,
        "note": "median of turns; one step and its view, over whole check-ins with all consent questions",
    });
    uketsuke_testkit::bench::row(&row);
}

fn nanoseconds(spent: Duration, n: usize) -> f64 {
    spent.as_secs_f64() * 1e9 / n as f64
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Empty letters to another task, each answered.
async fn trips() -> Duration {
    let (letters, mut inbox) = mpsc::channel::<oneshot::Sender<()>>(64);
    let owner = tokio::spawn(async move {
        while let Some(reply) = inbox.recv().await {
            // The asker below waits for every answer.
            let _ = reply.send(());
        }
    });
    let start = Instant::now();
    for _ in 0..TRIPS {
        let (reply, answer) = oneshot::channel();
        letters.send(reply).await.expect("the owner lives");
        answer.await.expect("the owner answers");
    }
    let spent = start.elapsed();
    drop(letters);
    owner.await.expect("the owner ends");
    spent
}

/// Whole check-ins; the time spent and the steps taken.
fn visits() -> (Duration, usize) {
    let rules = Rules::default();
    let certificate = Arc::new(Certificate::new(vec![1; 1800]));
    let signature = Arc::new(Signature(vec![2; 256]));
    let challenge = Arc::new(Challenge {
        session: "session".into(),
        digest: [7; 32],
    });
    let name = Arc::new(Name("シカク イチロウ".into()));
    let (mut state, mut steps) = (State::default(), 0);
    let mut feed = |event: Event| -> Vec<Effect> {
        let (next, effects) = step(&state, event, Millis(0), &rules);
        state = next;
        steps += 1;
        black_box(view(&state, &rules));
        effects
    };
    let start = Instant::now();
    for _ in 0..VISITS {
        let mut effects = feed(Event::CardPlaced(Placed {
            slot: Slot::Card,
            kind: CardKind::Card,
            tries: 3,
        }));
        for effect in effects.drain(..) {
            match effect {
                Effect::ReadCertificate(tag) => {
                    feed(Event::Certificate(tag, Ok(certificate.clone())));
                }
                Effect::Challenge(tag) => {
                    feed(Event::Challenge(tag, Ok(challenge.clone())));
                }
                _ => {}
            }
        }
        feed(Event::Act(Action::Pin));
        for effect in feed(Event::PinEntered) {
            if let Effect::Sign { tag, .. } = effect {
                effects.extend(feed(Event::Signed(tag, Ok(signature.clone()))));
            }
        }
        for effect in effects.drain(..) {
            if let Effect::CheckIn { tag, .. } = effect {
                feed(Event::CheckedIn(
                    tag,
                    Ok(Verdict {
                        validity: Validity::Valid,
                        certificate_expired: false,
                        name: Some(name.clone()),
                        earlier: None,
                        letters: Arc::new(Vec::new()),
                        expires: None,
                    }),
                ));
            }
        }
        feed(Event::Act(Action::ChooseEach));
        feed(Event::Act(Action::Agree));
        feed(Event::Act(Action::Refuse));
        for effect in feed(Event::Act(Action::Agree)) {
            if let Effect::Complete { tag, .. } = effect {
                feed(Event::Completed(tag, Ok(())));
            }
        }
        feed(Event::CardLifted);
    }
    let spent = start.elapsed();
    assert!(
        view(&state, &rules).id == ViewId::Idle,
        "every visit came to its end"
    );
    (spent, steps)
}
