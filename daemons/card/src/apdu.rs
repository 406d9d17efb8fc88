// SPDX-License-Identifier: MIT OR Apache-2.0
//! Commands to the card and its answers, short form only (ISO/IEC 7816-4 §5.1).
//!
//! Extended length would save six reads of a certificate, but readers in the field break on it and
//! one public source says that the card refuses it for READ BINARY.

use std::fmt;

use uketsuke_bus::card1::{DIGEST_BYTES, PIN_BYTES};
use uketsuke_bus::pinless1::PART_BYTES;
use uketsuke_bus::secret::SecretBytes;
use uketsuke_record::{CHALLENGE_BYTES, Reference};
use zeroize::Zeroizing;

/// Most bytes one READ BINARY in short form brings.
pub const CHUNK: usize = 256;
/// Most bytes of an answer in short form: 256 and the status word.
pub const ANSWER_BYTES: usize = CHUNK + 2;
/// Length of a signature: RSA-2048.
pub const SIGNATURE_BYTES: usize = 256;

/// GlobalPlatform issuer security domain. Selecting it leaves the current application and clears
/// its security status (measured on real cards by the authors of `myna-card`).
pub const ISD: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00];
/// 公的個人認証AP (JPKI). Always the full name: the card also takes prefixes.
pub const JPKI: &[u8] = &[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];

/// 券面事項確認AP (card face).
pub const SURFACE: &[u8] = &[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02];

/// DER of a SHA-256 `DigestInfo` up to the digest (RFC 8017 §9.2, note 1).
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// Files by their identifier: of the JPKI application, and of the card face's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Ef {
    /// Token information; its first 32 bytes say what the card is.
    Token = 0x0006,
    /// 利用者証明用電子証明書, readable with nothing presented.
    Certificate = 0x000A,
    /// Private key of the certificate.
    Key = 0x0017,
    /// 利用者証明用 PIN: four digits, three tries.
    Pin = 0x0018,
    /// Key that a terminal's certificate is checked with (特定機関認証).
    Terminal = 0x0016,
    /// Card face: 照合番号B, ten tries.
    NumberB = 0x0012,
    /// Card face: certificate of the key that signs its records, readable with nothing presented.
    Issuer = 0x0004,
    /// Card face: the record with the photo.
    Face = 0x0002,
}

/// A PIN of the right shape: four ASCII digits. Wiped on drop.
pub struct Pin(SecretBytes);

impl Pin {
    /// Takes `secret` if it is four ASCII digits.
    #[must_use]
    pub fn new(secret: SecretBytes) -> Option<Self> {
        let digits = secret.expose();
        (digits.len() == PIN_BYTES && digits.iter().all(u8::is_ascii_digit)).then_some(Self(secret))
    }
}

/// The SHA-256 digest to be signed.
pub type Digest = [u8; DIGEST_BYTES];

/// One command. The bytes are wiped on drop, because a VERIFY carries the PIN; there is no `Debug`
/// for the same reason, [`fmt::Display`] prints the header alone.
pub struct Command {
    bytes: Zeroizing<Vec<u8>>,
    lc: u16,
}

impl Command {
    /// SELECT an application by its full name, no answer data wanted.
    #[must_use]
    pub fn select_application(name: &[u8]) -> Self {
        Self::new([0x00, 0xA4, 0x04, 0x0C], name, None)
    }

    /// SELECT an elementary file of the current application.
    #[must_use]
    pub fn select(file: Ef) -> Self {
        Self::new([0x00, 0xA4, 0x02, 0x0C], &(file as u16).to_be_bytes(), None)
    }

    /// READ BINARY of `count` bytes, 1 to 256, from `offset`, at most 15 bits.
    #[must_use]
    pub fn read(offset: usize, count: usize) -> Self {
        debug_assert!(offset < 1 << 15 && (1..=CHUNK).contains(&count));
        let [high, low] = ((offset & 0x7FFF) as u16).to_be_bytes();
        Self::new([0x00, 0xB0, high, low], &[], Some((count % CHUNK) as u8))
    }

    /// VERIFY without data: asks how many tries are left and never spends one.
    #[must_use]
    pub fn query_tries() -> Self {
        Self::new([0x00, 0x20, 0x00, 0x80], &[], None)
    }

    /// VERIFY of the PIN whose file is selected.
    #[must_use]
    pub fn verify(pin: &Pin) -> Self {
        Self::new([0x00, 0x20, 0x00, 0x80], pin.0.expose(), None)
    }

    /// VERIFY of 照合番号B, whose file is selected.
    #[must_use]
    pub fn verify_reference(reference: &Reference) -> Self {
        Self::new([0x00, 0x20, 0x00, 0x80], reference.expose(), None)
    }

    /// COMPUTE DIGITAL SIGNATURE with the card face's own key (P2 00), which needs nothing
    /// presented: the answer proves that the card is there. The challenge takes a digest's place.
    #[must_use]
    pub fn prove(challenge: &[u8; CHALLENGE_BYTES]) -> Self {
        Self::new([0x80, 0x2A, 0x00, 0x00], &digest_info(challenge), Some(0))
    }

    /// COMPUTE DIGITAL SIGNATURE with the key whose file is selected. The daemon writes the
    /// `DigestInfo`: with P1 = 00 the card pads whatever it is given, so a caller that could choose
    /// the bytes would have a raw signing oracle.
    #[must_use]
    pub fn sign(digest: &Digest) -> Self {
        Self::new([0x80, 0x2A, 0x00, 0x80], &digest_info(digest), Some(0))
    }

    /// A command of another's making, if it is one that terminal authentication is made of: SELECT of
    /// the key that checks the terminal's certificate, `80 A2` that hands the certificate over, GET
    /// CHALLENGE, EXTERNAL AUTHENTICATE. Nothing that reads, presents or signs (CARD-07).
    ///
    /// The certificate does not fit a short data field, so both forms are taken.
    #[must_use]
    pub fn relayed(bytes: &[u8]) -> Option<Self> {
        let (header, body) = bytes.split_first_chunk::<4>()?;
        let lc = data_length(body)?;
        let known = match header {
            [0x00, 0xA4, 0x02, 0x0C] => body == [2, 0x00, Ef::Terminal as u8],
            [0x80, 0xA2, _, 0xC1] | [0x00, 0x82, _, _] => (1..=PART_BYTES).contains(&lc),
            [0x00, 0x84, 0x00, 0x00] => lc == 0 && !body.is_empty(),
            _ => false,
        };
        known.then(|| Self {
            bytes: Zeroizing::new(bytes.to_vec()),
            lc,
        })
    }

    /// GET RESPONSE, for readers that hand a T=0 card through and pass its `61xx` on.
    #[must_use]
    pub fn get_response(count: u8) -> Self {
        Self::new([0x00, 0xC0, 0x00, 0x00], &[], Some(count))
    }

    fn new(header: [u8; 4], data: &[u8], le: Option<u8>) -> Self {
        let lc = u8::try_from(data.len()).expect("no command here carries more than 51 bytes");
        // The whole capacity at once: a vector that grows leaves copies of the PIN behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(header.len() + 2 + data.len()));
        bytes.extend_from_slice(&header);
        if lc > 0 {
            bytes.push(lc);
            bytes.extend_from_slice(data);
        }
        bytes.extend(le);
        let lc = lc.into();
        Self { bytes, lc }
    }

    /// What goes over the wire.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Instruction byte.
    #[must_use]
    pub fn instruction(&self) -> u8 {
        self.bytes[1]
    }

    /// Length of the data field.
    #[must_use]
    pub fn lc(&self) -> u16 {
        self.lc
    }

    /// Whether the card computes for long: a signature, its own or one that it checks.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        matches!(self.instruction(), 0x2A | 0x82 | 0xA2)
    }

    /// Whether this is a READ BINARY, the one command that may be sent again with another length.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.instruction() == 0xB0
    }

    /// The same read with another expected length (0 = 256).
    #[must_use]
    pub fn with_length(&self, le: u8) -> Self {
        debug_assert!(self.is_read());
        let header = [self.bytes[0], self.bytes[1], self.bytes[2], self.bytes[3]];
        Self::new(header, &[], Some(le))
    }
}

/// Length of the data field behind a header, if what stands there is one of the seven forms of
/// ISO/IEC 7816-3 §12.1.3.
fn data_length(body: &[u8]) -> Option<u16> {
    let (lc, rest, most_le) = match body {
        [] | [_] | [0, _, _] => return Some(0),
        [0, high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest, 2),
        [lc, rest @ ..] => (u16::from(*lc), rest, 1),
    };
    let le = rest.len().checked_sub(lc.into())?;
    (lc > 0 && (le == 0 || le == most_le)).then_some(lc)
}

fn digest_info(digest: &Digest) -> [u8; DIGEST_INFO.len() + DIGEST_BYTES] {
    let mut info = [0; DIGEST_INFO.len() + DIGEST_BYTES];
    info[..DIGEST_INFO.len()].copy_from_slice(&DIGEST_INFO);
    info[DIGEST_INFO.len()..].copy_from_slice(digest);
    info
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes[..4]
            .iter()
            .try_for_each(|b| write!(f, "{b:02X}"))
    }
}

/// Status word (SW1-SW2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sw(pub u16);

impl Sw {
    /// Normal end.
    pub const OK: Self = Self(0x9000);
    /// No precise diagnosis; one real card says so to the first command after power-up.
    pub const INTERNAL: Self = Self(0x6F00);
    /// Security status not satisfied: what opens it was not presented.
    pub const CLOSED: Self = Self(0x6982);
    /// No such file or application.
    pub const NOT_FOUND: Self = Self(0x6A82);

    /// `63Cx`: x tries left.
    #[must_use]
    pub fn tries(self) -> Option<u8> {
        (self.0 & 0xFFF0 == 0x63C0).then_some((self.0 & 0x0F) as u8)
    }

    /// The PIN is blocked: `6984` is the one seen, `6983` is what other libraries list.
    #[must_use]
    pub fn is_blocked(self) -> bool {
        matches!(self.0, 0x6983 | 0x6984)
    }

    /// `61xx`: so many bytes wait for GET RESPONSE (0 = 256).
    #[must_use]
    pub fn waiting(self) -> Option<u8> {
        (self.0 >> 8 == 0x61).then_some(self.0 as u8)
    }

    /// `6Cxx`: the right length of this read (0 = 256).
    #[must_use]
    pub fn right_length(self) -> Option<u8> {
        (self.0 >> 8 == 0x6C).then_some(self.0 as u8)
    }

    /// `62xx`: done, with a warning about the data.
    #[must_use]
    pub fn is_warning(self) -> bool {
        self.0 >> 8 == 0x62
    }

    /// A "checking error" of ISO/IEC 7816-4 (table 5: SW1 67 to 6E): the card understood the link
    /// and refused the command. Everything else that is not `9000` means that it is not well.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(self.0 >> 8, 0x67..=0x6B | 0x6D | 0x6E)
    }
}

impl fmt::Display for Sw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for Sw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An answer. The data are wiped on drop; no `Debug`, because they may be a certificate.
pub struct Response {
    /// Data field.
    pub data: Zeroizing<Vec<u8>>,
    /// Status word.
    pub sw: Sw,
}

impl Response {
    /// Takes an answer apart; none when it is too short to hold a status word or longer than the
    /// short form allows.
    #[must_use]
    pub fn parse(raw: &[u8]) -> Option<Self> {
        if raw.len() > ANSWER_BYTES {
            return None;
        }
        let (data, sw) = raw.split_last_chunk::<2>()?;
        Some(Self {
            data: Zeroizing::new(data.to_vec()),
            sw: Sw(u16::from_be_bytes(*sw)),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pin(digits: &[u8]) -> Option<Pin> {
        Pin::new(SecretBytes::new(digits.to_vec()))
    }

    #[test]
    fn commands_are_those_an_independent_library_writes() {
        use myna_card::Command as Theirs;
        let digest = [0x5A; 32];
        let info = [&DIGEST_INFO[..], &digest].concat();
        let cases = [
            (
                Command::select_application(JPKI),
                Theirs::with_data(0, 0xA4, 4, 0x0C, JPKI),
            ),
            (
                Command::select(Ef::Pin),
                Theirs::with_data(0, 0xA4, 2, 0x0C, [0x00, 0x18]),
            ),
            (Command::read(0, 256), Theirs::with_le(0, 0xB0, 0, 0, 256)),
            (Command::read(0x600, 54), Theirs::with_le(0, 0xB0, 6, 0, 54)),
            (Command::query_tries(), Theirs::new(0, 0x20, 0, 0x80)),
            (
                Command::verify(&pin(b"1234").unwrap()),
                Theirs::with_data(0, 0x20, 0, 0x80, *b"1234"),
            ),
            (
                Command::sign(&digest),
                Theirs::with_data_le(0x80, 0x2A, 0, 0x80, info, 256),
            ),
            (
                Command::get_response(0),
                Theirs::with_le(0, 0xC0, 0, 0, 256),
            ),
        ];
        for (ours, theirs) in cases {
            assert_eq!(ours.bytes(), theirs.to_bytes().unwrap());
        }
    }

    #[test]
    fn digest_info_is_the_published_vector() {
        use sha2::Digest as _;
        let digest: Digest = sha2::Sha256::digest(b"hello").into();
        let hex: String = Command::sign(&digest).bytes()[5..56]
            .iter()
            .map(|b| format!("{b:02X}"))
            .collect();
        assert_eq!(
            hex,
            "3031300D060960864801650304020105000420\
             2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824"
        );
    }

    #[test]
    fn only_four_ascii_digits_are_a_pin() {
        assert!(pin(b"0000").is_some());
        for bad in [
            &b""[..],
            b"123",
            b"12345",
            b"12a4",
            b"12 4",
            "１".as_bytes(),
            b"\x001234",
        ] {
            assert!(pin(bad).is_none());
        }
    }

    #[test]
    fn a_printed_command_shows_no_data() {
        assert_eq!(
            Command::verify(&pin(b"9876").unwrap()).to_string(),
            "00200080"
        );
    }

    #[test]
    fn nothing_but_terminal_authentication_is_relayed() {
        let part = |header: [u8; 4], data: usize| {
            let length = (data as u16).to_be_bytes();
            [&header[..], &[0], &length, &vec![0x5A; data]].concat()
        };
        let select = [0x00, 0xA4, 0x02, 0x0C, 2, 0x00, 0x16];
        for good in [
            &select[..],
            &part([0x80, 0xA2, 0x06, 0xC1], 307),
            &part([0x80, 0xA2, 0x00, 0xC1], 261),
            &[part([0x80, 0xA2, 0x00, 0xC1], 307), vec![0, 0]].concat(),
            &[0x00, 0x84, 0x00, 0x00, 8],
            &[0x00, 0x84, 0x00, 0x00, 0, 0, 8],
            &part([0x00, 0x82, 0x00, 0x80], 256),
            &[&[0x00, 0x82, 0x00, 0x80, 8][..], &[1; 8]].concat(),
        ] {
            let relayed = Command::relayed(good).unwrap();
            assert_eq!(relayed.bytes(), good);
        }
        let read = Command::read(0, 256);
        let sign = Command::sign(&[7; 32]);
        let verify = Command::verify(&pin(b"1234").unwrap());
        let query = Command::query_tries();
        let (pin_file, jpki) = (Command::select(Ef::Pin), Command::select_application(JPKI));
        let ours = [&read, &sign, &verify, &query, &pin_file, &jpki];
        for bad in ours
            .map(|command| command.bytes().to_vec())
            .into_iter()
            .chain([
                vec![],
                vec![0x00, 0x84, 0x00],
                vec![0x00, 0x84, 0x00, 0x00],
                part([0x80, 0xA2, 0x06, 0xC1], 308),
                part([0x80, 0xA2, 0x06, 0x00], 307),
                part([0x80, 0xA2, 0x06, 0xC1], 0),
                part([0x00, 0xA2, 0x06, 0xC1], 307),
                part([0x00, 0x88, 0x00, 0x80], 32),
                part([0x80, 0xA2, 0x06, 0xC1], 307)[..200].to_vec(),
                [&part([0x80, 0xA2, 0x00, 0xC1], 261)[..], &[0]].concat(),
                [&select[..], &[0]].concat(),
            ])
        {
            assert!(Command::relayed(&bad).is_none(), "{bad:02X?}");
        }
    }

    #[test]
    fn answers_outside_the_short_form_are_refused() {
        assert!(Response::parse(&[]).is_none());
        assert!(Response::parse(&[0x90]).is_none());
        assert!(Response::parse(&[0; ANSWER_BYTES + 1]).is_none());
        let longest = Response::parse(&[0; ANSWER_BYTES]).unwrap();
        assert_eq!((longest.data.len(), longest.sw), (CHUNK, Sw(0)));
    }

    #[test]
    fn status_words_read_as_the_card_means_them() {
        assert_eq!(Sw(0x63C2).tries(), Some(2));
        assert_eq!(Sw(0x6300).tries(), None);
        assert_eq!(Sw(0x9000).tries(), None);
        assert!(Sw(0x6984).is_blocked() && Sw(0x6983).is_blocked());
        assert!(Sw::NOT_FOUND.is_refusal() && Sw(0x6D00).is_refusal());
        assert!(!Sw::INTERNAL.is_refusal() && !Sw(0x6581).is_refusal() && !Sw(0x1234).is_refusal());
        assert_eq!(Sw(0x6C10).right_length(), Some(0x10));
        assert_eq!(Sw(0x6100).waiting(), Some(0));
    }
}
