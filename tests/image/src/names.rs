// SPDX-License-Identifier: MIT OR Apache-2.0
//! Programs that must not be there, by name and by what is in them.

use std::fs;
use std::path::Path;

use memchr::memmem;

use crate::walk::Entry;
use crate::{Finding, Rule};

/// Names of programs. A `*` at the end stands for any rest (versions: python3.13).
const PROGRAMS: [(Rule, &[&str]); 7] = [
    (
        Rule::Shell,
        &[
            "sh", "ash", "bash*", "rbash", "dash", "zsh*", "ksh*", "mksh*", "csh", "tcsh", "fish",
            "yash", "posh", "busybox*", "toybox*", "su", "sudo*", "doas", "pkexec", "run0", "chsh",
            "sulogin", "script", "expect", "screen", "tmux",
        ],
    ),
    (
        Rule::Interpreter,
        &[
            "python*", "perl*", "ruby*", "lua*", "node", "nodejs", "deno", "php*", "tclsh*",
            "wish*", "guile*", "awk", "gawk*", "mawk", "nawk", "java", "jshell", "erl", "ocaml",
            "ghci", "gjs", "qjs", "m4", "bc", "dc", "ed", "ex", "vi*", "nano", "emacs*", "less",
            "more",
        ],
    ),
    (
        Rule::Compiler,
        &[
            "gcc*", "g++*", "cc", "c++", "c89*", "c99*", "cpp*", "clang*", "tcc", "as", "ld",
            "ld.*", "gold", "go", "rustc", "cargo", "make", "cmake", "ninja", "objdump", "ar",
        ],
    ),
    (
        Rule::PackageManager,
        &[
            "apt",
            "apt-*",
            "aptitude",
            "dpkg*",
            "rpm*",
            "yum",
            "dnf*",
            "apk",
            "pacman",
            "snap*",
            "flatpak",
            "opkg",
            "pip*",
            "npm",
            "gem",
            "debconf*",
            "update-alternatives",
        ],
    ),
    (
        Rule::RemoteLogin,
        &[
            "ssh*",
            "sshd*",
            "scp",
            "sftp*",
            "dropbear*",
            "telnet*",
            "rsh*",
            "rlogin*",
            "nc",
            "nc.*",
            "ncat",
            "netcat",
            "socat",
            "systemd-ssh-*",
            "vncserver*",
            "x11vnc",
        ],
    ),
    (
        Rule::Getty,
        &[
            "getty",
            "agetty",
            "mgetty*",
            "mingetty",
            "fgetty",
            "login",
            "systemd-sulogin-shell",
            "systemd-getty-generator",
            "nologin.conf",
        ],
    ),
    (
        Rule::Debug,
        &[
            "gdb*",
            "lldb*",
            "strace",
            "ltrace",
            "perf",
            "valgrind*",
            "bpftrace",
            "tcpdump",
            "systemd-debug-generator",
            "kexec",
            "devmem*",
        ],
    ),
];

/// Libraries that make any program an interpreter.
const LIBRARIES: [&str; 12] = [
    "libpython",
    "libperl.so",
    "libruby",
    "liblua",
    "libluajit",
    "libguile",
    "libtcl",
    "libmozjs",
    "libjavascriptcore",
    "libduktape",
    "libphp",
    "libnode.so",
];

/// Names that a program carries inside it whatever the file is called; all of a line must be there.
const CONTENT: [(Rule, &[&[u8]]); 7] = [
    (Rule::Shell, &[b"GNU bash, version"]),
    (Rule::Shell, &[b"BusyBox v"]),
    (Rule::Shell, &[b"toybox "]),
    (Rule::Shell, &[b"OLDPWD", b"getopts", b"unalias", b"PS4"]),
    (
        Rule::Interpreter,
        &[b"PYTHONHOME", b"PYTHONPATH", b"__main__"],
    ),
    (Rule::Interpreter, &[b"PERL5LIB", b"PERL5OPT"]),
    (Rule::Interpreter, &[b"LUA_PATH", b"LUA_INIT"]),
];

/// Units that give a prompt or a door, by name; their links in `*.wants` count as well.
const UNITS: [(Rule, &[&str]); 2] = [
    (
        Rule::Getty,
        &[
            "getty@*",
            "serial-getty@*",
            "container-getty@*",
            "console-getty.service",
            "getty.target",
            "emergency.service",
            "rescue.service",
            "autologin*",
        ],
    ),
    (
        Rule::Debug,
        &[
            "debug-shell.service",
            "systemd-coredump.socket",
            "development-*",
        ],
    ),
];

/// What the names and the content of one entry say.
#[must_use]
pub fn look(entry: &Entry) -> Vec<Finding> {
    let mut findings = Vec::new();
    let name = entry.name();
    let runs = entry.link.is_some() || is_program(entry);
    if runs && in_program_folder(&entry.path) {
        for (rule, names) in PROGRAMS {
            if names.iter().any(|known| named(known, name)) {
                findings.push(Finding::new(rule, &entry.path, "by its name"));
            }
        }
    }
    if LIBRARIES.iter().any(|known| name.starts_with(known)) && name.contains(".so") {
        findings.push(Finding::new(
            Rule::Interpreter,
            &entry.path,
            "an interpreter's library",
        ));
    }
    if entry.path.contains("/systemd/system/") || entry.path.contains("/systemd/user/") {
        for (rule, names) in UNITS {
            if names.iter().any(|known| named(known, name)) && !starts_ours_alone(entry) {
                findings.push(Finding::new(rule, &entry.path, "a unit by its name"));
            }
        }
        findings.extend(socket(entry));
    }
    findings.extend(content(entry));
    for folder in [
        "/var/lib/dpkg/",
        "/var/lib/apt/",
        "/var/lib/rpm/",
        "/etc/apt/",
        "/usr/lib/apt/",
    ] {
        if entry.path.starts_with(folder) && !entry.metadata.is_dir() {
            let what = "data of a package manager";
            findings.push(Finding::new(Rule::PackageManager, &entry.path, what));
        }
    }
    findings
}

/// Whether a unit of the distribution has been turned, by its drop-ins, into one that starts our
/// programs and nothing else. What cannot be read does not count in its favour.
fn starts_ours_alone(entry: &Entry) -> bool {
    let mut folder = entry.file.clone().into_os_string();
    folder.push(".d");
    let Ok(drop_ins) = drop_ins(folder.as_ref()) else {
        return false;
    };
    let mut commands = Vec::new();
    for text in std::iter::once(&entry.content).chain(&drop_ins) {
        for line in String::from_utf8_lossy(text).lines() {
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            match (key.trim(), value.trim()) {
                // An empty value takes back what came before.
                (key, "") => commands.retain(|(known, _)| known != key),
                (key, value) if key.starts_with("Exec") => {
                    commands.push((key.to_owned(), value.to_owned()));
                }
                _ => {}
            }
        }
    }
    let ours = |(_, value): &(String, String)| value.starts_with("/usr/libexec/uketsuke/");
    !commands.is_empty() && commands.iter().all(ours)
}

fn drop_ins(folder: &Path) -> std::io::Result<Vec<Vec<u8>>> {
    let files: Result<Vec<_>, _> = fs::read_dir(folder)?.collect();
    let mut files: Vec<_> = files?.into_iter().map(|file| file.path()).collect();
    files.sort();
    files.into_iter().map(fs::read).collect()
}

/// Whether a file can be started: an ELF program or library, or anything with an execute bit.
fn is_program(entry: &Entry) -> bool {
    use std::os::unix::fs::PermissionsExt;
    entry.metadata.is_file()
        && (entry.metadata.permissions().mode() & 0o111 != 0
            || entry.content.starts_with(b"\x7fELF"))
}

fn in_program_folder(path: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    [
        "/bin",
        "/sbin",
        "/libexec",
        "/system-generators",
        "/usr/lib/systemd",
    ]
    .iter()
    .any(|end| folder.ends_with(end))
        || folder.starts_with("/usr/libexec/")
        || folder.starts_with("/usr/local/")
        || folder.starts_with("/opt/")
}

fn named(known: &str, name: &str) -> bool {
    match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => known == name,
    }
}

fn content(entry: &Entry) -> Vec<Finding> {
    let mut findings = Vec::new();
    let bytes = &entry.content;
    if bytes.starts_with(b"#!") {
        let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(&line[..line.len().min(80)]).into_owned();
        findings.push(Finding::new(Rule::Script, &entry.path, line));
    }
    if bytes.starts_with(b"\x7fELF") {
        for (rule, marks) in CONTENT {
            if marks.iter().all(|mark| memmem::find(bytes, mark).is_some()) {
                let mark = String::from_utf8_lossy(marks[0]).into_owned();
                findings.push(Finding::new(rule, &entry.path, format!("holds {mark:?}")));
            }
        }
    }
    findings
}

/// Socket units that listen on more than a path or a name of this machine.
fn socket(entry: &Entry) -> Vec<Finding> {
    if !entry.path.ends_with(".socket") {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&entry.content);
    let mut findings = Vec::new();
    for line in text.lines().map(str::trim) {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let listens = matches!(
            key.trim(),
            "ListenStream" | "ListenDatagram" | "ListenSequentialPacket"
        );
        let value = value.trim();
        if listens && !value.is_empty() && !value.starts_with(['/', '@', '%']) {
            findings.push(Finding::new(Rule::ListeningSocket, &entry.path, value));
        }
    }
    findings
}
