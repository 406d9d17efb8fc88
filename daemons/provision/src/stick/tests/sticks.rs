// SPDX-License-Identifier: MIT OR Apache-2.0
//! One stick, one test of what comes of it.

use super::*;

/// A refused stick: nothing on it was opened, nothing was done.
fn stays_closed(desk: &Desk, image: &Image, name: &str) -> GrantError {
    let before = image.bytes();
    let came = desk.visit(image);
    let Ok(Visited::Refused(error)) = &came.visited else {
        panic!("{name}: {:?}", came.visited);
    };
    assert!(!opened(&came), "{name}: something was read");
    assert!(desk.untouched(), "{name}: something was done");
    if error.is_genuine() {
        image.assert_sound();
        let said = result(image).unwrap();
        assert!(said.contains(&error.to_string()), "{name}: {said}");
    } else {
        assert!(
            image.bytes() == before && came.written == 0,
            "{name}: something was written"
        );
    }
    error.clone()
}

#[test]
fn a_good_stick_updates_and_provisions_on_every_kind_of_fat() {
    for kind in [FAT12, FAT16, FAT32] {
        let desk = Desk::new();
        let files = stick(&desk.grant(|_| {}));
        let image = Image::with(kind, &files);
        let Visited::Opened(lines) = desk.visit(&image).visited.unwrap() else {
            panic!("not opened");
        };
        assert_eq!(
            lines,
            [
                "update: update-2.0.0.raucb: installed 2.0.0",
                "provision: result: applied"
            ]
        );
        assert_eq!(
            *desk.hands.sets.borrow(),
            [crate::testing::set(&good()).hash()]
        );
        assert_eq!(*desk.hands.bundles.borrow(), [bundle()]);
        assert!(!desk.hands.copy.exists(), "the copy stays");
        image.assert_sound();
        let said = result(&image).unwrap();
        for line in &lines {
            assert!(said.contains(line), "{said}");
        }
        assert!(said.contains(&desk.device()), "{said}");
        // Nothing of the stick changed but the result.
        let mut found = image.files();
        found.retain(|path, _| !path.eq_ignore_ascii_case("uketsuke/result.txt"));
        assert!(found == files, "{:?}", found.keys());
    }
}

#[test]
fn a_stick_for_one_act_alone_needs_nothing_else() {
    let desk = Desk::new();
    let mut files = stick(&desk.grant(|w| w.allow = [Act::Update].into()));
    files.retain(|path, _| !path.contains("/provision/"));
    let came = desk.visit(&Image::with(FAT16, &files));
    assert_eq!(
        came.visited.unwrap(),
        Visited::Opened(vec!["update: update-2.0.0.raucb: installed 2.0.0".into()])
    );
    let mut files = stick(&desk.grant(|w| w.allow = [Act::Provision].into()));
    files.retain(|path, _| !path.ends_with(".raucb"));
    let came = desk.visit(&Image::with(FAT16, &files));
    assert_eq!(
        came.visited.unwrap(),
        Visited::Opened(vec!["provision: result: applied".into()])
    );
}

#[test]
fn a_stick_plugged_in_again_keeps_its_result() {
    let desk = Desk::new();
    let image = Image::with(FAT16, &stick(&desk.grant(|_| {})));
    desk.visit(&image).visited.unwrap();
    let first = result(&image);
    let again = desk.visit(&image);
    assert_eq!(again.visited, Ok(Visited::Refused(GrantError::Used)));
    assert_eq!(again.written, 0);
    assert_eq!(result(&image), first);
}

#[test]
fn an_empty_stick_with_a_grant_says_that_there_was_nothing_to_do() {
    let desk = Desk::new();
    let mut files = stick(&desk.grant(|_| {}));
    files.retain(|path, _| path.ends_with(".grant"));
    let image = Image::with(FAT16, &files);
    desk.visit(&image).visited.unwrap();
    assert!(result(&image).unwrap().contains("nothing to do"));
}

#[test]
fn what_a_mac_leaves_beside_a_bundle_is_no_bundle() {
    let desk = Desk::new();
    let mut files = stick(&desk.grant(|_| {}));
    files.retain(|path, _| !path.contains("/provision/"));
    for left in [
        "uketsuke/._update-2.0.0.raucb",
        ".Trashes/x",
        "uketsuke/.DS_Store",
    ] {
        files.insert(left.into(), b"Mac OS X".to_vec());
    }
    desk.visit(&Image::with(FAT32, &files)).visited.unwrap();
    assert_eq!(*desk.hands.bundles.borrow(), [bundle()]);
}

#[test]
fn a_log_bundle_is_taken_away_when_the_grant_allows_it() {
    for kind in [FAT12, FAT16, FAT32] {
        let desk = Desk::new();
        let mut files = stick(&desk.grant(|w| w.allow = [Act::LogBundle].into()));
        files.retain(|path, _| path.ends_with(".grant") || path.ends_with(".jpg"));
        let image = Image::with(kind, &files);
        // As large as the volume takes, over many clusters.
        let logs: Vec<u8> = (0..=250).cycle().take(600_000).collect();
        *desk.hands.logs.borrow_mut() = logs.clone();
        desk.visit(&image).visited.unwrap();
        image.assert_sound();
        assert!(image.read("uketsuke/logs.tgz").unwrap() == logs);
        assert!(
            result(&image)
                .unwrap()
                .contains("log-bundle: logs.tgz, 586 KiB")
        );
        let mut found = image.files();
        found.retain(|path, _| {
            !path.to_lowercase().ends_with(".tgz") && !path.to_lowercase().ends_with(".txt")
        });
        assert!(found == files);
    }
    // Not allowed: not written. Nobody there to give one: said.
    let desk = Desk::new();
    *desk.hands.logs.borrow_mut() = b"logs".to_vec();
    let image = Image::with(FAT16, &stick(&desk.grant(|_| {})));
    desk.visit(&image).visited.unwrap();
    assert_eq!(image.read("uketsuke/logs.tgz"), None);
    desk.hands.logs.borrow_mut().clear();
    let image = Image::with(
        FAT16,
        &stick(&desk.grant(|w| w.allow = [Act::LogBundle].into())),
    );
    desk.visit(&image).visited.unwrap();
    assert!(result(&image).unwrap().contains("log-bundle: failed"));
}

#[test]
fn of_two_bundles_none_is_taken() {
    let desk = Desk::new();
    let mut files = stick(&desk.grant(|_| {}));
    files.insert("uketsuke/OLD.RAUCB".into(), bundle());
    files.retain(|path, _| !path.contains("/provision/"));
    let image = Image::with(FAT16, &files);
    let came = desk.visit(&image);
    assert!(desk.untouched() && !opened(&came));
    let said = result(&image).unwrap();
    assert!(
        said.contains("refused: 2 bundles") && said.contains("exactly one"),
        "{said}"
    );
}

#[test]
fn anybodys_stick_is_left_alone() {
    let desk = Desk::new();
    let grant = desk.grant(|_| {});
    type Change = fn(&mut Files);
    let cases: [(&str, Change); 5] = [
        ("empty", |f| f.clear()),
        ("no grant", |f| drop(f.remove("uketsuke/service.grant"))),
        ("no folder", |f| {
            f.retain(|path, _| path.starts_with("holiday"))
        }),
        ("a file in the place of the folder", |f| {
            f.clear();
            f.insert("uketsuke".into(), bundle());
        }),
        ("a folder in the place of the grant", |f| {
            f.remove("uketsuke/service.grant");
            f.insert("uketsuke/service.grant/x".into(), bundle());
        }),
    ];
    for (name, change) in cases {
        let mut files = stick(&grant);
        change(&mut files);
        let image = Image::with(FAT16, &files);
        let before = image.bytes();
        let came = desk.visit(&image);
        assert_eq!(came.visited, Ok(Visited::NotOurs), "{name}");
        assert!(!opened(&came) && desk.untouched(), "{name}");
        assert!(image.bytes() == before && came.written == 0, "{name}");
    }
}

#[test]
fn grants_that_are_none_open_nothing() {
    let desk = Desk::new();
    let good = desk.grant(|_| {});
    let mut altered = good.clone().into_bytes();
    let claims = good.lines().take(2).map(|l| l.len() + 1).sum::<usize>();
    altered[claims + 5] ^= 1;
    let stranger = Desk::new();
    let stranger = grant::make(
        &stranger.maker.pem(),
        wish(&desk.device(), crate::clock::now()),
    );
    let cases: [(&str, Vec<u8>); 6] = [
        ("altered", altered),
        ("signed by a stranger", stranger.unwrap().into_bytes()),
        ("empty", Vec::new()),
        ("nonsense", vec![0xff; 1000]),
        ("cut off", good.as_bytes()[..good.len() / 2].to_vec()),
        (
            "without signature",
            good.lines().take(3).collect::<Vec<_>>().join("\n").into(),
        ),
    ];
    for (name, grant) in cases {
        let mut files = stick("");
        files.insert("uketsuke/service.grant".into(), grant);
        let error = stays_closed(&desk, &Image::with(FAT16, &files), name);
        assert!(!error.is_genuine(), "{name}: {error}");
    }
    // One that is too large is not even read whole.
    let mut files = stick("");
    files.insert("uketsuke/service.grant".into(), vec![b'a'; 5000]);
    let came = desk.visit(&Image::with(FAT16, &files));
    assert!(came.visited.unwrap_err().contains("larger than"));
    assert!(desk.untouched());
}

#[test]
fn wrong_device_expired_early_replayed_and_withdrawn_grants_open_nothing() {
    let desk = Desk::new();
    let hour = 3600;
    let closed = |name: &str, grant: &str| {
        let image = Image::with(FAT16, &stick(grant));
        stays_closed(&desk, &image, name)
    };
    let other = desk.grant(|w| w.device = "ab".repeat(16));
    assert!(matches!(
        closed("another box", &other),
        GrantError::OtherDevice(_)
    ));
    let expired = desk.grant(|w| w.from -= 5 * hour);
    assert!(matches!(
        closed("expired", &expired),
        GrantError::Expired { .. }
    ));
    let early = desk.grant(|w| w.from += hour);
    assert!(matches!(
        closed("early", &early),
        GrantError::TooEarly { .. }
    ));
    let claims = format!(
        "{{\"id\":\"{}\",\"device\":\"{}\",\"not_before\":{},\"not_after\":{},\"allow\":[\"update\"]}}",
        "1".repeat(32),
        desk.device(),
        crate::clock::now() - hour,
        crate::clock::now() + 24 * hour,
    );
    let long = desk.maker.sign(&claims);
    assert!(matches!(
        closed("a day long", &long),
        GrantError::TooLong(_)
    ));

    let replayed = desk.grant(|w| w.allow = [Act::LogBundle].into());
    let image = Image::with(FAT16, &stick(&replayed));
    assert!(matches!(desk.visit(&image).visited, Ok(Visited::Opened(_))));
    assert_eq!(closed("replayed", &replayed), GrantError::Used);

    let withdrawn = desk.grant(|_| {});
    let key = withdrawn
        .lines()
        .nth(1)
        .unwrap()
        .strip_prefix("key ")
        .unwrap();
    std::fs::write(desk.reader.places.keys.join("revoked"), key).unwrap();
    assert!(matches!(
        closed("withdrawn", &withdrawn),
        GrantError::Revoked(_)
    ));
}

#[test]
fn a_clock_set_back_brings_no_grant_to_life_again() {
    let desk = Desk::new();
    let grant = desk.grant(|w| w.from -= 3600);
    // The reader has seen a later time: kept by itself, or told by a file of the system.
    let ledger = desk.reader.places.stick.join("grants.json");
    crate::ledger::Ledger::new(&RealFiles, &ledger)
        .time(crate::clock::now() + 4 * 3600)
        .unwrap();
    let image = Image::with(FAT16, &stick(&grant));
    let error = stays_closed(&desk, &image, "clock set back");
    assert!(matches!(error, GrantError::Expired { .. }));

    let mut desk = Desk::new();
    let grant = desk.grant(|w| w.from -= 3600);
    let witness = desk.reader.places.stick.join("clock");
    let file = std::fs::File::create(&witness).unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(4 * 3600);
    file.set_modified(later).unwrap();
    desk.reader.places.witnesses.push(witness);
    let image = Image::with(FAT16, &stick(&grant));
    let error = stays_closed(&desk, &image, "clock set back");
    assert!(matches!(error, GrantError::Expired { .. }));
}

#[test]
fn what_a_grant_does_not_allow_is_not_done() {
    for (allow, refused) in [
        (
            Act::Update,
            "provision: refused: the grant does not allow it",
        ),
        (
            Act::Provision,
            "update: refused: the grant does not allow it",
        ),
    ] {
        let desk = Desk::new();
        let image = Image::with(FAT16, &stick(&desk.grant(|w| w.allow = [allow].into())));
        desk.visit(&image).visited.unwrap();
        assert!(result(&image).unwrap().contains(refused));
        assert_eq!(
            desk.hands.sets.borrow().len(),
            usize::from(allow == Act::Provision)
        );
        assert_eq!(
            desk.hands.bundles.borrow().len(),
            usize::from(allow == Act::Update)
        );
    }
}

#[test]
fn a_bad_set_is_told_on_the_stick() {
    let desk = Desk::new();
    let mut files = stick(&desk.grant(|w| w.allow = [Act::Provision].into()));
    files.insert("uketsuke/provision/notes.txt".into(), b"x".to_vec());
    files.insert(
        "uketsuke/provision/credentials/uplink/big.key".into(),
        vec![0; 100_000],
    );
    let image = Image::with(FAT32, &files);
    desk.visit(&image).visited.unwrap();
    let said = result(&image).unwrap();
    for line in [
        "provision: refused",
        "notes.txt: not a file of",
        "credentials/uplink/big.key:",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert!(desk.hands.sets.borrow().is_empty());
}

#[test]
fn a_stick_that_cannot_be_written_is_served_all_the_same() {
    let desk = Desk::new();
    let image = Image::with(FAT16, &stick(&desk.grant(|_| {})));
    let before = image.bytes();
    let (device, log) = Watched::new(&image.path());
    log.borrow_mut().writes_left = Some(0);
    let came = desk.visit_device(device, &log);
    assert!(matches!(came.visited, Ok(Visited::Opened(_))));
    assert_eq!(desk.hands.bundles.borrow().len(), 1);
    assert!(image.bytes() == before);
}

#[test]
fn a_stick_pulled_out_while_it_is_written_keeps_its_files() {
    let mut cuts = 0;
    for left in 0.. {
        let desk = Desk::new();
        let files = stick(&desk.grant(|w| w.allow = [Act::LogBundle].into()));
        let image = Image::with(FAT16, &files);
        let (device, log) = Watched::new(&image.path());
        log.borrow_mut().writes_left = Some(left);
        desk.visit_device(device, &log).visited.unwrap();
        let mut found = image.files();
        found.retain(|path, _| !path.eq_ignore_ascii_case("uketsuke/result.txt"));
        assert!(found == files, "pulled out after {left} writes");
        cuts += 1;
        if log.borrow().writes_left.is_some_and(|n| n > 0) {
            break;
        }
    }
    assert!(cuts > 4, "{cuts}");
}

#[test]
fn a_bundle_whose_chain_is_broken_is_not_installed() {
    let desk = Desk::new();
    let mut files = stick(&desk.grant(|w| w.allow = [Act::Update].into()));
    // The longest chain of this stick is the bundle's.
    files.retain(|path, _| path.ends_with(".grant") || path.ends_with(".raucb"));
    let image = Image::with(FAT16, &files);
    // The chain ends early: every cluster after the first hundred is taken out of the tables.
    let mut bytes = image.bytes();
    let at = |i: usize| usize::from(u16::from_le_bytes([bytes[i], bytes[i + 1]]));
    let (fat, size) = (at(14) * 512, at(22) * 512);
    let longest = (2..size / 2)
        .filter(|entry| at(fat + entry * 2) == entry + 1)
        .collect::<Vec<_>>();
    let broken = longest[longest.len() / 2];
    for copy in [fat, fat + size] {
        bytes[copy + broken * 2..copy + broken * 2 + 2].copy_from_slice(&[0xff, 0xff]);
    }
    std::fs::write(image.path(), &bytes).unwrap();
    let came = desk.visit(&image);
    let Ok(Visited::Opened(lines)) = came.visited else {
        panic!("not opened");
    };
    assert!(lines[0].contains("the file system is damaged"), "{lines:?}");
    assert!(desk.untouched());
}

#[test]
fn what_is_no_file_system_is_an_error_and_no_more() {
    let desk = Desk::new();
    let image = Image::new(FAT16);
    std::fs::write(image.path(), vec![0; 1 << 20]).unwrap();
    let came = desk.visit(&image);
    assert!(came.visited.is_err() && came.written == 0 && desk.untouched());
}
