// SPDX-License-Identifier: MIT OR Apache-2.0
//! Answers to reset. No program of a reader parses one, because none says what a card is; those that the
//! virtual card gives have to be ones that a PC/SC daemon takes, whatever PUPI the card draws.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uketsuke_fuzz::input::Input;
use uketsuke_virtual_card::atr::{ALL, Choice, RANDOM};

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::over(bytes);
    let own = &ALL[usize::from(input.u8()) % ALL.len()];
    let pupi = [input.u8(), input.u8(), input.u8(), input.u8()];
    let name = String::from_utf8_lossy(bytes);
    let known = ALL.iter().any(|one| one.name == name) || name == RANDOM;
    assert_eq!(Choice::named(Some(&name)).is_some(), known);
    let other = ALL[usize::from(input.u8()) % ALL.len()].name;
    for choice in [None, Some(other), Some(RANDOM)] {
        let choice = Choice::named(choice).expect("one of the names");
        let atr = choice.of(own.atr, pupi);
        assert_eq!(whole(&atr), Some(atr.len()), "{atr:02X?}");
    }
});

/// Length of an answer to reset by what it says of itself (ISO/IEC 7816-3 §8.2): TS, T0, interface bytes,
/// historical bytes, and where another protocol than T=0 is offered a check byte that makes all after TS
/// add up to nothing.
fn whole(atr: &[u8]) -> Option<usize> {
    let mut last = 1;
    let mut format = *atr.get(last)?;
    let historical = usize::from(format & 0x0F);
    let mut checked = false;
    loop {
        last += (format >> 4).count_ones() as usize;
        // The last of these interface bytes is TD, if there is one.
        if format & 0x80 == 0 {
            break;
        }
        format = *atr.get(last)?;
        checked |= format & 0x0F != 0;
    }
    last += historical;
    if checked {
        last += 1;
        let sum = atr.get(1..=last)?.iter().fold(0, |sum, byte| sum ^ byte);
        (sum == 0).then_some(())?;
    }
    matches!(atr[0], 0x3B | 0x3F).then_some(last + 1)
}
