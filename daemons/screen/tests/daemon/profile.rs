// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the facility sets from the terminal, as the mode manager says it.

use uketsuke_bus::mode1::{View, ViewId};
use uketsuke_bus::screen1::{Language, Screen1Proxy};
use uketsuke_testkit::PrivateBus;

use super::mode::Mode;
use super::{Daemon, method, pad};

#[tokio::test]
async fn another_profile_is_shown_to_the_next_patient_and_offers_its_languages() {
    let bus = PrivateBus::start();
    let mut daemon = Daemon::start(&bus);
    let mut client = daemon.client().await;
    let mode = Mode::start(&bus, method(2)).await;
    client.until("P-02", 2).await;
    let profile = "[facility]\nname = \"うけつけ薬局\"\n\
                   [screen]\nlanguage = \"en\"\nlanguages = [\"en\", \"pt\"]\n";
    mode.set_profile(profile).await;
    // Who is there goes on in what there was.
    mode.show(pad(3)).await;
    client.until("P-04", 3).await;
    assert_eq!(client.last["language"], "ja");
    mode.show(View::new(ViewId::Idle, 4)).await;
    client.until("P-00", 4).await;
    assert_eq!(client.last["language"], "en");
    assert!(client.reads("うけつけ薬局"), "{}", client.last);
    let connection = bus.connect().await;
    let screen = Screen1Proxy::new(&connection).await.unwrap();
    screen.set_language(Language::Pt).await.unwrap();
    while client.last["language"] != "pt-BR" {
        client.next().await;
    }
    // One that this screen cannot use leaves it as it is.
    mode.set_profile("[screen]\nlanguages = [\"ko\"]\n").await;
    mode.show(method(5)).await;
    client.until("P-02", 5).await;
    mode.show(View::new(ViewId::Idle, 6)).await;
    client.until("P-00", 6).await;
    assert_eq!(client.last["language"], "en");
    mode.set_profile("").await;
    while client.last["language"] != "ja" {
        client.next().await;
    }
    assert!(client.reads("試験病院"));
}
