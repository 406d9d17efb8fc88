// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a manifest says. Unknown keys are errors: a supplier who means something must be understood.

use serde::{Deserialize, Serialize};

use crate::exchange::Tensors;
use crate::tensor::{Element, Tensor};

/// The whole of `manifest.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`super::FORMAT`].
    pub format: u32,
    /// The supplier's name for it: letters, digits, `-`, `.`, at most 64.
    pub id: String,
    /// The supplier's version.
    pub version: String,
    /// Counts up with each bundle that must not be followed by an older one.
    pub epoch: u64,
    /// What it may be used for.
    pub class: Class,
    /// Licence of models and of what they were trained with, in words.
    pub licence: String,
    /// Features are comparable inside one space only; needed where there is an embedder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding_space: Option<String>,
    /// What runs it.
    pub runtime: RuntimeNeeds,
    /// From which image quality on faces are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// What was shown about attacks; needed where there is a [`Role::Pad`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pad: Option<Pad>,
    /// The models, one for a role.
    #[serde(rename = "model")]
    pub models: Vec<ModelEntry>,
    /// All other files.
    #[serde(rename = "file", default)]
    pub files: Vec<File>,
    /// Thresholds, each with what was shown at it.
    #[serde(rename = "operating_point", default)]
    pub operating_points: Vec<OperatingPoint>,
    /// Known answers; at least one for each model.
    #[serde(rename = "test_vector")]
    pub test_vectors: Vec<TestVector>,
}

/// What a bundle may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// On patients.
    Production,
    /// To show that the parts fit together. It knows made-up people only and would take one real person
    /// for another, so it is refused unless the reader demonstrates.
    SyntheticReference,
}

/// `runtime = { … }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeNeeds {
    /// `litert-c`.
    pub api: String,
    /// The oldest version that runs it.
    pub min: String,
    /// The newest version it was tested with.
    pub max_tested: String,
    /// 1.
    pub threads: u32,
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Where faces are.
    Detector,
    /// Where eyes, nose and mouth are.
    Landmarks,
    /// Whose face it is, as a list of numbers.
    Embedder,
    /// Whether it is a living one.
    Pad,
    /// The print on a card's front.
    CardFront,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// What it is for.
    pub role: Role,
    /// Its file.
    pub file: String,
    /// SHA-256 of it, hex.
    pub sha256: String,
    /// Bytes of it.
    pub bytes: u64,
    /// What goes in, in the model's order.
    pub inputs: Vec<Input>,
    /// What comes out, in the model's order.
    pub outputs: Vec<Output>,
    /// How a face is brought into place; of embedders and PAD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub align: Option<Align>,
    /// Every operator of TFLite in it; see `docs/face.md` for those that are taken.
    pub ops: Vec<String>,
    /// Refused when an operation falls out of XNNPACK, which costs a multiple of the time.
    pub require_fully_accelerated: bool,
}

impl ModelEntry {
    /// Its tensors.
    #[must_use]
    pub fn tensors(&self) -> Tensors {
        let tensor = |element, shape: &[u32]| Tensor {
            element,
            shape: shape.to_vec(),
        };
        let inputs = self.inputs.iter();
        let outputs = self.outputs.iter();
        Tensors {
            inputs: inputs.map(|one| tensor(one.dtype, &one.shape)).collect(),
            outputs: outputs.map(|one| tensor(one.dtype, &one.shape)).collect(),
        }
    }
}

/// What goes into a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// `[1, rows, columns, colours]`, batch 1.
    pub shape: Vec<u32>,
    /// What it is made of.
    pub dtype: Element,
    /// `RGB`, `BGR` or `grey`.
    pub colour: String,
    /// Taken off each colour of a pixel (0 to 255) …
    pub mean: Vec<f32>,
    /// … before it is divided by this. Both empty: the picture's own mean and spread.
    pub std: Vec<f32>,
}

/// What comes out of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// `[1, …]`.
    pub shape: Vec<u32>,
    /// What it is made of.
    pub dtype: Element,
    /// Of an embedder: how two are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
}

/// How two lists of numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// The cosine between them, -1 to 1; the reader brings them to length 1 itself.
    Cosine,
}

/// `align = { … }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Align {
    /// Which places eyes, nose and mouth are brought to, by name.
    pub template: String,
    /// `bilinear`.
    pub interpolation: String,
}

/// A file that is no model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its path inside the bundle.
    pub path: String,
    /// SHA-256 of it, hex.
    pub sha256: String,
    /// Bytes of it.
    pub bytes: u64,
}

/// A threshold, and what was shown at it. It counts for this very model file alone.
///
/// For [`Role::CardFront`] a false accept is a wrong number, a false reject a number that is not given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatingPoint {
    /// `default`, or a name that the reader knows.
    pub name: String,
    /// Which model's answer it is about.
    pub model: Role,
    /// From here on up it is a yes.
    pub threshold: f32,
    /// Who got in wrongly.
    pub far: FarRate,
    /// Who did not get in.
    pub frr: FrrRate,
    /// What the figures rest on.
    pub evidence: Evidence,
}

/// `far = { … }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FarRate {
    /// What was aimed at.
    pub target: f64,
    /// What came out.
    pub measured: f64,
    /// The upper end of its 95 % interval.
    pub upper95: f64,
}

/// `frr = { … }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrrRate {
    /// What came out.
    pub measured: f64,
    /// The lower end of its 95 % interval.
    pub low95: f64,
    /// The upper end.
    pub high95: f64,
}

/// What figures rest on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The report, a file of the bundle.
    pub report: String,
    /// SHA-256 of it, hex.
    pub sha256: String,
    /// How many people (or cards).
    pub subjects: u64,
    /// Comparisons of one with himself.
    pub genuine: u64,
    /// Comparisons of one with another.
    pub impostor: u64,
    /// What the live picture was compared with: `card`, `live`, `rendered-card`.
    pub reference: String,
    /// Pictures that one answer rests on.
    pub frames: u32,
    /// The model file that was measured.
    pub model_sha256: String,
}

/// `[pad]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pad {
    /// From here on up it is alive.
    pub threshold: f32,
    /// The kind of attack that succeeds most often; never an average.
    pub apcer_max: WorstSpecies,
    /// Living people taken for an attack.
    pub bpcer: f64,
    /// Attacks that pass the whole chain, at most.
    pub iapar_max: f64,
}

/// One kind of attack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorstSpecies {
    /// How often it succeeded.
    pub value: f64,
    /// Its name.
    pub species: String,
}

/// `[quality]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// Pixels between the eyes.
    pub min_interocular_px: f32,
    /// Degrees turned aside.
    pub max_yaw_deg: f32,
}

/// A known answer: bytes of all inputs, bytes of all outputs, one tensor after the other, numbers of
/// several bytes with the lowest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestVector {
    /// Whose.
    pub model: Role,
    /// A file of the bundle.
    pub input: String,
    /// A file of the bundle.
    pub output: String,
    /// How near the answer must come, for floating point; whole numbers must be the very same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_cosine: Option<f64>,
}
