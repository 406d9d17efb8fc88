// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]
use super::*;
use crate::testing::image::{FAT16, FAT32, Image, Watched};
use crate::testing::{Files, TestBox, good, good_elsewhere, lay, set};

fn boot(reader: &TestBox, own: Option<&Image>) {
    let volume = own.map(|image| Volume::new(image.open()).unwrap());
    reader.boot().run(volume.as_ref()).unwrap();
}

fn configuration(reader: &TestBox) -> Option<Vec<u8>> {
    fs::read(&reader.places.configuration).ok()
}

fn credentials(reader: &TestBox) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(&reader.places.credentials)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn report(reader: &TestBox) -> String {
    fs::read_to_string(&reader.places.shown_report).unwrap_or_default()
}

/// Whether a part of any key of the set lies anywhere in the image.
fn holds_a_key(image: &Image, files: &Files) -> bool {
    let bytes = image.bytes();
    let keys = files.iter().filter(|(path, _)| path.ends_with(".key"));
    let mut lines = keys.flat_map(|(_, key)| key.split(|b| *b == b'\n').skip(1).take(2));
    lines.any(|line| line.len() > 20 && bytes.windows(line.len()).any(|w| w == line))
}

#[test]
fn a_blank_box_starts_with_its_defaults() {
    let reader = TestBox::new();
    boot(&reader, None);
    assert_eq!(configuration(&reader), None);
    assert_eq!(credentials(&reader), [pepper::NAME]);
    assert_eq!(report(&reader), "");
    let id = fs::read_to_string(&reader.places.device).unwrap();
    assert_eq!(id.trim().len(), 32);
}

#[test]
fn one_boot_turns_a_blank_box_into_the_named_clinics_reader() {
    for kind in [FAT16, FAT32] {
        let reader = TestBox::new();
        let files = good();
        let image = Image::with(kind, &files);
        assert!(holds_a_key(&image, &files));
        boot(&reader, Some(&image));
        assert_eq!(configuration(&reader).unwrap(), files["reader.toml"]);
        assert_eq!(credentials(&reader).len(), 10);
        assert!(report(&reader).contains("applied"));
        // The plain copy is gone, and the volume is sound and empty.
        assert!(!holds_a_key(&image, &files));
        assert_eq!(image.files(), Files::new());
        image.assert_sound();
        // The daemons read what was laid out.
        let places = &reader.places;
        let drop_ins = places.base.join("reader.d");
        std::os::unix::fs::symlink(places.configuration.parent().unwrap(), drop_ins).unwrap();
        let config = uketsuke_common::config::load_from(&places.base).unwrap();
        assert_eq!(config.facility.name, "うけつけ診療所");
        // Later boots lay the same out, with the partition empty or gone.
        let before = reader.generations();
        fs::remove_dir_all(places.credentials.clone()).unwrap();
        fs::remove_file(&places.configuration).unwrap();
        boot(&reader, Some(&image));
        boot(&reader, None);
        assert_eq!(configuration(&reader).unwrap(), files["reader.toml"]);
        assert_eq!(credentials(&reader).len(), 10);
        assert_eq!(reader.generations(), before);
    }
}

#[test]
fn a_spare_box_takes_over_with_the_same_set() {
    let files = good();
    let boxes = [TestBox::new(), TestBox::new()];
    for reader in &boxes {
        boot(reader, Some(&Image::with(FAT16, &files)));
    }
    let [first, spare] = &boxes;
    assert_eq!(configuration(first), configuration(spare));
    assert_eq!(credentials(first), credentials(spare));
}

#[test]
fn modes_let_everybody_read_the_configuration_and_nobody_the_secrets() {
    let reader = TestBox::new();
    boot(&reader, Some(&Image::with(FAT16, &good())));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let places = &reader.places;
    assert_eq!(mode(&places.configuration), 0o644);
    assert_eq!(mode(places.configuration.parent().unwrap()), 0o755);
    assert_eq!(mode(&places.device), 0o644);
    assert_eq!(mode(&places.credentials), 0o700);
    assert_eq!(mode(&places.credentials.join("reader.key")), 0o600);
    assert_eq!(mode(&places.store), 0o700);
}

#[test]
fn another_set_replaces_the_first_and_takes_unused_credentials_away() {
    let reader = TestBox::new();
    boot(&reader, Some(&Image::with(FAT16, &good())));
    boot(&reader, Some(&Image::with(FAT16, &good_elsewhere())));
    assert_eq!(
        credentials(&reader),
        [pepper::NAME, "reader.crt", "reader.key", "terminal-ca.crt"]
    );
    assert_eq!(
        configuration(&reader).unwrap(),
        crate::testing::ELSEWHERE.as_bytes()
    );
}

#[test]
fn a_bad_set_is_told_and_the_old_configuration_stays() {
    let reader = TestBox::new();
    boot(&reader, Some(&Image::with(FAT16, &good())));
    let before = reader.generations();
    let mut bad = good_elsewhere();
    bad.insert("reader.toml".into(), b"[screen]\nrotate = 45\n".to_vec());
    let image = Image::with(FAT16, &bad);
    let untouched = image.bytes();
    boot(&reader, Some(&image));
    assert_eq!(reader.generations(), before);
    assert_eq!(configuration(&reader).unwrap(), good()["reader.toml"]);
    let said = report(&reader);
    assert!(
        said.contains("reader.toml:2: screen.rotate:") && said.contains("refused"),
        "{said}"
    );
    assert_eq!(said, fs::read_to_string(&reader.places.report).unwrap());
    assert!(image.bytes() == untouched, "a refused set is not touched");
    // It is still to be read after a restart without the set.
    fs::remove_file(&reader.places.shown_report).unwrap();
    boot(&reader, None);
    assert_eq!(report(&reader), said);
}

#[test]
fn a_damaged_generation_gives_way_to_the_one_before_and_that_to_the_defaults() {
    let reader = TestBox::new();
    boot(&reader, Some(&Image::with(FAT16, &good())));
    boot(&reader, Some(&Image::with(FAT16, &good_elsewhere())));
    let link = fs::read_link(reader.places.store.join("current")).unwrap();
    let newest = reader.places.store.join(link);
    fs::write(newest.join("credentials/reader.key"), b"something else").unwrap();
    boot(&reader, None);
    assert_eq!(configuration(&reader).unwrap(), good()["reader.toml"]);
    let said = report(&reader);
    assert!(
        said.contains("damaged") && said.contains("reader.key is not as"),
        "{said}"
    );
    for path in crate::testing::walk(&reader.places.store) {
        if path.ends_with("manifest.json") {
            fs::write(path, b"{}").unwrap();
        }
    }
    boot(&reader, None);
    assert_eq!(configuration(&reader), None);
    assert!(report(&reader).contains("used instead: the defaults"));
}

#[test]
fn a_lost_link_is_mended() {
    let reader = TestBox::new();
    boot(&reader, Some(&Image::with(FAT16, &good())));
    let before = reader.generations();
    fs::remove_file(reader.places.store.join("current")).unwrap();
    boot(&reader, None);
    assert_eq!(reader.generations(), before);
    assert_eq!(configuration(&reader).unwrap(), good()["reader.toml"]);
}

#[test]
fn without_a_data_partition_the_reader_starts() {
    let reader = TestBox::new();
    fs::remove_dir_all(reader.places.store.parent().unwrap()).unwrap();
    boot(&reader, Some(&Image::with(FAT16, &good())));
    assert_eq!(configuration(&reader), None);
    assert!(report(&reader).contains("failed"), "{}", report(&reader));
}

#[test]
fn nothing_is_sealed_with_a_key_that_does_not_stay() {
    let mut reader = TestBox::new();
    // Another file system than the test's own folder, on every Linux.
    reader.places.host_key = "/proc".into();
    let files = good();
    let image = Image::with(FAT16, &files);
    boot(&reader, Some(&image));
    assert_eq!(configuration(&reader), None);
    assert!(
        report(&reader).contains("is not on the data partition"),
        "{}",
        report(&reader)
    );
    assert_eq!(image.files(), files, "the plain copy is all there is");
}

#[test]
fn a_partition_without_a_file_system_is_told_and_passed_over() {
    let reader = TestBox::new();
    let image = Image::new(FAT16);
    fs::write(image.path(), vec![0x55; 1 << 20]).unwrap();
    boot(&reader, Some(&image));
    assert_eq!(configuration(&reader), None);
    assert!(
        report(&reader).contains("the partition cannot be read"),
        "{}",
        report(&reader)
    );
}

#[test]
fn the_power_may_go_at_any_write_while_the_partition_is_emptied() {
    let files = good();
    let mut cuts = 0;
    let full = Image::with(FAT16, &files).bytes();
    for left in 0.. {
        let reader = TestBox::new();
        let image = Image::of(&full);
        let (device, log) = Watched::new(&image.path());
        log.borrow_mut().writes_left = Some(left);
        let volume = Volume::new(device).unwrap();
        reader.boot().run(Some(&volume)).unwrap();
        let whole = log.borrow().writes_left.is_some_and(|n| n > 0);
        // In force already, whatever is left of the plain copy.
        assert_eq!(
            configuration(&reader).unwrap(),
            files["reader.toml"],
            "cut {left}"
        );
        let before = reader.generations();
        boot(&reader, Some(&image));
        assert_eq!(reader.generations(), before, "cut {left}: applied again");
        assert!(!holds_a_key(&image, &files), "cut {left}: a key is left");
        assert_eq!(image.files(), Files::new(), "cut {left}");
        cuts += 1;
        if whole {
            break;
        }
    }
    assert!(cuts > 60, "{cuts}");
    println!("provisioning: {cuts} power cuts while the plain copy is removed");
}

#[test]
fn what_is_left_of_a_set_is_not_taken_for_one_on_another_box() {
    // Half emptied, then the data partition was replaced: refused, not applied in part.
    let reader = TestBox::new();
    let image = Image::with(FAT16, &good());
    let (device, log) = Watched::new(&image.path());
    log.borrow_mut().writes_left = Some(40);
    reader
        .boot()
        .run(Some(&Volume::new(device).unwrap()))
        .unwrap();
    let other = TestBox::new();
    boot(&other, Some(&image));
    assert_eq!(configuration(&other), None);
    assert!(report(&other).contains("refused"), "{}", report(&other));
}

#[test]
fn a_set_that_contradicts_the_images_own_file_is_refused() {
    let reader = TestBox::new();
    fs::write(
        reader.places.base.join("reader.toml"),
        "[uplink]\nrequest_s = 6\n",
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    lay(folder.path(), &good());
    boot(&reader, Some(&Image::with(FAT16, &good())));
    let said = report(&reader);
    assert!(said.contains("terminal.centre_s"), "{said}");
    assert!(set(&good()).get("reader.toml").is_some());
}
