// SPDX-License-Identifier: MIT OR Apache-2.0
//! A browser, and what a person does with it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tokio::time::Instant;
use uketsuke_house::api::Orientation;
use uketsuke_house::client::LIMIT;

/// A Chromium of its own, with an empty profile, in a process namespace that ends with it on drop: its
/// driver, killed or asked to end, would leave it behind.
pub struct Browser {
    pub page: Client,
    shots: PathBuf,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub async fn start() -> Self {
        let mut driver = Command::new("unshare")
            .args(["--pid", "--fork", "--kill-child", "--mount-proc"])
            .args(["chromedriver", "--port=0"])
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
    pub async fn wait(&self, what: &str, script: &str) {
        let end = Instant::now() + LIMIT;
        while self.run(script).await != json!(true) {
            self.in_time(end, what).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The same of a page that does not renew itself, opened again until it says what comes from
    /// elsewhere and a moment later.
    pub async fn wait_reopening(&self, what: &str, script: &str) {
        let end = Instant::now() + LIMIT;
        while self.run(script).await != json!(true) {
            self.in_time(end, what).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            self.page.refresh().await.unwrap();
        }
    }

    async fn in_time(&self, end: Instant, what: &str) {
        if Instant::now() > end {
            let read = self.run("return document.body.innerText").await;
            self.save("failed").await;
            panic!("waited in vain for {what}; on the page: {read}");
        }
    }

    /// Waits for a view and for words on it.
    pub async fn reads(&self, view: &str, words: &str) {
        let script = format!(
            "const r = document.getElementById('reading'); \
             return r.dataset.view === {view:?} && [...r.children].some((e) => e.textContent.includes({words:?}))"
        );
        self.wait(&format!("{words:?} on {view}"), &script).await;
    }

    pub async fn view(&self) -> String {
        let view = self
            .run("return document.getElementById('reading').dataset.view")
            .await;
        view.as_str().unwrap().to_owned()
    }

    pub async fn run(&self, script: &str) -> Value {
        self.page.execute(script, vec![]).await.unwrap()
    }

    /// Presses a control of the page itself (the tray, the slot).
    pub async fn click(&self, css: &str) {
        let enabled =
            format!("const e = document.querySelector({css:?}); return e !== null && !e.disabled");
        let end = Instant::now() + LIMIT;
        loop {
            self.wait(css, &enabled).await;
            let found = self.page.find(Locator::Css(css)).await;
            let clicked = match found {
                Ok(element) => element.click().await,
                Err(error) => Err(error),
            };
            match clicked {
                Ok(()) => return,
                // The page was renewed between the two; nothing was pressed.
                Err(error)
                    if (error.is_stale_element_reference() || error.is_no_such_element())
                        && Instant::now() < end => {}
                Err(error) => panic!("{css} cannot be pressed: {error}"),
            }
        }
    }

    /// Touches the picture in the middle of what `css` names, by coordinates.
    pub async fn touch(&self, css: &str) {
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

    pub async fn shot(&self, orientation: Orientation, language: &str, step: &str) {
        let orientation = format!("{orientation:?}").to_lowercase();
        self.save(&format!("{orientation}-{language}-{step}")).await;
    }

    pub async fn save(&self, name: &str) {
        let png = self.page.screenshot().await.unwrap();
        std::fs::write(self.shots.join(format!("{name}.png")), png).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
