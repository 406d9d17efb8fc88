// SPDX-License-Identifier: MIT OR Apache-2.0
//! Walks the tree of an image and says what must not be in it (IMG-02, IMG-03, COM-02).
//!
//! ```text
//! uketsuke-image-check TREE | root.erofs
//! ```
//!
//! Every rule finds by content where it can: a shell under another name is a shell. What has to be
//! there all the same stands in `allowed.txt`, each line with its reason; a line that nothing needs
//! is an error too, so that the list cannot outlive its reasons. `image/build` calls it for the root and
//! the initrd (`allowed-initrd.txt`) and packs nothing that fails. The list names every program and
//! every file of /etc: a package that grows brings nothing in unseen.

pub mod allowed;
pub mod elf;
pub mod exposure;
pub mod keys;
pub mod names;
pub mod people;
pub mod rules;
pub mod walk;

use std::fmt;

/// What may not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A command shell, by name or by what is in it.
    Shell,
    /// An interpreter, its library, or a program with a prompt of its own.
    Interpreter,
    /// A file that begins with `#!`.
    Script,
    /// A compiler, assembler or linker.
    Compiler,
    /// A package manager or its data.
    PackageManager,
    /// A server or client for logging in from elsewhere.
    RemoteLogin,
    /// A log-in prompt, or a unit that starts one.
    Getty,
    /// A debugger, or a unit or generator that opens a door for one.
    Debug,
    /// A socket unit that listens on the network.
    ListeningSocket,
    /// A setuid or setgid bit.
    SetId,
    /// A file capability.
    Capability,
    /// Writable for everybody.
    WorldWritable,
    /// Owned by another user than root.
    Owner,
    /// A device, socket or pipe.
    Special,
    /// A password that works, or an account without one.
    Password,
    /// A private key.
    PrivateKey,
    /// An executable at a fixed address.
    NotPie,
    /// Relocations that stay writable.
    NotRelro,
    /// A stack that can be executed.
    ExecutableStack,
    /// Relocations in program text.
    TextRelocation,
    /// C without stack protector.
    NoStackProtector,
    /// A program that is not in the list.
    Program,
    /// A file of /etc that is not in the list.
    Etc,
    /// A file outside /usr and /etc.
    Place,
    /// A unit more exposed than it may be.
    Exposure,
}

impl Rule {
    /// Every rule with its name in `allowed.txt`.
    pub const ALL: [(Self, &'static str); 25] = [
        (Self::Shell, "shell"),
        (Self::Interpreter, "interpreter"),
        (Self::Script, "script"),
        (Self::Compiler, "compiler"),
        (Self::PackageManager, "package-manager"),
        (Self::RemoteLogin, "remote-login"),
        (Self::Getty, "getty"),
        (Self::Debug, "debug"),
        (Self::ListeningSocket, "listening-socket"),
        (Self::SetId, "set-id"),
        (Self::Capability, "capability"),
        (Self::WorldWritable, "world-writable"),
        (Self::Owner, "owner"),
        (Self::Special, "special"),
        (Self::Password, "password"),
        (Self::PrivateKey, "private-key"),
        (Self::NotPie, "not-pie"),
        (Self::NotRelro, "not-relro"),
        (Self::ExecutableStack, "executable-stack"),
        (Self::TextRelocation, "text-relocation"),
        (Self::NoStackProtector, "no-stack-protector"),
        (Self::Program, "program"),
        (Self::Etc, "etc"),
        (Self::Place, "place"),
        (Self::Exposure, "exposure"),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(rule, _)| *rule == self);
        found.map_or("?", |(_, name)| name)
    }

    /// Whether the rule also holds for the development flavour, which has a shell and tools on purpose.
    #[must_use]
    pub fn holds_in_development(self) -> bool {
        matches!(
            self,
            Self::RemoteLogin
                | Self::ListeningSocket
                | Self::SetId
                | Self::Capability
                | Self::WorldWritable
                | Self::Owner
                | Self::Special
                | Self::Password
                | Self::PrivateKey
        )
    }
}

/// One thing that may not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Which rule.
    pub rule: Rule,
    /// Path in the image, beginning with `/`.
    pub path: String,
    /// What was seen.
    pub what: String,
}

impl Finding {
    /// A finding.
    #[must_use]
    pub fn new(rule: Rule, path: &str, what: impl Into<String>) -> Self {
        Self {
            rule,
            path: path.to_owned(),
            what: what.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<18} {}  {}", self.rule.name(), self.path, self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_one_name() {
        let mut names: Vec<&str> = Rule::ALL.iter().map(|(rule, _)| rule.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Rule::ALL.len());
        assert!(!names.contains(&"?"));
    }
}
