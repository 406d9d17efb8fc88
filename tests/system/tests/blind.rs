// SPDX-License-Identifier: MIT OR Apache-2.0
//! A patient who cannot see is checked in by keypad and sound alone: the hand here knows only what was
//! said. What is on the glass is not looked at.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tokio::time::Instant;
use uketsuke_house::api::Key;
use uketsuke_house::client::{HouseClient, LIMIT};
use uketsuke_house::options::Options;
use uketsuke_house::voice;
use uketsuke_system_tests::patient;

/// Longer than `screen.same_key_ms`.
const NO_TREMBLE: Duration = Duration::from_millis(150);
/// More choices than any view has.
const MANY: usize = 20;

/// Somebody who listens, and has a hand on the keypad.
struct Ear<'a> {
    house: &'a HouseClient,
    /// Number of the last line of traffic that was heard.
    heard: u64,
    /// All that was said, in order.
    said: Vec<String>,
}

impl<'a> Ear<'a> {
    fn new(house: &'a HouseClient) -> Self {
        let said = Vec::new();
        Self {
            house,
            heard: 0,
            said,
        }
    }

    /// What is said next.
    async fn next(&mut self) -> Vec<String> {
        let end = Instant::now() + LIMIT;
        loop {
            for line in self.house.traffic(self.heard).await.unwrap() {
                self.heard = line.number;
                let failed = line.kind == "error" && line.words.contains("Say");
                assert!(!failed, "nothing came out: {}", line.words);
                if line.kind == "call" && !line.recordings.is_empty() {
                    let words = line.recordings.iter().map(|name| voice::words(name));
                    let words: Vec<String> = words.map(str::to_owned).collect();
                    self.said.extend(words.iter().cloned());
                    return words;
                }
            }
            assert!(Instant::now() < end, "silence after {:?}", self.said);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Listens until a sentence is said.
    async fn hears(&mut self, sentence: &str) -> Vec<String> {
        loop {
            let words = self.next().await;
            if words.iter().any(|word| word == sentence) {
                return words;
            }
        }
    }

    async fn press(&mut self, key: Key) {
        self.house.key(key).await.unwrap();
        tokio::time::sleep(NO_TREMBLE).await;
    }

    /// Goes from choice to choice until the wanted one is said, and presses it.
    async fn chooses(&mut self, choice: &str) {
        for _ in 0..MANY {
            self.press(Key::Next).await;
            let words = self.next().await;
            if words.last().is_some_and(|last| last == choice) {
                self.press(Key::Press).await;
                return;
            }
        }
        panic!("nobody said {choice}: {:?}", self.said);
    }

    /// Types four digits; each is counted aloud, none is told.
    async fn types(&mut self, digits: [u8; 4], counts: [&str; 3]) {
        for (at, digit) in digits.into_iter().enumerate() {
            self.press(Key::Digit(digit)).await;
            if let Some(count) = counts.get(at) {
                self.hears(count).await;
            }
        }
    }
}

/// The sentences by which a patient finds the way.
struct Way {
    /// At the very beginning: the button, what it asks, the answer.
    language: Option<[&'static str; 3]>,
    place: &'static str,
    method: &'static str,
    by_pin: &'static str,
    pin: &'static str,
    counts: [&'static str; 3],
    wrong: [&'static str; 2],
    question: &'static str,
    each: &'static str,
    /// Each question with its answer.
    consents: [(&'static str, &'static str); 3],
    done: [&'static str; 2],
}

async fn walk(way: &Way) {
    let house = HouseClient::start(&Options {
        voice: true,
        ..Options::of_a_test()
    })
    .unwrap();
    patient::settled(&house).await.unwrap();
    let mut ear = Ear::new(&house);
    ear.press(Key::Next).await;
    let mut words = ear.next().await;
    if let Some([button, question, name]) = way.language {
        ear.chooses(button).await;
        ear.hears(question).await;
        ear.chooses(name).await;
        words = ear.next().await;
    }
    assert!(words.iter().any(|w| w == way.place), "{words:?}");
    house.place("normal-adult").await.unwrap();
    ear.hears(way.method).await;
    ear.chooses(way.by_pin).await;
    ear.hears(way.pin).await;
    ear.types([9, 9, 9, 9], way.counts).await;
    let words = ear.hears(way.wrong[0]).await;
    assert!(words.iter().any(|w| w == way.wrong[1]), "{words:?}");
    ear.types([1, 2, 3, 4], way.counts).await;
    ear.hears(way.question).await;
    ear.chooses(way.each).await;
    for (question, answer) in way.consents {
        ear.hears(question).await;
        ear.chooses(answer).await;
    }
    let words = ear.hears(way.done[0]).await;
    assert!(words.iter().any(|w| w == way.done[1]), "{words:?}");
    patient::lift(&house).await.unwrap();
    house.wait_view("P-00").await.unwrap();
    patient::settled(&house).await.unwrap();
    assert_eq!(patient::completed(&house).await.unwrap(), 1);
    let voice = house.state().await.unwrap().processes;
    let voice = voice.iter().find(|process| process.name == "voice");
    assert_eq!(voice.map(|voice| voice.restarts), Some(0));
    for line in &ear.said {
        println!("{line}");
        assert!(!line.contains("シカク"), "a name was said aloud");
    }
}

#[tokio::test]
async fn nobody_need_see_the_glass() {
    walk(&Way {
        language: None,
        place: "マイナンバーカードを置いてください。",
        method: "本人確認の方法を選んでください。",
        by_pin: "暗証番号を入力",
        pin: "4桁の暗証番号を入力してください。",
        counts: [
            "4桁のうち1桁を入力しました",
            "4桁のうち2桁を入力しました",
            "4桁のうち3桁を入力しました",
        ],
        wrong: [
            "暗証番号が違います。",
            "あと2回まちがえると使えなくなります。",
        ],
        question: "過去の医療情報等の提供に同意しますか。",
        each: "個別に同意する",
        consents: [
            ("手術・傷病名・感染症", "同意する"),
            ("診療・お薬", "同意しない"),
            ("健診", "同意する"),
        ],
        done: [
            "確認が完了しました。",
            "マイナンバーカードを取り出してください。",
        ],
    })
    .await;
}

#[tokio::test]
async fn another_language_is_chosen_by_ear() {
    walk(&Way {
        language: Some(["Language", "言語を選んでください。", "English"]),
        place: "Please place your My Number Card.",
        method: "Choose how to confirm who you are.",
        by_pin: "Enter my PIN",
        pin: "Please enter your PIN (4 digits).",
        counts: [
            "1 of 4 digits entered",
            "2 of 4 digits entered",
            "3 of 4 digits entered",
        ],
        wrong: ["That PIN is wrong.", "2 more wrong tries will lock it."],
        question: "May we see your medical history?",
        each: "Let me choose",
        consents: [
            ("Surgery, diagnoses, infections", "No"),
            ("Treatment and medicines", "Yes, I agree"),
            ("Health checkups", "No"),
        ],
        done: [
            "Your check-in is complete.",
            "Please take your My Number Card.",
        ],
    })
    .await;
}
