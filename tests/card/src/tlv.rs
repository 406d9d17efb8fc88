// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writing objects as cards write them, which is not DER: lengths are longer than they need to be.

/// Tag (one byte when its high byte is 0), length, value: from 128 bytes on with two bytes of
/// length, whatever is needed.
pub fn object(tag: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("an object is shorter than a file can be");
    let mut bytes = match tag.to_be_bytes() {
        [0, low] => vec![low],
        both => both.to_vec(),
    };
    match length {
        0..=127 => bytes.push(length as u8),
        _ => {
            bytes.push(0x82);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend(value);
    bytes
}

/// Objects behind a table of their places, the table being of tag `tag`, in an outer object `outer`
/// (a two-byte tag): the shape of EF 0002 of both 券面 applications.
pub fn with_table(outer: u16, tag: u16, objects: &[Vec<u8>]) -> Vec<u8> {
    let content: usize = objects.iter().map(Vec::len).sum();
    let table = 3 + 2 * objects.len();
    let header = if table + content < 128 { 3 } else { 5 };
    let mut at = header + table;
    let mut places = Vec::new();
    for object in objects {
        let place = u16::try_from(at).expect("a record is shorter than a file can be");
        places.extend(place.to_be_bytes());
        at += object.len();
    }
    object(outer, &[object(tag, &places), objects.concat()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_cards() {
        assert_eq!(object(0xDF29, &[0; 8])[..3], [0xDF, 0x29, 8]);
        assert_eq!(object(0x90, &[1, 0, 1]), [0x90, 3, 1, 0, 1]);
        assert_eq!(
            object(0xDF25, &[0; 169])[..5],
            [0xDF, 0x25, 0x82, 0x00, 0xA9]
        );
    }

    #[test]
    fn the_table_points_at_the_objects() {
        for size in [8, 300] {
            let objects = [object(0xDF22, &vec![1; size]), object(0xDF23, b"2")];
            let record = with_table(0xFF20, 0xDF21, &objects);
            let table = record.windows(3).position(|part| part == [0xDF, 0x21, 4]);
            let table = table.expect("there is a table") + 3;
            for (number, tag) in [[0xDF, 0x22], [0xDF, 0x23]].into_iter().enumerate() {
                let entry = table + 2 * number;
                let place = u16::from_be_bytes([record[entry], record[entry + 1]]);
                assert_eq!(record[usize::from(place)..][..2], tag);
            }
        }
    }
}
