// SPDX-License-Identifier: MIT OR Apache-2.0
//! RAUC tells what went wrong in words only; here they become causes.
//!
//! The words are those of RAUC 1.15.2 and of the libraries it quotes (OpenSSL, libcurl, GLib). A
//! sentence nobody knows is `Internal`, with the sentence in the log.

use crate::domain::Fault;

/// First match wins: the words of a quoted library before RAUC's own around them.
const WORDS: &[(&str, Fault)] = &[
    ("certificate has expired", Fault::CertificateExpired),
    (
        "certificate is not yet valid",
        Fault::CertificateNotYetValid,
    ),
    ("signature verification failed", Fault::WrongSignature),
    ("failed to verify x509 cert", Fault::WrongSignature),
    ("no signature cn matching", Fault::WrongSignature),
    ("unsupported number of signers", Fault::WrongSignature),
    ("encrypted bundle detected", Fault::WrongFormat),
    ("compatible mismatch", Fault::WrongCompatible),
    ("version mismatch", Fault::Downgrade),
    ("unexpected hash", Fault::Replaced),
    ("bundle format 'plain' not", Fault::WrongFormat),
    ("bundle format 'verity' not", Fault::WrongFormat),
    ("bundle format 'crypt' not", Fault::WrongFormat),
    ("already processing a different method", Fault::Busy),
    (": not found: ", Fault::NoBundle),
    ("failed to open bundle for reading", Fault::NoBundle),
    ("failed to stream bundle", Fault::Unreachable),
    ("failed to read data from remote server", Fault::Unreachable),
    ("failed to configure streaming", Fault::Unreachable),
    ("is too small for image", Fault::WrongFormat),
    ("target slot for class", Fault::WrongFormat),
    ("invalid bundle format", Fault::BadBundle),
    ("failed to load manifest", Fault::BadBundle),
    ("bundle payload is corrupted", Fault::BadBundle),
    ("failed to parse signature", Fault::BadBundle),
    ("signature size", Fault::BadBundle),
    // Devices that should be there: not the bundle's fault.
    ("failed to open /dev/", Fault::Internal),
    ("failed mounting bundle", Fault::BadBundle),
    ("error while writing status file", Fault::StorageFailed),
    ("error writing to file", Fault::StorageFailed),
    ("no space left on device", Fault::StorageFailed),
    ("read-only file system", Fault::StorageFailed),
    ("content to disk failed", Fault::StorageFailed),
    ("content to slot failed", Fault::StorageFailed),
    ("opening output device failed", Fault::StorageFailed),
    ("destination device", Fault::StorageFailed),
];

/// The cause behind RAUC's sentence. `remote`: the bundle comes by net, so bytes that cannot be read
/// are the server's matter and not the bundle's.
#[must_use]
pub fn fault(text: &str, remote: bool) -> Fault {
    let text = text.to_lowercase();
    if let Some((_, fault)) = WORDS.iter().find(|(words, _)| text.contains(words)) {
        return *fault;
    }
    if text.contains("input/output error") {
        return match (text.contains("reading"), remote) {
            (true, true) => Fault::Unreachable,
            (true, false) => Fault::BadBundle,
            (false, _) => Fault::StorageFailed,
        };
    }
    Fault::Internal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_the_installer_become_causes() {
        for (text, expected) in [
            (
                "signature verification failed: Verify error: certificate has expired",
                Fault::CertificateExpired,
            ),
            (
                "signature verification failed: Verify error: certificate is not yet valid",
                Fault::CertificateNotYetValid,
            ),
            (
                "signature verification failed: Verify error: self-signed certificate in certificate chain",
                Fault::WrongSignature,
            ),
            (
                "Invalid bundle format: Signature size (12) exceeds bundle size",
                Fault::BadBundle,
            ),
            ("Bundle format 'plain' not allowed", Fault::WrongFormat),
            (
                "Compatible mismatch: Expected 'a' but bundle manifest has 'b'",
                Fault::WrongCompatible,
            ),
            (
                "Version mismatch: Expected at least '2' but bundle manifest has '1'",
                Fault::Downgrade,
            ),
            (
                "Refusing to install bundle with unexpected hash (expected a, got b)",
                Fault::Replaced,
            ),
            (
                "Failed to stream bundle http://h/x.raucb: not found: unexpected HTTP response code 404",
                Fault::NoBundle,
            ),
            (
                "Failed to stream bundle http://h/x.raucb: failed to configure streaming: server not responding",
                Fault::Unreachable,
            ),
            (
                "Failed to stream bundle http://h/x.raucb: failed to configure streaming: range requests not supported by server",
                Fault::Unreachable,
            ),
            ("Already processing a different method", Fault::Busy),
            (
                "Installation error: Failed updating slot rootfs.1: Failed to copy data: Error reading from file: Input/output error",
                Fault::Unreachable,
            ),
            (
                "Installation error: Failed updating slot rootfs.1: Error writing to file descriptor: No space left on device",
                Fault::StorageFailed,
            ),
            (
                "Invalid bundle format: Failed to open bundle for reading: Error opening file /a: No such file or directory",
                Fault::NoBundle,
            ),
            (
                "signature verification failed: error:0200008A:rsa routines::invalid padding",
                Fault::WrongSignature,
            ),
            (
                "signature verification failed: Verify error: unable to get local issuer certificate",
                Fault::WrongSignature,
            ),
            (
                "Failed mounting bundle: Failed to open /dev/loop-control: No such file or directory",
                Fault::Internal,
            ),
            ("something new", Fault::Internal),
            ("", Fault::Internal),
        ] {
            assert_eq!(fault(text, true), expected, "{text}");
        }
        let read = "Error reading from file: Input/output error";
        assert_eq!(fault(read, false), Fault::BadBundle);
        assert_eq!(
            fault("Failed: Input/output error", false),
            Fault::StorageFailed
        );
    }
}
