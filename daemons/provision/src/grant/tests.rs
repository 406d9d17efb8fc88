// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]
use super::*;
use crate::files::RealFiles;
use crate::ledger::Ledger;
use crate::testing::{Maker, wish};

const DEVICE: &str = "00112233445566778899aabbccddeeff";
const NOON: i64 = 1_800_000_000;
const HOUR: i64 = 3600;

fn keys(maker: &Maker) -> Keys {
    let dir = tempfile::tempdir().unwrap();
    maker.install(dir.path());
    Keys::read(dir.path()).unwrap()
}

fn good(maker: &Maker) -> String {
    make(&maker.pem(), wish(DEVICE, NOON)).unwrap()
}

#[test]
fn a_good_grant_opens_its_box_in_its_hours() {
    let maker = Maker::new();
    let keys = keys(&maker);
    let grant = good(&maker);
    for now in [NOON, NOON + HOUR, NOON + 4 * HOUR - 1] {
        let claims = keys.judge(grant.as_bytes(), DEVICE, now).unwrap();
        assert_eq!(claims.allow.len(), 3);
    }
}

#[test]
fn wrong_device_expired_early_and_unknown_keys_open_nothing() {
    let maker = Maker::new();
    let keys = keys(&maker);
    let grant = good(&maker);
    let judge = |device: &str, now: i64| keys.judge(grant.as_bytes(), device, now).unwrap_err();
    assert!(matches!(
        judge(&DEVICE.replace('0', "1"), NOON),
        GrantError::OtherDevice(_)
    ));
    assert!(matches!(
        judge(DEVICE, NOON - 1),
        GrantError::TooEarly { .. }
    ));
    assert!(matches!(
        judge(DEVICE, NOON + 4 * HOUR),
        GrantError::Expired { .. }
    ));
    assert!(matches!(
        judge(DEVICE, i64::MAX),
        GrantError::Expired { .. }
    ));
    let stranger = good(&Maker::new());
    let error = keys.judge(stranger.as_bytes(), DEVICE, NOON).unwrap_err();
    assert!(matches!(error, GrantError::UnknownKey(_)) && !error.is_genuine());
}

#[test]
fn a_grant_altered_anywhere_opens_nothing() {
    let maker = Maker::new();
    let keys = keys(&maker);
    let grant = good(&maker).into_bytes();
    let mut opened = 0;
    for at in 0..grant.len() {
        for change in [1, 2, 0x20, 0x80] {
            let mut altered = grant.clone();
            altered[at] ^= change;
            if let Ok(claims) = keys.judge(&altered, DEVICE, NOON) {
                // The end of a line may be written in two ways; the claims are the maker's.
                assert_eq!(claims, keys.judge(&grant, DEVICE, NOON).unwrap());
                opened += 1;
            }
        }
    }
    assert_eq!(opened, 0);
    for cut in 0..grant.len() - 1 {
        assert!(
            keys.judge(&grant[..cut], DEVICE, NOON).is_err(),
            "{cut} bytes"
        );
    }
    let longer = [grant.as_slice(), b"more\n"].concat();
    assert!(keys.judge(&longer, DEVICE, NOON).is_err());
}

#[test]
fn nonsense_is_no_grant() {
    let keys = keys(&Maker::new());
    let huge = vec![b'a'; 1 << 20];
    let texts: [&[u8]; 7] = [
        b"",
        b"\0\0\0\0",
        b"\xff\xfe",
        b"uketsuke service grant 1",
        b"uketsuke service grant 2\nkey a\nb\nc\n",
        b"uketsuke service grant 1\nkey \n\n\n",
        &huge,
    ];
    for text in texts {
        let error = keys.judge(text, DEVICE, NOON).unwrap_err();
        assert!(!error.is_genuine(), "{error}");
    }
}

#[test]
fn claims_out_of_bounds_open_nothing_whoever_signed() {
    let maker = Maker::new();
    let keys = keys(&maker);
    let id = "0".repeat(32);
    let claims = |text: &str| {
        let grant = maker.sign(&text.replace("ID", &id).replace("DEVICE", DEVICE));
        keys.judge(grant.as_bytes(), DEVICE, NOON).unwrap_err()
    };
    let whole = "{\"id\":\"ID\",\"device\":\"DEVICE\",\"not_before\":1799999999,\
                 \"not_after\":1800028800,\"allow\":[\"update\"]}";
    assert_eq!(claims(whole), GrantError::TooLong(8 * HOUR + 1));
    let for_ever = whole.replace("1800028800", "9223372036854775807");
    assert!(matches!(claims(&for_ever), GrantError::TooLong(_)));
    let backwards = whole.replace("1800028800", "1799999990");
    assert!(matches!(claims(&backwards), GrantError::TooLong(_)));
    for (from, to) in [
        ("\"ID\"", "\"../../x\""),
        ("\"ID\"", "7"),
        ("[\"update\"]", "[\"everything\"]"),
        ("}", ",\"more\":1}"),
        ("\"device\"", "\"divice\""),
    ] {
        assert!(
            matches!(claims(&whole.replace(from, to)), GrantError::Form(_)),
            "{to}"
        );
    }
}

#[test]
fn withdrawn_keys_and_grants_open_nothing() {
    let maker = Maker::new();
    let grant = good(&maker);
    let dir = tempfile::tempdir().unwrap();
    maker.install(dir.path());
    let claims = Keys::read(dir.path()).unwrap();
    let claims = claims.judge(grant.as_bytes(), DEVICE, NOON).unwrap();
    let key = grant.lines().nth(1).unwrap().strip_prefix("key ").unwrap();
    for withdrawn in [claims.id.as_str(), key] {
        let list = format!("# stolen\n{}\n", withdrawn.to_uppercase());
        std::fs::write(dir.path().join("revoked"), list).unwrap();
        let keys = Keys::read(dir.path()).unwrap();
        let error = keys.judge(grant.as_bytes(), DEVICE, NOON).unwrap_err();
        assert_eq!(error, GrantError::Revoked(withdrawn.into()));
    }
}

#[test]
fn an_image_without_keys_opens_nothing_and_a_broken_key_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let maker = Maker::new();
    let grant = good(&maker);
    for folder in [dir.path().to_owned(), dir.path().join("absent")] {
        let keys = Keys::read(&folder).unwrap();
        assert!(keys.is_empty());
        assert!(keys.judge(grant.as_bytes(), DEVICE, NOON).is_err());
    }
    std::fs::write(dir.path().join("a.pem"), "not a key").unwrap();
    let error = Keys::read(dir.path()).unwrap_err();
    assert!(error.to_string().contains("a.pem"), "{error}");
}

#[test]
fn a_grant_counts_once_also_over_restarts_and_with_the_clock_set_back() {
    let maker = Maker::new();
    let keys = keys(&maker);
    let dir = tempfile::tempdir().unwrap();
    let ledger = || Ledger::new(&RealFiles, &dir.path().join("grants.json"));
    let judge = |grant: &str, clock: i64| {
        let now = ledger().time(clock).unwrap();
        let claims = keys.judge(grant.as_bytes(), DEVICE, now)?;
        ledger().spend(&claims, now)
    };
    let first = good(&maker);
    judge(&first, NOON).unwrap();
    assert_eq!(judge(&first, NOON + 1), Err(GrantError::Used));
    // An unused one, while the clock goes on and is then set back.
    let second = good(&maker);
    ledger().time(NOON + 5 * HOUR).unwrap();
    assert!(matches!(
        judge(&second, NOON),
        Err(GrantError::Expired { .. })
    ));
    assert!(matches!(
        judge(&first, NOON),
        Err(GrantError::Expired { .. })
    ));
}

#[test]
fn without_its_record_no_grant_counts() {
    let maker = Maker::new();
    let keys = keys(&maker);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("grants.json");
    let ledger = Ledger::new(&RealFiles, &path);
    let claims = keys.judge(good(&maker).as_bytes(), DEVICE, NOON).unwrap();
    for damaged in ["", "{", "{\"format\":2,\"seen\":0,\"used\":{}}", "[]"] {
        std::fs::write(&path, damaged).unwrap();
        assert!(matches!(
            ledger.spend(&claims, NOON),
            Err(GrantError::NoRecord(_))
        ));
        assert!(ledger.time(NOON).is_err());
    }
    std::fs::remove_file(&path).unwrap();
    ledger.spend(&claims, NOON).unwrap();
}

#[test]
fn a_used_grant_is_on_disk_before_it_opens_anything() {
    use crate::testing::disk::{Disk, Fate};
    let maker = Maker::new();
    let claims = keys(&maker)
        .judge(good(&maker).as_bytes(), DEVICE, NOON)
        .unwrap();
    let path = Path::new("/state/grants.json");
    let before = Disk::new(&["/state"]);
    Ledger::new(&before, path).time(NOON - 1).unwrap();
    let before = before.restarted(Fate::Kept);
    let done = before.restarted(Fate::Kept);
    done.cut_after(usize::MAX);
    Ledger::new(&done, path).spend(&claims, NOON).unwrap();
    for fate in (0..32).map(Fate::Mixed).chain([Fate::Lost, Fate::Kept]) {
        // Once it opens, it is used, whatever the power does.
        let found = done.restarted(fate);
        assert_eq!(
            Ledger::new(&found, path).spend(&claims, NOON),
            Err(GrantError::Used)
        );
        for cut in 0..done.operations() {
            // Cut before, it opened nothing, and the record is whole.
            let disk = before.restarted(Fate::Kept);
            disk.cut_after(cut);
            let spent = Ledger::new(&disk, path).spend(&claims, NOON);
            assert!(matches!(spent, Err(GrantError::NoRecord(_))));
            let found = disk.restarted(fate);
            assert!(
                Ledger::new(&found, path).time(0).unwrap() >= NOON - 1,
                "{fate:?} {cut}"
            );
        }
    }
}

#[test]
fn only_sensible_wishes_become_grants() {
    let maker = Maker::new();
    let refused = |change: fn(&mut Wish)| {
        let mut wish = wish(DEVICE, NOON);
        change(&mut wish);
        make(&maker.pem(), wish).is_err()
    };
    assert!(refused(|w| w.hours = 0));
    assert!(refused(|w| w.hours = 9));
    assert!(refused(|w| w.device = "me".into()));
    assert!(refused(|w| w.allow.clear()));
    assert!(make(b"no key", wish(DEVICE, NOON)).is_err());
    let other_kind = rcgen::KeyPair::generate().unwrap().serialize_pem();
    assert!(matches!(
        make(other_kind.as_bytes(), wish(DEVICE, NOON)),
        Err(MakeError::Key)
    ));
}
