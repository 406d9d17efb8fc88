// SPDX-License-Identifier: MIT OR Apache-2.0
use std::sync::Arc;
use std::time::Duration;

use uketsuke_link::client::Client;
use uketsuke_link::tls::Identity;
use uketsuke_uplink::bus::Uplink1;
use uketsuke_uplink::line::Line;
use uketsuke_uplink::queue::{PAGES, Queue};
use uketsuke_uplink::service::Service;
use zbus::object_server::Interface;

#[tokio::test]
async fn served_interface_is_the_committed_contract() {
    let dir = tempfile::tempdir().unwrap();
    uketsuke_centre::pki::make(dir.path()).unwrap();
    let identity = Identity::in_directory(
        &dir.path().join("uplink"),
        "reader.crt",
        "reader.key",
        "terminal-ca.crt",
    );
    let url = url::Url::parse("https://127.0.0.1:1/").unwrap();
    let client = Client::new(&url, identity.client().unwrap()).unwrap();
    let line = Arc::new(Line::new(client, Duration::from_secs(1)));
    let queue = Arc::new(Queue::open(dir.path(), PAGES).await.unwrap());
    let mut served = String::new();
    Uplink1::new(Arc::new(Service::new(queue, line))).introspect_to_writer(&mut served, 0);
    uketsuke_bus::contract::assert_contract("jp.uketsuke.Uplink1.xml", &served);
}
