// SPDX-License-Identifier: MIT OR Apache-2.0
//! The line from the reader over the terminal (資格確認端末) to the centre.
//!
//! [`wire`], [`orders`] and [`events`] are what is said, [`elements`] the consent elements of the public
//! interface, [`fault`] what a refusal looks like, [`tls`] who may speak, [`client`] and [`server`] how it is said:
//! HTTP/2 with JSON bodies over TLS 1.3, certificates on both ends, each peer's own pinned root,
//! every answer bounded in size and time, no redirects, no compression, no cookies.
//! [`backoff`] spreads retries so that many readers do not come back at the same instant.
//!
//! Nothing here stores anything. Types that hold a name, a certificate or a consent have no
//! `Debug`.

pub mod backoff;
pub mod client;
pub mod elements;
pub mod events;
pub mod fault;
pub mod orders;
pub mod server;
pub mod tls;
pub mod wire;

/// Seconds since 1970 (UTC) by the system clock; 0 before that.
#[must_use]
pub fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// 128 random bits as 32 hexadecimal digits: session ids and idempotency keys.
///
/// # Panics
/// When the kernel gives no random bytes; nothing can be told apart without them.
#[must_use]
pub fn random_id() -> String {
    use ring::rand::SecureRandom;
    use std::fmt::Write;

    let mut bytes = [0; 16];
    ring::rand::SystemRandom::new()
        .fill(&mut bytes)
        .expect("the kernel has random bytes");
    bytes
        .iter()
        .fold(String::with_capacity(32), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Whether `text` has the form of [`random_id`].
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_hexadecimal_and_differ() {
        let (a, b) = (super::random_id(), super::random_id());
        assert!(super::is_id(&a) && super::is_id(&b) && a != b);
        assert!(
            !super::is_id("") && !super::is_id(&a[1..]) && !super::is_id(&a.replace(&a[..1], "G"))
        );
    }
}
