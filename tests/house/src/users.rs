// SPDX-License-Identifier: MIT OR Apache-2.0
//! Users of the house, from the product's own `sysusers.d` file.

use std::fmt::Write as _;

/// The file that systemd-sysusers reads on a reader.
const SYSUSERS: &str = include_str!("../../../systemd/sysusers.d/uketsuke.conf");

/// One user; its group has the same name and number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Name, as the bus policy and the units say it.
    pub name: String,
    /// User and group number.
    pub id: u32,
}

/// The user that runs the private bus; on a reader the distribution has its own.
pub const BUS: (&str, u32) = ("uketsuke-house-bus", 990);
/// The user of everything that stands outside a reader: virtual card, centre.
pub const OUTSIDE: (&str, u32) = ("uketsuke-house-outside", 991);

/// All users and groups, `true` for a user, `false` for a bare group.
fn entries() -> Vec<(bool, User)> {
    let ours = SYSUSERS.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let kind = words.next()?;
        let user = User {
            name: words.next()?.to_owned(),
            id: words.next()?.parse().ok()?,
        };
        match kind {
            "u" => Some((true, user)),
            "g" => Some((false, user)),
            _ => None,
        }
    });
    let house = [BUS, OUTSIDE].map(|(name, id)| {
        let name = name.to_owned();
        (true, User { name, id })
    });
    ours.chain(house).collect()
}

/// The user with this name.
#[must_use]
pub fn find(name: &str) -> Option<User> {
    entries()
        .into_iter()
        .find_map(|(user, entry)| (user && entry.name == name).then_some(entry))
}

/// The host's `/etc/passwd` and `/etc/group` with our entries; entries of the same name give way.
#[must_use]
pub fn merged(passwd: &str, group: &str) -> (String, String) {
    let entries = entries();
    let ours = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        !entries.iter().any(|(_, e)| e.name == name)
    };
    let mut users = String::new();
    let mut groups = String::new();
    for line in passwd.lines().filter(ours) {
        let _ = writeln!(users, "{line}");
    }
    for line in group.lines().filter(ours) {
        let _ = writeln!(groups, "{line}");
    }
    for (user, User { name, id }) in &entries {
        if *user {
            let _ = writeln!(users, "{name}:x:{id}:{id}::/nonexistent:/usr/sbin/nologin");
        }
        let _ = writeln!(groups, "{name}:x:{id}:");
    }
    (users, groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_users_replace_those_of_the_host_and_keep_the_rest() {
        let (passwd, group) = merged(
            "root:x:0:0:root:/root:/bin/sh\nuketsuke-card:x:5:5::/:/bin/sh\n",
            "root:x:0:\nuketsuke:x:5:\n",
        );
        assert!(passwd.starts_with("root:x:0:0:"));
        assert!(passwd.contains("uketsuke-card:x:961:961:"));
        assert!(!passwd.contains(":x:5:"));
        assert!(group.contains("uketsuke:x:960:\n") && !group.contains(":x:5:"));
    }

    #[test]
    fn no_two_entries_share_a_number() {
        let mut ids: Vec<u32> = entries().iter().map(|(_, e)| e.id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
