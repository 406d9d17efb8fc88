// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writing the few DER structures OpenSSL's builders have no words for.

use openssl::asn1::{Asn1Object, Asn1OctetString};
use openssl::error::ErrorStack;
use openssl::x509::X509Extension;

/// SEQUENCE.
pub const SEQUENCE: u8 = 0x30;
/// IA5String.
pub const IA5_STRING: u8 = 0x16;
/// UTF8String.
pub const UTF8_STRING: u8 = 0x0C;
/// OBJECT IDENTIFIER.
const OBJECT_IDENTIFIER: u8 = 0x06;

/// Tag `[number]` with content that is itself DER.
pub const fn context(number: u8) -> u8 {
    0xA0 | number
}

/// Tag `[number]` with plain content.
pub const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

/// Tag, length, content. The content is at most 65 535 bytes here, far more than an extension has.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len().to_be_bytes();
    match content.len() {
        0..=0x7F => bytes.push(length[7]),
        0x80..=0xFF => bytes.extend([0x81, length[7]]),
        _ => bytes.extend([0x82, length[6], length[7]]),
    }
    bytes.extend(content);
    bytes
}

/// SEQUENCE of parts that are DER already.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(SEQUENCE, &parts.concat())
}

/// OBJECT IDENTIFIER from its dotted form.
pub fn oid(dotted: &str) -> Result<Vec<u8>, ErrorStack> {
    Ok(tlv(
        OBJECT_IDENTIFIER,
        Asn1Object::from_str(dotted)?.as_slice(),
    ))
}

/// An extension from its dotted identifier and its content.
pub fn extension(
    dotted: &str,
    critical: bool,
    content: &[u8],
) -> Result<X509Extension, ErrorStack> {
    let object = Asn1Object::from_str(dotted)?;
    X509Extension::new_from_der(
        &object,
        critical,
        &*Asn1OctetString::new_from_bytes(content)?,
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lengths_are_the_shortest_there_are() {
        assert_eq!(tlv(4, &[0; 0x7F])[..2], [4, 0x7F]);
        assert_eq!(tlv(4, &[0; 0x80])[..3], [4, 0x81, 0x80]);
        assert_eq!(tlv(4, &[0; 0x100])[..4], [4, 0x82, 1, 0]);
    }

    #[test]
    fn an_object_identifier() {
        assert_eq!(
            oid("1.3.6.1.5.5.7.48.1").unwrap(),
            [6, 8, 0x2B, 6, 1, 5, 5, 7, 0x30, 1]
        );
    }
}
