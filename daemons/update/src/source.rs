// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a bundle may come from: a folder of a server that is configured, or the folder the stick
//! service copies to.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use uketsuke_common::config::{Server, has_user};
use url::Url;

use crate::domain::{Fault, Refusal};

/// The address RAUC is given: as parsed here, so that it reads what was checked.
///
/// # Errors
/// `BadAddress`, `NotAllowed`.
pub fn remote(address: &str, servers: &[Server]) -> Result<String, Refusal> {
    let bad = |text: String| Refusal::new(Fault::BadAddress, text);
    let url = Url::parse(address).map_err(|error| bad(format!("no address: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        let text = format!("{}: only http and https are taken", url.scheme());
        return Err(bad(text));
    }
    if has_user(&url) {
        return Err(bad("a user name or password is not taken".into()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        // RAUC writes addresses to the journal, and a query is where keys are put.
        return Err(bad("a query or fragment is not taken".into()));
    }
    if !servers.iter().any(|server| server.covers(&url)) {
        let text = format!(
            "{} is none of `update.servers`",
            url.host_str().unwrap_or_default()
        );
        return Err(Refusal::new(Fault::NotAllowed, text));
    }
    Ok(url.into())
}

/// The one bundle in `folder`. What macOS leaves beside a file (`._name`) is none.
///
/// # Errors
/// `NoBundle`, `SeveralBundles`, `BadBundle` for a name RAUC cannot be told.
pub fn stick(folder: &Path) -> Result<String, Refusal> {
    let none = |text: String| Refusal::new(Fault::NoBundle, text);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return Err(none(format!("{}: {error}", folder.display()))),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| none(format!("{}: {error}", folder.display())))?;
        // Of the link itself, not of what it points to.
        let plain = entry.file_type().is_ok_and(|kind| kind.is_file());
        if plain && is_bundle(&entry.file_name()) {
            found.push(entry.path());
        }
    }
    match found.as_slice() {
        [] => Err(none(format!("{} holds no bundle", folder.display()))),
        [one] => one.to_str().map(str::to_owned).ok_or_else(|| {
            let text = format!("{}: the name is no UTF-8", one.display());
            Refusal::new(Fault::BadBundle, text)
        }),
        several => {
            let text = format!("{} holds {} bundles", folder.display(), several.len());
            Err(Refusal::new(Fault::SeveralBundles, text))
        }
    }
}

fn is_bundle(name: &OsStr) -> bool {
    let name = name.as_bytes();
    let end = b".raucb";
    !name.starts_with(b"._")
        && name.len() > end.len()
        && name[name.len() - end.len()..].eq_ignore_ascii_case(end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn servers() -> Vec<Server> {
        let folder = "https://updates.example/readers/".to_owned();
        vec![Server::try_from(folder).unwrap()]
    }

    fn fault(address: &str) -> Fault {
        remote(address, &servers()).unwrap_err().fault
    }

    #[test]
    fn what_is_checked_is_what_the_installer_gets() {
        assert_eq!(
            remote("https://updates.example/x/../readers/1.raucb", &servers()).unwrap(),
            "https://updates.example/readers/1.raucb"
        );
        assert_eq!(
            remote("HTTPS:\\\\updates.example\\readers\\1.raucb", &servers()).unwrap(),
            "https://updates.example/readers/1.raucb"
        );
    }

    #[test]
    fn other_schemes_users_and_servers_are_refused() {
        for address in [
            "",
            "/var/lib/uketsuke/stick/1.raucb",
            "file:///etc/passwd",
            "ftp://updates.example/readers/1.raucb",
            "https://",
            "https://user@updates.example/readers/1.raucb",
            "https://:word@updates.example/readers/1.raucb",
            "https://updates.example/readers/1.raucb?key=1",
            "https://updates.example/readers/1.raucb#1",
        ] {
            assert_eq!(fault(address), Fault::BadAddress, "{address}");
        }
        for address in [
            "https://other.example/readers/1.raucb",
            "http://updates.example/readers/1.raucb",
            "https://updates.example/1.raucb",
            "https://updates.example/readers/%2E%2E/1.raucb",
        ] {
            assert_eq!(fault(address), Fault::NotAllowed, "{address}");
        }
        let refused = remote("https://updates.example/readers/1.raucb", &[]);
        assert_eq!(refused.unwrap_err().fault, Fault::NotAllowed);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_let_through_lies_below_a_server(
            scheme in "(https?|HTTPS|ftp|file|)",
            between in "[:/\\\\ ]{0,4}",
            host in "(updates\\.example|UPDATES\\.example\\.?|evil\\.example|[a-z@:%.\\[\\]]{0,12})",
            port in "(:443|:80|:0443|:|)",
            path in "[/\\\\](readers|%72eaders)?[/\\\\.%2eEfF?#a-z]{0,24}",
        ) {
            let address = format!("{scheme}{between}{host}{port}{path}");
            if let Ok(taken) = remote(&address, &servers()) {
                proptest::prop_assert!(
                    taken.starts_with("https://updates.example/readers/"),
                    "{address} became {taken}"
                );
                let parts: Vec<&str> = taken.split('/').collect();
                proptest::prop_assert!(!parts.contains(&".."), "{taken}");
            }
        }
    }

    #[test]
    fn exactly_one_plain_bundle_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let fault = || stick(folder.path()).unwrap_err().fault;
        assert_eq!(fault(), Fault::NoBundle);
        for name in ["._1.raucb", ".raucb", "1.raucb.part", "notes.txt"] {
            std::fs::write(at(name), b"x").unwrap();
        }
        std::fs::create_dir(at("folder.raucb")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", at("link.raucb")).unwrap();
        assert_eq!(fault(), Fault::NoBundle);
        std::fs::write(at("1.RAUCB"), b"x").unwrap();
        assert_eq!(
            stick(folder.path()).unwrap(),
            at("1.RAUCB").to_str().unwrap()
        );
        std::fs::write(at("2.raucb"), b"x").unwrap();
        assert_eq!(fault(), Fault::SeveralBundles);
        assert_eq!(
            stick(&folder.path().join("absent")).unwrap_err().fault,
            Fault::NoBundle
        );
    }

    #[test]
    fn a_name_that_the_bus_cannot_carry_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let name = OsStr::from_bytes(b"\xff.raucb");
        std::fs::write(folder.path().join(name), b"x").unwrap();
        assert_eq!(stick(folder.path()).unwrap_err().fault, Fault::BadBundle);
    }
}
