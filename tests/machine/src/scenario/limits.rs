// SPDX-License-Identifier: MIT OR Apache-2.0
//! Limits of the product that a machine of a scenario is to have otherwise, as its board tells them
//! (SMBIOS strings: systemd's credentials). The image stays as it is.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Nobody waits for the two minutes that a boot must be well for.
const HASTE: &str =
    "[Service]\nExecStart=\nExecStart=/usr/bin/uketsukectl boot-ok --since-start --hold 5\n";

/// A version on trial has five minutes from the machine's start. An emulator on a slow machine takes
/// them for the start alone.
const PATIENCE: [(&str, &str); 2] = [
    (
        "uketsuke-boot-ok.service",
        "[Service]\nExecStart=\nExecStart=/usr/bin/uketsukectl boot-ok --since-start --limit 1500\n\
         RuntimeMaxSec=1530\n",
    ),
    (
        "uketsuke-fall-back.timer",
        "[Timer]\nOnActiveSec=\nOnActiveSec=1540\n",
    ),
];

/// For what is not about the boot check.
pub fn haste() -> Vec<String> {
    vec![drop_in("uketsuke-boot-ok.service", HASTE)]
}

/// For updates that are good: that a bad one is left in time is the matter of `broken-update`.
pub fn patience() -> Vec<String> {
    PATIENCE
        .iter()
        .map(|(unit, text)| drop_in(unit, text))
        .collect()
}

fn drop_in(unit: &str, text: &str) -> String {
    let text = BASE64_STANDARD.encode(text);
    format!("io.systemd.credential.binary:systemd.unit-dropin.{unit}={text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_overridden_is_what_the_units_say() {
        let check = include_str!("../../../../systemd/system/uketsuke-boot-ok.service");
        let timer = include_str!("../../../../systemd/system/uketsuke-fall-back.timer");
        assert!(check.contains("\nExecStart=/usr/bin/uketsukectl boot-ok --since-start\n"));
        assert!(check.contains("\nRuntimeMaxSec="));
        assert!(timer.contains("\nOnActiveSec="));
    }

    #[test]
    fn one_string_holds_one_file() {
        for string in haste().into_iter().chain(patience()) {
            let (name, text) = string.split_once('=').unwrap_or_default();
            assert!(name.starts_with("io.systemd.credential.binary:systemd.unit-dropin.uketsuke-"));
            assert!(
                BASE64_STANDARD
                    .decode(text)
                    .is_ok_and(|text| text.ends_with(b"\n"))
            );
        }
    }
}
