// SPDX-License-Identifier: MIT OR Apache-2.0
//! What others wrote: what is right is taken, and each mistake is named with its place and quoted nowhere.
#![allow(clippy::unwrap_used)]

mod support;

use support::{answered, consents};
use uketsuke_receipt::{Encoding, ReadError, Weight, check, read};

const NAME: &str = "OQSsiquc01res_face_1_20261201093000.xml";

fn good() -> String {
    let consents = consents();
    let document = answered(&consents, "資格　一郎").document(Encoding::Utf8);
    String::from_utf8(Encoding::Utf8.write(&document).unwrap().to_vec()).unwrap()
}

/// Every finding as it is printed.
fn found(bytes: &[u8]) -> Vec<String> {
    check(NAME, bytes).iter().map(ToString::to_string).collect()
}

#[test]
fn what_others_write_is_taken() {
    // Order of its own, tabs and CR LF, an empty element, a list that says nothing.
    let foreign = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\r\n<XmlMsg>\r\n\
        \t<MessageBody>\r\n\t\t<ResultList>\r\n\t\t\t<ResultOfQualificationConfirmation>\r\n\
        \t\t\t\t<Address>東京都</Address>\r\n\t\t\t\t<NameKana>ｼﾝﾘｮｳ ﾀﾛｳ</NameKana>\r\n\
        \t\t\t\t<Name/>\r\n\t\t\t\t<PublicExpenseResultList></PublicExpenseResultList>\r\n\
        \t\t\t\t<PharmaceuticalInfoConsFlg>1</PharmaceuticalInfoConsFlg>\r\n\
        \t\t\t\t<PharmaceuticalInfoConsTime>20230221174835</PharmaceuticalInfoConsTime>\r\n\
        \t\t\t\t<PharmaceuticalInfoAcquisitionTime>20230222174835</PharmaceuticalInfoAcquisitionTime>\r\n\
        \t\t\t</ResultOfQualificationConfirmation>\r\n\t\t</ResultList>\r\n\
        \t\t<QualificationValidity>1</QualificationValidity>\r\n\
        \t\t<ProcessingResultStatus>1</ProcessingResultStatus>\r\n\t</MessageBody>\r\n\
        \t<MessageHeader>\r\n\t\t<CharacterCodeIdentifier>0</CharacterCodeIdentifier>\r\n\
        \t\t<MedicalInstitutionCode>1312345678</MedicalInstitutionCode>\r\n\
        \t\t<QualificationConfirmationDate>20230221</QualificationConfirmationDate>\r\n\
        \t\t<SegmentOfResult>1</SegmentOfResult>\r\n\t</MessageHeader>\r\n</XmlMsg>\r\n";
    assert_eq!(found(foreign.as_bytes()), [""; 0]);
    let marked = [b"\xEF\xBB\xBF", foreign.as_bytes()].concat();
    assert_eq!(found(&marked), [""; 0]);
    let shift = foreign
        .replace("UTF-8", "Shift_JIS")
        .replace("Identifier>0", "Identifier>1");
    let (shift, _, lost) = encoding_rs::SHIFT_JIS.encode(&shift);
    assert!(!lost);
    assert_eq!(found(&shift), [""; 0]);
    let (document, label) = read(&shift).unwrap();
    assert_eq!(label, "Shift_JIS");
    let result = document
        .get("MessageBody")
        .unwrap()
        .get("ResultList")
        .unwrap();
    assert_eq!(result.elements()[0].said("NameKana"), Some("ｼﾝﾘｮｳ ﾀﾛｳ"));
    assert_eq!(result.elements()[0].said("Name"), Some(""));
}

#[test]
fn each_mistake_is_named_with_its_place() {
    let result = "XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation";
    let cases = [
        ("<Sex1>1<", "<Sex1>9<", "wrong: R/Sex1: not one of 1, 2, 3"),
        (
            "<Sex1>1</Sex1>",
            "<Sex1><A>1</A></Sex1>",
            "wrong: R/Sex1: not one of 1, 2, 3",
        ),
        (
            "<Birthdate>19750408<",
            "<Birthdate>19750230<",
            "wrong: R/Birthdate: not a day, yyyyMMdd",
        ),
        (
            "<InsurerNumber>  123456<",
            "<InsurerNumber>123456<",
            "wrong: R/InsurerNumber: not digits, with spaces before them to 8 characters",
        ),
        (
            "<Sex1>",
            "<Sex9>1</Sex9><Sex1>",
            "odd: R/Sex9: an element that no public program knows here",
        ),
        (
            "<Sex1>",
            "<Sex1>1</Sex1><Sex1>",
            "wrong: R/Sex1: there twice",
        ),
        (
            "資格　一郎",
            "資格　●郎",
            "odd: R/Name: a sign was lost on the way (●); the kana are whole",
        ),
        (
            "<PharmacistsInfoConsFlg>1<",
            "<PharmacistsInfoConsFlg>5<",
            "wrong: R/PharmacistsInfoConsFlg: not one of 0, 1, 2, 3",
        ),
        (
            "<PharmacistsInfoConsTime>20261201093000</PharmacistsInfoConsTime>",
            "",
            "odd: R/PharmacistsInfoConsFlg: a consent without its …ConsTime",
        ),
        (
            "<CharacterCodeIdentifier>0<",
            "<CharacterCodeIdentifier>1<",
            "wrong: XmlMsg/MessageHeader/CharacterCodeIdentifier: the file itself is UTF-8",
        ),
        (
            "<SegmentOfResult>1</SegmentOfResult>",
            "",
            "wrong: XmlMsg/MessageHeader/SegmentOfResult: not there, or empty",
        ),
        (
            "<QualificationValidity>1<",
            "<QualificationValidity>7<",
            "wrong: XmlMsg/MessageBody/QualificationValidity: not one of 1, 2, 3, 4, 5, 6",
        ),
        (
            "XmlMsg>",
            "XmlMessage>",
            "wrong: file: the document is not XmlMsg",
        ),
    ];
    for (from, to, expected) in cases {
        let bad = good().replace(from, to);
        assert_ne!(bad, good(), "{from}");
        let expected = expected.replace("R/", &format!("{result}/"));
        assert_eq!(found(bad.as_bytes()), [expected], "{from} → {to}");
    }
    let empty = good();
    let (before, rest) = empty.split_once("<ResultList>").unwrap();
    let after = rest.split_once("</ResultList>").unwrap().1;
    let expected = "wrong: XmlMsg/MessageBody/ResultList: no result, and QualificationValidity says that there is one";
    assert_eq!(found(format!("{before}{after}").as_bytes()), [expected]);
    let named = check("face.xml", good().as_bytes());
    assert_eq!(named.len(), 1);
    assert_eq!(
        (named[0].weight, named[0].place.as_str()),
        (Weight::Wrong, "name")
    );
}

#[test]
fn what_is_cut_off_anywhere_is_no_file() {
    let good = good();
    for end in 0..good.len() {
        assert!(read(&good.as_bytes()[..end]).is_err(), "cut at {end}");
    }
    assert!(read(good.as_bytes()).is_ok());
}

#[test]
fn hostile_files_are_refused_and_named() {
    let deep = "<a>".repeat(100_000);
    let wide = format!("<a>{}</a>", "<b/>".repeat(30_000));
    let long = vec![b' '; uketsuke_receipt::FILE_BYTES + 1];
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
    let outside = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>";
    let cases: [(&[u8], &str); 14] = [
        (b"", "the file is empty"),
        (&long, "the file has more than 1048576 bytes"),
        (deep.as_bytes(), "too many elements, at character 48"),
        (wide.as_bytes(), "too many elements, at character 79999"),
        (bomb.as_bytes(), "a document type, at character 0"),
        (outside.as_bytes(), "a document type, at character 0"),
        (b"<a>&b;</a>", "a reference to an entity, at character 3"),
        (
            b"<a>&#0;</a>",
            "no XML from character 3 on: broken, or not whole yet",
        ),
        (
            b"<a><b></a></b>",
            "no XML from character 6 on: broken, or not whole yet",
        ),
        (b"<a/><a/>", "a second document, at character 4"),
        (b"<a>text<b/></a>", "text beside elements, at character 7"),
        (b"text<a/>", "text outside of the document, at character 0"),
        (
            b"<?xml version=\"1.0\" encoding=\"Klingon\"?><a/>",
            "the declaration names no encoding that is known",
        ),
        (
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>\x8E\x91</a>",
            "a byte is no UTF-8, which the declaration names",
        ),
    ];
    for (bytes, expected) in cases {
        let error = read(bytes).map(drop).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(
        read(b"<a b='&c;'/>").map(|(a, _)| a.name),
        Ok("a".to_owned())
    );
    assert!(matches!(
        read(b"\xFF\xFE<\0a\0/\0>\0"),
        Err(ReadError::Bytes("UTF-8"))
    ));
}
