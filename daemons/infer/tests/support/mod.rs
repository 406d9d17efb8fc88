// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bundles made for a test, signed with a key made for it. The model is the one that the worker itself
//! asks its library with: one convolution whose answer is known.
#![allow(dead_code, reason = "each suite uses its own part")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use uketsuke_infer::Worker;
use uketsuke_infer::bundle::{Bundle, PackError, Policy, Refusal, SigningKey, pack};

/// 3×3, filter 1 to 9, bias -20, cut to 0…6; see `src/runtime/probe.rs`.
pub const MODEL: &[u8] = include_bytes!("../../src/runtime/probe.tflite");
pub const SHAPE: &str = "[1, 4, 4, 1]";
/// What it is asked.
pub const INPUT: [f32; 16] = [
    -1.0, 1.0, 3.0, 0.0, 2.0, -1.0, 1.0, 3.0, 0.0, 2.0, -1.0, 1.0, 3.0, 0.0, 2.0, -1.0,
];
/// What the Python interpreter of the same library answers.
pub const OUTPUT: [f32; 16] = [
    0.0, 6.0, 6.0, 6.0, 3.0, 6.0, 6.0, 3.0, 6.0, 6.0, 6.0, 0.0, 1.0, 5.0, 0.0, 0.0,
];

/// Files of a bundle before it is packed, and who signs it.
pub struct Draft {
    pub folder: TempDir,
    pub key: SigningKey,
    pub manifest: String,
}

/// A bundle that is taken as it is.
pub fn draft() -> Draft {
    let folder = tempfile::tempdir().unwrap();
    let mut seed = [0; 32];
    fastrand::fill(&mut seed);
    let key = SigningKey::from_seed(&seed).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    fs::create_dir(folder.path().join("kat")).unwrap();
    write("model.tflite", MODEL);
    write("kat/1.in", &bytes(&INPUT));
    write("kat/1.out", &bytes(&OUTPUT));
    write("report.json", b"{}");
    let manifest = MANIFEST
        .replace("@MODEL@", &sha256(MODEL))
        .replace("@REPORT@", &sha256(b"{}"));
    Draft {
        folder,
        key,
        manifest,
    }
}

const MANIFEST: &str = r#"
format = 1
id = "test-front"
version = "1.0.0"
epoch = 3
class = "synthetic-reference"
licence = "of no use"
runtime = { api = "litert-c", min = "2.1.6", max_tested = "2.3.0", threads = 1 }

[[model]]
role = "card-front"
file = "model.tflite"
sha256 = ""
bytes = 0
inputs = [{ shape = [1, 4, 4, 1], dtype = "float32", colour = "grey", mean = [], std = [] }]
outputs = [{ shape = [1, 4, 4, 1], dtype = "float32" }]
ops = ["CONV_2D"]
require_fully_accelerated = true

[[file]]
path = "kat/1.in"
sha256 = ""
bytes = 0

[[file]]
path = "kat/1.out"
sha256 = ""
bytes = 0

[[file]]
path = "report.json"
sha256 = ""
bytes = 0

[[operating_point]]
name = "default"
model = "card-front"
threshold = 0.9
far = { target = 1e-4, measured = 0.0, upper95 = 3e-4 }
frr = { measured = 0.02, low95 = 0.01, high95 = 0.03 }

[operating_point.evidence]
report = "report.json"
sha256 = "@REPORT@"
subjects = 10000
genuine = 10000
impostor = 10000
reference = "rendered-card"
frames = 2
model_sha256 = "@MODEL@"

[[test_vector]]
model = "card-front"
input = "kat/1.in"
output = "kat/1.out"
min_cosine = 0.9999
"#;

impl Draft {
    /// Changes the manifest; what is to be changed must be there.
    pub fn change(mut self, from: &str, to: &str) -> Self {
        assert!(self.manifest.contains(from), "{from}");
        self.manifest = self.manifest.replace(from, to);
        self
    }

    /// Replaces a file.
    pub fn file(self, name: &str, bytes: &[u8]) -> Self {
        fs::write(self.folder.path().join(name), bytes).unwrap();
        self
    }

    /// Packs it; where.
    pub fn packed(&self) -> PathBuf {
        self.pack().unwrap()
    }

    fn pack(&self) -> Result<PathBuf, PackError> {
        let draft = self.folder.path().join("draft.toml");
        fs::write(&draft, &self.manifest).unwrap();
        let out = self.folder.path().join("out");
        pack(&draft, &out, &self.key).map(|()| out)
    }

    pub fn policy(&self) -> Policy {
        Policy {
            trusted: vec![self.key.verifying()],
            demonstration: true,
            least_epoch: 3,
            runtime: "2.3.0".into(),
        }
    }

    /// Packs and opens it: what is no manifest is refused by the packer already.
    pub fn open(&self) -> Result<Bundle, Refusal> {
        match self.pack() {
            Ok(out) => Bundle::open(&out, &self.policy()),
            Err(PackError::Refusal(refusal)) => Err(refusal),
            Err(error) => panic!("{error}"),
        }
    }

    pub fn bundle(&self) -> Arc<Bundle> {
        Arc::new(self.open().unwrap())
    }
}

pub fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

pub fn sha256(bytes: &[u8]) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, bytes);
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// LiteRT as `packages/install-litert` leaves it.
pub fn library() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/litert/libLiteRt.so");
    assert!(
        path.exists(),
        "no {}: run packages/install-litert",
        path.display()
    );
    path
}

pub fn worker() -> Worker {
    Worker::Program {
        program: env!("CARGO_BIN_EXE_uketsuke-infer").into(),
        library: library(),
    }
}

/// A program that ends, hangs or lies in a worker's place.
pub fn impostor(folder: &Path, script: &str) -> Worker {
    let program = folder.join("impostor");
    fs::write(&program, format!("#!/bin/bash\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    Worker::Program {
        program,
        library: library(),
    }
}
