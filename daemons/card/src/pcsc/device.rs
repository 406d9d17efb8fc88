// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a reader's PC/SC name to its USB device and what udev knows of that.

use std::ffi::{CStr, CString};
use std::io;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use pcsc::{Attribute, Context, Disposition, Error, Protocols, Scope, ShareMode};
use udev::{Device, DeviceType};

use crate::roles::Properties;

/// Longest wait for pcscd's answer about a reader.
const ASK: Duration = Duration::from_secs(3);
/// Major number of USB devices (Documentation/admin-guide/devices.txt of the kernel).
const USB_MAJOR: u64 = 189;
/// Kind of channel in the upper half of SCARD_ATTR_CHANNEL_ID: USB (PC/SC part 3, 3.1.4.1 g).
const USB: u32 = 0x0020;

/// Why nothing is known of a reader's device.
#[derive(Debug, thiserror::Error)]
pub(super) enum DeviceError {
    /// pcscd gave no answer; a thread waits for it still.
    #[error("pcscd does not answer about the reader")]
    Hung,
    /// pcscd does not let us at the reader.
    #[error("the reader was not asked")]
    Pcsc(#[from] Error),
    /// udev or the kernel does not have the device.
    #[error("udev does not know the device")]
    Udev(#[from] io::Error),
}

/// The udev properties of the reader's USB device; empty where it has none. Asked on a thread of its
/// own, because a reader that hangs must not hold up the watch over the others.
pub(super) fn properties(reader: &CStr) -> Result<Properties, DeviceError> {
    let reader = reader.to_owned();
    let (tell, told) = channel();
    thread::Builder::new()
        .name("device".into())
        .spawn(move || {
            // Nobody listens any more when it took too long.
            let _ = tell.send(ask(&reader));
        })?;
    told.recv_timeout(ASK).unwrap_or(Err(DeviceError::Hung))
}

fn ask(reader: &CString) -> Result<Properties, DeviceError> {
    let context = Context::establish(Scope::System)?;
    // Direct: neither needs a card nor touches one.
    let link = context.connect(reader, ShareMode::Direct, Protocols::UNDEFINED)?;
    let channel = link.get_attribute_owned(Attribute::ChannelId);
    if let Err((link, error)) = link.disconnect(Disposition::LeaveCard) {
        // Dropping it would ask for a reset.
        std::mem::forget(link);
        tracing::debug!(%error, "the reader was not let go of");
    }
    match channel.as_deref().map(usb) {
        Ok(Some(number)) => Ok(of(number)?),
        // Virtual readers have no channel, serial ones another.
        Ok(None) | Err(Error::UnsupportedFeature | Error::InvalidValue) => Ok(Properties::new()),
        Err(error) if *error == Error::NotTransacted => Ok(Properties::new()),
        Err(error) => Err((*error).into()),
    }
}

/// Number of the device behind a channel `0x0020bbaa`, bus and address, in this machine's byte order
/// (ifdhandler.c of libccid).
fn usb(channel: &[u8]) -> Option<u64> {
    let channel = u32::from_ne_bytes(channel.try_into().ok()?);
    let [_, _, bus, address] = channel.to_be_bytes();
    let (bus, address) = (u64::from(bus), u64::from(address));
    // 128 addresses a bus (drivers/usb/core/usb.h of the kernel).
    (channel >> 16 == USB && bus > 0 && (1..=128).contains(&address))
        .then(|| (bus - 1) * 128 + address - 1)
}

fn of(number: u64) -> io::Result<Properties> {
    // Minor numbers above 255 have their upper bits further up (makedev(3)).
    let number = (USB_MAJOR << 8) | (number & 0xFF) | ((number & !0xFF) << 12);
    let device = Device::from_devnum(DeviceType::Character, number)?;
    let text = device.properties().filter_map(|property| {
        Some((
            property.name().to_str()?.to_owned(),
            property.value().to_str()?.to_owned(),
        ))
    });
    Ok(text.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_a_bus_and_an_address() {
        let number = |channel: u32| usb(&channel.to_ne_bytes());
        assert_eq!(number(0x0020_0101), Some(0));
        assert_eq!(number(0x0020_0205), Some(132));
        assert_eq!(number(0x0020_0380), Some(383));
        for other in [0, 0x0001_0205, 0x0020_0005, 0x0020_0100, 0x0020_01FF] {
            assert_eq!(number(other), None, "{other:08x}");
        }
        assert_eq!(usb(&[]), None);
        assert_eq!(usb(&[0; 8]), None);
    }
}
