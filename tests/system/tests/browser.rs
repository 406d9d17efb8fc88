// SPDX-License-Identifier: MIT OR Apache-2.0
//! S1 in a browser: Chromium opens the bench's page; a patient checks in by touching the picture and
//! reading what stands on it, in Japanese and English, landscape and portrait.
//!
//! Touches go to the picture by coordinates, as a finger's would; what is read comes from the
//! elements over it, which the page makes from the screen's own tree.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use uketsuke_house::api::Orientation;
use uketsuke_house::client::{HouseClient, LIMIT};
use uketsuke_house::options::Options;

/// What is read on the way, per language, in the order of the visit.
struct Words {
    language: &'static str,
    idle: &'static str,
    pin: &'static str,
    title: &'static str,
    done: &'static str,
}

const JAPANESE: Words = Words {
    language: "ja",
    idle: "マイナンバーカードを置いてください。",
    pin: "暗証番号を入力",
    title: "4桁の暗証番号を入力してください。",
    done: "確認が完了しました。",
};
const ENGLISH: Words = Words {
    language: "en",
    idle: "Please place your",
    pin: "Enter my PIN",
    title: "Please enter your PIN",
    done: "your check-in is",
};

#[tokio::test]
async fn a_patient_checks_in_by_touching_the_picture() {
    let house = HouseClient::start(&Options {
        port: 0,
        quiet: true,
        ..Options::default()
    })
    .unwrap();
    let browser = Browser::start().await;
    let mut visits = 0;
    browser.page.goto(&house.url()).await.unwrap();
    for orientation in [Orientation::Landscape, Orientation::Portrait] {
        for words in [&JAPANESE, &ENGLISH] {
            house.panel(orientation, words.language).await.unwrap();
            visits += 1;
            visit(&house, &browser, orientation, words).await;
            let state = house.wait_state("the centre to count the visit", |s| {
                s.centre["completed"] == json!(visits)
            });
            state.await.unwrap();
        }
    }
    tray(&house, &browser).await;
    switches(&house, &browser).await;
    browser.page.clone().close().await.unwrap();
}

/// Cards lie in groups; a phone goes to the slot for phones by itself.
async fn tray(house: &HouseClient, browser: &Browser) {
    let profiles = house.profiles().await.unwrap();
    for profile in &profiles {
        let css = format!(
            ".group[data-group='{}'] .card[data-profile='{}']",
            profile.group, profile.name
        );
        let there = format!("return document.querySelector({css:?}) !== null");
        browser.wait(&css, &there).await;
    }
    browser.click("[data-group='pin'] summary").await;
    browser.click("[data-profile='pin-locked']").await;
    let shown = "return document.getElementById('reading').dataset.view === 'F-04'";
    browser.wait("F-04 of a locked card", shown).await;
    browser.save("tray").await;
    browser.click("#lift").await;
    browser.reads("P-00", ENGLISH.idle).await;

    browser.click("[data-group='phone'] summary").await;
    browser.click("[data-profile='android']").await;
    let lies = house.wait_state("a phone on its slot", |s| {
        s.phone["placed"] == json!(true) && s.card["placed"] == json!(false)
    });
    lies.await.unwrap();
    let asked = "return document.getElementById('reading').dataset.view === 'P-05a'";
    browser.wait("the question which phone it is", asked).await;
    browser.click("#lift-phone").await;
    let away = house.wait_state("the phone to be taken", |s| {
        s.phone["placed"] == json!(false)
    });
    away.await.unwrap();
    // Its holder reads on with the phone in the hand, until he stops.
    browser.touch("[data-action='finish']").await;
    browser.reads("P-00", ENGLISH.idle).await;
}

/// A switch and an answer to reset, changed on the page, are those of the next card.
async fn switches(house: &HouseClient, browser: &Browser) {
    browser.click("#open-switches").await;
    browser
        .click("[data-switch='first_command_fails'] input")
        .await;
    browser
        .click("[data-atr='0'] option[value='contact-2']")
        .await;
    let counted = "return document.getElementById('switched').textContent === '2'";
    browser.wait("two switches to be counted", counted).await;
    browser.save("switches").await;
    browser.click("[data-profile='normal-adult']").await;
    browser.reads("P-02", ENGLISH.pin).await;
    let log = house.card(&json!({ "do": "log" })).await.unwrap();
    assert_eq!(log["log"][0]["sw"], "6F00", "the switched card: {log}");
    let state = house.state().await.unwrap();
    assert_eq!(state.card["atr"], "contact-2");
    browser.click("#defaults").await;
    let none = "return document.getElementById('switched').textContent === ''";
    browser.wait("everything to be as it was", none).await;
    browser.click("#close-switches").await;
    browser.click("#lift").await;
    browser.reads("P-00", ENGLISH.idle).await;
}

/// One check-in, from the idle screen back to it.
async fn visit(house: &HouseClient, browser: &Browser, orientation: Orientation, words: &Words) {
    let upright = orientation == Orientation::Portrait;
    let (w, h) = if upright { (800, 1280) } else { (1280, 800) };
    let shape = format!(
        "const c = document.getElementById('picture'); return c.width === {w} && c.height === {h}"
    );
    browser.wait("the panel to be turned", &shape).await;
    browser.reads("P-00", words.idle).await;
    browser.shot(orientation, words.language, "1-idle").await;

    // The page hears of a lifted card a moment after the glass: until then this button lifts.
    let card = "button.card[data-profile='normal-adult']";
    let away = format!("return document.querySelector({card:?})?.ariaPressed === 'false'");
    browser.wait("the card to lie in the tray", &away).await;
    browser.click(card).await;
    browser.reads("P-02", words.pin).await;
    browser.shot(orientation, words.language, "2-method").await;
    browser.touch("[data-action='pin']").await;

    browser.reads("P-04", words.title).await;
    for digit in ["1", "2", "3", "4"] {
        browser
            .touch(&format!("[data-role='key'][aria-label='{digit}']"))
            .await;
    }
    // The first visit is asked, the later ones may carry their answers over; both are consents.
    let asked = "return ['P-06', 'P-07'].includes(document.getElementById('reading').dataset.view)";
    browser.wait("a question about consent", asked).await;
    browser.shot(orientation, words.language, "3-consent").await;
    if browser.view().await == "P-06" {
        browser.touch("[data-action='agree-all']").await;
    } else {
        browser.touch("[data-action='keep-earlier']").await;
    }

    let person: Value = house
        .get("/api/centre/profiles/normal-adult")
        .await
        .unwrap();
    let name = person["name_kana"].as_str().unwrap();
    // The screen may set the parts of a name on lines of their own.
    for part in name.split_whitespace() {
        browser.reads("P-13", part).await;
    }
    browser.reads("P-13", words.done).await;
    browser.shot(orientation, words.language, "4-done").await;
    browser.click("#lift").await;
    browser.reads("P-00", words.idle).await;
    let gone = format!(
        "return !document.getElementById('reading').textContent.includes({:?})",
        name.split_whitespace().next().unwrap()
    );
    browser.wait("the name to be gone", &gone).await;
}

/// A Chromium of its own, with an empty profile, ended by its driver on drop.
struct Browser {
    page: Client,
    shots: PathBuf,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    async fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver (package chromium-driver)");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                Some(port.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver says its port");
        std::thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir().unwrap();
        let own_profile = format!("--user-data-dir={}", profile.path().display());
        let arguments = json!([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1440,1043",
            own_profile,
        ]);
        let capabilities = json!({ "goog:chromeOptions": { "args": arguments } });
        let page = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("chromium starts");
        let shots = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/browser");
        std::fs::create_dir_all(&shots).unwrap();
        Self {
            page,
            shots,
            driver,
            _profile: profile,
        }
    }

    /// Waits until a script of the page says true.
    async fn wait(&self, what: &str, script: &str) {
        let end = tokio::time::Instant::now() + LIMIT;
        while self.page.execute(script, vec![]).await.unwrap() != json!(true) {
            if tokio::time::Instant::now() > end {
                let read = self
                    .run("return document.getElementById('reading').innerText")
                    .await;
                self.save("failed").await;
                panic!("waited in vain for {what}; on the screen: {read}");
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Waits for a view and for words on it.
    async fn reads(&self, view: &str, words: &str) {
        let script = format!(
            "const r = document.getElementById('reading'); \
             return r.dataset.view === {view:?} && [...r.children].some((e) => e.textContent.includes({words:?}))"
        );
        self.wait(&format!("{words:?} on {view}"), &script).await;
    }

    async fn view(&self) -> String {
        let view = self
            .run("return document.getElementById('reading').dataset.view")
            .await;
        view.as_str().unwrap().to_owned()
    }

    async fn run(&self, script: &str) -> Value {
        self.page.execute(script, vec![]).await.unwrap()
    }

    /// Presses a control of the page itself (the tray, the slot).
    async fn click(&self, css: &str) {
        let enabled =
            format!("const e = document.querySelector({css:?}); return e !== null && !e.disabled");
        self.wait(css, &enabled).await;
        self.page
            .find(Locator::Css(css))
            .await
            .unwrap()
            .click()
            .await
            .unwrap();
    }

    /// Touches the picture in the middle of what `css` names, by coordinates.
    async fn touch(&self, css: &str) {
        let css = format!("#reading {css}");
        let enabled =
            format!("const e = document.querySelector({css:?}); return e !== null && !e.disabled");
        self.wait(&css, &enabled).await;
        let middle = format!(
            "const b = document.querySelector({css:?}).getBoundingClientRect(); \
             const [x, y] = [Math.round(b.x + b.width / 2), Math.round(b.y + b.height / 2)]; \
             return [x, y, document.elementFromPoint(x, y).id]"
        );
        let middle = self.run(&middle).await;
        assert_eq!(
            middle[2],
            json!("picture"),
            "the touch meets the picture itself"
        );
        let (x, y) = (middle[0].as_f64().unwrap(), middle[1].as_f64().unwrap());
        let finger = MouseActions::new("finger".into())
            .then(PointerAction::MoveTo {
                duration: None,
                x,
                y,
            })
            .then(PointerAction::Down {
                button: MOUSE_BUTTON_LEFT,
            })
            .then(PointerAction::Up {
                button: MOUSE_BUTTON_LEFT,
            });
        self.page.perform_actions(finger).await.unwrap();
    }

    async fn shot(&self, orientation: Orientation, language: &str, step: &str) {
        let orientation = format!("{orientation:?}").to_lowercase();
        self.save(&format!("{orientation}-{language}-{step}")).await;
    }

    async fn save(&self, name: &str) {
        let png = self.page.screenshot().await.unwrap();
        std::fs::write(self.shots.join(format!("{name}.png")), png).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser with it; both fail only when it has ended already.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
