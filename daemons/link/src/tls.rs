// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may speak: TLS 1.3 only, a certificate on both ends, one pinned root per peer.
//!
//! The roots of the operating system and of the web are not consulted. Sessions are not resumed,
//! so that each connection proves itself anew.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// The one protocol both ends speak inside TLS (RFC 9113, section 3.2).
const ALPN: &[u8] = b"h2";

/// Why a certificate, key or root could not be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file is not there, not readable or not PEM.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// The file has no certificate in it.
    #[error("{path} has no certificate")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Certificate and key do not go together, or a root is malformed.
    #[error("the certificates of {path} cannot be used")]
    Unusable {
        /// The file that was set up last.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// No usable root in the file.
    #[error("the roots of {path} cannot be used")]
    Roots {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::server::VerifierBuilderError,
    },
}

/// Where one end's certificate, key and the peer's root lie (PEM).
#[derive(Clone, Debug)]
pub struct Identity {
    /// Our certificate chain, leaf first.
    pub certificate: PathBuf,
    /// Our private key.
    pub key: PathBuf,
    /// The root the peer's certificate must end in.
    pub peer_root: PathBuf,
}

impl Identity {
    /// The three files by name in one credentials directory.
    #[must_use]
    pub fn in_directory(directory: &Path, certificate: &str, key: &str, peer_root: &str) -> Self {
        Self {
            certificate: directory.join(certificate),
            key: directory.join(key),
            peer_root: directory.join(peer_root),
        }
    }

    /// Set-up of the end that calls.
    ///
    /// # Errors
    /// [`TlsError`] naming the file.
    pub fn client(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|source| self.unusable(source))?
            .with_root_certificates(self.roots()?)
            .with_client_auth_cert(self.chain()?, self.key()?)
            .map_err(|source| self.unusable(source))?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.resumption = rustls::client::Resumption::disabled();
        Ok(Arc::new(config))
    }

    /// Set-up of the end that is called; peers without a certificate under the root are refused
    /// in the handshake.
    ///
    /// # Errors
    /// [`TlsError`] naming the file.
    pub fn server(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let roots = Arc::new(self.roots()?);
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider())
            .build()
            .map_err(|source| TlsError::Roots {
                path: self.peer_root.clone(),
                source,
            })?;
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|source| self.unusable(source))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(self.chain()?, self.key()?)
            .map_err(|source| self.unusable(source))?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        Ok(Arc::new(config))
    }

    fn roots(&self) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        for root in certificates(&self.peer_root)? {
            roots.add(root).map_err(|source| TlsError::Unusable {
                path: self.peer_root.clone(),
                source,
            })?;
        }
        Ok(roots)
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        certificates(&self.certificate)
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        PrivateKeyDer::from_pem_file(&self.key).map_err(|source| TlsError::Read {
            path: self.key.clone(),
            source,
        })
    }

    fn unusable(&self, source: rustls::Error) -> TlsError {
        TlsError::Unusable {
            path: self.certificate.clone(),
            source,
        }
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = |source| TlsError::Read {
        path: path.to_owned(),
        source,
    };
    let found = CertificateDer::pem_file_iter(path)
        .map_err(read)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(read)?;
    if found.is_empty() {
        return Err(TlsError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(found)
}

/// Named here and handed in everywhere: no process-wide default that another crate could change.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The common name of a peer's certificate, the name it is known by. `None` when there is none, or
/// more than one, or it is not 1 to 64 printable ASCII characters without space.
#[must_use]
pub fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let mut names = parsed.subject().iter_common_name();
    let name = names.next()?.as_str().ok()?.to_owned();
    let fits = (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic());
    (fits && names.next().is_none()).then_some(name)
}
