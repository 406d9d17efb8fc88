// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is refused, by name: each row is a bundle in which one thing disagrees.
#![allow(clippy::unwrap_used, reason = "a panic is the report")]

mod support;

use std::fs;
use std::os::unix::fs::symlink;

use support::{Draft, draft};
use uketsuke_infer::bundle::{Bundle, Refusal};

/// Repacks by hand: what `pack` would put right stays wrong.
fn with(draft: &Draft, change: impl FnOnce(&str) -> String) -> Result<Bundle, Refusal> {
    let out = draft.packed();
    let manifest = out.join("manifest.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed);
    fs::write(&manifest, changed).unwrap();
    uketsuke_infer::bundle::sign(&out, &draft.key).unwrap();
    Bundle::open(&out, &draft.policy())
}

fn name(refusal: &Refusal) -> String {
    let words = format!("{refusal:?}");
    words.split([' ', '(', '{']).next().unwrap().to_owned()
}

#[test]
fn a_bundle_in_which_all_agrees_is_taken() {
    let draft = draft();
    let bundle = draft.open().unwrap();
    assert_eq!(bundle.manifest().id, "test-front");
    assert_eq!(bundle.models().count(), 1);
}

#[test]
fn every_disagreement_has_its_name() {
    let rows: &[(&str, &str, &str)] = &[
        ("format = 1\n", "format = 2\n", "Format"),
        ("epoch = 3", "epoch = 2", "Older"),
        ("id = \"test-front\"", "id = \"a b\"", "Manifest"),
        ("licence = \"of no use\"", "licence = \" \"", "Manifest"),
        (
            "licence = \"of no use\"",
            "licence = \"x\"\nlicense = \"y\"",
            "Manifest",
        ),
        (
            "licence = \"of no use\"",
            "licence = \"x\"\nembedding_space = \"s\"",
            "Manifest",
        ),
        ("litert-c", "onnx", "Runtime"),
        ("threads = 1", "threads = 2", "Runtime"),
        ("min = \"2.1.6\"", "min = \"2.4.0\"", "Runtime"),
        (
            "max_tested = \"2.3.0\"",
            "max_tested = \"2.2.9\"",
            "Runtime",
        ),
        ("max_tested = \"2.3.0\"", "max_tested = \"two\"", "Runtime"),
        ("shape = [1, 4, 4, 1]", "shape = [2, 4, 4, 1]", "Model"),
        ("shape = [1, 4, 4, 1]", "shape = [1, 4, 0, 1]", "Model"),
        ("shape = [1, 4, 4, 1]", "shape = []", "Model"),
        (
            "shape = [1, 4, 4, 1]",
            "shape = [1, 65536, 65536, 1]",
            "Manifest",
        ),
        ("colour = \"grey\"", "colour = \"RGB\"", "Model"),
        ("colour = \"grey\"", "colour = \"infrared\"", "Model"),
        ("mean = [], std = []", "mean = [0.0], std = [0.0]", "Model"),
        ("mean = [], std = []", "mean = [0.0], std = []", "Model"),
        ("mean = [], std = []", "mean = [nan], std = [1.0]", "Model"),
        ("ops = [\"CONV_2D\"]", "ops = []", "Model"),
        ("ops = [\"CONV_2D\"]", "ops = [\"CUSTOM\"]", "Model"),
        ("role = \"card-front\"", "role = \"pad\"", "Model"),
        ("\"card-front\"", "\"pad\"", "Pad"),
        ("role = \"card-front\"", "role = \"embedder\"", "Model"),
        ("role = \"card-front\"", "role = \"iris\"", "Manifest"),
        ("name = \"default\"", "name = \"other\"", "Model"),
        ("threshold = 0.9", "threshold = 1.1", "OperatingPoint"),
        ("threshold = 0.9", "threshold = nan", "OperatingPoint"),
        ("target = 1e-4", "target = -0.1", "OperatingPoint"),
        ("upper95 = 3e-4", "upper95 = 1e-4", "OperatingPoint"),
        ("measured = 0.02", "measured = 0.04", "OperatingPoint"),
        ("measured = 0.0,", "measured = 0.1,", "OperatingPoint"),
        ("subjects = 10000", "subjects = 0", "OperatingPoint"),
        ("impostor = 10000", "impostor = 100", "OperatingPoint"),
        ("model_sha256 = \"", "model_sha256 = \"0", "OperatingPoint"),
        (
            "report = \"report.json\"",
            "report = \"kat/1.in\"",
            "OperatingPoint",
        ),
        ("min_cosine = 0.9999", "min_cosine = 0.9", "TestVector"),
        ("min_cosine = 0.9999", "", "TestVector"),
        (
            "output = \"kat/1.out\"",
            "output = \"report.json\"",
            "TestVector",
        ),
        (
            "output = \"kat/1.out\"",
            "output = \"kat/2.out\"",
            "TestVector",
        ),
    ];
    for (from, to, wanted) in rows {
        let draft = draft().change(from, to);
        let refusal = draft
            .open()
            .err()
            .unwrap_or_else(|| panic!("{to} was taken"));
        assert_eq!(&name(&refusal), wanted, "{to}: {refusal}");
    }
    println!("{} disagreements refused by name", rows.len());
}

#[test]
fn synthetic_people_are_refused_where_nobody_demonstrates() {
    let draft = draft();
    let mut policy = draft.policy();
    policy.demonstration = false;
    let refusal = Bundle::open(&draft.packed(), &policy).err().unwrap();
    assert!(matches!(refusal, Refusal::Synthetic), "{refusal}");
}

#[test]
fn who_is_not_trusted_signs_in_vain() {
    let draft = draft();
    let out = draft.packed();
    let mut policy = draft.policy();
    policy.trusted = vec![support::draft().key.verifying()];
    let refusal = Bundle::open(&out, &policy).err().unwrap();
    assert!(matches!(refusal, Refusal::NotSigned), "{refusal}");
    policy.trusted.clear();
    assert!(matches!(
        Bundle::open(&out, &policy),
        Err(Refusal::NotSigned)
    ));
    policy.trusted = draft.policy().trusted;
    let signature = out.join("manifest.toml.sig");
    fs::write(&signature, [0; 63]).unwrap();
    assert!(matches!(
        Bundle::open(&out, &policy),
        Err(Refusal::SignatureLength { bytes: 63 })
    ));
    fs::remove_file(&signature).unwrap();
    assert!(matches!(
        Bundle::open(&out, &policy),
        Err(Refusal::Read { .. })
    ));
}

#[test]
fn no_byte_can_be_altered() {
    let draft = draft();
    let out = draft.packed();
    let mut random = fastrand::Rng::with_seed(1);
    let mut altered = 0;
    for name in [
        "manifest.toml",
        "manifest.toml.sig",
        "model.tflite",
        "kat/1.in",
        "kat/1.out",
        "report.json",
    ] {
        let path = out.join(name);
        let whole = fs::read(&path).unwrap();
        for _ in 0..40 {
            let mut bytes = whole.clone();
            let at = random.usize(..bytes.len());
            bytes[at] ^= 1 << random.u8(..8);
            fs::write(&path, bytes).unwrap();
            let refusal = Bundle::open(&out, &draft.policy()).err().unwrap();
            let wanted = if name.starts_with("manifest") {
                "NotSigned"
            } else {
                "Altered"
            };
            assert_eq!(self::name(&refusal), wanted, "{name}: {refusal}");
            altered += 1;
        }
        fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        assert!(
            Bundle::open(&out, &draft.policy()).is_err(),
            "{name} appended to"
        );
        fs::write(&path, &whole).unwrap();
    }
    println!("{altered} altered bytes, none taken");
    assert!(Bundle::open(&out, &draft.policy()).is_ok());
}

#[test]
fn what_is_not_listed_is_refused_with_the_rest() {
    let open = |spoil: &dyn Fn(&std::path::Path)| {
        let draft = draft();
        let out = draft.packed();
        spoil(&out);
        Bundle::open(&out, &draft.policy()).err().unwrap()
    };
    let refusal = open(&|out| fs::write(out.join("more"), b"").unwrap());
    assert!(
        matches!(&refusal, Refusal::Unlisted { name } if name == "more"),
        "{refusal}"
    );
    let refusal = open(&|out| fs::write(out.join("kat/2"), b"").unwrap());
    assert!(
        matches!(&refusal, Refusal::Unlisted { name } if name == "kat/2"),
        "{refusal}"
    );
    let refusal = open(&|out| fs::create_dir(out.join("kat/deep")).unwrap());
    assert!(matches!(refusal, Refusal::NotPlain { .. }), "{refusal}");
    let refusal = open(&|out| fs::remove_file(out.join("report.json")).unwrap());
    assert!(
        matches!(&refusal, Refusal::Missing { name } if name == "report.json"),
        "{refusal}"
    );
    let refusal = open(&|out| {
        fs::rename(out.join("report.json"), out.join("../moved")).unwrap();
        symlink("../moved", out.join("report.json")).unwrap();
    });
    assert!(matches!(refusal, Refusal::NotPlain { .. }), "{refusal}");
    let refusal = open(&|out| {
        for number in 0..70 {
            fs::write(out.join(format!("kat/{number}")), b"").unwrap();
        }
    });
    assert!(matches!(refusal, Refusal::TooMany { .. }), "{refusal}");
}

#[test]
fn lists_that_lie_are_refused() {
    let draft = support::draft;
    let refuse =
        |from: &str, to: &str| with(&draft(), |text| text.replace(from, to)).err().unwrap();
    let refusal = refuse("path = \"report.json\"", "path = \"../report.json\"");
    assert_eq!(name(&refusal), "OperatingPoint", "{refusal}");
    let refusal = refuse("path = \"kat/1.in\"", "path = \"../kat/1.in\"");
    assert!(matches!(refusal, Refusal::FileName { .. }), "{refusal}");
    let refusal = refuse("path = \"kat/1.in\"", "path = \"model.tflite\"");
    assert!(matches!(refusal, Refusal::Twice { .. }), "{refusal}");
    let refusal = refuse("bytes = 64", "bytes = 65");
    assert!(matches!(refusal, Refusal::Length { .. }), "{refusal}");
}
