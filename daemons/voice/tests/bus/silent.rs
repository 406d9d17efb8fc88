// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is not said, and by which name it is refused.

use uketsuke_bus::voice1::{Loudness, NAME_BYTES};

use super::desk::{Desk, TONES, name, on_the_bus, text};

#[test]
fn every_order_that_names_no_recording_is_refused_and_says_why() {
    on_the_bus(async {
        let desk = Desk::start().await;
        let long = "a".repeat(NAME_BYTES + 1);
        let bad = "recording 2 of the order: 1 to 40 of a-z, 0-9 and - make a name";
        let cases: [(&[&str], &str); 8] = [
            (&[], "no recording was named"),
            (&["low"; 33], "33 recordings; 32 at most"),
            (&["low", "absent"], "absent: no such recording"),
            (&["low", ""], bad),
            (&["low", "../recordings/low"], bad),
            (&["low", "low.opus"], bad),
            (&["low", "LOW"], bad),
            (&["low", &long], bad),
        ];
        for (order, why) in cases {
            let refused = desk.say(order, Loudness::Normal).await;
            assert_eq!(text(refused), why);
            let refused = desk.say(order, Loudness::Normal).await;
            assert_eq!(name(refused), "NoRecording");
        }
        let files = std::fs::read_dir(desk.path("files")).unwrap().count();
        assert_eq!(files, 0, "nothing was tried");
    });
}

#[test]
fn a_broken_file_is_an_error_and_the_next_order_is_said() {
    on_the_bus(async {
        let desk = Desk::start().await;
        for broken in ["empty", "noise", "cut"] {
            let refused = desk.say(&[broken], Loudness::Normal).await;
            let why = "recording 1 of the order: the file is broken";
            assert_eq!(text(refused), why, "{broken}");
            // What comes before it may be heard already when it is found out.
            let later = desk.say(&["low", broken], Loudness::Normal).await;
            assert!(
                later.is_ok() || name(later) == "NoRecording",
                "{broken} after another"
            );
            desk.say(&["low"], Loudness::Normal).await.unwrap();
        }
    });
}

#[test]
fn a_recording_that_is_gone_since_the_start_is_an_error() {
    on_the_bus(async {
        let desk = Desk::start().await;
        std::fs::remove_file(desk.path("recordings/high.opus")).unwrap();
        let refused = desk.say(&["low", "high"], Loudness::Normal).await;
        let why = "recording 2 of the order: the file is broken";
        assert_eq!(text(refused), why);
        desk.say(&["low"], Loudness::Normal).await.unwrap();
    });
}

#[test]
fn where_it_cannot_sound_the_order_fails_and_the_next_one_is_tried_anew() {
    on_the_bus(async {
        let desk = Desk::without_files().await;
        for _ in 0..2 {
            let refused = desk.say(&["low"], Loudness::Normal).await;
            assert_eq!(name(refused), "NoSound");
        }
        std::fs::create_dir(desk.path("files")).unwrap();
        desk.say(&["low"], Loudness::Normal).await.unwrap();
        assert!(!desk.heard(1).await.is_empty());
    });
}

#[test]
fn the_properties_say_where_it_sounds_and_how_many_there_are() {
    on_the_bus(async {
        let desk = Desk::start().await;
        let files = desk.path("files");
        let output = desk.voice.output().await.unwrap();
        assert_eq!(output, format!("file {}", files.display()));
        // With the three broken ones.
        let count = desk.voice.recordings().await.unwrap();
        assert_eq!(count as usize, TONES.len() + 3);
    });
}
