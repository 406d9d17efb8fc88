// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every path of the patient's map on a real bus; the same paths are walked in the browser.
#![allow(clippy::unwrap_used)]

mod peers;

use std::collections::HashMap;
use std::sync::Arc;

use peers::{Desk, Eyes, PIN, SharedCard, card, on_the_bus, phone};
use uketsuke_bus::card1::CardKind;
use uketsuke_bus::consent::{Categories, ConsentAnswer, ConsentGroup, PrescriptionForm, Variant};
use uketsuke_bus::day::Day;
use uketsuke_bus::letter::Letter;
use uketsuke_bus::uplink1::Validity;
use uketsuke_bus::view::{Action, Hop, View};
use uketsuke_mode::domain::{Millis, Rules};
use uketsuke_simulated_face::Scene;
use uketsuke_testkit::paths::{self, Deed, Facility};

const CODE: &str = "0417";

/// What is known of who came: the card, what the centre says, what was agreed to.
struct Person {
    card: SharedCard,
    validity: Validity,
    earlier: Option<(Categories, Vec<ConsentAnswer>)>,
    /// Letters that wait, and those that were submitted.
    letters: Vec<Letter>,
    submitted: Vec<String>,
    /// What was chosen last besides the consents.
    chosen: (Option<PrescriptionForm>, Option<bool>),
    limit: Option<bool>,
}

struct Counter {
    desk: Desk,
    /// Where faces are compared.
    eyes: Option<Eyes>,
    people: HashMap<&'static str, Person>,
    /// Who lies there, for what the centre remembers.
    here: Option<&'static str>,
}

fn rules(facility: Facility) -> Rules {
    use ConsentGroup::{CheckUps, Medicine};
    match facility {
        Facility::Everything => Rules::default(),
        Facility::Face => Rules {
            lasting: Millis(50),
            ..Rules::default()
        },
        Facility::Services => Rules {
            prescription: true,
            subsidy: true,
            letters: true,
            ..Rules::default()
        },
        Facility::Sharing => Rules {
            letters: true,
            ..Rules::default()
        },
        Facility::HighCost => Rules {
            high_cost: true,
            letters: true,
            ..Rules::default()
        },
        Facility::Medicine => Rules {
            categories: Arc::new(Categories {
                variant: Variant::Y,
                groups: vec![Medicine, CheckUps],
            }),
            ..Rules::default()
        },
    }
}

/// A certificate that ends two months after the centre checks.
fn expiring() -> Vec<u8> {
    let mut of = rcgen::CertificateParams::new(Vec::new()).unwrap();
    of.not_after = rcgen::date_time_ymd(2027, 1, 21);
    let key = rcgen::KeyPair::generate().unwrap();
    of.self_signed(&key).unwrap().der().to_vec()
}

fn person(name: &str) -> Person {
    let card = match name {
        "android" => phone(CardKind::PhoneAndroid, name.as_bytes()),
        "iphone" => phone(CardKind::PhoneIphone, name.as_bytes()),
        "expiring" => card(&expiring()),
        _ => card(name.as_bytes()),
    };
    let unusable = match name {
        "pin-locked" => Some(CardKind::CardPinUnusable),
        "foreign-card" => Some(CardKind::Foreign),
        "mute" => Some(CardKind::Mute),
        _ => None,
    };
    if let Some(kind) = unusable {
        let mut card = card.lock().unwrap();
        (card.kind, card.tries) = (kind, 0);
    }
    Person {
        card,
        validity: Validity::Valid,
        earlier: None,
        letters: match name {
            "second-adult" => (1..=4).map(letter).collect(),
            _ => Vec::new(),
        },
        submitted: Vec::new(),
        chosen: (None, None),
        limit: None,
    }
}

fn letter(number: u8) -> Letter {
    Letter {
        id: format!("letter-{number}"),
        issued: Day {
            year: 2026,
            month: 11,
            day: number,
        },
        facility: "みなと総合病院".to_owned(),
        department: "内科".to_owned(),
    }
}

impl Counter {
    async fn of(facility: Facility) -> Self {
        let desk = Desk::with_phones(rules(facility)).await;
        desk.issue("suzuki", CODE).await;
        let eyes = match facility {
            Facility::Face => Some(Eyes::open(&desk.bus).await),
            _ => None,
        };
        Self {
            desk,
            eyes,
            people: HashMap::new(),
            here: None,
        }
    }

    fn person(&mut self, name: &'static str) -> &mut Person {
        self.people.entry(name).or_insert_with(|| person(name))
    }

    /// Lays it down; the centre answers for its holder from now on.
    async fn place(&mut self, name: &'static str) {
        let person = self.person(name);
        let (card, validity) = (person.card.clone(), person.validity);
        let earlier = person.earlier.clone();
        let letters = person.letters.clone();
        {
            let mut uplink = self.desk.uplink.state.lock().unwrap();
            uplink.answer.validity = validity;
            uplink.answer.certificate_expired = name == "expired-recent";
            uplink.expired = name == "expired-old";
            uplink.answer.earlier = earlier;
            uplink.answer.letters = letters;
        }
        self.here = Some(name);
        self.desk.cards.place(&card).await;
    }

    /// What was agreed to is remembered of whom it was.
    fn remember(&mut self) {
        let last = self.desk.uplink.state.lock().unwrap().consents.pop();
        if let (Some((_, consents)), Some(name)) = (last, self.here) {
            let person = self.person(name);
            person.earlier = Some((consents.categories, consents.answers));
            person.chosen = (consents.prescription, consents.subsidy);
            person.limit = consents.high_cost;
            let letters = consents.letters.into_iter().filter(|said| said.submit);
            person.submitted.extend(letters.map(|said| said.id));
            let open = |letter: &Letter| !person.submitted.contains(&letter.id);
            person.letters.retain(open);
        }
    }

    /// So it is before the cameras now.
    async fn see(&mut self, who: &str) {
        let scene = Scene::of(who).unwrap();
        let eyes = self.eyes.as_ref().unwrap();
        eyes.face.set(scene).await.unwrap();
        if who == "camera-broken" {
            let broken = |v: &View| v.camera_fault == Some(true);
            self.desk.sees_that("F-06", broken).await;
        }
    }

    async fn does(&mut self, deed: Deed, before: &View) {
        match deed {
            Deed::Card(name) | Deed::Phone(name) => self.place(name).await,
            Deed::Lift => {
                self.remember();
                self.desk.cards.lift().await;
            }
            Deed::Press(action) => {
                let action = Action::from_wire(action).unwrap();
                // The face may be offered a moment later than the view.
                let offered = |v: &View| v.id == before.id && v.choices.contains(&action);
                let view = self.desk.sees_that(action.as_str(), offered).await;
                self.desk.press(&view, action).await;
            }
            Deed::Type(right) => {
                let digits = if right.is_some() { PIN } else { b"9999" };
                self.desk.type_pin(before, digits).await;
            }
            Deed::Code { right } => {
                let digits = if right { CODE } else { "9999" };
                self.desk.type_pin(before, digits.as_bytes()).await;
            }
            Deed::Centre(name, validity) => {
                let value = serde_json::Value::from(validity);
                self.person(name).validity = serde_json::from_value(value).unwrap();
            }
            Deed::Chose {
                name,
                electronic,
                used,
            } => {
                let form = match electronic {
                    true => PrescriptionForm::Electronic,
                    false => PrescriptionForm::Paper,
                };
                assert_eq!(self.person(name).chosen, (Some(form), Some(used)));
            }
            Deed::Limit { name, provided } => {
                assert_eq!(self.person(name).limit, Some(provided));
            }
            Deed::Submitted { name, letters } => {
                assert_eq!(self.person(name).submitted.join(" "), letters);
            }
            Deed::Before(who) => self.see(who).await,
            Deed::Line { up } => {
                let down = (!up).then_some(Hop::Terminal);
                let bus = &self.desk.uplink_bus;
                self.desk.uplink.set_down(bus, down).await;
            }
        }
    }
}

#[test]
fn every_path_of_the_map_leads_where_it_is_written() {
    on_the_bus(async {
        let mut at = Facility::Everything;
        let mut counter = Counter::of(at).await;
        for path in paths::all() {
            if path.facility != at {
                at = path.facility;
                counter = Counter::of(at).await;
            }
            let ready = |v: &View| v.id.as_str() == "P-00" && v.choices.len() == 2;
            let mut now = counter.desk.sees_that("P-00", ready).await;
            for (deed, leads_to) in path.steps {
                counter.does(deed, &now).await;
                let Some(id) = leads_to else { continue };
                let what = format!("{}: {deed:?} to {id}", path.name);
                // What is laid down or taken away may change nothing that is shown.
                let stays = id == now.id.as_str() && matches!(deed, Deed::Card(_) | Deed::Lift);
                let asked = now.number;
                now = counter
                    .desk
                    .sees_that(&what, |v| {
                        v.id.as_str() == id && (stays || v.number > asked)
                    })
                    .await;
            }
            println!("{}", path.name);
        }
    });
}
