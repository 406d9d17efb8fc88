// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cards that lie about themselves (CARD-05): the daemon's whole session over a link in memory, its own
//! roots read from a folder, and not one photo of a card that is not genuine and there.
//!
//! The table that the test prints counts every refusal by its name. What no signature covers is counted
//! apart: it is never handed out, and altering it must not keep a patient from her photo.
#![allow(clippy::unwrap_used)]

mod between;
mod flips;
mod forged;
mod reader;
mod record;
mod swapped;

use std::collections::BTreeMap;

use between::Lies;
use reader::{CHALLENGE, Original, Reader, named, roots};
use record::{PHOTO, place};
use uketsuke_record::{CHALLENGE_BYTES, Roots};
use uketsuke_virtual_card::profile::Chain;
use uketsuke_virtual_card::vault::Vault;

/// Fewer would not be worth the name (issue of the card daemon, S2).
const FEWEST: usize = 2_000;
/// Challenges whose answers are told again.
const SAID: u8 = 24;
/// Cards whose days are over. The card's own end is not signed, and its certificate is judged by the
/// centre: on which view each of them ends stands in `tests/system/tests/tray.txt`.
const EXPIRED: [&str; 3] = ["expired-card", "expired-recent", "expired-old"];
/// Files of the official test card that are neither face nor certificate.
const OTHER_FILES: [&[u8]; 2] = [
    include_bytes!("../../../../tests/card/fixtures/myna-card/surface-0001.bin"),
    include_bytes!("../../../../tests/card/fixtures/myna-card/text-0002.bin"),
];

/// One card that lies.
#[derive(Clone)]
struct Case {
    kind: &'static str,
    lies: Lies,
    challenge: [u8; CHALLENGE_BYTES],
    /// No signature covers what is altered: the photo comes out as it is.
    left: bool,
    /// The reader was not given the roots of test cards.
    in_service: bool,
}

impl Case {
    fn of(kind: &'static str, lies: Lies) -> Self {
        Self {
            kind,
            lies,
            challenge: CHALLENGE,
            left: false,
            in_service: false,
        }
    }

    fn left_to_others(self) -> Self {
        Self { left: true, ..self }
    }

    fn challenged(self, challenge: [u8; CHALLENGE_BYTES]) -> Self {
        Self { challenge, ..self }
    }

    fn in_service(self) -> Self {
        Self {
            in_service: true,
            ..self
        }
    }
}

/// What became of a kind of case.
#[derive(Default)]
struct Tally {
    cases: usize,
    accepted: usize,
    left: bool,
    refusals: BTreeMap<String, usize>,
}

type Table = BTreeMap<&'static str, Tally>;

/// The roots of a reader at a test desk, and of one in service.
struct Trust {
    test: Roots,
    in_service: Roots,
}

/// Shows every case to a reader.
async fn judge(original: &Original, photo: &[u8], trust: &Trust, cases: &[Case]) -> Table {
    let mut reader = Reader::before(original);
    let mut table = Table::new();
    for case in cases {
        let roots = match case.in_service {
            true => &trust.in_service,
            false => &trust.test,
        };
        let seen = reader.photo(&case.lies, &case.challenge, roots).await;
        let tally = table.entry(case.kind).or_default();
        tally.cases += 1;
        tally.left = case.left;
        match seen {
            Ok(seen) => {
                tally.accepted += 1;
                assert!(*seen == photo, "{}: another photo came out", case.kind);
            }
            Err(error) => *tally.refusals.entry(named(&error)).or_default() += 1,
        }
    }
    table
}

fn print(table: &Table) {
    println!(
        "{:<44} {:>6} {:>9}  refused as",
        "kind", "cases", "accepted"
    );
    for (kind, tally) in table {
        let names = tally.refusals.iter();
        let names: Vec<_> = names.map(|(name, n)| format!("{name} × {n}")).collect();
        let (cases, accepted) = (tally.cases, tally.accepted);
        println!("{kind:<44} {cases:>6} {accepted:>9}  {}", names.join(", "));
    }
}

/// A card's record over one link and session after session, on as many threads as there are processors.
fn run(vault: &mut Vault, photo: &[u8], trust: &Trust, cases: &[Case]) -> Table {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let cards: Vec<_> = (0..threads)
        .map(|_| Original::of(vault, "normal-adult"))
        .collect();
    let share = cases.len().div_ceil(threads);
    let tables: Vec<Table> = std::thread::scope(|scope| {
        let shares = cases.chunks(share).zip(&cards);
        let running: Vec<_> = shares
            .map(|(share, card)| {
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_time()
                        .build();
                    runtime.unwrap().block_on(judge(card, photo, trust, share))
                })
            })
            .collect();
        running.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let mut whole = Table::new();
    for (kind, part) in tables.into_iter().flatten() {
        let tally = whole.entry(kind).or_default();
        tally.cases += part.cases;
        tally.accepted += part.accepted;
        tally.left = part.left;
        for (name, count) in part.refusals {
            *tally.refusals.entry(name).or_default() += count;
        }
    }
    whole
}

/// The answers of this card to challenges of our own, as somebody who listened has them.
async fn overheard(original: &Original, roots: &Roots) -> Vec<([u8; CHALLENGE_BYTES], Vec<u8>)> {
    let mut reader = Reader::before(original);
    let mut said = Vec::new();
    for number in 0..SAID {
        let challenge = [number; CHALLENGE_BYTES];
        let lies = Lies::default();
        reader.photo(&lies, &challenge, roots).await.unwrap();
        said.push((challenge, reader.link.proved.lock().unwrap().clone()));
    }
    said
}

/// Every case there is against the card `own`.
async fn cases(vault: &mut Vault, own: &Original, trust: &Trust) -> Vec<Case> {
    let mut of = |name: &&str| Original::of(vault, name);
    let genuine = [
        "second-adult",
        "under-fifteen",
        "no-signature",
        "expired-card",
    ];
    let genuine: Vec<_> = genuine.iter().map(&mut of).collect();
    // The same card, keys and all, with another photo.
    let looks = ["photo-blank", "photo-huge", "photo-noise"];
    let looks: Vec<_> = looks.iter().map(&mut of).collect();
    let strangers: Vec<_> = ["untrusted-root", "official-test-card"]
        .iter()
        .map(of)
        .collect();
    let issuer = vault.issuer(Chain::Trusted).unwrap();
    let said = overheard(own, &trust.test).await;
    let [age, text] = OTHER_FILES;
    let mut all = [
        flips::record(&own.record),
        flips::certificate(&own.certificate),
        flips::proof(),
        flips::cuts(&own.record, &own.certificate),
        flips::filler(&own.record),
        forged::all(own, &issuer),
        forged::rearranged(own),
        swapped::of_genuine(own, &genuine),
        swapped::of_photos(own, &looks),
        swapped::of_others(&strangers),
        swapped::of_other_files(own, age, text),
        swapped::replayed(&said),
    ]
    .concat();
    // A reader in service is shown every card there is, among them the best of test cards.
    let kind = "card of a test root, reader in service";
    all.push(Case::of(kind, Lies::default()).in_service());
    for card in genuine.iter().chain(&strangers) {
        all.push(Case::of(kind, swapped::both_files(card)).in_service());
    }
    all
}

#[tokio::test]
async fn no_card_that_lies_gives_its_photo() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let mut vault = Vault::open(&folder.path().join("vault")).unwrap();
    let own = Original::of(&mut vault, "normal-adult");
    let known = folder.path().join("roots");
    let trust = Trust {
        test: roots(&vault, &known, true),
        in_service: roots(&vault, &known, false),
    };
    assert_eq!((trust.test.len(), trust.in_service.len()), (2, 1));
    // Tag and length before it are five bytes.
    let photo = own.record[place(&own.record, PHOTO)][5..].to_vec();
    let cases = cases(&mut vault, &own, &trust).await;
    let table = run(&mut vault, &photo, &trust, &cases);
    print(&table);

    let (left, signed): (Vec<_>, Vec<_>) = table.values().partition(|tally| tally.left);
    let count = |tallies: &[&Tally]| tallies.iter().map(|tally| tally.cases).sum::<usize>();
    let accepted = |tallies: &[&Tally]| tallies.iter().map(|t| t.accepted).sum::<usize>();
    println!(
        "forgeries: {} cases, {} accepted; {} more alter what nobody signs and nothing is decided by, \
         {} of them accepted",
        count(&signed),
        accepted(&signed),
        count(&left),
        accepted(&left),
    );
    assert_eq!(accepted(&signed), 0, "a card that lies gave its photo");
    assert!(count(&signed) >= FEWEST);
    // Not more and not less: what a signature does not cover is exactly what is told here.
    assert_eq!(accepted(&left), count(&left));
}

#[tokio::test]
async fn an_expired_card_is_the_centres_matter_and_still_has_its_photo() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let mut vault = Vault::open(&folder.path().join("vault")).unwrap();
    let known = roots(&vault, &folder.path().join("roots"), true);
    for name in EXPIRED {
        let card = Original::of(&mut vault, name);
        let photo = Reader::before(&card)
            .photo(&Lies::default(), &CHALLENGE, &known)
            .await;
        assert!(photo.is_ok(), "{name}");
    }
}
