// SPDX-License-Identifier: MIT OR Apache-2.0
//! The terminal's console as somebody at a browser meets it: the first account by the code that
//! `uketsukectl` shows, the log-in, pages and forms.

use std::net::SocketAddr;
use std::process::Command;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::house::HouseError;
use crate::http::HttpError;
use crate::space::Space;

/// The first account of a house's terminal, where a test makes it.
pub const ADMINISTRATOR: &str = "kanri";
/// Its password: of tests, and of no program.
pub const PASSWORD: &str = "four words of a test";

/// Has `uketsukectl first-account` draw a code, as whoever stands at a box does; none where there is an
/// account already.
pub(crate) async fn first_code(space: &Space) -> Result<Option<String>, HouseError> {
    let mut command = Command::new(space.bin().join("uketsukectl"));
    command.args(["first-account", "--json", "--terminal"]);
    command.arg(space.base().join("run-terminal"));
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.map_err(|_| HouseError::Thread)?;
    let output = output.map_err(|error| HouseError::FirstAccount(error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let answer: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let answer = answer.ok_or_else(|| HouseError::FirstAccount(said.clone()))?;
    match answer["first-code"].as_str() {
        Some("exists") => Ok(None),
        Some("drawn") => Ok(answer["code"].as_str().map(str::to_owned)),
        _ => Err(HouseError::FirstAccount(said)),
    }
}

/// Why a page did not come.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// HTTP failed.
    #[error("the console broke off")]
    Http(#[from] HttpError),
    /// The bench does not say where it is.
    #[error("no address of the console")]
    NoAddress,
    /// It is not the page that was asked for.
    #[error("{path}: {status}: {body}")]
    Refused {
        /// What was asked.
        path: String,
        /// HTTP status.
        status: StatusCode,
        /// What it showed.
        body: String,
    },
}

/// Somebody who is logged in.
pub struct Console {
    address: SocketAddr,
    cookies: String,
    seal: String,
}

impl Console {
    /// Makes the first account with the code, and is logged in with it.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn first(
        address: SocketAddr,
        code: &str,
        account: &str,
        password: &str,
    ) -> Result<Self, ConsoleError> {
        let password = password.replace(' ', "+");
        let form = format!("code={code}&account={account}&new={password}&again={password}");
        Self::opened(address, "/first", &form).await
    }

    /// Logs in.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn log_in(
        address: SocketAddr,
        account: &str,
        password: &str,
    ) -> Result<Self, ConsoleError> {
        let form = format!("account={account}&password={}", password.replace(' ', "+"));
        Self::opened(address, "/log-in", &form).await
    }

    async fn opened(address: SocketAddr, path: &str, form: &str) -> Result<Self, ConsoleError> {
        let mut console = Self {
            address,
            cookies: String::new(),
            seal: String::new(),
        };
        let (status, headers, body) = console.send("POST", path, form).await?;
        if status != StatusCode::SEE_OTHER {
            let path = path.to_owned();
            return Err(ConsoleError::Refused { path, status, body });
        }
        let set = headers.get_all(header::SET_COOKIE).into_iter();
        let pairs = set.filter_map(|value| value.to_str().ok()?.split(';').next());
        console.cookies = pairs.collect::<Vec<_>>().join("; ");
        let page = console.get("/password").await?;
        let seal = page
            .split_once("name=\"seal\" value=\"")
            .map(|(_, rest)| rest);
        let seal = seal
            .and_then(|rest| rest.split_once('"'))
            .map(|(seal, _)| seal);
        seal.unwrap_or_default().clone_into(&mut console.seal);
        Ok(console)
    }

    /// A page.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn get(&self, path: &str) -> Result<String, ConsoleError> {
        self.page("GET", path, "").await
    }

    /// What comes of a form.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn post(&self, path: &str, form: &str) -> Result<String, ConsoleError> {
        let form = format!("seal={}&{form}", self.seal);
        self.page("POST", path, &form).await
    }

    async fn page(&self, method: &str, path: &str, form: &str) -> Result<String, ConsoleError> {
        let (status, _, body) = self.send(method, path, form).await?;
        if status.is_success() {
            return Ok(body);
        }
        let path = path.to_owned();
        Err(ConsoleError::Refused { path, status, body })
    }

    /// One request on a connection of its own, as a browser sends it from a page of the console.
    async fn send(
        &self,
        method: &str,
        path: &str,
        form: &str,
    ) -> Result<(StatusCode, HeaderMap, String), HttpError> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // Its end is seen by the request itself.
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.address.to_string())
            .header("sec-fetch-site", "same-origin")
            .header("cookie", &self.cookies)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(form.to_owned())))?;
        let response = sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        Ok((head.status, head.headers, text))
    }
}
