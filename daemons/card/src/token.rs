// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a card says it is: the label at the start of EF 0006.

/// Length of the label, padded with spaces (or zeros, on some).
pub const LABEL_BYTES: usize = 32;

/// Kind of token behind the JPKI application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// マイナンバーカード.
    Card,
    /// スマホ用電子証明書 in the secure element of an Android phone.
    Android,
    /// The same on an iPhone.
    Iphone,
    /// 住基カード of before 2016; its certificates are all expired.
    OldCard,
    /// A label nobody told us of, for instance of the next card generation.
    Unknown,
}

impl Token {
    /// Reads the label. Labels are those of `myna-card` and of `jpki/myna`.
    #[must_use]
    pub fn from_label(label: &[u8]) -> Self {
        let end = label
            .iter()
            .rposition(|b| !matches!(b, b' ' | 0))
            .map_or(0, |last| last + 1);
        match &label[..end] {
            b"JPKIAPICCTOKEN2" => Self::Card,
            b"JPKIAPGPSETOKEN" => Self::Android,
            b"JPKIAPIOSTOKEN" => Self::Iphone,
            b"JPKIAPICCTOKEN" => Self::OldCard,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_known_with_either_padding() {
        let padded = |text: &str, with: u8| {
            let mut label = [with; LABEL_BYTES];
            label[..text.len()].copy_from_slice(text.as_bytes());
            Token::from_label(&label)
        };
        for with in [b' ', 0] {
            assert_eq!(padded("JPKIAPICCTOKEN2", with), Token::Card);
            assert_eq!(padded("JPKIAPICCTOKEN", with), Token::OldCard);
            assert_eq!(padded("JPKIAPGPSETOKEN", with), Token::Android);
            assert_eq!(padded("JPKIAPIOSTOKEN", with), Token::Iphone);
            assert_eq!(padded("JPKIAPICCTOKEN3", with), Token::Unknown);
            assert_eq!(padded("", with), Token::Unknown);
        }
        assert_eq!(Token::from_label(&[]), Token::Unknown);
        assert_eq!(Token::from_label(&[0xFF; LABEL_BYTES]), Token::Unknown);
    }
}
