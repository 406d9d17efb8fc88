// SPDX-License-Identifier: MIT OR Apache-2.0
//! A keypad with keys that can be felt: digits for the pad, and keys that lead through whatever can be
//! pressed and have it said, for those who do not touch the glass.
//!
//! ```text
//!   0 to 9            a digit, where the pad is shown
//!   backspace         takes the last digit back
//!   + or an arrow     the next thing that can be pressed
//!   - or an arrow     the one before it
//!   enter             presses it
//!   *                 says the view once more
//!   /                 the same, louder
//! ```
//! All of it lies on a numeric keypad of seventeen keys (ISO/IEC 9995-4), whatever Num Lock says.

use evdev::{AttributeSetRef, EventType, InputEvent, KeyCode};

use super::Key;

/// What a key of the keyboard means here; nothing for most.
fn meaning(code: KeyCode) -> Option<Key> {
    Some(match code {
        KeyCode::KEY_KP0 | KeyCode::KEY_0 => Key::Digit(0),
        KeyCode::KEY_KP1 | KeyCode::KEY_1 => Key::Digit(1),
        KeyCode::KEY_KP2 | KeyCode::KEY_2 => Key::Digit(2),
        KeyCode::KEY_KP3 | KeyCode::KEY_3 => Key::Digit(3),
        KeyCode::KEY_KP4 | KeyCode::KEY_4 => Key::Digit(4),
        KeyCode::KEY_KP5 | KeyCode::KEY_5 => Key::Digit(5),
        KeyCode::KEY_KP6 | KeyCode::KEY_6 => Key::Digit(6),
        KeyCode::KEY_KP7 | KeyCode::KEY_7 => Key::Digit(7),
        KeyCode::KEY_KP8 | KeyCode::KEY_8 => Key::Digit(8),
        KeyCode::KEY_KP9 | KeyCode::KEY_9 => Key::Digit(9),
        KeyCode::KEY_BACKSPACE | KeyCode::KEY_DELETE => Key::Erase,
        KeyCode::KEY_KPPLUS | KeyCode::KEY_RIGHT | KeyCode::KEY_DOWN => Key::Next,
        KeyCode::KEY_KPMINUS | KeyCode::KEY_LEFT | KeyCode::KEY_UP => Key::Previous,
        KeyCode::KEY_KPENTER | KeyCode::KEY_ENTER => Key::Press,
        KeyCode::KEY_KPASTERISK => Key::Again,
        KeyCode::KEY_KPSLASH | KeyCode::KEY_SLASH => Key::Louder,
        _ => return None,
    })
}

/// Whether a device with these keys is one: every digit, and one that presses.
pub fn is_keypad(keys: &AttributeSetRef<KeyCode>) -> bool {
    let has = |wanted: Key| keys.iter().any(|code| meaning(code) == Some(wanted));
    (0..=9).map(Key::Digit).chain([Key::Press]).all(has)
}

/// The key that an event says was pressed. One that is held down says so again and again, and counts
/// once.
pub fn pressed(event: &InputEvent) -> Option<Key> {
    let down = event.event_type() == EventType::KEY && event.value() == 1;
    down.then(|| meaning(KeyCode(event.code())))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use evdev::AttributeSet;

    fn keypad() -> AttributeSet<KeyCode> {
        let mut keys = AttributeSet::new();
        for code in [
            KeyCode::KEY_KP0,
            KeyCode::KEY_KP1,
            KeyCode::KEY_KP2,
            KeyCode::KEY_KP3,
            KeyCode::KEY_KP4,
            KeyCode::KEY_KP5,
            KeyCode::KEY_KP6,
            KeyCode::KEY_KP7,
            KeyCode::KEY_KP8,
            KeyCode::KEY_KP9,
            KeyCode::KEY_KPENTER,
            KeyCode::KEY_KPPLUS,
            KeyCode::KEY_KPMINUS,
        ] {
            keys.insert(code);
        }
        keys
    }

    #[test]
    fn a_numeric_keypad_is_one_and_a_power_button_is_none() {
        assert!(is_keypad(&keypad()));
        let mut without = keypad();
        without.remove(KeyCode::KEY_KP7);
        assert!(!is_keypad(&without));
        let mut button = AttributeSet::new();
        button.insert(KeyCode::KEY_POWER);
        assert!(!is_keypad(&button));
    }

    #[test]
    fn a_key_counts_when_it_goes_down_and_once() {
        let key = |code: KeyCode, value| pressed(&InputEvent::new(EventType::KEY.0, code.0, value));
        assert_eq!(key(KeyCode::KEY_KP5, 1), Some(Key::Digit(5)));
        assert_eq!(key(KeyCode::KEY_KP5, 2), None, "held");
        assert_eq!(key(KeyCode::KEY_KP5, 0), None, "let go");
        assert_eq!(key(KeyCode::KEY_KPENTER, 1), Some(Key::Press));
        assert_eq!(key(KeyCode::KEY_KPPLUS, 1), Some(Key::Next));
        assert_eq!(key(KeyCode::KEY_KPMINUS, 1), Some(Key::Previous));
        assert_eq!(key(KeyCode::KEY_BACKSPACE, 1), Some(Key::Erase));
        assert_eq!(key(KeyCode::KEY_KPASTERISK, 1), Some(Key::Again));
        assert_eq!(key(KeyCode::KEY_KPSLASH, 1), Some(Key::Louder));
        assert_eq!(key(KeyCode::KEY_A, 1), None);
        let moved = InputEvent::new(EventType::RELATIVE.0, KeyCode::KEY_KP5.0, 1);
        assert_eq!(pressed(&moved), None);
    }
}
