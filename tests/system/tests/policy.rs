// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may call what (COM-05): every user × every member of every interface on the real bus with
//! the real policy files, held against the committed table `policy.txt`.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use uketsuke_house::client::HouseClient;
use uketsuke_house::options::Options;

/// Users that could knock: each daemon's, the field engineers', root, and one of no daemon.
const USERS: [(&str, u32); 9] = [
    ("root", 0),
    ("uketsuke-card", 961),
    ("uketsuke-face", 962),
    ("uketsuke-mode", 963),
    ("uketsuke-uplink", 964),
    ("uketsuke-screen", 965),
    ("uketsuke-terminal", 966),
    ("uketsuke-voice", 975),
    ("nobody", 65534),
];

const NAMES: [&str; 5] = [
    "jp.uketsuke.Card1",
    "jp.uketsuke.Mode1",
    "jp.uketsuke.Screen1",
    "jp.uketsuke.Uplink1",
    "jp.uketsuke.Voice1",
];

/// Names that nobody has here: of the face daemon, and of what nobody may have until a maker adds the
/// service and its own rule. The bus answers any call
/// to a name without an owner in the same way, so there is no more to ask.
const UNCLAIMED: [&str; 2] = ["jp.uketsuke.Face1", "jp.uketsuke.Pinless1"];

/// Members every object has, beside those of our own interfaces.
const COMMON: [&str; 6] = [
    "org.freedesktop.DBus.Introspectable.Introspect",
    "org.freedesktop.DBus.ObjectManager.GetManagedObjects",
    "org.freedesktop.DBus.Peer.Ping",
    "org.freedesktop.DBus.Properties.Get",
    "org.freedesktop.DBus.Properties.GetAll",
    "org.freedesktop.DBus.Properties.Set",
];

#[test]
fn the_bus_lets_exactly_the_listed_callers_through() {
    let house = HouseClient::start(&Options {
        // What a reader has until there is a face daemon and a maker adds the service.
        without: vec!["face".into(), "pinless".into()],
        // Its name must have an owner, or the bus says the same to everybody.
        voice: true,
        ..Options::of_a_test()
    })
    .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let bus = runtime.block_on(house.state()).unwrap().bus;

    let mut allowed = BTreeSet::new();
    let mut asked = 0;
    for (user, id) in USERS {
        for name in NAMES {
            for member in members(name) {
                asked += 1;
                if !refused(&bus, id, name, &member) {
                    allowed.insert(format!("{user} calls {name} {member}"));
                }
            }
            asked += 1;
            if may_own(&bus, id, name) {
                allowed.insert(format!("{user} owns {name}"));
            }
        }
        for name in UNCLAIMED {
            asked += 1;
            if may_own(&bus, id, name) {
                allowed.insert(format!("{user} owns {name}"));
            }
        }
    }
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy.txt");
    let seen = allowed.into_iter().collect::<Vec<_>>().join("\n") + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&table, &seen).unwrap();
    }
    println!(
        "policy: {asked} calls asked, {} allowed",
        seen.lines().count()
    );
    assert_eq!(std::fs::read_to_string(&table).unwrap(), seen);
}

/// Members of our interfaces under this bus name, from the committed contract.
fn members(name: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../daemons/bus/interfaces");
    let mut members: Vec<String> = COMMON.map(String::from).to_vec();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let interface = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if interface != name && !interface.starts_with(&format!("{name}.")) {
            continue;
        }
        let xml = std::fs::read_to_string(&path).unwrap();
        let methods = xml.split("<method name=\"").skip(1);
        members.extend(methods.map(|m| format!("{interface}.{}", m.split('"').next().unwrap())));
    }
    assert!(members.len() >= COMMON.len(), "{name} has no contract");
    members
}

/// Whether the bus itself turns the call away; any answer of the daemon means it let it through.
fn refused(bus: &str, user: u32, name: &str, member: &str) -> bool {
    let path = format!("/{}", name.replace('.', "/"));
    let said = ask(bus, user, &[&format!("--dest={name}"), &path, member]);
    said.contains("org.freedesktop.DBus.Error.AccessDenied")
}

fn may_own(bus: &str, user: u32, name: &str) -> bool {
    // 4: do not queue. Whoever may own it is told that the daemon has it (3); others are refused.
    let said = ask(
        bus,
        user,
        &[
            "--dest=org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus.RequestName",
            &format!("string:{name}"),
            "uint32:4",
        ],
    );
    let denied = said.contains("AccessDenied");
    assert!(denied || said.contains("uint32"), "{said}");
    !denied
}

/// What `dbus-send` (Debian package dbus-bin) prints for this call as this user.
fn ask(bus: &str, user: u32, arguments: &[&str]) -> String {
    let output = Command::new("dbus-send")
        .args(["--system", "--print-reply", "--reply-timeout=10000"])
        .args(arguments)
        .env("DBUS_SYSTEM_BUS_ADDRESS", bus)
        .uid(user)
        .gid(user)
        .output()
        .expect("dbus-send (Debian package dbus-bin) starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("Failed to open connection"), "{said}");
    said
}
