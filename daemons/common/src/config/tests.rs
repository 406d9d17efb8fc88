// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]
use std::path::Path;

use super::*;

/// Loads `text` as the only file and returns the problems, one a line, without the directory.
fn refused(text: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("reader.toml"), text).unwrap();
    let error = load_from(dir.path()).expect_err(text);
    let prefix = format!("{}/", dir.path().display());
    error.to_string().replace(&prefix, "")
}

#[test]
fn the_shown_file_holds_every_default_and_nothing_else() {
    let shown = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/reader.toml"),
    )
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("reader.toml"), shown.replace("#: ", "")).unwrap();
    assert_eq!(load_from(dir.path()).unwrap(), Reader::default());
    let debug = format!("{:?}", Reader::default());
    for line in shown.lines().filter_map(|l| l.strip_prefix("#: ")) {
        let key = line.split(" = ").next().unwrap();
        assert!(debug.contains(&format!("{key}: ")), "{key} is no key");
    }
    let fields = debug.matches(": ").count() - debug.matches("Config {").count();
    let shown_keys = shown.lines().filter(|l| l.starts_with("#: ")).count();
    assert!(
        shown_keys >= 28 && fields >= shown_keys,
        "{fields} {shown_keys}"
    );
}

#[test]
fn absent_files_leave_the_defaults() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(load_from(dir.path()).unwrap(), Reader::default());
}

#[test]
fn a_later_file_replaces_single_keys() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("reader.d")).unwrap();
    std::fs::write(
        dir.path().join("reader.toml"),
        "[mode]\nresume_s = 10\nmessage_s = 20\n",
    )
    .unwrap();
    std::fs::write(
        dir.path().join("reader.d/20-b.toml"),
        "[mode]\nresume_s = 30\n",
    )
    .unwrap();
    std::fs::write(
        dir.path().join("reader.d/10-a.toml"),
        "[mode]\nresume_s = 15\n",
    )
    .unwrap();
    let mode = load_from(dir.path()).unwrap().mode;
    assert_eq!((mode.resume_s, mode.message_s), (30, 20));
}

#[test]
fn a_range_error_names_the_file_that_set_the_key() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("reader.d")).unwrap();
    std::fs::write(dir.path().join("reader.toml"), "[mode]\nresume_s = 10\n").unwrap();
    std::fs::write(
        dir.path().join("reader.d/10-a.toml"),
        "\n[mode]\nresume_s = 600\n",
    )
    .unwrap();
    let error = load_from(dir.path()).unwrap_err();
    assert_eq!(error.problems.len(), 1);
    assert!(error.problems[0].file.ends_with("reader.d/10-a.toml"));
    assert_eq!(error.problems[0].line, Some(3));
    assert_eq!(error.problems[0].key.as_deref(), Some("mode.resume_s"));
}

#[test]
fn every_mistake_is_named_with_line_and_key() {
    let cases = [
        (
            "[facility]\nnmae = \"a\"\n",
            "reader.toml:2: facility.nmae:",
        ),
        ("[facilty]\n", "reader.toml:1: facilty:"),
        ("colour = 1\n", "reader.toml:1: colour:"),
        ("[facility]\nname = 3\n", "reader.toml:2: facility.name:"),
        ("[facility]\nname = \"\"\n", "reader.toml:2: facility.name:"),
        (
            "[facility]\nname = \"a\\u0007\"\n",
            "reader.toml:2: facility.name:",
        ),
        ("[facility]\ntakes = []\n", "reader.toml:2: facility.takes:"),
        (
            "[facility]\ntakes = [\"care\", \"medicine\"]\n",
            "reader.toml:2: facility.takes:",
        ),
        (
            "[facility]\ntakes = [\"care\", \"care\"]\n",
            "reader.toml:2: facility.takes:",
        ),
        (
            "[facility]\nprescriptions = \"paper\"\nprescription_asked = \"at-check\"\n",
            "reader.toml:3: facility.prescription_asked:",
        ),
        (
            "[facility]\nprescription_asked = \"at-check\"\n",
            "reader.toml:2: facility.prescription_asked:",
        ),
        (
            "[facility]\nprescriptions = \"some\"\n",
            "reader.toml:2: facility.prescriptions:",
        ),
        (
            "[facility]\nmedical_subsidy = \"yes\"\n",
            "reader.toml:2: facility.medical_subsidy:",
        ),
        (
            "[facility]\nhigh_cost_asked = \"at-check\"\n",
            "reader.toml:2: facility.high_cost_asked:",
        ),
        (
            "[facility]\nrecord_sharing = 1\n",
            "reader.toml:2: facility.record_sharing:",
        ),
        (
            "[facility]\ntakes = [\n  \"surgery\",\n  \"teeth\",\n]\n",
            "reader.toml:4: facility.takes:",
        ),
        (
            "[card]\napdu_timeout_ms = 0\n",
            "reader.toml:2: card.apdu_timeout_ms:",
        ),
        (
            "[card]\napdu_timeout_ms = -1\n",
            "reader.toml:2: card.apdu_timeout_ms:",
        ),
        (
            "[card]\nsign_timeout_ms = nan\n",
            "reader.toml:2: card.sign_timeout_ms:",
        ),
        (
            "[card]\ntest_cards = \"yes\"\n",
            "reader.toml:2: card.test_cards:",
        ),
        ("[card]\nreader = \"a\"\n", "reader.toml:2: card.reader:"),
        (
            "[card.slot]\nudev = { id = \"a\" }\n",
            "reader.toml:2: card.slot.udev:",
        ),
        (
            "[card.slot]\nudev = { ID_PATH = \"\" }\n",
            "reader.toml:2: card.slot.udev:",
        ),
        (
            "[card.slot]\nudev = { ID_PATH = 1 }\n",
            "reader.toml:2: card.slot.udev.ID_PATH:",
        ),
        (
            "[card.phone_slot]\nport = \"a\"\n",
            "reader.toml:2: card.phone_slot.port:",
        ),
        (
            "[card.phone_slot]\nname = \"a\"\n",
            "reader.toml:1: card.phone_slot:",
        ),
        (
            "[card.slot]\nname = \"ab\"\n[card.phone_slot]\nname = \"b\"\n",
            "reader.toml:3: card.phone_slot:",
        ),
        ("[card]\nclaim_s = 60\nclaim_s = 60\n", "reader.toml:3:"),
        (
            "[mode]\nquestion_s = 5\n",
            "reader.toml:2: mode.question_s:",
        ),
        ("[mode]\nwarning_s = 55\n", "reader.toml:2: mode.warning_s:"),
        ("[mode]\nresume_s = 1e3\n", "reader.toml:2: mode.resume_s:"),
        (
            "[mode]\nlink_s = 99999999999\n",
            "reader.toml:2: mode.link_s:",
        ),
        (
            "[uplink]\nheartbeat_s = 0\n",
            "reader.toml:2: uplink.heartbeat_s:",
        ),
        (
            "[terminal]\nplace = \"http://a\"\n",
            "reader.toml:2: terminal.place:",
        ),
        (
            "[terminal]\nplace = \"there\"\n",
            "reader.toml:2: terminal.place:",
        ),
        (
            "[terminal]\nlisten = \"localhost\"\n",
            "reader.toml:2: terminal.listen:",
        ),
        (
            "[terminal]\ncentre = \"https://a/?b=1\"\n",
            "reader.toml:2: terminal.centre:",
        ),
        (
            "[terminal]\nlisten = \"127.0.0.1:1\"\npage = \"127.0.0.1:1\"\n",
            "reader.toml:3: terminal.page:",
        ),
        (
            "[terminal]\ninstitution = \"131234567\"\n",
            "reader.toml:2: terminal.institution:",
        ),
        (
            "[terminal]\ndatabase = \"mysql://a/b\"\n",
            "reader.toml:2: terminal.database: no postgres://",
        ),
        (
            "[terminal]\ndatabase = \"postgres://a:secret@b/c\"\n",
            "reader.toml:2: terminal.database: a password",
        ),
        (
            "[terminal]\ndatabase = \"postgres:///c?password=secret\"\n",
            "reader.toml:2: terminal.database: a password",
        ),
        (
            "[terminal]\ndatabase = \"postgres://a@b/\"\n",
            "reader.toml:2: terminal.database: \"postgres://a@b/\" names",
        ),
        (
            "[terminal]\ndatabase = \"postgres://a@b/c?sslmode=require\"\n",
            "reader.toml:2: terminal.database: \"postgres://a@b/c?sslmode=require\": by net",
        ),
        (
            "[terminal]\ndatabase = \"postgres:///c?hostaddr=192.0.2.1\"\n",
            "reader.toml:2: terminal.database: \"postgres:///c?hostaddr=192.0.2.1\": by net",
        ),
        (
            "[terminal]\ndatabase = \"postgres://a@b/c?sslmode=verify-full&ssl-mode=disable\"\n",
            "reader.toml:2: terminal.database: \"postgres://a@b/c?sslmode=verify-full&ssl-mode=disable\": by net",
        ),
        (
            "[terminal.receipt.a]\nfolder = \"/srv/a\"\n",
            "reader.toml: terminal.institution:",
        ),
        (
            "[terminal]\nface_kind = \"1\"\n",
            "reader.toml:2: terminal.face_kind:",
        ),
        (
            "[terminal]\ninstitution = \"1312345678\"\n[terminal.receipt.a]\nfolder = \"srv\"\n",
            "reader.toml:3: terminal.receipt: a: folder",
        ),
        (
            "[terminal]\ninstitution = \"1312345678\"\n[terminal.receipt.a]\nfolder = \"/srv\"\nkeep_hours = 0\n",
            "reader.toml:3: terminal.receipt: a: keep_hours",
        ),
        (
            "[terminal]\ninstitution = \"1312345678\"\n[terminal.receipt.a]\nfolder = \"/srv\"\n\
             [terminal.receipt.b]\nfolder = \"/srv\"\n",
            "reader.toml:3: terminal.receipt: b: the same folder as that of a",
        ),
        (
            "[terminal]\ninstitution = \"1312345678\"\n[terminal.receipt.a_b]\nfolder = \"/srv\"\n",
            "reader.toml:3: terminal.receipt: \"a_b\" is no name",
        ),
        (
            "[terminal.receipt.a]\nencoding = \"utf-16\"\nfolder = \"/srv\"\n",
            "reader.toml:2: terminal.receipt.a.encoding:",
        ),
        (
            "[screen]\noutput = \"hdmi\"\n",
            "reader.toml:2: screen.output:",
        ),
        ("[screen]\nrotate = 45\n", "reader.toml:2: screen.rotate:"),
        (
            "[screen]\npixels = [1280]\n",
            "reader.toml:2: screen.pixels:",
        ),
        (
            "[screen]\npixels = [10, 800]\n",
            "reader.toml:2: screen.pixels:",
        ),
        (
            "[screen]\npanel = \"run\"\n",
            "reader.toml:2: screen.panel:",
        ),
        (
            "[screen]\nlanguage = \"xx\"\n",
            "reader.toml:2: screen.language:",
        ),
        (
            "[screen]\nlanguages = [\"ja\", \"xx\"]\n",
            "reader.toml:2: screen.languages:",
        ),
        (
            "[screen]\nrotate = 0\nlanguages = []\n",
            "reader.toml:3: screen.languages: empty",
        ),
        (
            "[screen]\nlanguages = [\"en\", \"ja\", \"en\"]\n",
            "reader.toml:2: screen.languages: \"en\"",
        ),
        (
            "[screen]\nlanguages = [\"en\", \"zh\"]\n",
            "reader.toml:2: screen.languages: \"ja\"",
        ),
        (
            "[screen]\nlanguage = \"ko\"\nlanguages = [\"ja\"]\n",
            "reader.toml:3: screen.languages: \"ko\"",
        ),
        (
            "[update]\nservers = [\"https://a/b\"]\n",
            "reader.toml:2: update.servers:",
        ),
        (
            "[update]\nservers = [\n  \"https://a/\",\n  \"file:///b/\",\n]\n",
            "reader.toml:4: update.servers:",
        ),
        (
            "[update]\nactivate = \"now\"\n",
            "reader.toml:2: update.activate:",
        ),
        (
            "[update]\nwindow = \"2-5\"\n",
            "reader.toml:2: update.window:",
        ),
        (
            "[update]\nidle_min = 0\n",
            "reader.toml:2: update.idle_min:",
        ),
        (
            "[update]\npostpone_days = 31\n",
            "reader.toml:2: update.postpone_days:",
        ),
        ("[screen\n", "reader.toml:1:"),
        ("[screen]\nwidth_mm = \n", "reader.toml:2:"),
    ];
    for (text, expected) in cases {
        let said = refused(text);
        assert!(
            said.starts_with(expected),
            "{text}\nexpected {expected}\nsaid     {said}"
        );
        assert!(said.len() > expected.len() + 5, "{said} says nothing");
    }
}

#[test]
fn all_range_mistakes_are_told_at_once() {
    let said = refused("[mode]\nresume_s = 1\nmessage_s = 1\n");
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn every_key_is_judged_although_another_is_wrong() {
    let said = refused(
        "[facilty]\na = 1\nb = 2\n[facility]\nnmae = 1\nname = 3\n[mode]\nresume_s = 1\n\
         [uplink]\nrequest_s = 4\n[terminal]\ncentre_s = 3\n",
    );
    for place in [
        "reader.toml:1: facilty:",
        "reader.toml:5: facility.nmae:",
        "reader.toml:6: facility.name:",
        "reader.toml:8: mode.resume_s:",
        "reader.toml:12: terminal.centre_s:",
    ] {
        assert!(said.contains(place), "{place} in\n{said}");
    }
    assert_eq!(said.lines().count(), 5, "{said}");
}

#[test]
fn a_file_can_be_judged_in_the_place_of_the_drop_ins() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("reader.d")).unwrap();
    std::fs::write(dir.path().join("reader.toml"), "[mode]\nresume_s = 10\n").unwrap();
    std::fs::write(dir.path().join("reader.d/50.toml"), "[mode]\nlink_s = 20\n").unwrap();
    let over = |text: &str| load_over(dir.path(), Path::new("new.toml"), text.as_bytes());
    let mode = over("[mode]\nmessage_s = 20\n").unwrap().mode;
    assert_eq!((mode.resume_s, mode.message_s), (10, 20));
    assert_eq!(mode.link_s, ModeConfig::default().link_s);
    let error = over("\n[mode]\nlink_s = 0\n").unwrap_err();
    assert!(
        error.to_string().starts_with("new.toml:3: mode.link_s:"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_no_plain_small_text_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("reader.toml");
    std::os::unix::fs::symlink("/etc/hostname", &path).unwrap();
    assert!(
        load_from(dir.path())
            .unwrap_err()
            .to_string()
            .contains("plain file")
    );
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, b"[facility]\nname = \"\xff\"\n").unwrap();
    let error = load_from(dir.path()).unwrap_err();
    assert_eq!(error.problems[0].line, Some(2));
    std::fs::write(&path, vec![b'#'; 10 << 20]).unwrap();
    assert!(
        load_from(dir.path())
            .unwrap_err()
            .to_string()
            .contains("larger")
    );
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(
        load_from(dir.path())
            .unwrap_err()
            .to_string()
            .contains("plain file")
    );
}

#[test]
fn cameras_are_named_both_or_not_at_all_and_asked_for_what_a_sensor_gives() {
    let both = "[camera.face.udev]\nID_PATH = \"a\"\n[camera.card.udev]\nID_PATH = \"b\"\n";
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("reader.toml"), both).unwrap();
    assert!(load_from(dir.path()).unwrap().camera.face.is_set());
    let same = both.replace("\"b\"", "\"a\"");
    for (text, problem) in [
        (
            same.as_str(),
            "reader.toml:3: camera.card.udev: the same device",
        ),
        (
            "[camera.face]\nudev = { ID_PATH = \"a\" }\n",
            "camera.card.udev: not set",
        ),
        (
            "[camera.face]\nudev = { id = \"a\" }\n",
            "reader.toml:2: camera.face.udev: \"id\" is no",
        ),
        (
            "[camera.face]\nwidth = 650\n",
            "reader.toml:2: camera.face.width: 650; a multiple of 16",
        ),
        (
            "[camera.card]\nheight = 0\n",
            "reader.toml:2: camera.card.height: 0 is out of range",
        ),
        (
            "[camera.card]\nrate = 61\n",
            "reader.toml:2: camera.card.rate: 61 is out of range",
        ),
        (
            "[camera.card]\nsource = \"videotestsrc\"\n",
            "unknown field `source`",
        ),
    ] {
        let said = refused(text);
        assert!(said.contains(problem), "{said}");
    }
}
