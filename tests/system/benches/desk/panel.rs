// SPDX-License-Identifier: MIT OR Apache-2.0
//! The panel, without a browser in between.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde_json::json;
use uketsuke_common::config;
use uketsuke_house::api::{Node, Picture};
use uketsuke_house::client::SAME_KEY;

/// A finger and an eye on the panel itself.
pub struct Panel {
    lines: BufReader<UnixStream>,
    touch: UnixStream,
    picture: Picture,
}

impl Panel {
    pub fn connect(configuration: &str) -> Self {
        let screen = config::load_from(configuration.as_ref()).unwrap().screen;
        let touch = UnixStream::connect(screen.panel.join("panel.sock")).unwrap();
        touch
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        Self {
            lines: BufReader::new(touch.try_clone().unwrap()),
            touch,
            picture: Picture::default(),
        }
    }

    /// Waits for a picture.
    pub fn wait(&mut self, wanted: impl Fn(&Picture) -> bool) -> &Picture {
        while !wanted(&self.picture) {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line);
            assert!(read.is_ok_and(|n| n > 0), "stuck at {}", self.picture.view);
            self.picture = serde_json::from_str(&line).unwrap();
        }
        &self.picture
    }

    /// Touches what does `action`, once it is there; when the finger was lifted.
    pub fn press(&mut self, action: &str) -> Instant {
        self.touch_what(|n| n.enabled && n.action.as_deref() == Some(action))
    }

    fn press_key(&mut self, digit: &str) {
        self.touch_what(|n| n.role == "key" && n.label == digit);
    }

    fn touch_what(&mut self, is_it: impl Fn(&Node) -> bool) -> Instant {
        let find = |n: &&Node| is_it(n);
        let node = self
            .wait(|p| p.tree.iter().any(|n| find(&n)))
            .tree
            .iter()
            .find(find)
            .cloned();
        self.touch(&node.unwrap())
    }

    /// Touches the keys of four digits.
    pub fn type_digits(&mut self, digits: &str) {
        let mut before = None;
        for digit in digits.chars() {
            if before.replace(digit) == Some(digit) {
                std::thread::sleep(SAME_KEY);
            }
            self.press_key(&digit.to_string());
        }
    }

    fn touch(&mut self, node: &Node) -> Instant {
        let mut put = Instant::now();
        for phase in ["down", "up"] {
            // The panel takes whole pixels.
            let (x, y) = (node.x + node.w / 2.0, node.y + node.h / 2.0);
            let touch = json!({ "touch": { "x": x as i32, "y": y as i32, "phase": phase }});
            put = Instant::now();
            writeln!(self.touch, "{touch}").unwrap();
        }
        put
    }
}
