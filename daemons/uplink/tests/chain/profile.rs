// SPDX-License-Identifier: MIT OR Apache-2.0
//! The facility profile (環境設定情報) from the terminal's page over the real uplink to a mode manager that
//! writes down what it is given.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use uketsuke_bus::mode1::Operation;
use uketsuke_bus::staff::{OWN_PROFILE, Objection, StaffError};
use uketsuke_bus::{MODE, MODE_PATH};
use uketsuke_common::console::{FirstCode, SOCKET};
use zbus::interface;

use crate::house::{House, until};

/// What the mode manager was given, and how often.
#[derive(Default)]
struct Given {
    id: Option<String>,
    text: String,
    times: u32,
    withdrawn: u32,
    /// While set, nothing can be kept.
    full: bool,
}

#[derive(Clone, Default)]
struct Mode(Arc<Mutex<Given>>);

#[interface(name = "jp.uketsuke.Mode1")]
impl Mode {
    #[zbus(property)]
    fn operation(&self) -> Operation {
        Operation::Unattended
    }
    #[zbus(property)]
    fn profile(&self) -> (String, String) {
        let given = self.0.lock().unwrap();
        let id = given.id.clone().unwrap_or_else(|| OWN_PROFILE.into());
        (id, given.text.clone())
    }
    #[zbus(property)]
    fn profile_kept(&self) -> String {
        self.profile().0
    }
}

#[derive(Clone)]
struct Staff(Mode);

#[interface(name = "jp.uketsuke.Mode1.Staff")]
impl Staff {
    fn set_profile(&self, id: String, profile: String) -> Result<Vec<Objection>, StaffError> {
        let mut given = self.0.0.lock().unwrap();
        given.times += 1;
        if given.full {
            return Err(StaffError::NotKept("full".into()));
        }
        if profile.contains("warning_s") {
            return Ok(vec![Objection {
                line: 2,
                key: "mode.warning_s".into(),
                what: "not on this reader".into(),
            }]);
        }
        (given.id, given.text) = (Some(id), profile);
        Ok(Vec::new())
    }
    fn withdraw_profile(&self) -> bool {
        let mut given = self.0.0.lock().unwrap();
        given.withdrawn += 1;
        given.text.clear();
        given.id.take().is_some()
    }
}

/// Somebody who is logged in at the terminal's page.
struct Console<'a> {
    house: &'a House,
    cookies: String,
    seal: String,
}

impl<'a> Console<'a> {
    /// Makes the first account, with the code that the box shows.
    async fn first(house: &'a House) -> Self {
        let mut door = UnixStream::connect(house.path("run-terminal").join(SOCKET))
            .await
            .unwrap();
        let mut code = String::new();
        door.read_to_string(&mut code).await.unwrap();
        let FirstCode::Drawn { code, .. } = serde_json::from_str(&code).unwrap() else {
            panic!("no code: {code}");
        };
        let mut console = Self {
            house,
            cookies: String::new(),
            seal: String::new(),
        };
        let password = "four+words+of+a+test";
        let form = format!("code={code}&account=kanri&new={password}&again={password}");
        let answer = console.page("POST /first", &form).await;
        let set = answer
            .lines()
            .filter_map(|line| line.strip_prefix("set-cookie: "));
        let pairs: Vec<_> = set.filter_map(|line| line.split(';').next()).collect();
        console.cookies = pairs.join("; ");
        let shown = console.page("GET /password", "").await;
        let seal = shown
            .split_once("name=\"seal\" value=\"")
            .expect("logged in")
            .1;
        console.seal = seal.split('"').next().unwrap().to_owned();
        console
    }

    async fn page(&self, what: &str, form: &str) -> String {
        let mut stream = TcpStream::connect(self.house.page()).await.unwrap();
        let Self { cookies, seal, .. } = self;
        let form = format!("seal={seal}&{form}");
        let request = format!(
            "{what} HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookies}\r\n\
             Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Looks at the page again and again until it says so.
    async fn says(&self, words: &str) {
        until(words, || async {
            let shown = self.page("GET /profile?reader=reader-0001", "").await;
            shown.contains(words).then_some(())
        })
        .await;
    }

    async fn send(&self, what: &str, field: &str) -> String {
        let form = format!("reader=reader-0001&what={what}&{field}");
        self.page("POST /profile", &form).await
    }
}

#[tokio::test]
async fn a_profile_goes_from_the_page_to_the_reader_and_what_it_says_comes_back() {
    let house = House::start().await;
    let mode = Mode::default();
    let _connection = house
        .bus
        .builder()
        .serve_at(MODE_PATH, mode.clone())
        .serve_at(MODE_PATH, Staff(mode.clone()))
        .name(MODE)
        .build()
        .await
        .unwrap();
    let console = Console::first(&house).await;
    console.says("カードリーダー自身の設定").await;

    console.send("set", "mode.link_s=20").await;
    console.says("使用中</div>").await;
    {
        let given = mode.0.lock().unwrap();
        assert_eq!(
            (given.text.as_str(), given.times),
            ("[mode]\nlink_s = 20\n", 1)
        );
        assert!(given.id.as_deref().is_some_and(uketsuke_link::is_id));
    }

    // What the reader objects to is beside its field, and not given again.
    let refused = console.send("set", "mode.warning_s=50").await;
    assert!(
        refused.contains("カードリーダーが受け付けません"),
        "{refused}"
    );
    assert!(refused.contains("not on this reader"), "{refused}");

    // What could not be kept now is given again until it is.
    mode.0.lock().unwrap().full = true;
    console.send("set", "mode.message_s=20").await;
    let before = mode.0.lock().unwrap().times;
    until("another try", || async {
        (mode.0.lock().unwrap().times > before).then_some(())
    })
    .await;
    mode.0.lock().unwrap().full = false;
    console.says("使用中</div>").await;
    assert_eq!(mode.0.lock().unwrap().text, "[mode]\nmessage_s = 20\n");

    console.send("withdraw", "").await;
    until("the end of it", || async {
        (mode.0.lock().unwrap().withdrawn == 1).then_some(())
    })
    .await;
    console.says("使用中</div>").await;
    assert_eq!(mode.0.lock().unwrap().id, None);
}
