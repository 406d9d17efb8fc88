// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]
use super::*;
use crate::testing::Files;
use crate::testing::image::{FAT12, FAT16, FAT32, Image, Watched};

const KINDS: [(&str, (&[&str], u64)); 3] = [("FAT12", FAT12), ("FAT16", FAT16), ("FAT32", FAT32)];

fn files() -> Files {
    let mut files = Files::new();
    files.insert("uketsuke/provision/reader.toml".into(), b"name".to_vec());
    files.insert(
        "uketsuke/A long name, 長い名前.raucb".into(),
        vec![3; 70_000],
    );
    files.insert(
        "other/photo.jpg".into(),
        (0..=255).cycle().take(50_000).collect(),
    );
    files.insert("letter.txt".into(), vec![b'x'; 513]);
    files
}

#[test]
fn what_a_computer_wrote_is_read() {
    for (name, kind) in KINDS {
        let image = Image::with(kind, &files());
        let volume = Volume::new(image.open()).unwrap();
        for (path, content) in files() {
            let mut copied = Vec::new();
            volume.copy(&path, 100_000, &mut copied).unwrap();
            assert!(copied == content, "{name} {path}");
            let capitals = path.to_uppercase();
            assert!(
                *volume.read(&capitals, 100_000).unwrap() == content,
                "{name} {capitals}"
            );
        }
        let items = volume.list("uketsuke").unwrap();
        let names: Vec<_> = items.iter().map(|i| i.name.as_str()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(names.contains(&"A long name, 長い名前.raucb"), "{names:?}");
        assert!(volume.read("letter.txt", 512).is_err());
        assert_eq!(
            volume.read("absent", 10).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}

#[test]
fn a_result_is_written_and_replaced_and_nothing_else_changes() {
    for (name, kind) in KINDS {
        let image = Image::with(kind, &files());
        for content in [vec![b'a'; 10], vec![b'b'; 9_000], vec![], vec![b'c'; 700]] {
            let volume = Volume::new(image.open()).unwrap();
            volume
                .write_into("uketsuke", "result.txt", &content)
                .unwrap();
            image.assert_sound();
            let mut expected = files();
            expected.insert("uketsuke/result.txt".into(), content);
            let mut found = image.files();
            let result = found
                .keys()
                .find(|k| k.eq_ignore_ascii_case("uketsuke/result.txt"));
            let result = result.unwrap().clone();
            let content = found.remove(&result).unwrap();
            found.insert("uketsuke/result.txt".into(), content);
            assert!(found == expected, "{name}: {:?}", found.keys());
        }
    }
}

#[test]
fn a_full_volume_takes_no_result_and_keeps_what_it_has() {
    for (name, kind) in KINDS {
        let image = Image::with(kind, &files());
        let free = usize::try_from(kind.1 * 1024).unwrap();
        for (number, part) in [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
            .iter()
            .enumerate()
        {
            let mut one = Files::new();
            one.insert(format!("fill{number}"), vec![7; free / part]);
            // What does not fit any more is left out by the tool.
            image.try_add(&one);
        }
        let before = image.bytes();
        let volume = Volume::new(image.open()).unwrap();
        let content = vec![b'a'; free / 512];
        let error = volume
            .write_into("uketsuke", "result.txt", &content)
            .unwrap_err();
        assert!(image.bytes() == before, "{name}: {error}");
    }
}

#[test]
fn reading_writes_nothing() {
    for (name, kind) in KINDS {
        let image = Image::with(kind, &files());
        let (device, log) = Watched::new(&image.path());
        let volume = Volume::new(device).unwrap();
        volume.list("").unwrap();
        volume.read("letter.txt", 1000).unwrap();
        volume
            .copy("other/photo.jpg", 100_000, &mut io::sink())
            .unwrap();
        assert_eq!(log.borrow().written, 0, "{name}");
    }
}

#[test]
fn what_is_overwritten_is_nowhere_on_the_volume() {
    for (name, kind) in KINDS {
        let secret = b"-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n".repeat(40);
        let mut files = files();
        files.insert("credentials/uplink/reader.key".into(), secret.clone());
        let image = Image::with(kind, &files);
        let volume = Volume::new(image.open()).unwrap();
        volume
            .overwrite("credentials/uplink/reader.key", 64 * 1024)
            .unwrap();
        let zeros = image.read("credentials/uplink/reader.key").unwrap();
        assert!(zeros == vec![0; secret.len()], "{name}");
        volume.remove("credentials/uplink/reader.key").unwrap();
        assert!(
            !image.bytes().windows(20).any(|w| w == &secret[..20]),
            "{name}"
        );
        image.assert_sound();
    }
}

#[test]
fn a_chain_that_turns_in_a_circle_ends_in_an_error() {
    // Two clusters of a folder and of a file that lead to each other (FAT16, 16-bit entries).
    let mut files = Files::new();
    for number in 0..200 {
        files.insert(format!("uketsuke/file{number:03}.txt"), b"x".to_vec());
    }
    files.insert("uketsuke/big.raucb".into(), vec![5; 400_000]);
    let image = Image::with(FAT16, &files);
    let mut bytes = image.bytes();
    let at = |i: usize| u16::from_le_bytes([bytes[i], bytes[i + 1]]);
    let fat = usize::from(at(14)) * 512;
    let size = usize::from(at(22)) * 512;
    let entries = size / 2;
    // Every chain is bent back onto its own begin.
    for entry in 2..entries {
        let place = fat + entry * 2;
        let next = u16::from_le_bytes([bytes[place], bytes[place + 1]]);
        if next >= 0xfff8 {
            for copy in [place, place + size] {
                bytes[copy..copy + 2].copy_from_slice(&2_u16.to_le_bytes());
            }
        }
    }
    std::fs::write(image.path(), &bytes).unwrap();
    let (device, log) = Watched::new(&image.path());
    let volume = Volume::new(device).unwrap();
    // A folder that never ends has no more entries than are looked at; a file no more bytes than
    // it states; what is written would reach others.
    if let Ok(items) = volume.list("uketsuke") {
        assert!(items.len() <= MAX_ENTRIES);
    }
    let copied = volume.copy("uketsuke/big.raucb", 1 << 20, &mut io::sink());
    assert!(copied.is_err() || copied.unwrap() == 400_000);
    assert!(
        volume
            .write_into("uketsuke", "result.txt", &[1; 9000])
            .is_err()
    );
    assert_eq!(log.borrow().written, 0);
}

#[test]
fn what_is_no_volume_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image");
    let mut nonsense = vec![0; 1 << 20];
    for round in 0..4 {
        nonsense.iter_mut().enumerate().for_each(|(i, b)| {
            *b = match round {
                0 => 0,
                1 => 0xff,
                2 => (i * 7 % 251) as u8,
                _ => b"NTFS    "[i % 8],
            }
        });
        std::fs::write(&path, &nonsense).unwrap();
        let volume = Volume::new(std::fs::File::open(&path).unwrap()).unwrap();
        assert!(volume.list("").is_err());
        assert!(volume.write_into("uketsuke", "result.txt", b"x").is_err());
    }
    std::fs::write(&path, b"").unwrap();
    let volume = Volume::new(std::fs::File::open(&path).unwrap()).unwrap();
    assert!(volume.list("").is_err());
}
