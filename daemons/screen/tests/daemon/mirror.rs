// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole way of a patient's own picture: the face daemon's memory, the bus, the glass; and its end.

use std::time::Instant;

use uketsuke_bus::mode1::{View, ViewId};
use uketsuke_bus::{FACE, FACE_PATH};
use uketsuke_face_preview::{Colours, Shape, Writer};
use uketsuke_testkit::PrivateBus;
use zbus::interface;

use super::mode::Mode;
use super::{Daemon, LIMIT};

/// A colour that no view has.
const GREEN: [u8; 3] = [10, 200, 30];

/// A face daemon with nothing but a ring of pictures.
struct Eyes(std::os::fd::OwnedFd);

#[interface(name = "jp.uketsuke.Face1")]
impl Eyes {
    fn preview(&self) -> zbus::OwnedFd {
        self.0.try_clone().unwrap().into()
    }
}

/// Pixels of the glass that show the camera's colour, in whatever light.
fn green(daemon: &Daemon) -> usize {
    let (_, frame) = daemon.frame();
    let is = |pixel: &[u8]| pixel[1] > 80 && pixel[1] / 4 > pixel[0] && pixel[1] / 4 > pixel[2];
    frame.chunks_exact(4).filter(|pixel| is(pixel)).count()
}

/// Waits until the glass is as it is meant to be.
async fn until(daemon: &Daemon, what: &str, is: impl Fn(usize) -> bool) {
    let begun = Instant::now();
    while !is(green(daemon)) {
        assert!(begun.elapsed() < LIMIT, "{what}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_patient_sees_himself_on_the_views_about_his_face_and_nowhere_else() {
    let bus = PrivateBus::start();
    let shape = Shape {
        width: 64,
        height: 48,
        colours: Colours::Rgb,
    };
    let writer = Writer::new(shape).unwrap();
    let eyes = Eyes(writer.descriptor().try_clone_to_owned().unwrap());
    let builder = bus.builder().serve_at(FACE_PATH, eyes).name(FACE);
    let _eyes = builder.build().await.unwrap();
    let mut daemon = Daemon::start(&bus);
    let mut client = daemon.client().await;
    let mode = Mode::start(&bus, View::new(ViewId::Method, 1)).await;
    client.until("P-02", 1).await;
    let picture = GREEN.repeat(64 * 48);
    writer.copy_in(&picture).unwrap();

    mode.show(View::new(ViewId::Face, 2)).await;
    client.until("P-03", 2).await;
    until(&daemon, "no picture", |green| green > 20_000).await;
    // A camera that stands still is none: the sign comes back.
    until(&daemon, "it stays", |green| green == 0).await;
    writer.copy_in(&picture).unwrap();
    until(&daemon, "no second picture", |green| green > 20_000).await;

    writer.copy_in(&picture).unwrap();
    mode.show(View::new(ViewId::FaceFailed, 3)).await;
    client.until("F-01", 3).await;
    assert_eq!(green(&daemon), 0, "it is left on the glass");
}
