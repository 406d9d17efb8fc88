// SPDX-License-Identifier: MIT OR Apache-2.0
use std::path::Path;

use uketsuke_bus::uplink1::{Hop, Uplink1Error};
use uketsuke_centre::Line;
use uketsuke_centre::proxy::Cable;

use crate::house::{Client, House, until};

async fn hop(client: &Client, hop: Hop, up: bool) {
    until(&format!("{} up: {up}", hop.as_str()), || async {
        let hops = client.uplink.hops().await.unwrap();
        let order: Vec<_> = hops.iter().map(|h| h.hop).collect();
        assert_eq!(order, [Hop::Terminal, Hop::Network, Hop::Centre]);
        hops.iter()
            .any(|h| h.hop == hop && h.up == up)
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn consents_given_while_the_terminal_is_cut_off_arrive_exactly_once() {
    let mut house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(1, 100);
    for (cable, restart) in [
        (Cable::Cut, false),
        (Cable::Cut, true),
        (Cable::Dark, false),
    ] {
        let before = house.centre.counts().await.unwrap();
        let session = client.checked_in(&holder).await;
        house.cable.set(cable);
        client.complete(&session).await.unwrap();
        assert_eq!(client.uplink.queued().await.unwrap(), 1);
        hop(&client, Hop::Terminal, false).await;
        assert!(matches!(
            client.uplink.challenge().await,
            Err(Uplink1Error::TerminalDown(_))
        ));
        if restart {
            house.kill();
            house.begin();
            client.up().await;
            assert_eq!(client.uplink.queued().await.unwrap(), 1);
        }
        assert_eq!(
            house.centre.counts().await.unwrap().completed,
            before.completed
        );
        house.cable.set(Cable::Whole);
        let after = house
            .counts("arrived", |c| c.completed == before.completed + 1)
            .await;
        assert_eq!(after.records, before.records + 1);
        until("left the queue", || async {
            (client.uplink.queued().await.unwrap() == 0).then_some(())
        })
        .await;
        hop(&client, Hop::Terminal, true).await;
    }
    canaries(&house.state());
}

fn canaries(state: &Path) {
    for entry in std::fs::read_dir(state).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(7).any(|w| w == b"surgery"));
    }
}

#[tokio::test]
async fn consents_given_while_the_centre_is_away_arrive_exactly_once() {
    let house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(1, 100);
    let first = client.checked_in(&holder).await;
    let second = client.checked_in(&holder).await;

    house.network.set(Cable::Cut);
    client.complete(&first).await.unwrap();
    hop(&client, Hop::Network, false).await;
    hop(&client, Hop::Terminal, true).await;
    assert!(matches!(
        client.uplink.challenge().await,
        Err(Uplink1Error::NetworkDown(_))
    ));
    house.network.set(Cable::Whole);
    house.counts("the first", |c| c.completed == 1).await;
    hop(&client, Hop::Centre, true).await;

    house.centre.set_line(Line::Fault);
    client.complete(&second).await.unwrap();
    hop(&client, Hop::Centre, false).await;
    assert!(matches!(
        client.uplink.challenge().await,
        Err(Uplink1Error::CentreDown(_))
    ));
    house.centre.set_line(Line::Up);
    let counts = house.counts("the second", |c| c.completed == 2).await;
    assert_eq!((counts.records, counts.abandoned), (2, 0));
}

#[tokio::test]
async fn a_record_whose_acknowledgement_is_lost_is_stored_once() {
    let house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(1, 100);
    let session = client.checked_in(&holder).await;
    house.centre.set_line(Line::Mute);
    client.complete(&session).await.unwrap();
    // Stored, but the terminal does not hear it and sends again.
    house.counts("repeated", |c| c.repeated >= 1).await;
    house.centre.set_line(Line::Up);
    hop(&client, Hop::Centre, true).await;
    let counts = house.centre.counts().await.unwrap();
    assert_eq!((counts.completed, counts.records), (1, 1));
}

#[tokio::test]
async fn a_check_in_that_is_not_answered_is_withdrawn_and_names_the_hop() {
    let house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(1, 100);

    // Never left: nothing to abandon.
    let (session, digest) = client.challenge().await;
    house.cable.set(Cable::Cut);
    hop(&client, Hop::Terminal, false).await;
    let refused = client.check_in(&session, &holder.request(&digest)).await;
    assert!(matches!(refused, Err(Uplink1Error::TerminalDown(_))));
    assert_eq!(client.uplink.queued().await.unwrap(), 0);
    house.cable.set(Cable::Whole);
    hop(&client, Hop::Terminal, true).await;

    // The centre was asked and did not answer: it is told that nothing more comes.
    let (session, digest) = client.challenge().await;
    house.centre.set_line(Line::Mute);
    let refused = client.check_in(&session, &holder.request(&digest)).await;
    assert!(matches!(refused, Err(Uplink1Error::CentreDown(_))));
    assert!(matches!(
        client.complete(&session).await,
        Err(Uplink1Error::UnknownSession(_))
    ));
    house.centre.set_line(Line::Up);
    let counts = house.counts("abandoned", |c| c.abandoned == 1).await;
    assert_eq!((counts.asked, counts.completed), (1, 0));

    // The network went dark under the question.
    hop(&client, Hop::Centre, true).await;
    let (session, digest) = client.challenge().await;
    house.network.set(Cable::Dark);
    let refused = client.check_in(&session, &holder.request(&digest)).await;
    assert!(
        matches!(refused, Err(Uplink1Error::NetworkDown(_))),
        "{:?}",
        refused.err()
    );
    house.network.set(Cable::Whole);
    house.counts("abandoned too", |c| c.abandoned == 2).await;
    let answered = client.checked_in(&holder).await;
    client.complete(&answered).await.unwrap();
    house.counts("goes on", |c| c.completed == 1).await;
}
