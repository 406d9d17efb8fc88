// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may call what on the system bus of a running reader (COM-05): every user × every member, in
//! the form of `tests/system/tests/policy.txt`. A test tool: it must run as root, to be everybody in
//! turn, and no release holds it.
//!
//! ```text
//! uketsuke-bus-matrix [USER…]      default: root, every uketsuke-*, rauc's and pcscd's users, nobody
//! ```
//!
//! Nothing is done by asking: the calls go to an object that does not exist. The policy decides by
//! user, destination, interface and member, so the bus answers as for a real object, and what it
//! lets through ends at the daemon as an unknown object.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use nix::unistd::{Gid, Uid, User, initgroups, setgid, setuid};
use zbus::{DBusError, Message};

/// The committed contracts: what our names serve.
const CONTRACTS: [(&str, &str); 8] = [
    (
        "jp.uketsuke.Card1",
        include_str!("../../../../daemons/bus/interfaces/jp.uketsuke.Card1.xml"),
    ),
    (
        "jp.uketsuke.Card1",
        include_str!("../../../../daemons/bus/interfaces/jp.uketsuke.Card1.Card.xml"),
    ),
    (
        "jp.uketsuke.Mode1",
        include_str!("../../../../daemons/bus/interfaces/jp.uketsuke.Mode1.xml"),
    ),
    (
        "jp.uketsuke.Mode1",
        include_str!("../../../../daemons/bus/interfaces/jp.uketsuke.Mode1.Staff.xml"),
    ),
    (
        "jp.uketsuke.Screen1",
        include_str!("../../../../daemons/bus/interfaces/jp.uketsuke.Screen1.xml"),
    ),
    (
        "jp.uketsuke.Update1",
        include_str!("../../../../daemons/bus/interfaces/jp.uketsuke.Update1.xml"),
    ),
    (
        "jp.uketsuke.Uplink1",
        include_str!("../../../../daemons/bus/interfaces/jp.uketsuke.Uplink1.xml"),
    ),
    (
        "jp.uketsuke.Voice1",
        include_str!("../../../../daemons/bus/interfaces/jp.uketsuke.Voice1.xml"),
    ),
];

/// RAUC's name and the methods of its one interface (rauc 1.15, D-Bus API).
const RAUC: (&str, [&str; 8]) = (
    "de.pengutronix.rauc",
    [
        "Install",
        "InstallBundle",
        "Info",
        "InspectBundle",
        "Mark",
        "GetSlotStatus",
        "GetArtifactStatus",
        "GetPrimary",
    ],
);

/// Members every object has.
const COMMON: [&str; 6] = [
    "org.freedesktop.DBus.Introspectable.Introspect",
    "org.freedesktop.DBus.ObjectManager.GetManagedObjects",
    "org.freedesktop.DBus.Peer.Ping",
    "org.freedesktop.DBus.Properties.Get",
    "org.freedesktop.DBus.Properties.GetAll",
    "org.freedesktop.DBus.Properties.Set",
];

/// An object that nobody serves.
const NOWHERE: &str = "/jp/uketsuke/nowhere";
/// The bus's word for what its policy forbids.
const REFUSED: &str = "org.freedesktop.DBus.Error.AccessDenied";
/// `DBUS_NAME_FLAG_DO_NOT_QUEUE` (D-Bus Specification, RequestName).
const DO_NOT_QUEUE: u32 = 4;
/// How long the bus or a daemon may take to answer one call.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [flag, user] if flag == "--as" => ask_as(user),
        users => ask_all(users),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("uketsuke-bus-matrix: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Asks as each user from a process of its own: a process that has become somebody stays so.
fn ask_all(users: &[String]) -> anyhow::Result<()> {
    let users = if users.is_empty() {
        usual()?
    } else {
        users.to_vec()
    };
    let own = std::env::current_exe().context("cannot find myself")?;
    let mut lines = BTreeSet::new();
    for user in &users {
        let output = Command::new(&own)
            .args(["--as", user])
            .output()
            .context("cannot start myself")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{user}: {}", said.trim());
        let text = String::from_utf8(output.stdout).context("not UTF-8")?;
        lines.extend(text.lines().map(str::to_owned));
    }
    let asked = users.len() * names().map(|name| members(name).len() + 1).sum::<usize>();
    for line in &lines {
        println!("{line}");
    }
    eprintln!(
        "{asked} questions as {} users, {} allowed",
        users.len(),
        lines.len()
    );
    Ok(())
}

/// Everybody who could knock.
fn usual() -> anyhow::Result<Vec<String>> {
    let passwd = std::fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
    let names = passwd.lines().filter_map(|line| line.split(':').next());
    let known = |name: &&str| {
        name.starts_with("uketsuke-") || ["root", "rauc", "pcscd", "nobody"].contains(name)
    };
    Ok(names.filter(known).map(str::to_owned).collect())
}

fn names() -> impl Iterator<Item = &'static str> {
    let ours: BTreeSet<&str> = CONTRACTS.iter().map(|(name, _)| *name).collect();
    ours.into_iter().chain([RAUC.0])
}

/// Members of the interfaces under this bus name, `interface.member`.
fn members(name: &str) -> Vec<String> {
    let mut members: Vec<String> = COMMON.map(str::to_owned).into();
    for (_, xml) in CONTRACTS.iter().filter(|(owner, _)| *owner == name) {
        let interface = between(xml, "<interface name=\"");
        let interface = interface.first().copied().unwrap_or_default();
        members.extend(
            between(xml, "<method name=\"")
                .iter()
                .map(|m| format!("{interface}.{m}")),
        );
    }
    if name == RAUC.0 {
        members.extend(
            RAUC.1
                .map(|method| format!("{}.Installer.{method}", RAUC.0)),
        );
    }
    members
}

fn between<'a>(xml: &'a str, before: &str) -> Vec<&'a str> {
    xml.split(before)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

/// Becomes `user` for good and prints what the bus lets through.
fn ask_as(user: &str) -> anyhow::Result<()> {
    let found = User::from_name(user)?.with_context(|| format!("no user {user}"))?;
    let name = CString::new(user)?;
    // With the groups that the service manager would give it: a policy may name one.
    initgroups(&name, found.gid).context("cannot take the groups")?;
    setgid(found.gid)?;
    setuid(found.uid)?;
    ensure!(
        Uid::effective() == found.uid && Gid::effective() == found.gid,
        "still somebody else"
    );
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(ask(user))
}

async fn ask(user: &str) -> anyhow::Result<()> {
    let bus = zbus::Connection::system()
        .await
        .context("cannot reach the bus")?;
    for name in names() {
        for member in members(name) {
            if calls(&bus, name, &member).await? {
                println!("{user} calls {name} {member}");
            }
        }
        if owns(&bus, name).await? {
            println!("{user} owns {name}");
        }
    }
    Ok(())
}

/// Whether the bus lets this call through; any other answer than its refusal means that it did.
async fn calls(bus: &zbus::Connection, name: &str, member: &str) -> anyhow::Result<bool> {
    let (interface, method) = member.rsplit_once('.').context("no interface")?;
    let call = bus.call_method(Some(name), NOWHERE, Some(interface), method, &());
    let Ok(answer) = tokio::time::timeout(PATIENCE, call).await else {
        bail!("{name} {member}: no answer");
    };
    let Err(error) = answer else {
        return Ok(true);
    };
    match name_of(&error).as_deref() {
        Some(REFUSED) => Ok(false),
        // Nobody there: then the bus has not been asked what it would do.
        Some(
            "org.freedesktop.DBus.Error.ServiceUnknown"
            | "org.freedesktop.DBus.Error.NameHasNoOwner",
        ) => bail!("{name} has no owner: {error}"),
        Some(_) => Ok(true),
        None => Err(error).with_context(|| format!("{name} {member}")),
    }
}

/// The D-Bus name of an error that came as an answer.
fn name_of(error: &zbus::Error) -> Option<String> {
    match error {
        zbus::Error::MethodError(name, _, _) => Some(name.to_string()),
        zbus::Error::FDO(error) => Some(error.name().to_string()),
        _ => None,
    }
}

/// Whether the bus would give this user the name. Its daemon has it; whoever is not refused gives it
/// back, or leaves the queue for it.
async fn owns(bus: &zbus::Connection, name: &str) -> anyhow::Result<bool> {
    match to_the_bus(bus, "RequestName", &(name, DO_NOT_QUEUE)).await {
        Ok(_) => {
            to_the_bus(bus, "ReleaseName", &name).await?;
            Ok(true)
        }
        Err(error) if name_of(&error).as_deref() == Some(REFUSED) => Ok(false),
        Err(error) => Err(error).with_context(|| format!("RequestName {name}")),
    }
}

/// A call of the bus itself. Not through a proxy, which asks for more than it is told to.
async fn to_the_bus<B>(bus: &zbus::Connection, method: &str, body: &B) -> zbus::Result<Message>
where
    B: serde::Serialize + zbus::zvariant::DynamicType,
{
    let own = "org.freedesktop.DBus";
    bus.call_method(Some(own), "/org/freedesktop/DBus", Some(own), method, body)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_members_of_its_own_and_none_restarts_the_machine() {
        for name in names() {
            let own = members(name).len() - COMMON.len();
            assert!(own > 0 || name == "jp.uketsuke.Screen1", "{name}");
        }
        let update = members("jp.uketsuke.Update1");
        assert!(update.contains(&"jp.uketsuke.Update1.Rollback".to_owned()));
        let staff = members("jp.uketsuke.Mode1");
        assert!(staff.contains(&"jp.uketsuke.Mode1.Staff.Issue".to_owned()));
        let card = members("jp.uketsuke.Card1");
        assert!(card.contains(&"jp.uketsuke.Card1.Card.SignWithPin".to_owned()));
        // What is asked must exist nowhere: an answer of a real object could act.
        for (_, xml) in CONTRACTS {
            assert!(!xml.contains(NOWHERE));
        }
    }

    #[test]
    fn every_committed_contract_is_asked_about() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../daemons/bus/interfaces");
        for file in std::fs::read_dir(folder).expect("the contracts") {
            let path = file.expect("a contract").path();
            // Served by a maker's program, or by a daemon that is not there yet; on a delivered reader
            // nobody has the name, and the bus would not say what it lets through.
            let nobodys = ["jp.uketsuke.Face1.xml", "jp.uketsuke.Pinless1.xml"];
            if nobodys.iter().any(|name| path.ends_with(name)) {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("text");
            assert!(
                CONTRACTS.iter().any(|(_, xml)| *xml == text),
                "{}",
                path.display()
            );
        }
    }
}
