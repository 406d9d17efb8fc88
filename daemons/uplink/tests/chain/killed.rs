// SPDX-License-Identifier: MIT OR Apache-2.0
//! kill -9 of the uplink at many points of a visit, and a checker of what the centre then has.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::house::{Client, Holder, House, until};

/// Points of a visit at which the uplink is killed.
const POINTS: u32 = 60;
/// Over how many visits the points wander, and over how long at least: timers count milliseconds, and
/// on a fast machine three visits have few of them.
const VISITS: u32 = 3;
const LEAST: Duration = Duration::from_millis(42);

/// How long a whole visit takes here and now, over a line that is up.
async fn whole_visit(client: &Client, holder: &Holder) -> Duration {
    let begun = Instant::now();
    let session = client.checked_in(holder).await;
    client.complete(&session).await.unwrap();
    begun.elapsed()
}

/// Visits until the uplink dies under them. Sessions that were checked in and not completed, and
/// sessions that were acknowledged, are left in the sets.
async fn visit(client: &Client, holder: &Holder, completed: &mut BTreeSet<String>) -> Option<()> {
    loop {
        let (session, digest) = client.uplink.challenge().await.ok()?;
        client
            .check_in(&session, &holder.request(&digest))
            .await
            .ok()?;
        client.complete(&session).await.ok()?;
        completed.insert(session);
    }
}

#[tokio::test]
async fn killed_at_any_point_nothing_acknowledged_is_lost_and_nothing_is_doubled() {
    let mut house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(1, 100);
    let mut completed = BTreeSet::new();
    // The first finds the line not yet dialled.
    whole_visit(&client, &holder).await;
    let range = LEAST.max(whole_visit(&client, &holder).await * VISITS);
    for point in 0..POINTS {
        client.challenge().await;
        let moment = tokio::time::sleep(range * point / POINTS);
        tokio::select! {
            _ = visit(&client, &holder, &mut completed) => {}
            () = moment => {}
        }
        house.kill();
        house.begin();
        client.up().await;
    }
    // The caller leaves: what it left open must be given up.
    let last = client.checked_in(&holder).await;
    drop(client);
    until("every session settled", || async {
        let sessions = house.centre.sessions().await.unwrap();
        sessions.iter().all(|s| s.state != "answered").then_some(())
    })
    .await;
    let sessions = house.centre.sessions().await.unwrap();
    assert!(!completed.is_empty());
    for session in &sessions {
        assert!(session.records <= 1, "{} doubled", session.session);
        let acknowledged = completed.contains(&session.session);
        if acknowledged {
            assert_eq!(session.state, "completed", "{} lost", session.session);
        }
        assert!(
            ["issued", "completed", "abandoned"].contains(&session.state.as_str()),
            "{} is {}",
            session.session,
            session.state
        );
    }
    let of = |state: &str| sessions.iter().filter(|s| s.state == state).count();
    assert!(
        sessions
            .iter()
            .any(|s| s.session == last && s.state == "abandoned")
    );
    println!(
        "{POINTS} kills: {} visits acknowledged, {} completed, {} abandoned, {} only opened",
        completed.len(),
        of("completed"),
        of("abandoned"),
        of("issued")
    );
}

#[tokio::test]
async fn a_patient_who_is_choosing_does_not_notice_a_kill() {
    let mut house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(1, 100);
    let session = client.checked_in(&holder).await;
    house.kill();
    house.begin();
    client.up().await;
    client.complete(&session).await.unwrap();
    let counts = house.counts("completed", |c| c.completed == 1).await;
    assert_eq!((counts.abandoned, counts.records), (0, 1));
}
