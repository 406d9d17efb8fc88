// SPDX-License-Identifier: MIT OR Apache-2.0
//! The nested dictionaries RAUC answers with. What is missing or of another type reads as empty,
//! and an empty value is refused by the judgement.

use std::collections::HashMap;

use zbus::{OwnedVariant, Variant};

use crate::domain::{Manifest, Slot};

/// A variant may hold a variant that holds the value.
fn bare<'v, 'a>(value: &'v Variant<'a>) -> &'v Variant<'a> {
    match value {
        Variant::Variant(inner) => bare(inner),
        value => value,
    }
}

fn text(value: Option<&Variant<'_>>) -> String {
    match value.map(bare) {
        Some(Variant::Str(text)) => text.to_string(),
        _ => String::new(),
    }
}

fn list<'v, 'a>(value: Option<&'v Variant<'a>>) -> &'v [Variant<'a>] {
    match value.map(bare) {
        Some(Variant::Array(array)) => array.inner(),
        _ => &[],
    }
}

fn entry<'v, 'a>(value: Option<&'v Variant<'a>>, key: &str) -> Option<&'v Variant<'a>> {
    let Some(Variant::Dict(dict)) = value.map(bare) else {
        return None;
    };
    dict.iter()
        .find(|(name, _)| matches!(bare(name), Variant::Str(name) if name.as_str() == key))
        .map(|(_, value)| value)
}

/// What `InspectBundle` says, but for what the reader is.
pub(super) fn read(info: &HashMap<String, OwnedVariant>) -> Manifest {
    let at = |key: &str| info.get(key).map(|value| &**value);
    let update = at("update");
    let images = list(at("images"));
    let own = |image: &Variant<'_>| !list(entry(Some(image), "hooks")).is_empty();
    Manifest {
        reader: String::new(),
        compatible: text(entry(update, "compatible")),
        version: text(entry(update, "version")),
        hash: text(at("manifest-hash")),
        format: text(entry(at("bundle"), "format")),
        classes: images
            .iter()
            .map(|image| text(entry(Some(image), "slot-class")))
            .collect(),
        programs: at("hooks").is_some() || at("handler").is_some() || images.iter().any(own),
    }
}

/// How many slots of `target` RAUC wrote whole in the job `transaction`.
pub(super) fn written(
    status: &[(String, HashMap<String, OwnedVariant>)],
    target: Slot,
    transaction: &str,
) -> usize {
    let number = match target {
        Slot::A => ".0",
        Slot::B => ".1",
    };
    let whole = |slot: &HashMap<String, OwnedVariant>| {
        let at = |key: &str| text(slot.get(key).map(|value| &**value));
        at("status") == "ok" && at("installed.transaction") == transaction
    };
    let ours = status
        .iter()
        .filter(|(name, slot)| name.ends_with(number) && whole(slot));
    ours.count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn owned<'a>(value: impl Into<Variant<'a>>) -> OwnedVariant {
        value.into().try_into_owned().unwrap()
    }

    fn dict<'a>(
        entries: impl IntoIterator<Item = (&'static str, Variant<'a>)>,
    ) -> HashMap<String, Variant<'a>> {
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    }

    #[test]
    fn what_is_not_there_or_of_another_type_reads_as_empty() {
        assert_eq!(read(&HashMap::new()), Manifest::default());
        let odd = HashMap::from([
            ("update".to_owned(), owned(7_u32)),
            ("manifest-hash".to_owned(), owned(true)),
            ("images".to_owned(), owned("rootfs")),
            ("bundle".to_owned(), owned(vec!["verity"])),
        ]);
        assert_eq!(read(&odd), Manifest::default());
    }

    #[test]
    fn hooks_and_handlers_are_seen_wherever_they_are() {
        let hooked = dict([
            ("slot-class", Variant::from("rootfs")),
            ("hooks", Variant::from(vec!["post-install"])),
        ]);
        let images = Variant::Variant(Box::new(Variant::from(vec![hooked])));
        let info = HashMap::from([("images".to_owned(), owned(images))]);
        let manifest = read(&info);
        assert!(manifest.programs);
        assert_eq!(manifest.classes, ["rootfs"]);
        for key in ["hooks", "handler"] {
            let info = HashMap::from([(key.to_owned(), owned("anything"))]);
            assert!(read(&info).programs, "{key}");
        }
    }

    #[test]
    fn only_whole_slots_of_this_job_and_group_count() {
        let slot = |name: &str, status: &str, job: &str| {
            let entries = [("status", status), ("installed.transaction", job)];
            let entries = entries.map(|(key, value)| (key.to_owned(), owned(value)));
            (name.to_owned(), HashMap::from(entries))
        };
        let status = [
            slot("efi.0", "ok", "job"),
            slot("efi.1", "ok", "job"),
            slot("rootfs.1", "pending", "job"),
            slot("verity.1", "ok", "earlier"),
            ("verity.1".to_owned(), HashMap::new()),
        ];
        assert_eq!(written(&status, Slot::B, "job"), 1);
        assert_eq!(written(&status, Slot::A, "job"), 1);
        assert_eq!(written(&status, Slot::B, ""), 0);
    }
}
