// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is answered besides the consents: it arrives with them, once, and the centre checks it.

use uketsuke_bus::consent::{Consents, PrescriptionForm};
use uketsuke_bus::day::Day;
use uketsuke_bus::letter::{Letter, LetterAnswer};
use uketsuke_centre::scenario::Person;

use crate::house::{Client, House, consents, file};

fn letter(id: &str) -> Letter {
    Letter {
        id: id.to_owned(),
        issued: Day {
            year: 2026,
            month: 11,
            day: 5,
        },
        facility: "みなと総合病院".to_owned(),
        department: "内科".to_owned(),
    }
}

fn said(id: &str, submit: bool) -> LetterAnswer {
    LetterAnswer {
        id: id.to_owned(),
        submit,
    }
}

async fn complete(client: &Client, session: &str, letters: &[LetterAnswer]) {
    let given = Consents {
        prescription: Some(PrescriptionForm::Paper),
        subsidy: Some(true),
        high_cost: Some(false),
        letters: letters.to_vec(),
        ..consents()
    };
    client.uplink.complete(session, file(&given)).await.unwrap();
}

#[tokio::test]
async fn choices_and_letters_arrive_with_the_consents_and_a_submitted_letter_is_not_offered_again()
{
    let house = House::start().await;
    let client = house.client().await;
    let holder = house.root.holder(0x0022_7b13, 100);
    let person = Person {
        letters: vec![letter("one"), letter("two")],
        ..Person::of("normal-adult")
    };
    let set = house.centre.set_person("normal-adult", &person);
    set.await.unwrap();

    let (first, digest) = client.challenge().await;
    let request = holder.request(&digest);
    let answer = client.check_in(&first, &request).await.unwrap();
    assert!(answer.letters == person.letters && answer.at > 1_700_000_000);
    complete(&client, &first, &[said("one", true), said("two", false)]).await;
    house.counts("the visit", |c| c.completed == 1).await;
    let sessions = house.centre.sessions().await.unwrap();
    let booked = &sessions[0];
    assert_eq!(booked.letters, [said("one", true), said("two", false)]);
    assert_eq!(booked.subsidy, Some(true));
    assert_eq!(booked.elements["PrescriptionIssueSelect"], "2");
    assert_eq!(
        booked.elements["LimitApplicationCertificateRelatedConsFlg"],
        "0"
    );

    let (second, digest) = client.challenge().await;
    let request = holder.request(&digest);
    let answer = client.check_in(&second, &request).await.unwrap();
    assert!(answer.letters == [letter("two")], "one has been submitted");
    // Neither a letter that was submitted before, nor one that nobody was told of.
    complete(&client, &second, &[said("one", true)]).await;
    let third = client.checked_in(&holder).await;
    complete(&client, &third, &[said("three", false)]).await;
    let fourth = client.checked_in(&holder).await;
    complete(&client, &fourth, &[said("two", true)]).await;
    // Records come in order: when the last is there, those before it were judged.
    house.counts("the last visit", |c| c.completed == 2).await;
    for session in house.centre.sessions().await.unwrap() {
        let refused = [&second, &third].contains(&&session.session);
        let state = if refused { "answered" } else { "completed" };
        assert_eq!(session.state, state, "{}", session.session);
    }
}
