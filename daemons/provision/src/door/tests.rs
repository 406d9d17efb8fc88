// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]
use std::os::unix::net::UnixListener;
use std::thread;

use super::*;
use crate::grant::Wish;
use crate::testing::{Maker, TestBox, good, good_elsewhere, set, wish};

struct Desk {
    reader: TestBox,
    maker: Maker,
}

impl Desk {
    fn new() -> Self {
        let reader = TestBox::new();
        let maker = Maker::new();
        maker.install(&reader.places.keys);
        reader.boot().run(None).unwrap();
        Self { reader, maker }
    }

    fn grant(&self, change: impl FnOnce(&mut Wish)) -> String {
        let device = std::fs::read_to_string(&self.reader.places.device).unwrap();
        let mut wish = wish(device.trim(), crate::clock::now());
        change(&mut wish);
        grant::make(&self.maker.pem(), wish).unwrap()
    }

    /// Serves one caller who does `call`; what they heard, and whether the daemons were restarted.
    fn serve<T: Send>(
        &self,
        call: impl FnOnce(&Path) -> T + Send,
    ) -> (T, anyhow::Result<()>, bool) {
        let socket = self.reader.places.door.clone();
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).unwrap();
        thread::scope(|scope| {
            let caller = scope.spawn(|| call(&socket));
            let (stream, _) = listener.accept().unwrap();
            let mut restarted = false;
            let served = serve(stream, &self.reader.boot(), || {
                restarted = true;
                Ok(())
            });
            (caller.join().unwrap(), served, restarted)
        })
    }

    fn knock(&self, grant: &str, set: &Set) -> (Outcome, String) {
        let (heard, served, restarted) = self.serve(|socket| knock(socket, grant.as_bytes(), set));
        served.unwrap();
        let (outcome, text) = heard.unwrap();
        assert_eq!(restarted, outcome == Outcome::Applied);
        (outcome, text)
    }
}

#[test]
fn with_a_grant_a_set_comes_into_force_at_once() {
    let desk = Desk::new();
    let (outcome, text) = desk.knock(&desk.grant(|_| {}), &set(&good()));
    assert_eq!(outcome, Outcome::Applied, "{text}");
    let laid_out = std::fs::read(&desk.reader.places.configuration).unwrap();
    assert_eq!(laid_out, good()["reader.toml"]);
    assert!(text.contains("a service stick"));
}

#[test]
fn the_door_believes_no_grant_twice_and_none_that_is_bad() {
    let desk = Desk::new();
    let used = desk.grant(|_| {});
    desk.knock(&used, &set(&good()));
    let before = desk.reader.generations();
    let stranger = Desk::new().grant(|_| {});
    for (grant, said) in [
        (used, "already used"),
        (
            desk.grant(|w| w.allow = [Act::Update].into()),
            "does not allow provision",
        ),
        (
            desk.grant(|w| w.device = "ab".repeat(16)),
            "made for the box",
        ),
        (desk.grant(|w| w.from -= 24 * 3600), "expired"),
        (
            desk.grant(|w| w.set = Some(set(&good()).hash())),
            "does not allow this",
        ),
        (stranger, "does not know"),
        (String::new(), "not a service grant"),
    ] {
        let (outcome, text) = desk.knock(&grant, &set(&good_elsewhere()));
        assert_eq!(outcome, Outcome::Refused);
        assert!(text.contains(said), "{said} in {text}");
        assert_eq!(desk.reader.generations(), before, "{said}");
    }
    let bound = desk.grant(|w| w.set = Some(set(&good_elsewhere()).hash()));
    assert_eq!(
        desk.knock(&bound, &set(&good_elsewhere())).0,
        Outcome::Applied
    );
}

#[test]
fn a_bad_set_is_refused_at_the_door_as_well() {
    let desk = Desk::new();
    let mut files = good();
    files.insert("reader.toml".into(), b"[screen]\nrotate = 45\n".to_vec());
    let (outcome, text) = desk.knock(&desk.grant(|_| {}), &set(&files));
    assert_eq!(outcome, Outcome::Refused);
    assert!(text.contains("reader.toml:2: screen.rotate:"), "{text}");
}

#[test]
fn whoever_speaks_otherwise_is_not_heard() {
    let desk = Desk::new();
    let long = [b"UKP1".as_slice(), &[0xff; 4]].concat();
    let many = [
        b"UKP1".as_slice(),
        &0_u32.to_be_bytes(),
        &9999_u32.to_be_bytes(),
    ]
    .concat();
    let strange = [
        b"UKP1".as_slice(),
        &0_u32.to_be_bytes(),
        &1_u32.to_be_bytes(),
        &2_u32.to_be_bytes(),
        b"\xff\xff",
        &0_u32.to_be_bytes(),
    ]
    .concat();
    for said in [
        b"".as_slice(),
        b"GET / HTTP/1.1\r\n\r\n",
        b"UKP1\0\0",
        &long,
        &many,
        &strange,
    ] {
        let (_, served, restarted) = desk.serve(|socket| {
            let mut stream = UnixStream::connect(socket).unwrap();
            stream.write_all(said).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut rest = Vec::new();
            // Closed without an answer; a reset says the same.
            let _ = stream.read_to_end(&mut rest);
            assert!(rest.is_empty());
        });
        assert!(served.is_err() && !restarted, "{said:?}");
    }
    assert!(desk.reader.generations().is_empty());
}

#[test]
fn a_path_that_is_none_of_a_sets_is_refused() {
    let desk = Desk::new();
    let grant = desk.grant(|_| {});
    let (answer, served, _) = desk.serve(|socket| {
        let mut stream = UnixStream::connect(socket).unwrap();
        stream.write_all(MAGIC).unwrap();
        write_part(&mut stream, grant.as_bytes()).unwrap();
        stream.write_all(&1_u32.to_be_bytes()).unwrap();
        write_part(&mut stream, b"../../etc/passwd").unwrap();
        write_part(&mut stream, b"x").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    });
    served.unwrap();
    assert_eq!(answer[0], b'R');
    assert!(String::from_utf8_lossy(&answer).contains("../../etc/passwd: not a file of"));
}
