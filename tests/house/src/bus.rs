// SPDX-License-Identifier: MIT OR Apache-2.0
//! The private bus: the real dbus-daemon with the policy files that a reader installs.

use crate::process::{Ready, Spec};
use crate::space::{Space, SpaceError};
use crate::users;

/// The policy files, as installed.
pub const POLICY: [(&str, &str); 7] = [
    (
        "jp.uketsuke.Card1.conf",
        include_str!("../../../systemd/dbus/jp.uketsuke.Card1.conf"),
    ),
    (
        "jp.uketsuke.Face1.conf",
        include_str!("../../../systemd/dbus/jp.uketsuke.Face1.conf"),
    ),
    (
        "jp.uketsuke.Mode1.conf",
        include_str!("../../../systemd/dbus/jp.uketsuke.Mode1.conf"),
    ),
    (
        "jp.uketsuke.Pinless1.conf",
        include_str!("../../../systemd/dbus/jp.uketsuke.Pinless1.conf"),
    ),
    (
        "jp.uketsuke.Uplink1.conf",
        include_str!("../../../systemd/dbus/jp.uketsuke.Uplink1.conf"),
    ),
    (
        "jp.uketsuke.Screen1.conf",
        include_str!("../../../systemd/dbus/jp.uketsuke.Screen1.conf"),
    ),
    (
        "jp.uketsuke.Voice1.conf",
        include_str!("../../../systemd/dbus/jp.uketsuke.Voice1.conf"),
    ),
];

/// What the distribution's own `system.conf` says about policy, word for word in effect: the ground
/// our files stand on. Who may watch the bus is not in it: dbus-daemon lets root alone do that.
const DEFAULT_POLICY: &str = r#"
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Introspectable"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Properties"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Containers1"/>
    <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus" send_member="UpdateActivationEnvironment"/>
    <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Debug.Stats"/>
    <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.systemd1.Activator"/>
  </policy>
  <policy user="root">
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.systemd1.Activator"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Debug.Stats"/>
  </policy>
"#;

/// Value of `DBUS_SYSTEM_BUS_ADDRESS` for this run; good inside the house and outside it.
#[must_use]
pub fn address(space: &Space) -> String {
    format!("unix:path={}", space.base().join("bus/socket").display())
}

/// Writes configuration and policy, and says how to start the bus.
///
/// # Errors
/// When a file cannot be written.
pub fn spec(space: &Space) -> Result<Spec, SpaceError> {
    space.directory("bus", users::BUS.1, 0o755)?;
    let policy = space.directory("bus/policy", 0, 0o755)?;
    for (name, text) in POLICY {
        space.file(&format!("bus/policy/{name}"), text.as_bytes(), None)?;
    }
    let config = format!(
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN\"\n \
         \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
         <busconfig>\n  <type>system</type>\n  <listen>{}</listen>\n  <auth>EXTERNAL</auth>\n\
         {DEFAULT_POLICY}  <includedir>{}</includedir>\n</busconfig>\n",
        address(space),
        policy.display()
    );
    let config = space.file("bus/bus.conf", config.as_bytes(), None)?;
    let mut argument = std::ffi::OsString::from("--config-file=");
    argument.push(&config);
    Ok(Spec {
        name: "bus".into(),
        program: "dbus-daemon".into(),
        args: vec![
            argument,
            "--nofork".into(),
            "--nopidfile".into(),
            "--print-address=1".into(),
        ],
        env: Vec::new(),
        user: users::BUS.1,
        ready: Ready::FirstLine,
        watchdog: None,
        // A lost bus ends every daemon; on a reader that is a reboot. Nothing to imitate here.
        restart_after: None,
        never_restart_on: Vec::new(),
    })
}
