// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which device is the camera that was named.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::fault::Fault;

/// udev properties that a camera must have, letter by letter; never empty where a camera is set up.
pub type Named = BTreeMap<String, String>;

/// A video device, as udev knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Its node.
    pub node: PathBuf,
    /// Its place in `/sys`.
    pub place: PathBuf,
    /// What udev says of it.
    pub properties: BTreeMap<String, String>,
}

impl Device {
    /// Whether pictures come from it, and from something that can be touched. A camera has further nodes
    /// that give none, and a program can pretend to be a camera (v4l2loopback, vivid).
    fn is_camera(&self) -> bool {
        let captures = self
            .properties
            .get("ID_V4L_CAPABILITIES")
            .is_some_and(|all| all.split(':').any(|one| one == "capture"));
        captures && !self.place.starts_with("/sys/devices/virtual")
    }

    fn is(&self, named: &Named) -> bool {
        let has = |(property, value)| self.properties.get(property) == Some(value);
        named.iter().all(has)
    }
}

/// The node of the one camera that was named.
///
/// # Errors
/// Why there is none.
pub fn choose<'a>(devices: &'a [Device], named: &Named) -> Result<&'a Path, Fault> {
    let cameras: Vec<&Device> = devices.iter().filter(|d| d.is_camera()).collect();
    let mut fitting = cameras.iter().filter(|device| device.is(named));
    match (fitting.next(), fitting.next()) {
        (Some(_), _) if named.is_empty() => Err(Fault::Foreign),
        (Some(one), None) => Ok(&one.node),
        (Some(_), Some(_)) => Err(Fault::Ambiguous),
        (None, _) if cameras.is_empty() => Err(Fault::Absent),
        (None, _) => Err(Fault::Foreign),
    }
}

/// Every video device of this machine.
///
/// # Errors
/// When udev cannot be asked.
pub fn all() -> io::Result<Vec<Device>> {
    let mut enumerator = udev::Enumerator::new()?;
    enumerator.match_subsystem("video4linux")?;
    let devices = enumerator.scan_devices()?.filter_map(|device| {
        let word = |text: &std::ffi::OsStr| text.to_str().map(str::to_owned);
        let properties = device
            .properties()
            .filter_map(|entry| Some((word(entry.name())?, word(entry.value())?)))
            .collect();
        Some(Device {
            node: device.devnode()?.to_owned(),
            place: device.syspath().to_owned(),
            properties,
        })
    });
    Ok(devices.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(node: &str, place: &str, capabilities: &str, serial: &str) -> Device {
        let property = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Device {
            node: node.into(),
            place: place.into(),
            properties: BTreeMap::from([
                property("ID_V4L_CAPABILITIES", capabilities),
                property("ID_SERIAL_SHORT", serial),
                property("ID_VENDOR_ID", "046d"),
            ]),
        }
    }

    fn named(property: &str, value: &str) -> Named {
        BTreeMap::from([(property.to_owned(), value.to_owned())])
    }

    const USB: &str = "/sys/devices/pci0000:00/usb1/1-1/1-1:1.0/video4linux/video0";

    #[test]
    fn the_named_camera_is_found_among_others_and_its_own_other_nodes() {
        let devices = [
            device("/dev/video0", USB, ":capture:", "A"),
            device("/dev/video1", USB, ":", "A"),
            device("/dev/video2", USB, ":capture:", "B"),
        ];
        let found = choose(&devices, &named("ID_SERIAL_SHORT", "A"));
        assert_eq!(found, Ok(Path::new("/dev/video0")));
        let two = choose(&devices, &named("ID_VENDOR_ID", "046d"));
        assert_eq!(two, Err(Fault::Ambiguous));
    }

    #[test]
    fn another_camera_in_its_place_is_not_used() {
        let replaced = [device("/dev/video0", USB, ":capture:", "C")];
        let serial = named("ID_SERIAL_SHORT", "A");
        assert_eq!(choose(&replaced, &serial), Err(Fault::Foreign));
        assert_eq!(choose(&replaced, &Named::new()), Err(Fault::Foreign));
        assert_eq!(choose(&[], &serial), Err(Fault::Absent));
    }

    #[test]
    fn a_program_that_pretends_to_be_a_camera_is_none() {
        let place = "/sys/devices/virtual/video4linux/video0";
        let pretended = [device("/dev/video0", place, ":capture:", "A")];
        let found = choose(&pretended, &named("ID_SERIAL_SHORT", "A"));
        assert_eq!(found, Err(Fault::Absent));
    }
}
