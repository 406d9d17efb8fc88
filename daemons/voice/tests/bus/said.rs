// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is said, in which order, how loud, and what ends it.

use uketsuke_bus::voice1::Loudness;

use super::desk::{Desk, name, on_the_bus};
use super::ears::Stretch;

/// The tones of what was heard.
fn tones(heard: &[Stretch]) -> Vec<Stretch> {
    heard.iter().filter(|s| s.pitch > 0.0).copied().collect()
}

fn assert_near(what: &str, found: f64, wanted: f64, by: f64) {
    let far = (found - wanted).abs() / wanted;
    assert!(far <= by, "{what}: {found}, {wanted} was wanted");
}

fn assert_pitches(heard: &[Stretch], pitches: &[f64]) {
    let tones = tones(heard);
    assert_eq!(tones.len(), pitches.len(), "{heard:?}");
    for (tone, pitch) in tones.iter().zip(pitches) {
        assert_near("pitch", tone.pitch, *pitch, 0.05);
    }
}

#[test]
fn recordings_are_said_one_after_the_other_with_a_pause_between() {
    on_the_bus(async {
        let desk = Desk::start().await;
        let order = ["middle", "low", "high", "low"];
        desk.say(&order, Loudness::Normal).await.unwrap();
        let heard = desk.heard(1).await;
        assert_pitches(&heard, &[800.0, 400.0, 1600.0, 400.0]);
        for tone in tones(&heard) {
            assert_near("length of a tone in ms", tone.ms as f64, 300.0, 0.15);
        }
        let first = heard.iter().position(|s| s.pitch > 0.0).unwrap();
        let last = heard.iter().rposition(|s| s.pitch > 0.0).unwrap();
        let pauses: Vec<_> = heard[first..last]
            .iter()
            .filter(|s| s.pitch == 0.0)
            .collect();
        assert_eq!(pauses.len(), 3);
        for pause in pauses {
            assert_near("length of a pause in ms", pause.ms as f64, 300.0, 0.15);
        }
    });
}

#[test]
fn the_longest_order_is_said_whole() {
    on_the_bus(async {
        let desk = Desk::start().await;
        desk.say(&["low"; 32], Loudness::Normal).await.unwrap();
        assert_pitches(&desk.heard(1).await, &[400.0; 32]);
    });
}

#[test]
fn three_levels_are_6_db_apart() {
    on_the_bus(async {
        let desk = Desk::start().await;
        let mut levels = Vec::new();
        for (at, loudness) in Loudness::ALL.into_iter().enumerate() {
            desk.say(&["low"], loudness).await.unwrap();
            levels.push(tones(&desk.heard(at + 1).await)[0].level);
        }
        // A wave of amplitude 0.1.
        assert_near("normal", levels[0], 0.1 / 2.0_f64.sqrt(), 0.05);
        assert_near("loud against normal", levels[1] / levels[0], 2.0, 0.02);
        assert_near("loudest against normal", levels[2] / levels[0], 4.0, 0.02);
    });
}

#[test]
fn a_newer_order_takes_the_place_of_the_older_at_once() {
    on_the_bus(async {
        let desk = Desk::start().await;
        desk.say(&["long", "low"], Loudness::Normal).await.unwrap();
        desk.say(&["high"], Loudness::Normal).await.unwrap();
        assert_pitches(&desk.heard(2).await, &[1600.0]);
        let older = desk.heard(1).await;
        let said: usize = older.iter().map(|s| s.ms).sum();
        assert!(said < 3000, "{older:?}");
    });
}

#[test]
fn of_many_orders_at_once_the_last_one_is_said() {
    on_the_bus(async {
        let desk = Desk::start().await;
        let order = async |name: &str| desk.say(&[name], Loudness::Normal).await;
        // In the order in which they are written to one connection.
        let answers = futures_util::future::join_all([
            order("long"),
            order("long"),
            order("long"),
            order("middle"),
        ])
        .await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        let files = std::fs::read_dir(desk.path("files")).unwrap().count();
        assert_pitches(&desk.heard(files).await, &[800.0]);
    });
}

#[test]
fn hush_ends_what_is_said_and_is_nothing_where_nothing_is() {
    on_the_bus(async {
        let desk = Desk::start().await;
        desk.voice.hush().await.unwrap();
        desk.say(&["long"], Loudness::Loud).await.unwrap();
        desk.voice.hush().await.unwrap();
        desk.voice.hush().await.unwrap();
        let heard = desk.heard(1).await;
        let said: usize = heard.iter().map(|s| s.ms).sum();
        assert!(said < 3000, "{heard:?}");
        desk.say(&["low"], Loudness::Normal).await.unwrap();
        assert_pitches(&desk.heard(2).await, &[400.0]);
    });
}

#[test]
fn a_refused_order_leaves_what_is_said_alone() {
    on_the_bus(async {
        let desk = Desk::start().await;
        let order = ["middle", "high", "low"];
        desk.say(&order, Loudness::Normal).await.unwrap();
        let refused = desk.say(&["low", "absent"], Loudness::Normal).await;
        assert_eq!(name(refused), "NoRecording");
        assert_pitches(&desk.heard(1).await, &[800.0, 1600.0, 400.0]);
        assert!(!desk.path("files/2.wav").exists());
    });
}
