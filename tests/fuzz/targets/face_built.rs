// SPDX-License-Identifier: MIT OR Apache-2.0
//! The record of the card's face, object by object: what is done to a genuine one is known, and so is
//! what has to come of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uketsuke_fuzz::face::{FACE, PHOTO, SIGNATURE, TAGS, believed, offsets, record};
use uketsuke_fuzz::input::Input;
use uketsuke_fuzz::tlv::{longhand, object};
use uketsuke_record::{CvCertificate, FaceRecord, RecordError};

/// Where the card's key stands in [`TAGS`].
const KEY: usize = 2;

/// What has to come of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Genuine,
    /// A record, signed by nobody we know.
    Forged,
    /// A record up to the photo, which is not there.
    WithoutPhoto,
    /// No record.
    Misshapen,
    /// Not a genuine one; which of the others depends on bytes nobody looked at here.
    NotGenuine,
}

impl Verdict {
    /// Of two things done to one record, what is found first counts.
    fn and(self, later: Self) -> Self {
        match (self, later) {
            (Self::Genuine | Self::Forged, Self::Misshapen | Self::WithoutPhoto) => later,
            (Self::Genuine, _) => later,
            // Where the photo is gone the object behind it is looked at in its place.
            (Self::WithoutPhoto, Self::Misshapen) => Self::NotGenuine,
            (Self::NotGenuine, _) | (_, Self::NotGenuine) => Self::NotGenuine,
            _ => self,
        }
    }
}

/// One object, as it should be or not.
fn built(at: usize, input: &mut Input) -> (Vec<u8>, Verdict) {
    let (tag, value) = (TAGS[at], &FACE.values[at]);
    let genuine = object(tag, value);
    let is_signed = at < SIGNATURE;
    let gone = if at == PHOTO {
        Verdict::WithoutPhoto
    } else {
        Verdict::Misshapen
    };
    match input.below(8) {
        // A length in another form than the signed one.
        1 => {
            let other = longhand(tag, value.len(), value);
            let verdict = match is_signed && other != genuine {
                true => Verdict::Forged,
                false => Verdict::Genuine,
            };
            (other, verdict)
        }
        2 => {
            let count = input.u8().into();
            let other = input.bytes(count);
            let verdict = match at {
                _ if other == *value => Verdict::Genuine,
                KEY => Verdict::NotGenuine,
                SIGNATURE => Verdict::Misshapen,
                PHOTO if other.is_empty() => Verdict::WithoutPhoto,
                _ if is_signed => Verdict::Forged,
                _ => Verdict::Genuine,
            };
            (object(tag, &other), verdict)
        }
        3 => {
            let mut other = value.clone();
            let (place, bits) = (usize::from(input.u16()) % value.len(), input.u8());
            other[place] ^= bits;
            let verdict = match at {
                _ if bits == 0 => Verdict::Genuine,
                KEY => Verdict::NotGenuine,
                _ if at <= SIGNATURE => Verdict::Forged,
                _ => Verdict::Genuine,
            };
            (object(tag, &other), verdict)
        }
        4 => (Vec::new(), gone),
        // The second address stands where the photo belongs.
        5 if at + 1 == PHOTO => (genuine.repeat(2), Verdict::WithoutPhoto),
        5 => (genuine.repeat(2), Verdict::Misshapen),
        6 => {
            let other = input.u16();
            let verdict = match other == tag {
                true => Verdict::Genuine,
                // A tag that no card uses may end the walk at the photo's place.
                false if at == PHOTO => Verdict::NotGenuine,
                false => Verdict::Misshapen,
            };
            (object(other, value), verdict)
        }
        _ => (genuine, Verdict::Genuine),
    }
}

fn verdict(file: &[u8]) -> Verdict {
    let certificate = CvCertificate::parse(&FACE.certificate).expect("made to be one");
    match FaceRecord::parse(file) {
        Err(_) => Verdict::Misshapen,
        Ok(None) => Verdict::WithoutPhoto,
        Ok(Some(record)) => match record.verified(&certificate, &FACE.roots) {
            Err(RecordError::RecordForged) => Verdict::Forged,
            Err(error) => panic!("the certificate is genuine: {error}"),
            Ok(genuine) => {
                believed(genuine);
                Verdict::Genuine
            }
        },
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::over(bytes);
    let (mut objects, mut wanted) = (Vec::new(), Verdict::Genuine);
    for at in 0..TAGS.len() {
        let (object, verdict) = built(at, &mut input);
        objects.push(object);
        wanted = wanted.and(verdict);
    }
    let mut table = offsets(&objects);
    if input.below(4) == 1 {
        let place = usize::from(input.u8()) % table.len();
        let bits = input.u8();
        table[place] ^= bits;
        if bits != 0 {
            wanted = wanted.and(Verdict::Misshapen);
        }
    }
    let mut file = record(&table, &objects.concat());
    file.extend(vec![0xFF; usize::from(input.below(32))]);
    let behind = input.u8();
    if behind != 0 {
        file.push(behind);
        if behind != 0xFF {
            // The whole file is looked at before its objects are.
            wanted = Verdict::Misshapen;
        }
    }
    let found = verdict(&file);
    let agreed = match wanted {
        Verdict::NotGenuine => found != Verdict::Genuine,
        _ => found == wanted,
    };
    assert!(agreed, "{wanted:?} was wanted, {found:?} came of it");
});
