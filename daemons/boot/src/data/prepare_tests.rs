// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of `prepare`, walked with a scripted disk.

use proptest::prelude::*;

use super::*;

/// A disk that answers as it was told and keeps count.
#[derive(Default)]
struct Script {
    tpm: bool,
    opens: Vec<Result<Usable, Failure>>,
    makes: Vec<Result<(), String>>,
    made: Vec<(Make, Cause)>,
}

impl Storage for Script {
    fn has_tpm(&self) -> bool {
        self.tpm
    }

    fn open(&mut self) -> Result<Usable, Failure> {
        self.opens.remove(0)
    }

    fn make(&mut self, make: Make, cause: Cause) -> Result<(), String> {
        self.made.push((make, cause));
        if self.makes.is_empty() {
            return Ok(());
        }
        self.makes.remove(0)
    }
}

fn usable() -> Result<Usable, Failure> {
    Ok(Usable {
        device: "/dev/mapper/data".into(),
        form: Form::Sealed,
        mended: Vec::new(),
    })
}

fn remake(cause: Cause) -> Result<Usable, Failure> {
    Err(Failure::Remake(cause))
}

const DESTRUCTIVE: [Cause; 5] = [
    Cause::Garbage,
    Cause::Locked,
    Cause::Broken,
    Cause::Unusable,
    Cause::Full,
];

#[test]
fn a_sound_partition_is_used() {
    for trial in [false, true] {
        let mut script = Script {
            opens: vec![usable()],
            ..Script::default()
        };
        let prepared = prepare(&mut script, trial);
        assert!(prepared.usable.is_some());
        assert_eq!((prepared.causes, script.made), (vec![], vec![]));
    }
}

#[test]
fn the_first_start_makes_it_sealed_where_a_tpm_is() {
    for (tpm, make) in [(true, Make::Sealed), (false, Make::Plain)] {
        for trial in [false, true] {
            let mut script = Script {
                tpm,
                opens: vec![remake(Cause::Missing), usable()],
                ..Script::default()
            };
            let prepared = prepare(&mut script, trial);
            assert!(prepared.usable.is_some());
            assert_eq!(prepared.causes, [Cause::Missing]);
            assert_eq!(script.made, [(make, Cause::Missing)]);
        }
    }
}

#[test]
fn a_broken_one_is_made_anew_on_a_confirmed_slot_only() {
    for cause in DESTRUCTIVE {
        let mut script = Script {
            tpm: true,
            opens: vec![remake(cause), usable()],
            ..Script::default()
        };
        let prepared = prepare(&mut script, false);
        assert!(prepared.usable.is_some());
        assert_eq!(script.made, [(Make::Sealed, cause)]);

        let mut script = Script {
            tpm: true,
            opens: vec![remake(cause)],
            ..Script::default()
        };
        let prepared = prepare(&mut script, true);
        assert_eq!((prepared.usable, script.made), (None, vec![]));
        assert_eq!(prepared.causes, [cause]);
    }
}

#[test]
fn a_tpm_that_does_not_give_the_key_back_leads_to_the_weaker_form() {
    let mut script = Script {
        tpm: true,
        opens: vec![remake(Cause::Missing), remake(Cause::Locked), usable()],
        ..Script::default()
    };
    let prepared = prepare(&mut script, false);
    assert!(prepared.usable.is_some());
    assert_eq!(prepared.causes, [Cause::Missing, Cause::Locked]);
    let made = [(Make::Sealed, Cause::Missing), (Make::Plain, Cause::Locked)];
    assert_eq!(script.made, made);
}

#[test]
fn what_was_just_made_on_trial_may_be_made_again() {
    let mut script = Script {
        tpm: true,
        opens: vec![remake(Cause::Missing), remake(Cause::Locked), usable()],
        ..Script::default()
    };
    assert!(prepare(&mut script, true).usable.is_some());
}

#[test]
fn a_disk_that_refuses_everything_is_given_up() {
    let mut script = Script {
        tpm: true,
        opens: vec![
            remake(Cause::Broken),
            remake(Cause::Garbage),
            remake(Cause::Garbage),
        ],
        makes: vec![
            Err("input/output error".into()),
            Err("input/output error".into()),
        ],
        ..Script::default()
    };
    let prepared = prepare(&mut script, false);
    assert_eq!(prepared.usable, None);
    assert_eq!(prepared.failures.len(), 3);
}

#[test]
fn a_fault_outside_the_partition_destroys_nothing() {
    let mut script = Script {
        opens: vec![Err(Failure::Leave("no quota in this kernel".into()))],
        ..Script::default()
    };
    let prepared = prepare(&mut script, false);
    assert_eq!((prepared.usable, script.made), (None, vec![]));
    assert_eq!(prepared.failures, ["no quota in this kernel"]);
}

fn any_open() -> impl Strategy<Value = Result<Usable, Failure>> {
    let cause = prop_oneof![
        Just(Cause::Missing),
        Just(Cause::Reset),
        Just(Cause::Garbage),
        Just(Cause::Locked),
        Just(Cause::Broken),
        Just(Cause::Unusable),
        Just(Cause::Full),
    ];
    prop_oneof![
        Just(usable()),
        cause.prop_map(remake),
        Just(Err(Failure::Leave("table".into()))),
    ]
}

proptest! {
    #[test]
    fn it_always_ends_and_says_why(
        tpm: bool, trial: bool,
        opens in proptest::collection::vec(any_open(), 3),
        fails: [bool; 2],
    ) {
        let makes = fails.map(|fails| if fails { Err("EIO".to_owned()) } else { Ok(()) });
        let first = opens[0].clone();
        let mut script = Script { tpm, opens, makes: makes.to_vec(), made: Vec::new() };
        let prepared = prepare(&mut script, trial);
        prop_assert!(script.made.len() <= 2);
        prop_assert!(prepared.usable.is_some() || !prepared.failures.is_empty());
        let destructive = matches!(first, Err(Failure::Remake(cause)) if !cause.is_empty());
        if trial && destructive {
            prop_assert!(script.made.is_empty());
        }
        if !tpm {
            prop_assert!(script.made.iter().all(|(make, _)| *make == Make::Plain));
        }
    }
}
