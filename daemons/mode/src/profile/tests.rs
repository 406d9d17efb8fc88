// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]
use super::*;

const FIRST: &str = "11111111111111111111111111111111";
const SECOND: &str = "22222222222222222222222222222222";
const TEN: &str = "[mode]\nmessage_s = 10\n";
const TWENTY: &str = "[mode]\nmessage_s = 20\n";

fn over(folder: &Path) -> Arc<Profiles> {
    Arc::new(Profiles::new(Own::default(), folder.to_owned()))
}

/// Id, seconds and whether something was lost, as the next start finds it.
fn found(folder: &Path) -> (Option<(String, u64)>, bool) {
    let (chosen, lost) = over(folder).at_start();
    (chosen.map(|c| (c.id, c.rules.message.0)), lost)
}

async fn kept(profiles: &Arc<Profiles>, id: &str, text: &str) {
    match profiles.set(id.into(), text.into()).await.unwrap() {
        Outcome::Kept(_, chosen) => {
            assert_eq!((chosen.id.as_str(), chosen.text.as_str()), (id, text))
        }
        Outcome::Refused(_) | Outcome::Already => panic!("{text}"),
    }
}

#[tokio::test]
async fn what_is_kept_is_found_at_every_start_until_it_is_withdrawn() {
    let folder = tempfile::tempdir().unwrap();
    let profiles = over(folder.path());
    assert_eq!(found(folder.path()), (None, false));
    kept(&profiles, FIRST, TEN).await;
    kept(&profiles, SECOND, TWENTY).await;
    for _ in 0..2 {
        assert_eq!(found(folder.path()), (Some((SECOND.into(), 20_000)), false));
    }
    let again = profiles.set(SECOND.into(), TWENTY.into()).await.unwrap();
    assert!(matches!(again, Outcome::Already));
    assert!(profiles.withdraw().await.unwrap().1);
    assert!(!profiles.withdraw().await.unwrap().1);
    assert_eq!(found(folder.path()), (None, false));
}

#[tokio::test]
async fn what_is_refused_leaves_what_there_was() {
    let folder = tempfile::tempdir().unwrap();
    let profiles = over(folder.path());
    kept(&profiles, FIRST, TEN).await;
    let long = "#".repeat(PROFILE_BYTES + 1);
    let many = "x".repeat(30) + " = 1\n";
    let many: String = (0..100).map(|n| format!("a{n}{many}")).collect();
    for (text, line, key) in [
        ("[mode]\nmessage_s = 600\n", 2, "mode.message_s"),
        ("[mode]\nquestion_s = 30\n", 0, "mode.warning_s"),
        (
            "[terminal]\ncentre = \"https://elsewhere.invalid/\"\n",
            2,
            "terminal.centre",
        ),
        (long.as_str(), 0, ""),
        (many.as_str(), 1, ""),
    ] {
        let Ok(Outcome::Refused(wrong)) = profiles.set(SECOND.into(), text.into()).await else {
            panic!("{text}");
        };
        assert!(wrong.len() <= OBJECTIONS);
        if !key.is_empty() {
            assert_eq!(
                (wrong[0].line, wrong[0].key.as_str()),
                (line, key),
                "{wrong:?}"
            );
        }
        assert_eq!(found(folder.path()), (Some((FIRST.into(), 10_000)), false));
    }
    for id in ["", OWN_PROFILE, "../../../../../../../../etc/shadow"] {
        let refused = profiles.set(id.into(), TEN.into()).await;
        assert!(matches!(refused, Err(StaffError::BadProfile(_))), "{id}");
    }
}

/// The steps of keeping one, each on what a cut at any moment before it leaves: a file aside with any
/// part of what is written, then the same renamed.
#[tokio::test]
async fn a_power_cut_at_any_write_leaves_the_one_before_or_the_one_after() {
    let whole = format!("{HEAD}{SECOND}\n{TWENTY}");
    for before in [None, Some(FIRST)] {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let profiles = over(folder.path());
        if before.is_some() {
            kept(&profiles, FIRST, TEN).await;
        }
        let old = before.map(|id| (id.to_owned(), 10_000));
        for written in 0..=whole.len() {
            fs::write(at(FRESH), &whole.as_bytes()[..written]).unwrap();
            assert_eq!(
                found(folder.path()),
                (old.clone(), false),
                "{written} bytes"
            );
        }
        fs::rename(at(FRESH), at(NAME)).unwrap();
        assert_eq!(found(folder.path()), (Some((SECOND.into(), 20_000)), false));
        // What a cut left aside is in nobody's way.
        fs::write(at(FRESH), "half").unwrap();
        kept(&profiles, FIRST, TEN).await;
        assert_eq!(found(folder.path()), (Some((FIRST.into(), 10_000)), false));
        assert!(!at(FRESH).exists());
    }
}

#[tokio::test]
async fn one_that_cannot_be_used_is_told_once_and_set_aside() {
    let unreadable = format!("{HEAD}{FIRST}\n");
    let cases: [Vec<u8>; 7] = [
        Vec::new(),
        b"[mode]\nmessage_s = 10\n".to_vec(),
        format!("{HEAD}{OWN_PROFILE}\n{TEN}").into(),
        format!("# uketsuke facility profile 2 {FIRST}\n{TEN}").into(),
        format!("{unreadable}[mode]\nmessage_s = 600\n").into(),
        [unreadable.as_bytes(), &[0xff, 0xfe]].concat(),
        format!("{unreadable}{}", "#".repeat(PROFILE_BYTES + 1)).into(),
    ];
    for case in cases {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), &case).unwrap();
        assert_eq!(found(folder.path()), (None, true), "{case:?}");
        assert_eq!(fs::read(folder.path().join(ASIDE)).unwrap(), case);
        assert_eq!(found(folder.path()), (None, false));
        kept(&over(folder.path()), FIRST, TEN).await;
        assert_eq!(found(folder.path()), (Some((FIRST.into(), 10_000)), false));
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let profiles = over(&folder.path().join("gone"));
    let refused = profiles.set(FIRST.into(), TEN.into()).await;
    assert!(matches!(refused, Err(StaffError::NotKept(_))));
}
