// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whose code it is.
//!
//! Kept of a code is Argon2id (RFC 9106) over HMAC-SHA256 of it under the device's pepper. A four-digit
//! code falls to whoever can try all ten thousand, so the pepper is what protects a stolen disk, and
//! Argon2id makes each guess cost something where the pepper is stolen too. The salt is the reader's: one
//! computation serves every account.

use argon2::{Algorithm, Argon2, Params, Version};
use hmac::{Hmac, Mac};
use rand_core::{OsRng, RngCore};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::code::Code;

/// Bytes of pepper, and of what is kept of a code.
pub const BYTES: usize = 32;
const SALT: usize = 16;

/// The device's secret, sealed outside of what is kept.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Pepper([u8; BYTES]);

impl Pepper {
    /// As it was unsealed.
    #[must_use]
    pub fn new(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }
}

/// What a computation costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Cost {
    /// What a reader uses.
    pub const SHIPPED: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
    };
}

/// Why a code cannot be taken or looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// It would not be told who used it.
    #[error("another account has this code")]
    Taken,
    /// Only with a cost that no file of ours has.
    #[error("the cost of verifying cannot be computed with: {0}")]
    Cost(argon2::Error),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Issued {
    account: String,
    proof: [u8; BYTES],
}

/// The codes of a reader, as they are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    salt: [u8; SALT],
    cost: Cost,
    issued: Vec<Issued>,
}

impl Codes {
    /// None yet, with a salt of their own.
    #[must_use]
    pub fn none(cost: Cost) -> Self {
        let mut salt = [0; SALT];
        OsRng.fill_bytes(&mut salt);
        Self {
            salt,
            cost,
            issued: Vec::new(),
        }
    }

    /// Accounts with a code.
    #[must_use]
    pub fn accounts(&self) -> u32 {
        u32::try_from(self.issued.len()).unwrap_or(u32::MAX)
    }

    /// Gives `account` this code; one that it had is worth nothing from now on.
    ///
    /// # Errors
    /// [`CodeError::Taken`] when another account has it; nothing is changed then.
    pub fn issue(&mut self, account: &str, code: &Code, pepper: &Pepper) -> Result<(), CodeError> {
        let proof = *self.prove(code, pepper)?;
        let mut others = self.issued.iter().filter(|it| it.account != account);
        if others.any(|it| bool::from(it.proof.ct_eq(&proof))) {
            return Err(CodeError::Taken);
        }
        self.withdraw(account);
        self.issued.push(Issued {
            account: account.to_owned(),
            proof,
        });
        Ok(())
    }

    /// Takes the code of `account` away; whether it had one.
    pub fn withdraw(&mut self, account: &str) -> bool {
        let before = self.issued.len();
        self.issued.retain(|it| it.account != account);
        self.issued.len() < before
    }

    /// The account whose code this is. Takes as long whatever comes out.
    ///
    /// # Errors
    /// [`CodeError::Cost`].
    pub fn find(&self, code: &Code, pepper: &Pepper) -> Result<Option<&str>, CodeError> {
        let proof = self.prove(code, pepper)?;
        let mut found = None;
        for it in &self.issued {
            if bool::from(it.proof.ct_eq(&*proof)) {
                found = Some(it.account.as_str());
            }
        }
        Ok(found)
    }

    fn prove(&self, code: &Code, pepper: &Pepper) -> Result<Zeroizing<[u8; BYTES]>, CodeError> {
        let mut hmac = Hmac::<Sha256>::new_from_slice(&pepper.0).expect("any length is a key");
        hmac.update(code.expose());
        let peppered: Zeroizing<[u8; BYTES]> = Zeroizing::new(hmac.finalize().into_bytes().into());
        let Cost { memory_kib, passes } = self.cost;
        let parameters =
            Params::new(memory_kib, passes, 1, Some(BYTES)).map_err(CodeError::Cost)?;
        let mut proof = Zeroizing::new([0; BYTES]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(&*peppered, &self.salt, &mut *proof)
            .map_err(CodeError::Cost)?;
        Ok(proof)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn code(digits: &str) -> Code {
        Code::new(digits.as_bytes()).unwrap()
    }

    fn pepper() -> Pepper {
        Pepper::new([7; BYTES])
    }

    const CHEAP: Cost = Cost {
        memory_kib: 8,
        passes: 1,
    };

    #[test]
    fn a_code_is_found_until_it_is_issued_anew_or_withdrawn() {
        let mut codes = Codes::none(Cost::SHIPPED);
        codes.issue("suzuki", &code("0417"), &pepper()).unwrap();
        assert_eq!(codes.find(&code("0417"), &pepper()), Ok(Some("suzuki")));
        assert_eq!(codes.find(&code("0418"), &pepper()), Ok(None));
        codes.issue("suzuki", &code("9000"), &pepper()).unwrap();
        assert_eq!(codes.find(&code("0417"), &pepper()), Ok(None));
        assert_eq!(codes.accounts(), 1);
        assert!(codes.withdraw("suzuki"));
        assert!(!codes.withdraw("suzuki"));
        assert_eq!(codes.find(&code("9000"), &pepper()), Ok(None));
    }

    #[test]
    fn two_accounts_never_have_the_same_code() {
        let mut codes = Codes::none(CHEAP);
        codes.issue("suzuki", &code("0417"), &pepper()).unwrap();
        let before = codes.clone();
        let taken = codes.issue("tanaka", &code("0417"), &pepper());
        assert_eq!(taken, Err(CodeError::Taken));
        assert_eq!(codes, before);
        codes.issue("tanaka", &code("0418"), &pepper()).unwrap();
        assert_eq!(codes.find(&code("0418"), &pepper()), Ok(Some("tanaka")));
        assert_eq!(codes.find(&code("0417"), &pepper()), Ok(Some("suzuki")));
    }

    #[test]
    fn without_the_pepper_no_code_of_all_ten_thousand_is_found() {
        let mut codes = Codes::none(CHEAP);
        codes.issue("suzuki", &code("0417"), &pepper()).unwrap();
        let other = Pepper::new([8; BYTES]);
        let found = |pepper: &Pepper| {
            let all = (0..10_000).map(|n| code(&format!("{n:04}")));
            all.filter(|code| codes.find(code, pepper).unwrap().is_some())
                .count()
        };
        assert_eq!(found(&other), 0);
        assert_eq!(found(&pepper()), 1);
    }
}
