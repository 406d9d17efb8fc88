// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order of booting, over histories a firmware may have.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const FILE: &str = r"\EFI\BOOT\BOOTX64.EFI";

fn target(guid: u128, number: u32) -> Target {
    Target {
        number,
        start: 2048 * u64::from(number),
        blocks: 2048,
        guid: Uuid::from_u128(guid),
        file: FILE.to_owned(),
    }
}

fn targets() -> Vec<(Slot, Target)> {
    vec![(Slot::A, target(1, 1)), (Slot::B, target(4, 4))]
}

fn option(slot: Slot) -> LoadOption {
    let target = targets().swap_remove(slot.index()).1;
    LoadOption::new(slot.entry(), target)
}

fn foreign() -> LoadOption {
    LoadOption {
        attributes: ACTIVE,
        description: "UEFI Misc Device".to_owned(),
        target: None,
    }
}

fn nvram(options: &[(u16, Option<LoadOption>)], order: &[u16]) -> Nvram {
    Nvram {
        options: options.iter().cloned().collect(),
        order: order.to_vec(),
        current: None,
    }
}

/// The firmware's memory after `plan` was carried out.
fn after(nvram: &Nvram, plan: &Plan) -> Nvram {
    let mut nvram = nvram.clone();
    for (number, option) in &plan.write {
        nvram.options.insert(*number, Some(option.clone()));
    }
    if let Some(order) = &plan.order {
        nvram.order.clone_from(order);
    }
    for number in &plan.delete {
        nvram.options.remove(number);
    }
    nvram
}

#[test]
fn first_boot_makes_both_and_puts_the_booted_one_first() {
    for (booted, order) in [(Slot::A, [1, 2, 0]), (Slot::B, [2, 1, 0])] {
        let empty = nvram(&[(0, Some(foreign()))], &[0]);
        let plan = plan(&empty, &targets(), booted, None);
        assert_eq!(plan.write, [(1, option(Slot::A)), (2, option(Slot::B))]);
        assert_eq!(plan.order.as_deref(), Some(&order[..]));
        assert!(plan.delete.is_empty());
    }
}

#[test]
fn nothing_is_written_when_all_is_well() {
    let well = nvram(
        &[
            (3, Some(option(Slot::A))),
            (7, Some(option(Slot::B))),
            (9, None),
        ],
        &[7, 3, 9],
    );
    assert!(plan(&well, &targets(), Slot::A, None).is_empty());
    assert!(plan(&well, &targets(), Slot::B, None).is_empty());
}

#[test]
fn a_slot_on_trial_stays_out_of_the_order() {
    let trial = nvram(
        &[(0, Some(option(Slot::A))), (1, Some(option(Slot::B)))],
        &[0],
    );
    assert!(trial.on_trial(Slot::B));
    assert!(!trial.on_trial(Slot::A));
    assert!(plan(&trial, &targets(), Slot::B, None).is_empty());
}

#[test]
fn a_confirmed_or_unordered_slot_is_not_on_trial() {
    let both = [(0, Some(option(Slot::A))), (1, Some(option(Slot::B)))];
    assert!(!nvram(&both, &[0, 1]).on_trial(Slot::B));
    assert!(!nvram(&both, &[]).on_trial(Slot::B));
    assert!(!nvram(&both[..1], &[0]).on_trial(Slot::B));
}

#[test]
fn a_deleted_option_comes_back_behind_the_other() {
    let lost = nvram(&[(0, Some(option(Slot::A)))], &[0, 1]);
    let plan = plan(&lost, &targets(), Slot::A, None);
    assert_eq!(plan.write, [(1, option(Slot::B))]);
    assert_eq!(plan.order, None);
    assert_eq!(after(&lost, &plan).order, [0, 1]);
}

#[test]
fn a_swapped_disk_takes_over_the_numbers_and_boots_first() {
    let mut old = [option(Slot::A), option(Slot::B)];
    for (option, guid) in old.iter_mut().zip([77, 78]) {
        option.target = Some(target(guid, 1));
    }
    let [a, b] = old;
    let swapped = nvram(&[(0, Some(a)), (1, Some(b))], &[1, 0]);
    let plan = plan(&swapped, &targets(), Slot::A, None);
    assert_eq!(plan.write, [(0, option(Slot::A)), (1, option(Slot::B))]);
    assert_eq!(plan.order.as_deref(), Some(&[0, 1][..]));
    assert!(plan.delete.is_empty());
}

#[test]
fn of_two_equal_options_the_ordered_one_stays() {
    let a = Some(option(Slot::A));
    let twice = nvram(
        &[(0, a.clone()), (5, a), (6, Some(option(Slot::B)))],
        &[5, 6],
    );
    let plan = plan(&twice, &targets(), Slot::A, None);
    assert_eq!(plan.delete, [0]);
    assert_eq!(plan.order, None);
}

#[test]
fn an_inactive_option_is_switched_on_again() {
    let mut off = option(Slot::A);
    off.attributes = 0;
    let off = nvram(&[(0, Some(off)), (1, Some(option(Slot::B)))], &[0, 1]);
    let plan = plan(&off, &targets(), Slot::A, None);
    assert_eq!(plan.write, [(0, option(Slot::A))]);
    assert_eq!(plan.order, None);
}

#[test]
fn ours_stand_before_the_firmwares_own() {
    let reordered = nvram(
        &[
            (0, Some(option(Slot::A))),
            (1, Some(option(Slot::B))),
            (2, Some(foreign())),
        ],
        &[2, 1, 0],
    );
    let plan = plan(&reordered, &targets(), Slot::A, None);
    assert_eq!(plan.order.as_deref(), Some(&[1, 0, 2][..]));
}

#[test]
fn a_slot_can_be_put_first() {
    let well = nvram(
        &[(0, Some(option(Slot::A))), (1, Some(option(Slot::B)))],
        &[0],
    );
    let plan = plan(&well, &targets(), Slot::A, Some(Slot::B));
    assert_eq!(plan.order.as_deref(), Some(&[1, 0][..]));
}

#[test]
fn a_slot_the_disk_lacks_loses_its_option() {
    let both = nvram(
        &[(0, Some(option(Slot::A))), (1, Some(option(Slot::B)))],
        &[1, 0],
    );
    let plan = plan(&both, &targets()[..1], Slot::A, None);
    assert_eq!(plan.delete, [1]);
    assert_eq!(plan.order.as_deref(), Some(&[0][..]));
}

/// Any option a firmware may hold: ours, half right, foreign, garbage.
fn any_option() -> impl Strategy<Value = Option<LoadOption>> {
    let description = prop_oneof!["system0", "system1", "UEFI OS"];
    let target = (0u128..6, 1u32..6).prop_map(|(guid, number)| target(guid, number));
    let option = (description, proptest::option::of(target), 0u32..2).prop_map(
        |(description, target, attributes)| LoadOption {
            attributes,
            description,
            target,
        },
    );
    proptest::option::of(option)
}

fn any_nvram() -> impl Strategy<Value = Nvram> {
    let options = proptest::collection::btree_map(0u16..8, any_option(), 0..6);
    let order = proptest::collection::vec(0u16..8, 0..8);
    (options, order).prop_map(|(options, order)| Nvram {
        options,
        order,
        current: None,
    })
}

fn any_slot() -> impl Strategy<Value = Slot> {
    prop_oneof![Just(Slot::A), Just(Slot::B)]
}

proptest! {
    #[test]
    fn one_plan_is_enough(start in any_nvram(), booted in any_slot()) {
        let first = plan(&start, &targets(), booted, None);
        let done = after(&start, &first);
        prop_assert!(plan(&done, &targets(), booted, None).is_empty());
        for (slot, target) in targets() {
            let numbers: Vec<_> = done.numbers(slot).collect();
            prop_assert_eq!(numbers.len(), 1);
            prop_assert!(is_sound(&done, numbers[0], &target));
        }
    }

    #[test]
    fn the_order_names_each_existing_option_once_and_something_bootable_first(
        start in any_nvram(), booted in any_slot(),
    ) {
        let done = after(&start, &plan(&start, &targets(), booted, None));
        let mut seen = Vec::new();
        for number in &done.order {
            prop_assert!(done.options.contains_key(number));
            prop_assert!(!seen.contains(number));
            seen.push(*number);
        }
        let leader = done.options[&done.order[0]].as_ref();
        prop_assert!(leader.is_some_and(|option| Slot::of_entry(&option.description).is_some()));
    }

    #[test]
    fn foreign_options_are_neither_lost_nor_changed(start in any_nvram(), booted in any_slot()) {
        let done = after(&start, &plan(&start, &targets(), booted, None));
        for (number, option) in &start.options {
            let ours = option.as_ref().and_then(|option| Slot::of_entry(&option.description));
            if ours.is_none() {
                prop_assert_eq!(done.options.get(number), Some(option));
                let ordered = start.order.contains(number);
                prop_assert_eq!(done.order.contains(number), ordered);
            }
        }
    }

    #[test]
    fn a_slot_put_first_is_first(
        start in any_nvram(), booted in any_slot(), first in any_slot(),
    ) {
        let done = after(&start, &plan(&start, &targets(), booted, Some(first)));
        let number = done.numbers(first).next();
        prop_assert_eq!(done.order.first().copied(), number);
    }

    #[test]
    fn a_power_cut_changes_nothing_in_the_end(
        start in any_nvram(), booted in any_slot(), steps in 0usize..4,
    ) {
        let whole = plan(&start, &targets(), booted, None);
        let mut partial = whole.clone();
        partial.delete.clear();
        partial.write.truncate(steps);
        let cut = after(&start, &partial);
        let done = after(&cut, &plan(&cut, &targets(), booted, None));
        prop_assert_eq!(done, after(&start, &whole));
    }
}
