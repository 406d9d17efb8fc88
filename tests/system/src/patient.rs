// SPDX-License-Identifier: MIT OR Apache-2.0
//! A patient before the reader: reads the screen, touches it, places and lifts the card.

use std::time::Duration;

use serde_json::json;
use uketsuke_house::api::{Life, Screen};
use uketsuke_house::client::{ClientError, HouseClient};

/// Everything a person can read on the screen, line by line.
#[must_use]
pub fn words(screen: &Screen) -> String {
    let labels = screen.picture.tree.iter().map(|n| n.label.as_str());
    labels.collect::<Vec<_>>().join("\n")
}

/// Whether something on the screen can be pressed to do `action`.
#[must_use]
pub fn offers(screen: &Screen, action: &str) -> bool {
    let mut nodes = screen.picture.tree.iter();
    nodes.any(|n| n.enabled && n.action.as_deref() == Some(action))
}

/// Places the card and goes as far as the consent screen (P-06) or the carry-over (P-07); returns
/// which of the two.
///
/// # Errors
/// [`ClientError`], with what was on the screen.
pub async fn to_consent(
    house: &HouseClient,
    profile: &str,
    pin: &str,
) -> Result<String, ClientError> {
    house.wait_view("P-00").await?;
    house.place(profile).await?;
    house.wait_view("P-02").await?;
    house.press_action("pin").await?;
    house.wait_view("P-04").await?;
    house.type_digits(pin).await?;
    let screen = house
        .wait_screen("a question about consent", |s| {
            s.connected && ["P-06", "P-07"].contains(&s.picture.view.as_str())
        })
        .await?;
    Ok(screen.picture.view)
}

/// Agrees to everything, whichever way the reader asks.
///
/// # Errors
/// [`ClientError`], with what was on the screen.
pub async fn agree(house: &HouseClient, view: &str) -> Result<(), ClientError> {
    let action = if view == "P-07" {
        "keep-earlier"
    } else {
        "agree-all"
    };
    house.press_action(action).await
}

/// One whole check-in, from the idle screen back to it.
///
/// # Errors
/// [`ClientError`], with what was on the screen.
pub async fn check_in(house: &HouseClient, profile: &str, pin: &str) -> Result<(), ClientError> {
    let view = to_consent(house, profile, pin).await?;
    agree(house, &view).await?;
    house.wait_view("P-13").await?;
    lift(house).await?;
    house.wait_view("P-00").await.map(drop)
}

/// How long a hand needs to take a card away and lay another one down. pcscd looks at a slot every
/// 400 ms; a swap between two looks cannot be told from a broken card, and no person is that fast.
pub const HAND: Duration = Duration::from_millis(500);

/// Lifts the card as a hand does.
///
/// # Errors
/// [`ClientError`].
pub async fn lift(house: &HouseClient) -> Result<(), ClientError> {
    house.lift().await?;
    tokio::time::sleep(HAND).await;
    Ok(())
}

/// Goes back to the idle screen as a patient would who has taken the card: 終了する where it is
/// offered, patience elsewhere.
///
/// # Errors
/// [`ClientError`], with what was on the screen.
pub async fn to_idle(house: &HouseClient) -> Result<(), ClientError> {
    let mut pressed = 0;
    loop {
        let screen = house
            .wait_screen("P-00, or a way to end", |s| {
                s.connected
                    && s.picture.view_number != pressed
                    && (s.picture.view == "P-00" || offers(s, "finish"))
            })
            .await?;
        if screen.picture.view == "P-00" {
            return Ok(());
        }
        pressed = screen.picture.view_number;
        let mut nodes = screen.picture.tree.iter();
        if let Some(node) = nodes.find(|n| n.enabled && n.action.as_deref() == Some("finish")) {
            house.press_node(node).await?;
        }
    }
}

/// Waits until every daemon is ready, every hop is up, and nothing waits in the queue.
///
/// # Errors
/// [`ClientError::Waited`].
pub async fn settled(house: &HouseClient) -> Result<(), ClientError> {
    let up = |s: &uketsuke_house::api::House| {
        let hops = s.uplink["hops"].as_array();
        s.processes.iter().all(|p| p.life == Life::Ready)
            && s.uplink["queued"] == json!(0)
            && hops.is_some_and(|h| !h.is_empty() && h.iter().all(|h| h["up"] == json!(true)))
    };
    house
        .wait_state("everything up and the queue empty", up)
        .await
        .map(drop)
}

/// Check-ins the centre has counted as completed.
///
/// # Errors
/// [`ClientError`].
pub async fn completed(house: &HouseClient) -> Result<u64, ClientError> {
    Ok(house.state().await?.centre["completed"]
        .as_u64()
        .unwrap_or(0))
}
