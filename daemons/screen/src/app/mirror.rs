// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fetches what the camera for faces sees while the view is about a face.

use std::os::fd::OwnedFd;

use tokio::sync::watch;
use uketsuke_bus::face1::Face1Proxy;
use uketsuke_face_preview::Reader;
use zbus::proxy::CacheProperties;

use crate::desk::Event;
use crate::drawing::{Order, Orders};

/// Hands the drawing thread a mirror for each comparison; ends with the views. A comparison without a
/// picture is one all the same: the sign stays.
pub async fn keep(
    connection: &zbus::Connection,
    orders: &Orders,
    mut about_face: watch::Receiver<bool>,
) {
    while about_face.wait_for(|is| *is).await.is_ok() {
        tokio::select! {
            got = fetch(connection) => match got {
                Ok(reader) => drop(orders.send(Order::Event(Event::Mirror(reader)))),
                Err(error) => tracing::info!(error = format!("{error:#}"), "no mirror"),
            },
            _ = about_face.wait_for(|is| !*is) => {}
        }
        // The next comparison has another one.
        if about_face.wait_for(|is| !*is).await.is_err() {
            return;
        }
    }
}

async fn fetch(connection: &zbus::Connection) -> anyhow::Result<Reader> {
    let face = Face1Proxy::builder(connection)
        .cache_properties(CacheProperties::No)
        .build()
        .await?;
    let ring: OwnedFd = face.preview().await?.into();
    Ok(Reader::open(&ring)?)
}
