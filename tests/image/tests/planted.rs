// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every rule finds what is planted for it, and a clean tree has nothing.
#![allow(clippy::unwrap_used)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use uketsuke_image_check::{Rule, rules};

/// A tree of one test.
struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        fs::set_permissions(tree.0.path(), Permissions::from_mode(0o755)).unwrap();
        tree
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>, mode: u32) -> &Self {
        let file = self.at(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        self
    }

    fn at(&self, path: &str) -> std::path::PathBuf {
        self.0.path().join(path.trim_start_matches('/'))
    }

    /// Rules found, but for those that a list has to name (programs, /etc, places).
    fn found(&self) -> Vec<Rule> {
        let (findings, _) = rules::check(self.0.path()).unwrap();
        let listed = [Rule::Program, Rule::Etc, Rule::Place];
        let mut rules: Vec<Rule> = findings.iter().map(|finding| finding.rule).collect();
        rules.retain(|rule| !listed.contains(rule));
        rules.dedup();
        rules
    }

    fn all(&self) -> Vec<(Rule, String)> {
        let (findings, _) = rules::check(self.0.path()).unwrap();
        findings.into_iter().map(|f| (f.rule, f.path)).collect()
    }
}

/// Compiles C with these flags to `file`.
fn compile(file: &Path, source: &str, flags: &[&str]) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let code = file.with_extension("c");
    fs::write(&code, source).unwrap();
    let status = Command::new("cc")
        .args(["-O1", "-o"])
        .arg(file)
        .arg(&code)
        .args(flags)
        .status()
        .expect("cc (Debian package build-essential) starts");
    assert!(status.success(), "{flags:?}");
    fs::remove_file(code).unwrap();
}

/// A program with an array that a stack protector guards.
const C: &str = "#include <stdio.h>\nint main(int n, char **v) {\n\
    char text[64]; sprintf(text, \"%s\", v[n - 1]); puts(text); return 0; }\n";
/// Everything on, whatever the compiler's defaults are.
const HARDENED: [&str; 6] = [
    "-fPIE",
    "-pie",
    "-fstack-protector-strong",
    "-Wl,-z,relro",
    "-Wl,-z,now",
    "-Wl,-z,noexecstack",
];

#[test]
fn a_clean_tree_has_nothing_but_what_has_to_be_listed() {
    let tree = Tree::new();
    compile(&tree.at("usr/bin/tool"), C, &HARDENED);
    compile(
        &tree.at("usr/lib/libx.so.1"),
        "int x(void) { return 1; }",
        &["-shared", "-fPIC"],
    );
    tree.write(
        "usr/share/words",
        "PRIVATE KEY and /bin/sh and python",
        0o644,
    )
    .write("etc/shadow", "root:!*:1::::::\n", 0o640)
    .write(
        "usr/lib/systemd/system/a.socket",
        "[Socket]\nListenStream=/run/a\n",
        0o644,
    );
    symlink("usr/bin", tree.at("bin")).unwrap();
    let tool = (Rule::Program, "/usr/bin/tool".to_owned());
    assert_eq!(tree.all(), [tool, (Rule::Etc, "/etc/shadow".to_owned())]);
}

#[test]
fn programs_are_known_by_their_names_wherever_units_find_them() {
    for (path, rule) in [
        ("usr/bin/dash", Rule::Shell),
        ("usr/sbin/sulogin", Rule::Shell),
        ("usr/bin/python3.13", Rule::Interpreter),
        ("usr/bin/perl", Rule::Interpreter),
        ("usr/bin/gcc-14", Rule::Compiler),
        ("usr/bin/dpkg-query", Rule::PackageManager),
        ("usr/sbin/sshd", Rule::RemoteLogin),
        (
            "usr/lib/systemd/system-generators/systemd-ssh-generator",
            Rule::RemoteLogin,
        ),
        ("usr/sbin/agetty", Rule::Getty),
        ("usr/bin/gdb", Rule::Debug),
        ("opt/vendor/busybox", Rule::Shell),
    ] {
        let tree = Tree::new();
        tree.write(path, "x", 0o755);
        assert_eq!(tree.found(), [rule], "{path}");
    }
    let tree = Tree::new();
    fs::create_dir_all(tree.at("usr/bin")).unwrap();
    symlink("tool", tree.at("usr/bin/sh")).unwrap();
    assert_eq!(tree.found(), [Rule::Shell]);
    // A word of documentation is none.
    let tree = Tree::new();
    tree.write("usr/share/zsh", "x", 0o644);
    assert_eq!(tree.found(), []);
}

#[test]
fn a_shell_under_another_name_is_a_shell() {
    for (program, rule) in [
        ("/bin/bash", Rule::Shell),
        ("/bin/dash", Rule::Shell),
        ("/usr/bin/python3", Rule::Interpreter),
        ("/usr/bin/perl", Rule::Interpreter),
    ] {
        let tree = Tree::new();
        tree.write("usr/libexec/helper", fs::read(program).unwrap(), 0o755);
        assert!(
            tree.found().contains(&rule),
            "{program}: {:?}",
            tree.found()
        );
    }
}

#[test]
fn libraries_scripts_and_package_data_are_found() {
    for (path, content, rule) in [
        ("usr/lib/x/libpython3.13.so.1.0", "x", Rule::Interpreter),
        ("usr/lib/x/libduktape.so.207", "x", Rule::Interpreter),
        ("usr/lib/hook", "#!/bin/sh\n", Rule::Script),
        ("var/lib/dpkg/status", "x", Rule::PackageManager),
        ("etc/apt/sources.list", "x", Rule::PackageManager),
    ] {
        let tree = Tree::new();
        tree.write(path, content, 0o644);
        assert_eq!(tree.found(), [rule], "{path}");
    }
}

#[test]
fn units_that_open_a_door_are_found() {
    let units = "usr/lib/systemd/system";
    for (name, content, rule) in [
        ("serial-getty@.service", "", Rule::Getty),
        ("getty.target.wants/getty@tty1.service", "", Rule::Getty),
        ("emergency.service", "", Rule::Getty),
        ("debug-shell.service", "", Rule::Debug),
        (
            "x.socket",
            "[Socket]\nListenStream=22\n",
            Rule::ListeningSocket,
        ),
        (
            "y.socket",
            "[Socket]\nListenStream = vsock::22\n",
            Rule::ListeningSocket,
        ),
        (
            "z.socket",
            "[Socket]\nListenDatagram=0.0.0.0:99\n",
            Rule::ListeningSocket,
        ),
    ] {
        let tree = Tree::new();
        tree.write(&format!("{units}/{name}"), content, 0o644);
        assert_eq!(tree.found(), [rule], "{name}");
    }
    let tree = Tree::new();
    fs::create_dir_all(tree.at("etc/systemd/system/multi-user.target.wants")).unwrap();
    let link = tree.at("etc/systemd/system/multi-user.target.wants/getty@tty1.service");
    symlink("/usr/lib/systemd/system/getty@.service", link).unwrap();
    assert_eq!(tree.found(), [Rule::Getty]);
}

#[test]
fn an_emergency_that_starts_our_program_alone_is_no_prompt() {
    let unit = "usr/lib/systemd/system/emergency.service";
    let prompt = "[Service]\nExecStartPre=-plymouth quit\nExecStart=-/usr/sbin/sulogin\n";
    let ours =
        "[Service]\nExecStartPre=\nExecStart=\nExecStart=/usr/libexec/uketsuke/x emergency\n";
    let tree = Tree::new();
    tree.write(unit, prompt, 0o644);
    tree.write(&format!("{unit}.d/10-x.conf"), ours, 0o644);
    assert_eq!(tree.found(), []);
    // A later file that brings another program back, one that takes back too little, one that cannot be read.
    for (name, text) in [
        ("20-y.conf", "[Service]\nExecStartPost=/usr/bin/x\n"),
        (
            "10-x.conf",
            "[Service]\nExecStart=\nExecStart=/usr/libexec/uketsuke/x\n",
        ),
        ("10-x.conf", "[Service]\nExecStart=\nExecStartPre=\n"),
    ] {
        let tree = Tree::new();
        tree.write(unit, prompt, 0o644);
        tree.write(&format!("{unit}.d/10-x.conf"), ours, 0o644);
        tree.write(&format!("{unit}.d/{name}"), text, 0o644);
        assert_eq!(tree.found(), [Rule::Getty], "{text}");
    }
    let tree = Tree::new();
    tree.write(unit, prompt, 0o644);
    tree.write(&format!("{unit}.d/10-x.conf"), ours, 0o644);
    symlink("/nothing-is-here", tree.at(&format!("{unit}.d/20-y.conf"))).unwrap();
    assert_eq!(tree.found(), [Rule::Getty]);
}

#[test]
fn the_development_flavour_may_have_tools_and_nothing_else() {
    let program = env!("CARGO_BIN_EXE_uketsuke-image-check");
    let run = |tree: &Tree, more: &[&str]| {
        let list = tree.at("list");
        fs::write(&list, "").unwrap();
        let tree = tree.at("root");
        let mut command = Command::new(program);
        command
            .args(["--no-units", "--brief", "--allowed"])
            .arg(list);
        let output = command.args(more).arg(tree).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), text)
    };
    let tree = Tree::new();
    tree.write("root/usr/bin/dash", "#!x", 0o755);
    let (code, text) = run(&tree, &["--development"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        !text.contains("shell") && text.contains("set-id 0, "),
        "{text}"
    );
    let (code, text) = run(&tree, &[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("shell 1, interpreter 0, script 1, "),
        "{text}"
    );
    tree.write("root/usr/bin/dash", "#!x", 0o4755);
    let (code, text) = run(&tree, &["--development"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("set-id             /usr/bin/dash  4755"),
        "{text}"
    );
    assert!(text.contains("set-id 1, "), "{text}");
}

#[test]
fn rights_owners_and_special_files_are_found() {
    for (mode, rule) in [
        (0o4755, Rule::SetId),
        (0o2755, Rule::SetId),
        (0o666, Rule::WorldWritable),
    ] {
        let tree = Tree::new();
        tree.write("usr/share/x", "x", mode);
        assert_eq!(tree.found(), [rule], "{mode:o}");
    }
    let tree = Tree::new();
    fs::create_dir_all(tree.at("usr/share")).unwrap();
    let _socket = UnixListener::bind(tree.at("usr/share/socket")).unwrap();
    fs::set_permissions(tree.at("usr/share/socket"), Permissions::from_mode(0o600)).unwrap();
    assert_eq!(tree.found(), [Rule::Special]);

    let tree = Tree::new();
    tree.write("usr/share/x", "x", 0o644);
    chown(tree.at("usr/share/x"), Some(1000), None).expect("this test runs as root");
    assert_eq!(tree.found(), [Rule::Owner]);

    // cap_net_bind_service=ep as setcap(8) writes it: version 2, effective, bit 10.
    let tree = Tree::new();
    tree.write("usr/share/x", "x", 0o755);
    let mut value = [0u8; 20];
    value[..4].copy_from_slice(&0x0200_0001u32.to_le_bytes());
    value[4..8].copy_from_slice(&(1u32 << 10).to_le_bytes());
    let flags = rustix::fs::XattrFlags::empty();
    let file = tree.at("usr/share/x");
    rustix::fs::setxattr(file, "security.capability", &value, flags).expect("as root");
    assert_eq!(tree.found(), [Rule::Capability]);
}

#[test]
fn accounts_that_open_are_found() {
    for shadow in ["root::1\n", "root:$y$j9T$x:1\n"] {
        let tree = Tree::new();
        tree.write("etc/shadow", shadow, 0o640);
        assert_eq!(tree.found(), [Rule::Password], "{shadow}");
    }
}

#[test]
fn private_keys_are_found_in_every_form_and_public_ones_are_not() {
    let rsa = openssl::rsa::Rsa::generate(2048).unwrap();
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
    let ec = openssl::ec::EcKey::generate(&group).unwrap();
    let any = openssl::pkey::PKey::from_rsa(rsa.clone()).unwrap();
    let ed = openssl::pkey::PKey::generate_ed25519().unwrap();
    let cipher = openssl::symm::Cipher::aes_256_cbc();
    let ssh = "-----BEGIN OPENSSH PRIVATE KEY-----\n".to_owned()
        + &"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz\n".repeat(3);
    let pgp = "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: x\n\n".to_owned()
        + &"lQOYBGPk3mABCADLQ6wVbV1h9pxHGDk0vQbNnQ8hAsoM\n".repeat(3);
    let mut inside = b"\x7fELFjunk\0".to_vec();
    inside.extend(any.private_key_to_pem_pkcs8().unwrap());
    for (name, content) in [
        ("PKCS #1 PEM", rsa.private_key_to_pem().unwrap()),
        ("PKCS #1 DER", rsa.private_key_to_der().unwrap()),
        ("PKCS #8 PEM", any.private_key_to_pem_pkcs8().unwrap()),
        ("PKCS #8 DER", any.private_key_to_pkcs8().unwrap()),
        ("Ed25519 DER", ed.private_key_to_pkcs8().unwrap()),
        ("SEC 1 PEM", ec.private_key_to_pem().unwrap()),
        ("SEC 1 DER", ec.private_key_to_der().unwrap()),
        (
            "old encrypted PEM",
            rsa.private_key_to_pem_passphrase(cipher, b"x").unwrap(),
        ),
        (
            "encrypted PKCS #8",
            any.private_key_to_pem_pkcs8_passphrase(cipher, b"x")
                .unwrap(),
        ),
        ("OpenSSH", ssh.into_bytes()),
        ("PGP", pgp.into_bytes()),
        ("PuTTY", b"PuTTY-User-Key-File-3: ssh-ed25519\n".to_vec()),
        (
            "age",
            b"AGE-SECRET-KEY-1QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L\n".to_vec(),
        ),
        ("inside another file", inside),
    ] {
        let tree = Tree::new();
        tree.write("usr/share/x", content, 0o644);
        let found = tree.found();
        assert!(found.contains(&Rule::PrivateKey), "{name}: {found:?}");
    }
    let certificate = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_vec();
    for (name, content) in [
        ("public PEM", any.public_key_to_pem().unwrap()),
        ("public DER", any.public_key_to_der().unwrap()),
        ("certificate", certificate),
        (
            "words",
            b"-----BEGIN RSA PRIVATE KEY-----\0-----END %s-----\0".to_vec(),
        ),
    ] {
        let tree = Tree::new();
        tree.write("usr/share/x", content, 0o644);
        assert_eq!(tree.found(), [], "{name}");
    }
}

#[test]
fn each_missing_hardening_is_found_alone() {
    let with = |more: &[&'static str]| {
        let mut flags = HARDENED.to_vec();
        flags.extend_from_slice(more);
        flags
    };
    for (flags, rule) in [
        (with(&["-no-pie", "-fno-pie"]), Rule::NotPie),
        (with(&["-Wl,-z,norelro"]), Rule::NotRelro),
        (with(&["-Wl,-z,lazy"]), Rule::NotRelro),
        (with(&["-Wl,-z,execstack"]), Rule::ExecutableStack),
        (with(&["-fno-stack-protector"]), Rule::NoStackProtector),
    ] {
        let tree = Tree::new();
        compile(&tree.at("usr/bin/tool"), C, &flags);
        assert_eq!(tree.found(), [rule], "{flags:?}");
    }
}

#[test]
fn a_library_is_judged_as_well() {
    let text = "__asm__(\".text\\n.quad outside\\n\"); int x(void) { return 1; }\n";
    for (source, flags, rule) in [
        (
            text,
            ["-shared", "-fPIC", "-Wl,-z,notext"],
            Rule::TextRelocation,
        ),
        (
            "int x;",
            ["-shared", "-fPIC", "-Wl,-z,execstack"],
            Rule::ExecutableStack,
        ),
        (
            "int x;",
            ["-shared", "-fPIC", "-Wl,-z,norelro"],
            Rule::NotRelro,
        ),
    ] {
        let tree = Tree::new();
        compile(&tree.at("usr/lib/libx.so.1"), source, &flags);
        assert_eq!(tree.found(), [rule], "{flags:?}");
    }
}

#[test]
fn a_cut_off_program_is_not_a_good_one() {
    let tree = Tree::new();
    compile(&tree.at("usr/bin/tool"), C, &HARDENED);
    let whole = fs::read(tree.at("usr/bin/tool")).unwrap();
    for length in [100, 1000, whole.len() / 2] {
        tree.write("usr/bin/tool", &whole[..length], 0o755);
        assert!(tree.found().contains(&Rule::NotPie), "{length}");
    }
}

#[test]
fn what_is_not_in_the_list_is_told_by_its_path() {
    let tree = Tree::new();
    compile(&tree.at("usr/libexec/new"), C, &HARDENED);
    tree.write("usr/bin/data", "x", 0o644)
        .write("etc/new.conf", "x", 0o644)
        .write("srv/new", "x", 0o644);
    let paths = |rule| -> Vec<String> {
        let all = tree.all().into_iter();
        all.filter(|(r, _)| *r == rule)
            .map(|(_, path)| path)
            .collect()
    };
    assert_eq!(paths(Rule::Program), ["/usr/bin/data", "/usr/libexec/new"]);
    assert_eq!(paths(Rule::Etc), ["/etc/new.conf"]);
    assert_eq!(paths(Rule::Place), ["/srv/new"]);
}
