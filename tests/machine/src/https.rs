// SPDX-License-Identifier: MIT OR Apache-2.0
//! TLS for the update server, with a certificate of the development CA that the image believes.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::tools::{Tools, ToolsError};

/// Where `image/keys` leaves the CA, from the repository's root.
const CA: &str = "target/image/keys/update-server-ca";

/// Makes `server.crt` and `server.key` in `directory`, for a server at this address.
///
/// # Errors
/// [`ToolsError`].
pub async fn certificate(tools: &Tools, directory: &Path, host: &str) -> Result<(), ToolsError> {
    let ca = tools.inside(&tools.repository().join(CA))?;
    let directory = tools.inside(directory)?;
    let text = |name: &str| directory.join(name).display().to_string();
    let arguments = [
        "req".to_owned(),
        "-x509".to_owned(),
        format!("-CA={}.crt", ca.display()),
        format!("-CAkey={}.key", ca.display()),
        "-newkey=ec".to_owned(),
        "-pkeyopt=ec_paramgen_curve:P-256".to_owned(),
        "-noenc".to_owned(),
        "-days=30".to_owned(),
        "-subj=/CN=Uketsuke test update server".to_owned(),
        format!("-addext=subjectAltName=IP:{host}"),
        "-addext=basicConstraints=critical,CA:FALSE".to_owned(),
        format!("-keyout={}", text("server.key")),
        format!("-out={}", text("server.crt")),
    ];
    // openssl takes values as words of their own.
    let words = arguments.iter().flat_map(|argument| {
        let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
        [name, value].into_iter().filter(|word| !word.is_empty())
    });
    tools.run("openssl", words).await?;
    Ok(())
}

/// A listener whose connections are those that have shaken hands.
pub struct Listener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener {
    /// Takes the certificate that [`certificate`] has made.
    ///
    /// # Errors
    /// When it cannot be read or does not belong to its key.
    pub fn new(tcp: TcpListener, directory: &Path) -> io::Result<Self> {
        let chain = CertificateDer::pem_file_iter(directory.join("server.crt"))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(io::Error::other)?;
        let key =
            PrivateKeyDer::from_pem_file(directory.join("server.key")).map_err(io::Error::other)?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(io::Error::other)?;
        Ok(Self {
            tcp,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }
}

impl axum::serve::Listener for Listener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = axum::serve::Listener::accept(&mut self.tcp).await;
            match self.acceptor.accept(stream).await {
                Ok(stream) => return (stream, address),
                Err(error) => eprintln!("the update server: no handshake: {error}"),
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}
