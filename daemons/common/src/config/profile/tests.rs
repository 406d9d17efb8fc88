// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]
use super::super::load_from;
use super::*;

/// What is wrong with `text`, laid over a reader whose own file is `own`: line, key and why.
fn refused_over(own: &str, text: &str) -> Vec<(Option<usize>, String, String)> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("reader.toml"), own).unwrap();
    let own = Own::load_from(dir.path()).unwrap();
    let error = match Profile::parse(text) {
        Ok(profile) => own.under(&profile).expect_err(text),
        Err(error) => error,
    };
    let problems = error.problems.into_iter();
    problems
        .map(|p| (p.line, p.key.unwrap_or_default(), p.what))
        .collect()
}

/// The one thing that is wrong.
fn refused(text: &str) -> (Option<usize>, String, String) {
    let mut all = refused_over("", text);
    assert_eq!(all.len(), 1, "{text}: {all:?}");
    all.remove(0)
}

/// `config/reader.toml` as a table, with every key.
fn shown() -> toml::Table {
    let shown = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/reader.toml"),
    )
    .unwrap();
    shown.replace("#: ", "").parse().unwrap()
}

/// Every key of a section of `reader.toml` with its default.
fn section(name: &str) -> BTreeMap<String, toml::Value> {
    let table = shown()[name].as_table().unwrap().clone();
    table.into_iter().collect()
}

#[test]
fn every_setting_is_a_key_of_reader_toml_and_its_default_changes_nothing() {
    let mut settings = BTreeMap::new();
    for dotted in PROFILE_KEYS {
        let (name, key) = dotted.split_once('.').unwrap();
        settings.insert(dotted, setting(&section(name)[key]).unwrap());
    }
    let text = write_profile(&settings);
    assert!(text.len() < PROFILE_BYTES / 3, "{} bytes", text.len());
    let profile = Profile::parse(&text).unwrap();
    assert_eq!(profile.settings(), &settings);
    assert_eq!(profile.text(), text);
    assert_eq!(Own::default().under(&profile).unwrap(), Reader::default());
}

#[test]
fn every_other_key_of_reader_toml_is_refused_with_its_line() {
    let mut others = 0;
    for (name, table) in shown() {
        for (key, value) in table.as_table().unwrap() {
            let dotted = format!("{name}.{key}");
            if PROFILE_KEYS.contains(&dotted.as_str()) {
                continue;
            }
            let mut one = toml::Table::new();
            one.insert(key.clone(), value.clone());
            let mut document = toml::Table::new();
            document.insert(name.clone(), one.into());
            let text = format!("\n{document}");
            let (line, blamed, what) = refused(&text);
            assert_eq!(blamed, dotted);
            assert_eq!(line, super::super::line_of(&text, &dotted));
            assert!(
                line.is_some() && what.starts_with("not set from the terminal"),
                "{what}"
            );
            others += 1;
        }
    }
    assert!(others > 25, "{others}");
}

#[test]
fn only_the_keys_it_names_are_laid_over_the_readers_own() {
    let dir = tempfile::tempdir().unwrap();
    let own =
        "[facility]\nname = \"うけつけ医院\"\nrecord_sharing = true\n[mode]\nquestion_s = 120\n";
    std::fs::create_dir(dir.path().join("reader.d")).unwrap();
    std::fs::write(dir.path().join("reader.toml"), own).unwrap();
    std::fs::write(
        dir.path().join("reader.d/50.toml"),
        "[mode]\nresume_s = 7\n",
    )
    .unwrap();
    let files = Own::load_from(dir.path()).unwrap();
    // What is edited after the start counts from the next one on, with or without a profile.
    std::fs::write(dir.path().join("reader.toml"), "[mode]\nmessage_s = 30\n").unwrap();
    let profile = "[facility]\nrecord_sharing = false\n[mode]\nwarning_s = 100\nresume_s = 9\n";
    let laid = files.under(&Profile::parse(profile).unwrap()).unwrap();
    let alone = files.alone().unwrap();
    assert_eq!((alone.mode.resume_s, laid.mode.resume_s), (7, 9));
    let mut expected = alone;
    expected.facility.record_sharing = false;
    (expected.mode.warning_s, expected.mode.resume_s) = (100, 9);
    assert_eq!(laid, expected);
    assert_eq!(laid.mode.message_s, Reader::default().mode.message_s);
    assert_ne!(load_from(dir.path()).unwrap(), laid);
}

#[test]
fn what_is_wrong_is_said_with_line_and_key() {
    let cases: [(&str, Option<usize>, &str); 13] = [
        ("[facility]\nnmae = \"a\"\n", Some(2), "facility.nmae"),
        ("\n[facilty]\n", Some(2), "facilty"),
        ("colour = 1\n", Some(1), "colour"),
        ("[mode]\nlink_s = \"ten\"\n", Some(2), "mode.link_s"),
        ("[mode]\nlink_s = 4\n", Some(2), "mode.link_s"),
        ("[mode]\nface_attempts = 4\n", Some(2), "mode.face_attempts"),
        ("[facility]\ntakes = []\n", Some(2), "facility.takes"),
        (
            "[facility]\ntakes = [\"care\", \"medicine\"]\n",
            Some(2),
            "facility.takes",
        ),
        (
            "[facility]\nprescriptions = \"paper\"\nprescription_asked = \"at-check\"\n",
            Some(3),
            "facility.prescription_asked",
        ),
        (
            "[screen]\nlanguage = \"en\"\nlanguages = [\"ja\"]\n",
            Some(3),
            "screen.languages",
        ),
        ("[screen]\nlanguage = \"fr\"\n", Some(2), "screen.language"),
        ("[screen\n", Some(1), ""),
        ("[card.slot]\nname = \"x\"\n", Some(1), "card.slot"),
    ];
    for (text, line, key) in cases {
        let (at, blamed, what) = refused(text);
        assert_eq!((at, blamed.as_str()), (line, key), "{text}: {what}");
    }
    let long = format!("# {}\n", "x".repeat(PROFILE_BYTES));
    assert_eq!(
        refused(&long),
        (None, String::new(), "larger than 4096 bytes".into())
    );
}

#[test]
fn it_may_contradict_one_reader_and_not_another() {
    let profile = "[mode]\nwarning_s = 100\n";
    let wrong = refused_over("[mode]\nquestion_s = 90\n", profile);
    assert_eq!(wrong.len(), 1);
    assert_eq!(
        (wrong[0].0, wrong[0].1.as_str()),
        (Some(2), "mode.warning_s")
    );
    let mistakes = "[facility]\nname = \"\"\n[mode]\nlink_s = 1\ncolour = 1\n";
    let keys: Vec<_> = refused_over("", mistakes)
        .into_iter()
        .map(|p| p.1)
        .collect();
    // A key that is not known is told before anything is judged together.
    assert_eq!(keys, ["mode.colour"]);
}

#[test]
fn nothing_is_a_profile_that_sets_nothing() {
    let profile = Profile::parse("").unwrap();
    assert!(profile.settings().is_empty());
    assert_eq!(Own::default().under(&profile).unwrap(), Reader::default());
    assert_eq!(write_profile(&BTreeMap::new()), "");
}
