// SPDX-License-Identifier: MIT OR Apache-2.0
//! Passwords: what is taken for one, and what is kept of it.

use argon2::{Algorithm, Argon2, Params, Version};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Broken;
use super::token::random;

/// Fewest characters: what NIST SP 800-63B-4 asks of a password that nothing else stands beside.
pub(crate) const SHORTEST: usize = 15;
/// Most characters.
pub(crate) const LONGEST: usize = 128;
/// Fewest different ones.
const DIFFERENT: usize = 6;

/// What the reader spends on a passcode (MODE-06), well above what OWASP asks of Argon2id at least.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;

/// A password as it was typed; wiped after use.
#[derive(Clone, Default, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// One that was drawn.
    pub(crate) fn drawn(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both are the same; two fields of one form.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }

    /// Why this may not be the password of `account`. Only what every keyboard and input method writes
    /// alike is taken.
    pub(crate) fn weak(&self, account: &str) -> Option<Weak> {
        if !self.0.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return Some(Weak::Characters);
        }
        if self.0.len() < SHORTEST {
            return Some(Weak::Short);
        }
        if self.0.len() > LONGEST {
            return Some(Weak::Long);
        }
        let small = Zeroizing::new(self.0.to_ascii_lowercase());
        let name = account.to_ascii_lowercase();
        if name.len() > 2 && small.contains(&name) {
            return Some(Weak::HasName);
        }
        let mut seen: Zeroizing<Vec<u8>> = Zeroizing::new(small.bytes().collect());
        seen.sort_unstable();
        seen.dedup();
        (seen.len() < DIFFERENT).then_some(Weak::Alike)
    }
}

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weak {
    /// Fewer than [`SHORTEST`] characters.
    Short,
    /// More than [`LONGEST`].
    Long,
    /// Something else than printable ASCII.
    Characters,
    /// The account's name is in it.
    HasName,
    /// Fewer than six different characters.
    Alike,
}

/// What is kept of a password.
#[derive(Clone)]
pub struct Kept {
    /// Drawn for it.
    pub salt: [u8; 16],
    /// Memory that Argon2id takes, KiB.
    pub memory_kib: u32,
    /// How often it goes over it.
    pub passes: u32,
    /// Argon2id of the password.
    pub proof: [u8; 32],
}

impl Kept {
    /// What to keep of a password, with a salt of its own.
    pub(crate) async fn of(password: &Password) -> Result<Self, Broken> {
        let mut kept = Self::nobody();
        random(&mut kept.salt)?;
        kept.proof = *kept.proof_of(password).await?;
        Ok(kept)
    }

    /// That of an account which is not there: as dear to compare with, and nothing fits.
    pub(crate) fn nobody() -> Self {
        Self {
            salt: [0; 16],
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            proof: [0; 32],
        }
    }

    /// Whether this is the password.
    pub(crate) async fn fits(&self, password: &Password) -> Result<bool, Broken> {
        let proof = self.proof_of(password).await?;
        Ok(proof.ct_eq(&self.proof).into())
    }

    /// Argon2id on a thread of its own: the readers are served meanwhile.
    async fn proof_of(&self, password: &Password) -> Result<Zeroizing<[u8; 32]>, Broken> {
        let (password, salt) = (password.clone(), self.salt);
        let cost = Params::new(self.memory_kib, self.passes, 1, Some(32));
        let cost = cost.map_err(|_| Broken::Hash)?;
        let hashed = tokio::task::spawn_blocking(move || {
            let mut proof = Zeroizing::new([0; 32]);
            Argon2::new(Algorithm::Argon2id, Version::V0x13, cost)
                .hash_password_into(password.0.as_bytes(), &salt, &mut *proof)
                .map(|()| proof)
        });
        hashed
            .await
            .map_err(|_| Broken::Hash)?
            .map_err(|_| Broken::Hash)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn password(text: &str) -> Password {
        Password::drawn(text)
    }

    #[test]
    fn a_password_is_long_and_of_the_keyboard_and_not_the_name() {
        for (text, why) in [
            ("", Some(Weak::Short)),
            ("fourteen chars", Some(Weak::Short)),
            ("fifteen letters", None),
            ("correct horse battery staple", None),
            ("４つの乱数の言葉です、長い", Some(Weak::Characters)),
            ("tab\tin the middle of it", Some(Weak::Characters)),
            ("SUZUKI and fifteen more", Some(Weak::HasName)),
            ("abcabcabcabcabcabc", Some(Weak::Alike)),
        ] {
            assert_eq!(password(text).weak("suzuki"), why, "{text}");
        }
        let words = "seven of them. ".repeat(9);
        assert_eq!(password(&words[..LONGEST]).weak("suzuki"), None);
        assert_eq!(
            password(&words[..LONGEST + 1]).weak("suzuki"),
            Some(Weak::Long)
        );
    }

    #[tokio::test]
    async fn what_is_kept_fits_the_password_alone_and_is_salted() {
        let right = password("correct horse battery");
        let (one, two) = (
            Kept::of(&right).await.unwrap(),
            Kept::of(&right).await.unwrap(),
        );
        assert_ne!((one.salt, one.proof), (two.salt, two.proof));
        assert!(one.fits(&right).await.unwrap());
        assert!(!one.fits(&password("correct horse batterY")).await.unwrap());
        assert!(!Kept::nobody().fits(&right).await.unwrap());
    }
}
