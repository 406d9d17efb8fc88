// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a hand does: touches the glass, finds buttons on it, types, presses keys of the keypad.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ClientError, HouseClient};
use crate::api::{Key, Node, Phase, Screen};

/// How long a finger takes to press the same key again.
pub const SAME_KEY: Duration = Duration::from_millis(400);

impl HouseClient {
    /// Presses at panel coordinates: down and up.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn press(&self, x: f32, y: f32) -> Result<(), ClientError> {
        for phase in [Phase::Down, Phase::Up] {
            let touch = json!({ "x": x, "y": y, "phase": phase });
            self.post::<Value>("/api/screen/touch", &touch).await?;
        }
        Ok(())
    }

    /// Presses a key of the keypad.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn key(&self, key: Key) -> Result<(), ClientError> {
        self.post::<Value>("/api/screen/key", &json!(key))
            .await
            .map(drop)
    }

    /// Presses the middle of a node.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn press_node(&self, node: &Node) -> Result<(), ClientError> {
        self.press(node.x + node.w / 2.0, node.y + node.h / 2.0)
            .await
    }

    /// Waits for an enabled node with this action and presses it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn press_action(&self, action: &str) -> Result<(), ClientError> {
        let find = |s: &Screen| {
            let mut nodes = s.picture.tree.iter();
            nodes
                .find(|n| n.enabled && n.action.as_deref() == Some(action))
                .cloned()
        };
        let screen = self
            .wait_screen(&format!("the choice {action}"), |s| find(s).is_some())
            .await?;
        match find(&screen) {
            Some(node) => self.press_node(&node).await,
            None => Ok(()),
        }
    }

    /// Types digits on the pad.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn type_digits(&self, digits: &str) -> Result<(), ClientError> {
        let mut before = None;
        for digit in digits.chars() {
            if before.replace(digit) == Some(digit) {
                // A second touch of the same key too soon is none (`screen.same_key_ms`).
                tokio::time::sleep(SAME_KEY).await;
            }
            let digit = digit.to_string();
            let find = |s: &Screen| {
                let mut nodes = s.picture.tree.iter();
                nodes
                    .find(|n| n.role == "key" && n.enabled && n.label == digit)
                    .cloned()
            };
            let screen = self
                .wait_screen(&format!("the key {digit}"), |s| find(s).is_some())
                .await?;
            if let Some(node) = find(&screen) {
                self.press_node(&node).await?;
            }
        }
        Ok(())
    }
}
