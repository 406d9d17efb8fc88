// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]
use super::*;
use crate::set::Set;
use crate::testing::disk::{Disk, Fate};
use crate::testing::{FakeSealer, good, good_elsewhere, set};

const ROOT: &str = "/data/provision";

fn disk() -> Disk {
    Disk::new(&["/data", ROOT])
}

fn store(disk: &Disk) -> Store<'_> {
    Store::new(disk, Path::new(ROOT))
}

fn apply(disk: &Disk, set: &Set) -> Result<Generation, StoreError> {
    store(disk).apply(set, &FakeSealer, 1_700_000_000)
}

/// Three sets that differ.
fn sets() -> [Set; 3] {
    let mut third = good();
    third.insert("reader.toml".into(), b"[mode]\nresume_s = 10\n".to_vec());
    [set(&good()), set(&good_elsewhere()), set(&third)]
}

/// The set a generation holds, whole.
fn is(generation: &Generation, set: &Set) -> bool {
    let secrets = set.credentials().all(|(credential, secret)| {
        generation
            .credentials
            .get(credential.name)
            .and_then(|sealed| FakeSealer.open(credential.name, sealed).ok())
            .is_some_and(|open| *open == secret)
    });
    secrets
        && generation.manifest.source == set.hash()
        && Some(generation.reader.as_slice()) == set.get(READER)
        && generation.credentials.len() == set.credentials().count()
}

/// Fates of the unsynced that are tried at every cut.
fn fates() -> impl Iterator<Item = Fate> {
    [Fate::Lost, Fate::Kept]
        .into_iter()
        .chain((0..24).map(Fate::Mixed))
}

/// Cuts the power before every operation of `act` on a disk in `before`'s state. Afterwards the old
/// or the new must be in force, whole, and the next try must succeed.
fn cut_everywhere(name: &str, before: &Disk, old: Option<&Set>, new: &Set) -> usize {
    let whole = before.restarted(Fate::Kept);
    whole.cut_after(usize::MAX);
    apply(&whole, new).unwrap();
    let operations = whole.operations();
    assert!(operations > 15);
    let mut cuts = 0;
    for cut in 0..operations {
        let disk = before.restarted(Fate::Kept);
        disk.cut_after(cut);
        assert!(apply(&disk, new).is_err(), "{name}: cut {cut} was not felt");
        for fate in fates() {
            let found = disk.restarted(fate);
            let current = store(&found).current();
            let context = format!("{name}: cut {cut} of {operations}, {fate:?}");
            match (&current.generation, old) {
                (None, None) => {}
                (Some(now), Some(old)) => {
                    assert!(is(now, old) || is(now, new), "{context}");
                    assert_eq!(current.damage, [], "{context}");
                    assert!(current.linked, "{context}");
                }
                (Some(now), None) => assert!(is(now, new), "{context}"),
                (None, Some(_)) => panic!("{context}: nothing is in force"),
            }
            let again = apply(&found, new).unwrap();
            assert!(is(&again, new), "{context}");
            let kept = store(&found).ids().len();
            assert!(kept <= 2, "{context}: {kept} generations are kept");
            cuts += 1;
        }
    }
    cuts
}

#[test]
fn a_power_cut_at_any_operation_leaves_the_old_or_the_new_whole() {
    let [first, second, third] = sets();
    let mut cuts = 0;
    let blank = disk();
    cuts += cut_everywhere("first", &blank, None, &first);
    apply(&blank, &first).unwrap();
    let one = blank.restarted(Fate::Kept);
    cuts += cut_everywhere("second", &one, Some(&first), &second);
    apply(&one, &second).unwrap();
    let two = one.restarted(Fate::Kept);
    cuts += cut_everywhere("third", &two, Some(&second), &third);
    println!("provisioning: {cuts} power cuts, old or new whole after each");
}

#[test]
fn one_step_back_is_possible_and_no_more() {
    let [first, second, third] = sets();
    let disk = disk();
    assert!(matches!(
        store(&disk).step_back(),
        Err(StoreError::NoneBefore)
    ));
    apply(&disk, &first).unwrap();
    assert!(matches!(
        store(&disk).step_back(),
        Err(StoreError::NoneBefore)
    ));
    apply(&disk, &second).unwrap();
    apply(&disk, &third).unwrap();
    assert_eq!(store(&disk).ids().len(), 2);
    assert!(is(&store(&disk).step_back().unwrap(), &second));
    assert!(is(&store(&disk).current().generation.unwrap(), &second));
    // The one before that was given up; so is the one stepped back from by the next set.
    assert!(matches!(
        store(&disk).step_back(),
        Err(StoreError::Damaged(_))
    ));
    apply(&disk, &first).unwrap();
    assert!(is(&store(&disk).step_back().unwrap(), &second));
}

#[test]
fn a_bit_flipped_anywhere_is_seen_and_the_generation_before_is_used() {
    let [first, second, _] = sets();
    let whole = disk();
    apply(&whole, &first).unwrap();
    let id = apply(&whole, &second).unwrap().id;
    let folder = Path::new(ROOT).join(&id);
    let files = whole.files_below(&folder);
    assert_eq!(files.len(), 5);
    let mut flips = 0;
    for (path, length) in files {
        for at in 0..length {
            let disk = whole.restarted(Fate::Kept);
            disk.flip(&path, at);
            let current = store(&disk).current();
            let context = format!("{} byte {at}", path.display());
            assert!(is(&current.generation.unwrap(), &first), "{context}");
            assert_eq!(current.damage.len(), 1, "{context}");
            assert_eq!(current.damage[0].id, id, "{context}");
            assert!(!current.linked);
            flips += 1;
        }
    }
    println!("provisioning: {flips} bits flipped, each seen");
}

#[test]
fn with_every_generation_damaged_there_is_none_and_each_is_named() {
    let [first, second, _] = sets();
    let disk = disk();
    apply(&disk, &first).unwrap();
    apply(&disk, &second).unwrap();
    for (path, _) in disk.files_below(Path::new(ROOT)) {
        disk.flip(&path, 0);
    }
    let current = store(&disk).current();
    assert!(current.generation.is_none());
    assert_eq!(current.damage.len(), 2);
    // A new set mends it.
    let mended = apply(&disk, &first).unwrap();
    assert!(is(&mended, &first));
    assert!(store(&disk).current().linked);
}

#[test]
fn a_lost_link_is_said_and_the_newest_generation_used() {
    let [first, second, _] = sets();
    let disk = disk();
    apply(&disk, &first).unwrap();
    apply(&disk, &second).unwrap();
    disk.remove_file(&Path::new(ROOT).join(CURRENT)).unwrap();
    let current = store(&disk).current();
    assert!(is(&current.generation.unwrap(), &second));
    assert_eq!(current.damage[0].id, CURRENT);
    assert!(!current.linked);
}

#[test]
fn a_link_out_of_the_store_leads_nowhere() {
    let disk = disk();
    disk.link("../../etc", &Path::new(ROOT).join(CURRENT))
        .unwrap();
    let current = store(&disk).current();
    assert!(current.generation.is_none());
    assert_eq!(current.damage[0].id, "../../etc");
}

/// Opens everything to something else.
struct Unfaithful;

impl Sealer for Unfaithful {
    fn seal(&self, name: &str, worth: Worth, content: &[u8]) -> Result<Vec<u8>, SealError> {
        FakeSealer.seal(name, worth, content)
    }

    fn open(&self, _name: &str, _sealed: &[u8]) -> Result<zeroize::Zeroizing<Vec<u8>>, SealError> {
        Ok(zeroize::Zeroizing::new(b"something else".to_vec()))
    }

    fn bound_to(&self) -> &str {
        "nothing"
    }
}

#[test]
fn what_does_not_open_again_is_not_put_in_force() {
    let [first, second, _] = sets();
    let disk = disk();
    apply(&disk, &first).unwrap();
    let result = store(&disk).apply(&second, &Unfaithful, 0);
    assert!(matches!(result, Err(StoreError::Unfaithful(_))));
    assert!(is(&store(&disk).current().generation.unwrap(), &first));
}

#[test]
fn secrets_are_never_in_clear_on_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("store");
    std::fs::create_dir(&root).unwrap();
    let sealer = crate::seal::SystemdCreds::with_host_key(dir.path().join("host-key"));
    let store = Store::new(&crate::files::RealFiles, &root);
    let files = good();
    let generation = store.apply(&set(&files), &sealer, 0).unwrap();
    assert_eq!(generation.manifest.bound_to, "host");
    let mut looked_at = 0;
    for path in crate::testing::walk(dir.path()) {
        if !path.is_file() {
            continue;
        }
        let content = std::fs::read(&path).unwrap();
        for (name, secret) in files.iter().filter(|(name, _)| name.ends_with(".key")) {
            let line = secret.split(|b| *b == b'\n').nth(1).unwrap();
            assert!(
                !content.windows(line.len()).any(|w| w == line),
                "{name} lies in {}",
                path.display()
            );
        }
        looked_at += 1;
    }
    assert!(looked_at >= 11, "{looked_at}");
    for (credential, secret) in set(&files).credentials() {
        let sealed = &generation.credentials[credential.name];
        assert_eq!(*sealer.open(credential.name, sealed).unwrap(), secret);
    }
}
