// SPDX-License-Identifier: MIT OR Apache-2.0
//! The paths of a patient, written once (`paths.txt`) and walked on the bus and in the browser.

/// What a facility asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facility {
    /// 手術・傷病名・感染症, 診療・お薬, 健診.
    Everything,
    /// お薬 and 健診, no 傷病名等.
    Medicine,
    /// Everything, with the form of prescription, 医療費助成 and 電子カルテ情報共有サービス.
    Services,
    /// Everything, with 電子カルテ情報共有サービス.
    Sharing,
    /// Everything, where faces are compared.
    Face,
    /// Everything, with the limit of what is paid and 電子カルテ情報共有サービス.
    HighCost,
}

/// One thing done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// This card of the tray is laid on the slot.
    Card(&'static str),
    /// This phone of the tray is held to the reader beside.
    Phone(&'static str),
    /// Whatever lies there is taken away.
    Lift,
    /// Touched.
    Press(&'static str),
    /// The PIN of this card or phone is typed; none: a wrong one.
    Type(Option<&'static str>),
    /// The staff passcode is typed, or a wrong one.
    Code {
        /// Whether it is the right one.
        right: bool,
    },
    /// From now on the centre says so of a person; nothing is shown of it.
    Centre(&'static str, &'static str),
    /// Of these letters the centre has the person's consent, of no others; nothing is shown of it.
    Submitted {
        /// Of whom.
        name: &'static str,
        /// Their ids, with a space between.
        letters: &'static str,
    },
    /// What this person chose besides the consents at the last visit; nothing is shown of it.
    Chose {
        /// Who.
        name: &'static str,
        /// 電子処方箋, not 紙の処方箋.
        electronic: bool,
        /// 利用する, not 利用しない.
        used: bool,
    },
    /// What this person said of the limit of what is paid at the last visit; nothing is shown of it.
    Limit {
        /// Who.
        name: &'static str,
        /// 提供する, not 提供しない.
        provided: bool,
    },
    /// So somebody stands before the camera from now on, by the name the simulated face daemon has for
    /// it; or nobody. `camera-broken` and `number-hidden` are of the cameras and the card's front.
    Before(&'static str),
    /// The reader's way to the terminal.
    Line {
        /// Whether it carries.
        up: bool,
    },
}

/// From P-00 to P-00.
pub struct Path {
    /// What it is about.
    pub name: &'static str,
    /// Where it is walked.
    pub facility: Facility,
    /// What is done, and the view it leads to; none where nothing is shown of it.
    pub steps: Vec<(Deed, Option<&'static str>)>,
}

/// All of them, in order: who comes again is remembered.
///
/// # Panics
/// When `paths.txt` is not written as it says.
#[must_use]
pub fn all() -> Vec<Path> {
    let mut paths: Vec<Path> = Vec::new();
    let mut facility = Facility::Everything;
    let lines = include_str!("../paths.txt").lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("facility ") {
            facility = match name {
                "everything" => Facility::Everything,
                "medicine" => Facility::Medicine,
                "sharing" => Facility::Sharing,
                "face" => Facility::Face,
                "services" => Facility::Services,
                "high-cost" => Facility::HighCost,
                _ => panic!("no such facility: {line}"),
            };
        } else if let Some(name) = line.strip_prefix("path ") {
            let steps = Vec::new();
            paths.push(Path {
                name,
                facility,
                steps,
            });
        } else {
            let path = paths.last_mut().expect("a path before its steps");
            path.steps.push(step(line));
        }
    }
    paths
}

fn step(line: &'static str) -> (Deed, Option<&'static str>) {
    let (done, view) = match line.split_once(" -> ") {
        Some((done, view)) => (done, Some(view)),
        None => (line, None),
    };
    if let Some((name, letters)) = done
        .strip_prefix("submitted ")
        .and_then(|done| done.split_once(' '))
    {
        return (Deed::Submitted { name, letters }, None);
    }
    let words: Vec<_> = done.split(' ').collect();
    let deed = match words[..] {
        ["card", name] => Deed::Card(name),
        ["phone", name] => Deed::Phone(name),
        ["lift"] => Deed::Lift,
        ["press", action] => Deed::Press(action),
        ["type", "right", name] => Deed::Type(Some(name)),
        ["type", "wrong"] => Deed::Type(None),
        ["code", "right"] => Deed::Code { right: true },
        ["code", "wrong"] => Deed::Code { right: false },
        ["centre", name, validity] => Deed::Centre(name, validity),
        [
            "chose",
            name,
            form @ ("electronic" | "paper"),
            used @ ("use" | "use-not"),
        ] => Deed::Chose {
            name,
            electronic: form == "electronic",
            used: used == "use",
        },
        ["limit", name, said @ ("provide" | "provide-not")] => Deed::Limit {
            name,
            provided: said == "provide",
        },
        ["before", who] => Deed::Before(who),
        ["line", "up"] => Deed::Line { up: true },
        ["line", "down"] => Deed::Line { up: false },
        _ => panic!("no such step: {line}"),
    };
    if matches!(deed, Deed::Before(_)) {
        // Whether anything is shown of it depends on whether somebody is looked for.
        return (deed, view);
    }
    let shown = !matches!(
        deed,
        Deed::Centre(..) | Deed::Chose { .. } | Deed::Limit { .. }
    );
    assert_eq!(view.is_some(), shown, "{line}");
    (deed, view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_ends_at_p_00_and_every_view_of_the_map_is_on_one() {
        let paths = all();
        for path in &paths {
            let last = path.steps.iter().rev().find_map(|step| step.1);
            assert_eq!(last, Some("P-00"), "{}", path.name);
        }
        let seen: Vec<_> = paths
            .iter()
            .flat_map(|path| path.steps.iter().filter_map(|step| step.1))
            .collect();
        for view in [
            "P-00", "P-02", "P-03", "P-04", "P-05", "P-05a", "P-06", "P-07", "P-08", "P-09a",
            "P-09b", "P-09c", "P-09d", "P-10", "P-11", "P-12", "P-13", "P-13b", "P-14", "S-01",
            "S-02", "S-03", "F-01", "F-02", "F-05",
        ] {
            assert!(seen.contains(&view), "{view}");
        }
    }
}
