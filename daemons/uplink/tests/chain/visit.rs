// SPDX-License-Identifier: MIT OR Apache-2.0
use uketsuke_bus::uplink1::{Uplink1Error, Validity};
use uketsuke_centre::scenario::Person;

use crate::house::{House, Root, consents, until};

#[tokio::test]
async fn a_visit_arrives_with_its_elements_and_the_next_one_is_offered_them() {
    let house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(0x0022_7b13, 100);

    let (session, digest) = client.challenge().await;
    let answer = client
        .check_in(&session, &holder.request(&digest))
        .await
        .unwrap();
    assert!(answer.validity == Validity::Valid && !answer.certificate_expired);
    assert_eq!(answer.name_kana.as_deref(), Some("シカク イチロウ"));
    assert!(answer.earlier.is_none());
    client.complete(&session).await.unwrap();
    // A caller that heard no reply asks again.
    client.complete(&session).await.unwrap();
    let counts = house
        .counts("one completed visit", |c| c.completed == 1)
        .await;
    assert_eq!((counts.asked, counts.abandoned, counts.records), (1, 0, 1));

    let sessions = house.centre.sessions().await.unwrap();
    let elements = &sessions
        .iter()
        .find(|s| s.session == session)
        .unwrap()
        .elements;
    assert_eq!(elements.len(), 4 * 3);
    for (name, value) in [
        ("OperationInfoConsFlg", "1"),
        ("DiagnosisInfoConsFlg", "0"),
        ("PharmacistsInfoConsFlg", "0"),
        ("SpecificHealthCheckupsInfoConsFlg", "1"),
        ("OperationInfoConsTime", "20261121003005"),
        ("OperationInfoAvailableTime", "20261122003005"),
    ] {
        assert_eq!(elements[name], value, "{name}");
    }

    let (session, digest) = client.challenge().await;
    let answer = client
        .check_in(&session, &holder.request(&digest))
        .await
        .unwrap();
    let (categories, answers) = answer.earlier.unwrap();
    assert_eq!(categories, consents().categories);
    assert_eq!(answers, consents().answers);
    client.uplink.abandon(&session).await.unwrap();
    house
        .counts("the second visit given up", |c| c.abandoned == 1)
        .await;
}

#[tokio::test]
async fn the_centre_believes_nothing_but_the_signature() {
    let house = House::start().await;
    let client = house.client().await;
    let good = house.root.holder(1, 100);

    let stranger = Root::new("another root").holder(1, 100);
    let (session, digest) = client.challenge().await;
    let refused = client.check_in(&session, &stranger.request(&digest)).await;
    assert!(matches!(
        refused,
        Err(Uplink1Error::UntrustedCertificate(_))
    ));

    let (session, _) = client.challenge().await;
    let refused = client.check_in(&session, &good.request(&[7; 32])).await;
    assert!(matches!(refused, Err(Uplink1Error::BadSignature(_))));
    let refused = client.check_in(&session, &good.request(&digest)).await;
    assert!(matches!(refused, Err(Uplink1Error::UnknownSession(_))));

    let (session, digest) = client.challenge().await;
    let mut mixed = good.request(&digest);
    mixed.certificate = house.root.holder(2, 100).request(&digest).certificate;
    let refused = client.check_in(&session, &mixed).await;
    assert!(matches!(refused, Err(Uplink1Error::BadSignature(_))));

    let (session, digest) = client.challenge().await;
    let long_ago = house.root.holder(3, -100);
    let refused = client.check_in(&session, &long_ago.request(&digest)).await;
    assert!(matches!(refused, Err(Uplink1Error::CertificateExpired(_))));

    let (session, digest) = client.challenge().await;
    let lately = house.root.holder(4, -30);
    let answer = client
        .check_in(&session, &lately.request(&digest))
        .await
        .unwrap();
    assert!(answer.certificate_expired && answer.earlier.is_none());
    client.uplink.abandon(&session).await.unwrap();

    let counts = house.counts("given up", |c| c.abandoned == 1).await;
    assert_eq!((counts.refused, counts.asked, counts.completed), (4, 1, 0));
}

#[tokio::test]
async fn eligibility_comes_from_the_centre_as_it_is() {
    let house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(0x0022_7b13, 100);
    for validity in [
        Validity::NotFound,
        Validity::Newer,
        Validity::ValidUnregistered,
    ] {
        let person = Person {
            validity,
            name_kana: None,
            earlier: None,
            letters: Vec::new(),
        };
        house
            .centre
            .set_person("normal-adult", &person)
            .await
            .unwrap();
        let (session, digest) = client.challenge().await;
        let answer = client
            .check_in(&session, &holder.request(&digest))
            .await
            .unwrap();
        assert!(answer.validity == validity && answer.name_kana.is_none());
        client.uplink.abandon(&session).await.unwrap();
    }
    until("an empty queue", || async {
        (client.uplink.queued().await.unwrap() == 0).then_some(())
    })
    .await;
}
