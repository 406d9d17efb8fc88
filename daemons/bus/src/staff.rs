// SPDX-License-Identifier: MIT OR Apache-2.0
//! `jp.uketsuke.Mode1.Staff`: the staff passcodes of this reader (目視確認用パスコード). Served by the mode
//! manager, for the uplink alone, which has them from the terminal.

use zbus::OwnedFd;

/// Most bytes of an account's id.
pub const ACCOUNT_BYTES: usize = 64;

/// Whether this is the id of an account: 1 to 64 letters, digits, `.`, `_` or `-`, all ASCII.
#[must_use]
pub fn is_account(id: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=ACCOUNT_BYTES).contains(&id.len()) && id.bytes().all(letter)
}

/// Why a call was refused. Nothing is changed then.
#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "jp.uketsuke.Mode1.Staff.Error")]
pub enum StaffError {
    /// The bus itself failed.
    #[zbus(error)]
    ZBus(zbus::Error),
    /// The account's id is none.
    BadAccount(String),
    /// Not a sealed memory file with four digits.
    BadCode(String),
    /// Another account has this code: it would not be told who used it.
    Taken(String),
    /// This reader has nothing to keep codes with; the log says what is missing.
    NoPasscodes(String),
    /// It cannot be kept; the log says why.
    NotKept(String),
}

/// For the uplink.
#[zbus::proxy(
    interface = "jp.uketsuke.Mode1.Staff",
    default_service = "jp.uketsuke.Mode1",
    default_path = "/jp/uketsuke/Mode1"
)]
pub trait Staff {
    /// Gives an account a passcode; the one it had is worth nothing from now on, and every wrong one
    /// is forgotten. The memory file of sealed size is wiped.
    ///
    /// Errors: `BadAccount`, `BadCode`, `Taken`, `NoPasscodes`, `NotKept`.
    fn issue(&self, account: &str, code: OwnedFd) -> Result<(), StaffError>;

    /// Takes an account's passcode away; whether it had one.
    ///
    /// Errors: `BadAccount`, `NoPasscodes`, `NotKept`.
    fn withdraw(&self, account: &str) -> Result<bool, StaffError>;

    /// Accounts with a passcode.
    #[zbus(property)]
    fn accounts(&self) -> Result<u32, zbus::fdo::Error>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_an_id_of_plain_letters() {
        for id in ["a", "suzuki.ichiro", "A-1_2", &"x".repeat(64)] {
            assert!(is_account(id), "{id}");
        }
        for id in ["", " ", "a b", "鈴木", "a/b", "a\n", &"x".repeat(65)] {
            assert!(!is_account(id), "{id}");
        }
    }
}
