// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsuke-bundle` with keys that OpenSSL made, and OpenSSL's own verdict on what it signs.
#![allow(clippy::unwrap_used, reason = "a panic is the report")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use support::{draft, library};

fn tool(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uketsuke-bundle"));
    command.args(arguments).output().unwrap()
}

fn openssl(folder: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new("openssl");
    let done = command
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    done.status.success()
}

#[test]
fn what_is_packed_is_taken_by_a_reader_and_verified_by_openssl() {
    let draft = draft();
    let folder = draft.folder.path();
    fs::write(folder.join("draft.toml"), &draft.manifest).unwrap();
    for name in ["my", "other"] {
        let (key, public) = (format!("{name}.key"), format!("{name}.pub"));
        assert!(openssl(
            folder,
            &["genpkey", "-algorithm", "ed25519", "-out", &key]
        ));
        assert!(openssl(
            folder,
            &["pkey", "-in", &key, "-pubout", "-out", &public]
        ));
    }
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (out, key, public, other) = (
        path("out"),
        path("my.key"),
        path("my.pub"),
        path("other.pub"),
    );
    let packed = tool(&["pack", &path("draft.toml"), &out, "--key", &key]);
    assert!(
        packed.status.success(),
        "{}",
        String::from_utf8_lossy(&packed.stderr)
    );
    let verify = [
        "pkeyutl",
        "-verify",
        "-rawin",
        "-pubin",
        "-inkey",
        "my.pub",
        "-in",
        "out/manifest.toml",
        "-sigfile",
        "out/manifest.toml.sig",
    ];
    assert!(openssl(folder, &verify));

    let (worker, library) = (env!("CARGO_BIN_EXE_uketsuke-infer"), library());
    let library = library.to_str().unwrap();
    let with = [
        "check",
        &out,
        "--demonstration",
        "--trust",
        &public,
        "--worker",
        worker,
        "--library",
        library,
    ];
    let checked = tool(&with);
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(
        said.contains("every known answer was given") && said.contains("taken: test-front"),
        "{said}"
    );

    for (arguments, why) in [
        (
            vec!["check", &out, "--trust", &public],
            "does not demonstrate",
        ),
        (
            vec!["check", &out, "--demonstration", "--trust", &other],
            "no trusted key",
        ),
        (
            vec![
                "check",
                &out,
                "--demonstration",
                "--trust",
                &public,
                "--epoch",
                "4",
            ],
            "epoch 3: 4 was in use",
        ),
        (
            vec!["check", &out, "--demonstration", "--trust", &key],
            "cannot read a key",
        ),
        (
            vec!["pack", &path("draft.toml"), &out, "--key", &key],
            "cannot write",
        ),
        (vec!["sign", &out, "--key", &public], "cannot read a key"),
    ] {
        let refused = tool(&arguments);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            refused.status.code() == Some(1) && said.contains(why),
            "{arguments:?}: {said}"
        );
    }

    // An operator signs again what was edited by hand.
    let manifest = folder.join("out/manifest.toml");
    let text = fs::read_to_string(&manifest)
        .unwrap()
        .replace("epoch = 3", "epoch = 5");
    fs::write(&manifest, text).unwrap();
    let check = ["check", &out, "--demonstration", "--trust", &public];
    assert!(!tool(&check).status.success(), "edited after it was signed");
    assert!(tool(&["sign", &out, "--key", &key]).status.success());
    assert!(tool(&check).status.success());
}
