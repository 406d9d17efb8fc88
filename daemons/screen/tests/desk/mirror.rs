// SPDX-License-Identifier: MIT OR Apache-2.0
//! The mirror on the views about a face, with a real ring of pictures of a person who does not exist.

use std::time::{Duration, Instant};

use uketsuke_face_preview::{Colours, Reader, Shape, Writer};
use uketsuke_screen::desk::{Desk, Event};
use uketsuke_screen::mirror::PACE;
use uketsuke_screen::output::png;
use uketsuke_screen::ui::raster::Item;

use super::hand::{press, sample, setup};

const SHAPE: Shape = Shape {
    width: 640,
    height: 480,
    colours: Colours::Rgb,
};

/// A drawn person before a wall: hair parted at his left, a red pocket on his right, as a camera sees him.
fn person() -> Vec<u8> {
    let oval = |x: f32, y: f32, (cx, cy): (f32, f32), (rx, ry): (f32, f32)| {
        ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2) < 1.0
    };
    let mut bytes = Vec::with_capacity(SHAPE.bytes());
    for y in 0..480 {
        for x in 0..640 {
            let (x, y) = (x as f32, y as f32);
            let light = 1.0 - (x - 380.0).abs() / 1400.0;
            let eye = |side: f32| oval(x, y, (320.0 + side * 48.0, 215.0), (15.0, 8.0));
            let colour = if (240.0..270.0).contains(&x) && (440.0..480.0).contains(&y) {
                [200.0, 30.0, 40.0]
            } else if eye(-1.0) || eye(1.0) || oval(x, y, (320.0, 318.0), (36.0, 7.0)) {
                [70.0, 40.0, 38.0]
            } else if oval(x, y, (320.0, 225.0), (104.0, 138.0))
                && y > 128.0 + (x - 350.0).abs() / 4.0
            {
                [222.0, 176.0, 148.0]
            } else if oval(x, y, (320.0, 195.0), (122.0, 138.0)) {
                [48.0, 38.0, 36.0]
            } else if oval(x, y, (320.0, 500.0), (210.0, 130.0)) {
                [74.0, 96.0, 132.0]
            } else {
                [206.0, 212.0, 208.0]
            };
            bytes.extend(colour.map(|part: f32| (part * light) as u8));
        }
    }
    bytes
}

fn ring() -> (Writer, Reader) {
    let writer = Writer::new(SHAPE).unwrap();
    let reader = Reader::open(&writer.descriptor().try_clone_to_owned().unwrap()).unwrap();
    (writer, reader)
}

fn show(desk: &mut Desk, name: &str, now: Instant) {
    let (view, details) = sample(name);
    desk.event(Event::View(view, details), now);
}

/// What the mirror shows: left and upper edge, width, height.
fn shown(desk: &Desk) -> Option<(i32, i32, i32, i32)> {
    desk.scene().items().iter().find_map(|item| match item {
        Item::Picture { x, y, picture, .. } => Some((*x, *y, picture.width, picture.height)),
        _ => None,
    })
}

fn is_red(pixel: u32) -> bool {
    let [blue, green, red, _] = pixel.to_le_bytes();
    red > 60 && red / 2 > green && red / 2 > blue
}

#[test]
fn who_stands_there_sees_himself_as_in_a_mirror_and_nothing_of_it_is_left() {
    for (orientation, word) in [(0, "landscape"), (1, "portrait")] {
        let mut now = Instant::now();
        let mut desk = Desk::new(setup(orientation));
        let (writer, reader) = ring();
        show(&mut desk, "P-03", now);
        desk.event(Event::Mirror(reader), now);
        desk.tick(now);
        assert_eq!(shown(&desk), None, "the camera sees nothing yet");
        writer.copy_in(&person()).unwrap();
        now += PACE;
        desk.tick(now);
        let (left, top, width, height) = shown(&desk).expect("a picture");
        let frame = desk.scene().frame();
        let red: Vec<i32> = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .filter(|(x, y)| is_red(frame.row(top + y, left + x, 1)[0]))
            .map(|(x, _)| x)
            .collect();
        let mean = red.iter().sum::<i32>() / red.len().max(1) as i32;
        assert!(
            red.len() > 50 && mean > width / 2,
            "not mirrored: {mean} of {width}"
        );
        assert!(desk.scene().equals_full_repaint());
        keep(&desk, &format!("P-03-mirror-ja-{word}"));

        show(&mut desk, "F-02-backlight", now);
        assert!(
            shown(&desk).is_some(),
            "who is told what to do sees what he does"
        );
        keep(&desk, &format!("F-02-mirror-ja-{word}"));
        let before = desk.scene().frame().pixels.clone();
        show(&mut desk, "F-01", now);
        assert_eq!(shown(&desk), None);
        assert!(desk.scene().equals_full_repaint() && before != desk.scene().frame().pixels);
        let deadline = desk.deadline();
        assert!(deadline.is_none_or(|at| at > now + PACE * 4), "it looks on");
    }
}

/// Pictures for a person's eye, beside those of `make views`.
fn keep(desk: &Desk, name: &str) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("mirror");
    std::fs::create_dir_all(&folder).unwrap();
    png::write(desk.scene().frame(), &folder.join(format!("{name}.png"))).unwrap();
}

#[test]
fn a_mirror_that_stands_still_is_taken_away_and_comes_back() {
    let mut now = Instant::now();
    let mut desk = Desk::new(setup(0));
    let (writer, reader) = ring();
    show(&mut desk, "P-03", now);
    desk.event(Event::Mirror(reader), now);
    writer.copy_in(&person()).unwrap();
    desk.tick(now);
    assert!(shown(&desk).is_some());
    for _ in 0..30 {
        now += PACE;
        desk.tick(now);
    }
    assert_eq!(shown(&desk), None, "a second without a picture");
    writer.copy_in(&person()).unwrap();
    now += PACE;
    desk.tick(now);
    assert!(shown(&desk).is_some());
    drop(writer);
    now += Duration::from_secs(2);
    desk.tick(now);
    assert_eq!(shown(&desk), None);
}

#[test]
fn only_views_about_a_face_have_a_mirror_and_a_choice_over_them_has_none() {
    let mut now = Instant::now();
    let mut desk = Desk::new(setup(0));
    let (writer, reader) = ring();
    show(&mut desk, "P-02", now);
    desk.event(Event::Mirror(reader), now);
    writer.copy_in(&person()).unwrap();
    desk.tick(now);
    assert_eq!(shown(&desk), None);
    let (_writer, reader) = (
        &writer,
        Reader::open(&writer.descriptor().try_clone_to_owned().unwrap()),
    );
    show(&mut desk, "P-03", now);
    desk.event(Event::Mirror(reader.unwrap()), now);
    now += PACE;
    desk.tick(now);
    assert!(shown(&desk).is_some());
    press(&mut desk, "screen-languages", now + Duration::from_secs(1));
    now += PACE * 2;
    desk.tick(now);
    assert_eq!(shown(&desk), None);
}
