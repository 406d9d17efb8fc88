// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole program on ALSA: a sound device made by ALSA's own configuration, written to and taken away.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use uketsuke_bus::voice1::{Loudness, Voice1Proxy};
use uketsuke_testkit::PrivateBus;

use super::desk::{name, on_the_bus, record, within};

/// ALSA's configuration of another time: it compares seconds.
fn configure(file: &Path, text: &str, at: u64) {
    std::fs::write(file, text).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(at);
    let file = std::fs::File::options().write(true).open(file).unwrap();
    file.set_modified(time).unwrap();
}

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has seen by then.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_sound_device_that_is_missing_is_looked_for_with_each_order() {
    on_the_bus(async {
        let bus = PrivateBus::start();
        let path = |name: &str| bus.dir().join(name);
        record(bus.dir());
        let config = format!(
            "[voice]\ndevice = \"counter\"\nrecordings = \"{}\"\n",
            bus.dir().display()
        );
        std::fs::write(path("reader.toml"), config).unwrap();
        configure(&path("asound.conf"), "# nothing is plugged in\n", 1);
        let program = Command::new(env!("CARGO_BIN_EXE_uketsuke-voice"))
            .env("DBUS_SYSTEM_BUS_ADDRESS", bus.address())
            .env("UKETSUKE_CONFIG", bus.dir())
            .env("ALSA_CONFIG_PATH", path("asound.conf"))
            // As its unit has it.
            .env("ORC_CODE", "backup")
            .env("GST_REGISTRY", path("registry"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let _program = Program(program);
        let client = bus.connect().await;
        let voice = Voice1Proxy::new(&client).await.unwrap();
        let there = async {
            while voice.output().await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        within("the program answers", there).await;
        assert_eq!(voice.output().await.unwrap(), "alsa counter");

        let say = || voice.say(vec!["low".into()], Loudness::Loud);
        assert_eq!(name(say().await), "NoSound");
        let device = format!(
            "pcm.counter {{ type file file \"{}\" format \"raw\" slave.pcm {{ type null }} }}\n",
            path("sound.raw").display()
        );
        configure(&path("asound.conf"), &device, 2);
        within("it is heard", say()).await.unwrap();
        let written = async {
            let length = || std::fs::metadata(path("sound.raw")).map_or(0, |file| file.len());
            while length() == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        within("the device was written to", written).await;
        configure(&path("asound.conf"), "# unplugged\n", 3);
        assert_eq!(name(say().await), "NoSound");
        voice.hush().await.unwrap();
    });
}
