// SPDX-License-Identifier: MIT OR Apache-2.0
//! Accounts: nobody can log in, by password or without one.

use crate::{Finding, Rule};

/// What `etc/passwd` and `etc/shadow` say. A missing shadow file is no fault: nobody has a
/// password then.
#[must_use]
pub fn look(passwd: Option<&str>, shadow: Option<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for line in passwd.unwrap_or_default().lines() {
        let (user, password) = two(line);
        // x: the password is in shadow.
        if password != "x" && !locked(password) {
            let what = format!("{user} has {}", kind(password));
            findings.push(Finding::new(Rule::Password, "/etc/passwd", what));
        }
    }
    for line in shadow.unwrap_or_default().lines() {
        let (user, password) = two(line);
        if !locked(password) {
            let what = format!("{user} has {}", kind(password));
            findings.push(Finding::new(Rule::Password, "/etc/shadow", what));
        }
    }
    findings
}

fn two(line: &str) -> (&str, &str) {
    let mut fields = line.split(':');
    (
        fields.next().unwrap_or_default(),
        fields.next().unwrap_or_default(),
    )
}

/// No password can match: shadow(5).
fn locked(password: &str) -> bool {
    password.starts_with(['!', '*'])
}

fn kind(password: &str) -> &'static str {
    if password.is_empty() {
        "no password and is not locked"
    } else {
        "a password"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_locked_accounts_pass() {
        let shadow =
            "root:!*:1::::::\ndaemon:*:1\nopen::1\nset:$y$j9T$abc:1\nlocked:!$y$j9T$abc:1\n";
        let passwd = "root:x:0:0::/:/bin/sh\nold:abXY:1:1::/:/\nfree::2:2::/:/\n";
        let found: Vec<String> = look(Some(passwd), Some(shadow))
            .into_iter()
            .map(|finding| format!("{} {}", finding.path, finding.what))
            .collect();
        assert_eq!(
            found,
            [
                "/etc/passwd old has a password",
                "/etc/passwd free has no password and is not locked",
                "/etc/shadow open has no password and is not locked",
                "/etc/shadow set has a password",
            ]
        );
        assert!(look(None, None).is_empty());
    }
}
