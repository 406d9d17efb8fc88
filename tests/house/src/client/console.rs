// SPDX-License-Identifier: MIT OR Apache-2.0
//! The way to the terminal's console.

use serde_json::{Value, json};

use super::{ClientError, HouseClient};
use crate::console::{ADMINISTRATOR, Console, ConsoleError, PASSWORD};

impl HouseClient {
    /// The terminal's console, logged in with its first account: one test's house has one.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn console(&self) -> Result<&Console, ClientError> {
        let make = || async {
            let state: Value = self.get("/api/state").await?;
            let page = state["terminal_page"].as_str().unwrap_or_default();
            let host = page.trim_start_matches("http://").trim_end_matches('/');
            let address = host.parse().map_err(|_| ConsoleError::NoAddress)?;
            let code: Option<String> = self.post("/api/terminal/first-code", &json!({})).await?;
            Ok::<_, ClientError>(match code {
                Some(code) => Console::first(address, &code, ADMINISTRATOR, PASSWORD).await?,
                // A browser made it.
                None => Console::log_in(address, ADMINISTRATOR, PASSWORD).await?,
            })
        };
        self.console.get_or_try_init(make).await
    }
}
