// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names of face files: `OQSsiquc01res_face_<id>_<yyyyMMddHHmmss>.xml`.

use crate::document::CODE_DIGITS;
use crate::known::is_time;

const BEFORE: &str = "OQSsiquc01res_face_";
const AFTER: &str = ".xml";

/// Digits between 医療機関コード and counter in the id of one public writer. What they mean is not public.
pub const KIND_DIGITS: usize = 3;
/// Digits of the counter.
const COUNTER_DIGITS: usize = 17;

/// What the name of a face file says.
#[derive(Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// Whatever its writer likes.
    pub id: &'a str,
    /// `yyyyMMddHHmmss`, Japan.
    pub time: &'a str,
}

impl<'a> Named<'a> {
    /// Reads a name as the programs in the field do: upper and lower case are the same, any id that is one.
    #[must_use]
    pub fn read(name: &'a str) -> Option<Self> {
        let rest = strip(name, BEFORE, true)?;
        let rest = strip(rest, AFTER, false)?;
        let (id, time) = rest.rsplit_once('_')?;
        (!id.is_empty() && is_time(time)).then_some(Self { id, time })
    }
}

/// `text` without `part` before or behind it, whatever its case.
fn strip<'a>(text: &'a str, part: &str, before: bool) -> Option<&'a str> {
    let at = if before {
        part.len()
    } else {
        text.len().checked_sub(part.len())?
    };
    let (left, right) = text.split_at_checked(at)?;
    let (found, rest) = if before { (left, right) } else { (right, left) };
    found.eq_ignore_ascii_case(part).then_some(rest)
}

/// The name of a file: `institution` has [`CODE_DIGITS`] digits, `kind` [`KIND_DIGITS`], `time` is
/// `yyyyMMddHHmmss`.
pub(crate) fn of(institution: &str, kind: &str, counter: u64, time: &str) -> String {
    debug_assert!(institution.len() == CODE_DIGITS && kind.len() == KIND_DIGITS && is_time(time));
    let counter = counter % 10_u64.pow(COUNTER_DIGITS as u32);
    format!("{BEFORE}{institution}{kind}{counter:0COUNTER_DIGITS$}_{time}{AFTER}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_in_the_field() {
        let name = of("1312345678", "001", 42, "20261201093000");
        assert_eq!(
            name,
            "OQSsiquc01res_face_131234567800100000000000000042_20261201093000.xml"
        );
        let read = Named {
            id: "131234567800100000000000000042",
            time: "20261201093000",
        };
        assert_eq!(Named::read(&name), Some(read));
        for good in [
            "oqssiquc01RES_Face_x_20261201093000.XML",
            "OQSsiquc01res_face_a_b_20261201093000.xml",
        ] {
            assert!(Named::read(good).is_some(), "{good}");
        }
        for bad in [
            "",
            ".xml",
            "OQSsiquc01res_face_.xml",
            "OQSsiquc01res_face__20261201093000.xml",
            "OQSsiquc01res_20261201093000.xml",
            "OQSsiquc01res_face_1_2026120109300.xml",
            "OQSsiquc01res_face_1_20261301093000.xml",
            "OQSsiquc01res_face_1_20261201093000.xml.part",
            "OQSsiquc01res_face_1_20261201093000",
            "健OQSsiquc01res_face_1_20261201093000.xml",
        ] {
            assert_eq!(Named::read(bad), None, "{bad}");
        }
    }
}
