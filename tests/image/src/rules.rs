// SPDX-License-Identifier: MIT OR Apache-2.0
//! All rules over a whole tree.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;

use crate::walk::{Entry, WalkError, walk};
use crate::{Finding, Rule, elf, keys, names, people};

/// What was walked over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    /// Entries of the tree.
    pub entries: usize,
    /// Of them ELF programs and libraries.
    pub elf: usize,
    /// Bytes of regular files.
    pub bytes: u64,
}

/// Everything that may not be in the tree at `root`, exceptions not yet taken off; units apart
/// ([`crate::exposure`]).
///
/// # Errors
/// [`WalkError`].
pub fn check(root: &Path) -> Result<(Vec<Finding>, Count), WalkError> {
    let mut findings = Vec::new();
    let mut count = Count::default();
    walk(root, &mut |entry| {
        count.entries += 1;
        count.bytes += if entry.metadata.is_file() {
            entry.metadata.len()
        } else {
            0
        };
        findings.extend(names::look(entry));
        findings.extend(keys::look(entry));
        findings.extend(modes(entry));
        findings.extend(listed(entry));
        if let Some(facts) = elf::facts(&entry.path, &entry.content) {
            count.elf += 1;
            if facts.program {
                findings.push(Finding::new(Rule::Program, &entry.path, "a program"));
            }
        }
        findings.extend(elf::look(entry));
    })?;
    let text = |name| fs::read_to_string(root.join(name)).ok();
    let (passwd, shadow) = (text("etc/passwd"), text("etc/shadow"));
    findings.extend(people::look(passwd.as_deref(), shadow.as_deref()));
    findings.sort();
    findings.dedup();
    Ok((findings, count))
}

/// Rights and owners.
fn modes(entry: &Entry) -> Vec<Finding> {
    let mode = entry.metadata.permissions().mode();
    let kind = entry.metadata.file_type();
    let octal = format!("{:04o}", mode & 0o7777);
    let mut findings = Vec::new();
    let mut found = |rule, what: String| findings.push(Finding::new(rule, &entry.path, what));
    if kind.is_char_device() || kind.is_block_device() || kind.is_fifo() || kind.is_socket() {
        found(Rule::Special, format!("{kind:?}"));
    }
    // A folder's setgid bit only hands its group on.
    if mode & 0o6000 != 0 && !kind.is_dir() && !kind.is_symlink() {
        found(Rule::SetId, octal.clone());
    }
    if entry.capability {
        found(Rule::Capability, "has a file capability".into());
    }
    // The mode of a link means nothing.
    if mode & 0o002 != 0 && !kind.is_symlink() {
        found(Rule::WorldWritable, octal);
    }
    if entry.metadata.uid() != 0 {
        found(Rule::Owner, format!("user {}", entry.metadata.uid()));
    }
    findings
}

/// Files that have to stand in the list by name: /etc, what lies elsewhere, scripts that can be
/// started, and the links that give a program its names.
fn listed(entry: &Entry) -> Option<Finding> {
    let kind = entry.metadata.file_type();
    if kind.is_dir() {
        return None;
    }
    let path = entry.path.as_str();
    if path.starts_with("/etc/") {
        return Some(Finding::new(Rule::Etc, path, "a file of /etc"));
    }
    if !path.starts_with("/usr/") {
        // /bin, /lib and their like are links into /usr.
        let merged = entry
            .link
            .as_deref()
            .is_some_and(|to| to.starts_with("usr/"));
        return (!merged).then(|| Finding::new(Rule::Place, path, "outside /usr and /etc"));
    }
    let program_folder = ["/usr/bin/", "/usr/sbin/"]
        .iter()
        .any(|folder| path.starts_with(folder));
    let script =
        entry.content.starts_with(b"#!") && entry.metadata.permissions().mode() & 0o111 != 0;
    let linked = program_folder && kind.is_symlink();
    (linked || script || (program_folder && !entry.content.starts_with(b"\x7fELF")))
        .then(|| Finding::new(Rule::Program, path, "a program"))
}
