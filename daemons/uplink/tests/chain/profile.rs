// SPDX-License-Identifier: MIT OR Apache-2.0
//! The facility profile (環境設定情報) from the terminal's page over the real uplink to a mode manager that
//! writes down what it is given.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uketsuke_bus::mode1::Operation;
use uketsuke_bus::staff::{OWN_PROFILE, Objection, StaffError};
use uketsuke_bus::{MODE, MODE_PATH};
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

async fn page(house: &House, what: &str, form: &str) -> String {
    let mut stream = TcpStream::connect(house.page()).await.unwrap();
    let request = format!(
        "{what} HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Looks at the page again and again until it says so.
async fn says(house: &House, words: &str) {
    until(words, || async {
        let shown = page(house, "GET /profile?reader=reader-0001", "").await;
        shown.contains(words).then_some(())
    })
    .await;
}

async fn send(house: &House, what: &str, field: &str) -> String {
    let form = format!("reader=reader-0001&what={what}&{field}");
    page(house, "POST /profile", &form).await
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
    says(&house, "カードリーダー自身の設定").await;

    send(&house, "set", "mode.link_s=20").await;
    says(&house, "使用中 <small").await;
    {
        let given = mode.0.lock().unwrap();
        assert_eq!(
            (given.text.as_str(), given.times),
            ("[mode]\nlink_s = 20\n", 1)
        );
        assert!(given.id.as_deref().is_some_and(uketsuke_link::is_id));
    }

    // What the reader objects to is beside its field, and not given again.
    let refused = send(&house, "set", "mode.warning_s=50").await;
    assert!(
        refused.contains("カードリーダーが受け付けません"),
        "{refused}"
    );
    assert!(refused.contains("not on this reader"), "{refused}");

    // What could not be kept now is given again until it is.
    mode.0.lock().unwrap().full = true;
    send(&house, "set", "mode.message_s=20").await;
    let before = mode.0.lock().unwrap().times;
    until("another try", || async {
        (mode.0.lock().unwrap().times > before).then_some(())
    })
    .await;
    mode.0.lock().unwrap().full = false;
    says(&house, "使用中 <small").await;
    assert_eq!(mode.0.lock().unwrap().text, "[mode]\nmessage_s = 20\n");

    send(&house, "withdraw", "").await;
    until("the end of it", || async {
        (mode.0.lock().unwrap().withdrawn == 1).then_some(())
    })
    .await;
    says(&house, "使用中 <small").await;
    assert_eq!(mode.0.lock().unwrap().id, None);
}
