// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every path of the patient's map, touched in the browser on a whole desk; the same paths are walked on
//! the bus (`daemons/mode/tests/paths.rs`).

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uketsuke_house::api::{Line, Profile, Screen};
use uketsuke_house::client::HouseClient;
use uketsuke_house::options::Options;
use uketsuke_system_tests::{patient, staff};
use uketsuke_testkit::paths::{self, Deed, Facility};

use crate::chromium::Browser;
use crate::staff::{place, type_digits};

/// Longer than `screen.same_key_ms`, within which the same key again is the tremble of one hand.
const NO_TREMBLE: Duration = Duration::from_millis(150);
/// Longest wait for a record to reach the centre.
const LIMIT: Duration = Duration::from_secs(30);

/// A desk, and what is known of it.
struct Desk {
    house: HouseClient,
    profiles: Vec<Profile>,
    passcode: String,
}

impl Desk {
    async fn of(facility: Facility) -> Self {
        let config = match facility {
            Facility::Everything | Facility::Face => None,
            Facility::Services => Some(
                "[facility]\nprescriptions = \"both\"\nprescription_asked = \"at-check\"\n\
                 medical_subsidy = true\nrecord_sharing = true\n"
                    .to_owned(),
            ),
            Facility::Sharing => Some("[facility]\nrecord_sharing = true\n".to_owned()),
            Facility::HighCost => {
                Some("[facility]\nhigh_cost_asked = true\nrecord_sharing = true\n".to_owned())
            }
            Facility::Medicine => Some(
                "[facility]\ntakes = [\"medicine\", \"check-ups\"]\ndiagnosis_names = false\n"
                    .to_owned(),
            ),
        };
        let usual = Options::of_a_test();
        let house = HouseClient::start(&Options {
            config,
            without: match facility {
                Facility::Face => Vec::new(),
                _ => usual.without.clone(),
            },
            ..usual
        })
        .unwrap();
        patient::settled(&house).await.unwrap();
        Self {
            profiles: house.profiles().await.unwrap(),
            passcode: staff::issue(&house, "suzuki.hanako").await,
            house,
        }
    }

    fn pin(&self, name: &str) -> &str {
        let profile = self.profiles.iter().find(|p| p.name == name).unwrap();
        profile.pin.as_deref().unwrap()
    }

    /// Waits until the centre's book of this person is as `wanted` says, and nobody's visit is open.
    async fn booked(&self, name: &str, what: &str, wanted: impl Fn(&[&Value]) -> bool) {
        let end = Instant::now() + LIMIT;
        loop {
            let sessions: Vec<Value> = self.house.get("/api/centre/sessions").await.unwrap();
            let own: Vec<_> = sessions.iter().filter(|s| s["profile"] == name).collect();
            if wanted(&own) && !sessions.iter().any(|s| s["state"] == "answered") {
                return;
            }
            assert!(Instant::now() < end, "{name}: not {what}, but {own:?}");
            tokio::time::sleep(patient::HAND).await;
        }
    }

    /// The centre has consent to these letters of a person and no others.
    async fn submitted(&self, name: &str, letters: &str) {
        let as_said = |sessions: &[&Value]| {
            let has: Vec<_> = sessions
                .iter()
                .flat_map(|session| session["letters"].as_array().unwrap())
                .filter(|letter| letter["submit"] == json!(true))
                .map(|letter| letter["id"].as_str().unwrap())
                .collect();
            has.join(" ") == letters
        };
        self.booked(name, letters, as_said).await;
    }

    /// The centre has these answers of a person's last visit.
    async fn chose(&self, name: &str, electronic: bool, used: bool) {
        let code = if electronic { "1" } else { "2" };
        let as_said = |sessions: &[&Value]| {
            sessions.last().is_some_and(|last| {
                last["elements"]["PrescriptionIssueSelect"] == code
                    && last["subsidy"] == json!(used)
            })
        };
        self.booked(name, "these choices", as_said).await;
    }

    /// The centre has this answer to P-13b of a person's last visit.
    async fn limit(&self, name: &str, provided: bool) {
        let flag = if provided { "1" } else { "0" };
        let as_said = |sessions: &[&Value]| {
            sessions.last().is_some_and(|last| {
                last["elements"]["LimitApplicationCertificateRelatedConsFlg"] == flag
            })
        };
        self.booked(name, "this limit", as_said).await;
    }

    async fn does(&self, browser: &Browser, deed: Deed) {
        match deed {
            Deed::Card(name) | Deed::Phone(name) => place(browser, name).await,
            Deed::Lift => {
                let state = self.house.state().await.unwrap();
                let phone = state.phone["placed"] == json!(true);
                let button = if phone { "#lift-phone" } else { "#lift" };
                browser.click(button).await;
                tokio::time::sleep(patient::HAND).await;
            }
            Deed::Press(action) => {
                tokio::time::sleep(NO_TREMBLE).await;
                // The face may be offered a moment later than the view.
                let there = |s: &Screen| patient::offers(s, action);
                self.house.wait_screen(action, there).await.unwrap();
                browser.touch(&format!("[data-action='{action}']")).await;
            }
            Deed::Type(Some(name)) => type_digits(browser, self.pin(name)).await,
            Deed::Type(None) => type_digits(browser, "9999").await,
            Deed::Code { right: true } => type_digits(browser, &self.passcode).await,
            Deed::Code { right: false } => {
                type_digits(browser, &staff::another(&self.passcode)).await;
            }
            Deed::Centre(name, validity) => {
                let path = format!("/api/centre/profiles/{name}");
                let mut person: Value = self.house.get(&path).await.unwrap();
                person["validity"] = json!(validity);
                let _: Value = self.house.put(&path, &person).await.unwrap();
            }
            Deed::Chose {
                name,
                electronic,
                used,
            } => self.chose(name, electronic, used).await,
            Deed::Limit { name, provided } => self.limit(name, provided).await,
            Deed::Submitted { name, letters } => self.submitted(name, letters).await,
            Deed::Before(who) => self.house.before(who).await.unwrap(),
            Deed::Line { up } => {
                let line = if up { Line::Open } else { Line::Refused };
                self.house.line("terminal", line).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn every_path_of_the_map_leads_where_it_is_written() {
    let browser = Browser::start().await;
    let mut at = Facility::Everything;
    let mut desk = Desk::of(at).await;
    browser.page.goto(&desk.house.url()).await.unwrap();
    let paths = paths::all();
    for path in &paths {
        if path.facility != at {
            at = path.facility;
            desk = Desk::of(at).await;
            browser.page.goto(&desk.house.url()).await.unwrap();
        }
        let ready = |s: &Screen| {
            let both = patient::offers(s, "phone") && patient::offers(s, "staff");
            s.connected && s.picture.view == "P-00" && both
        };
        let screen = desk.house.wait_screen("P-00", ready).await.unwrap();
        let mut now = screen.picture;
        for (deed, leads_to) in &path.steps {
            desk.does(&browser, *deed).await;
            let Some(id) = *leads_to else { continue };
            // What is laid down or taken away may change nothing that is shown.
            let stays = id == now.view && matches!(deed, Deed::Card(_) | Deed::Lift);
            let there = |s: &Screen| {
                let newer = s.picture.view_number > now.view_number;
                s.connected && s.picture.view == id && (stays || newer)
            };
            let what = format!("{}: {deed:?} to {id}", path.name);
            now = desk.house.wait_screen(&what, there).await.unwrap().picture;
            browser.reads(id, "").await;
        }
    }
    println!("{} paths in the browser", paths.len());
}
