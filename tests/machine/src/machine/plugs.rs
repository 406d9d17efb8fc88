// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is put into the USB sockets of a machine while it runs, and taken out: keypad, card reader, stick.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::{FINGER, Machine, MachineError};

impl Machine {
    /// Plugs a USB keyboard, which has the keys of a keypad.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn plug_keypad(&mut self) -> Result<(), MachineError> {
        let keypad = json!({ "driver": "usb-kbd", "id": "keypad", "bus": "xhci.0" });
        self.ask("device_add", &keypad).await?;
        Ok(())
    }

    /// Presses a key by QEMU's name of it (`kp_5`, `kp_enter`), and lets go.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn key(&mut self, name: &str) -> Result<(), MachineError> {
        for down in [true, false] {
            let event = json!({ "type": "key", "data": {
                "down": down, "key": { "type": "qcode", "data": name } } });
            self.ask("input-send-event", &json!({ "events": [event] }))
                .await?;
            tokio::time::sleep(FINGER).await;
        }
        Ok(())
    }

    /// Takes the card reader out of its USB socket.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn unplug_reader(&mut self, limit: Duration) -> Result<(), MachineError> {
        let mark = self.mark();
        self.ask("device_del", &json!({ "id": "reader" })).await?;
        self.event(mark, &["DEVICE_DELETED"], limit).await?;
        Ok(())
    }

    /// Puts it in again; its card then has to be attached anew.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn plug_reader(&mut self) -> Result<(), MachineError> {
        let reader = json!({ "driver": "usb-ccid", "id": "reader", "bus": "xhci.0" });
        self.ask("device_add", &reader).await?;
        let card = json!({ "driver": "ccid-card-passthru", "id": "card", "chardev": "card", "bus": "reader.0" });
        self.ask("device_add", &card).await?;
        Ok(())
    }

    /// Plugs in a USB stick whose content is the file `volume`.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn plug_stick(&mut self, volume: &Path) -> Result<(), MachineError> {
        let file = self.hardware.tools.inside(volume)?;
        let content = json!({
            "driver": "raw", "node-name": "stick",
            "file": { "driver": "file", "filename": file },
        });
        self.ask("blockdev-add", &content).await?;
        let stick =
            json!({ "driver": "usb-storage", "id": "stick", "bus": "xhci.0", "drive": "stick" });
        self.ask("device_add", &stick).await?;
        Ok(())
    }

    /// Pulls the stick out.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn pull_stick(&mut self, limit: Duration) -> Result<(), MachineError> {
        let mark = self.mark();
        self.ask("device_del", &json!({ "id": "stick" })).await?;
        self.event(mark, &["DEVICE_DELETED"], limit).await?;
        self.ask("blockdev-del", &json!({ "node-name": "stick" }))
            .await?;
        Ok(())
    }
}
