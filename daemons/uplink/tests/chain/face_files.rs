// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the receipt computer (レセプトコンピューター) is told of a visit.

use std::time::Duration;

use uketsuke_centre::proxy::Cable;
use uketsuke_receipt::{Element, SideCar, check, read};

use crate::house::{House, until};

/// The face files that lie there.
fn laid(house: &House) -> Vec<String> {
    let entries = std::fs::read_dir(house.path("face")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".xml")).collect()
}

#[tokio::test]
async fn a_visit_is_told_with_what_the_centre_knows_and_the_patient_consented_to() {
    let house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(0x0022_7b13, 100);
    let given_up = client.checked_in(&holder).await;
    client.uplink.abandon(&given_up).await.unwrap();
    let session = client.checked_in(&holder).await;
    assert!(
        laid(&house).is_empty(),
        "nothing is told before the visit is complete"
    );
    client.complete(&session).await.unwrap();
    let names = until("a face file", || async {
        let names = laid(&house);
        (!names.is_empty()).then_some(names)
    })
    .await;

    let bytes = std::fs::read(house.path("face").join(&names[0])).unwrap();
    assert_eq!(check(&names[0], &bytes), []);
    let (document, encoding) = read(&bytes).unwrap();
    assert_eq!(encoding, "Shift_JIS");
    let body = document.get("MessageBody").unwrap();
    assert_eq!(body.said("QualificationValidity"), Some("1"));
    let results = body.get("ResultList").map(Element::elements).unwrap();
    let said = |name: &str| results[0].said(name);
    assert_eq!(results.len(), 1);
    assert_eq!(said("Name"), Some("資格　一郎"));
    assert_eq!(said("InsurerNumber"), Some("  123456"));
    for (name, text) in [
        ("OperationInfoConsFlg", "1"),
        ("DiagnosisInfoConsFlg", "0"),
        ("SpecificHealthCheckupsInfoConsFlg", "1"),
        ("OperationInfoConsTime", "20261121003005"),
        ("OperationInfoAvailableTime", "20261122003005"),
    ] {
        assert_eq!(said(name), Some(text), "{name}");
    }
    let beside = std::fs::read(house.path("face").join(SideCar::name(&names[0]))).unwrap();
    let beside: SideCar = serde_json::from_slice(&beside).unwrap();
    assert_eq!(
        (beside.reader.as_str(), &beside.session),
        ("reader-0001", &session)
    );

    house
        .counts("both settled", |c| c.completed == 1 && c.abandoned == 1)
        .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(
        laid(&house),
        names,
        "the one that was given up is told to nobody"
    );
}

#[tokio::test]
async fn a_face_file_waits_for_the_line_to_the_centre() {
    let house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(0x0022_7b13, 100);
    let session = client.checked_in(&holder).await;
    house.network.set(Cable::Cut);
    client.complete(&session).await.unwrap();
    until("the terminal took it", || async {
        (client.uplink.queued().await.unwrap() == 0).then_some(())
    })
    .await;
    assert!(laid(&house).is_empty());
    house.network.set(Cable::Whole);
    until("a face file", || async {
        (laid(&house).len() == 1).then_some(())
    })
    .await;
}
