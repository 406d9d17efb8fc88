// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether what a manifest says agrees with the reader, with itself and with the files.

use std::collections::BTreeMap;

use super::{
    Class, FORMAT, Manifest, Metric, ModelEntry, OperatingPoint, Policy, Refusal, Role, TestVector,
};
use crate::limits::{MOST_MODELS, MOST_RANK, MOST_TENSOR_BYTES, MOST_TENSORS};
use crate::ops;
use crate::tensor::{Element, Tensor};

/// FACE-02: wrong people at most, for a bundle that meets patients.
const FLOOR_OF_FAR: f64 = 1e-4;
/// Zero errors in n independent comparisons show no less than 3/n (95 %).
const SHOWN_BY_NONE: f64 = 3.0;
/// A known answer of floating point may differ by less than this from one machine to another.
const LEAST_COSINE: f64 = 0.9999;

/// Agrees with what the reader demands.
pub(super) fn with_policy(manifest: &Manifest, policy: &Policy) -> Result<(), Refusal> {
    if manifest.format != FORMAT {
        return Err(Refusal::Format {
            format: manifest.format,
            known: FORMAT,
        });
    }
    if manifest.class == Class::SyntheticReference && !policy.demonstration {
        return Err(Refusal::Synthetic);
    }
    if manifest.epoch < policy.least_epoch {
        return Err(Refusal::Older {
            epoch: manifest.epoch,
            least: policy.least_epoch,
        });
    }
    let needs = &manifest.runtime;
    let refuse = |why: String| Err(Refusal::Runtime(why));
    if needs.api != "litert-c" || needs.threads != 1 {
        return refuse(format!(
            "{} with {} threads; this reader has litert-c with 1",
            needs.api, needs.threads
        ));
    }
    let version = |text: &str| {
        version(text).ok_or_else(|| Refusal::Runtime(format!("{text:?} is no version")))
    };
    let (min, newest, ours) = (
        version(&needs.min)?,
        version(&needs.max_tested)?,
        version(&policy.runtime)?,
    );
    if ours < min || ours > newest {
        return refuse(format!(
            "made for {} to {}, this reader has {}",
            needs.min, needs.max_tested, policy.runtime
        ));
    }
    Ok(())
}

fn version(text: &str) -> Option<[u32; 3]> {
    let numbers: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
    numbers?.try_into().ok()
}

/// Agrees with itself.
pub(super) fn with_itself(manifest: &Manifest) -> Result<(), Refusal> {
    let plain = |text: &str| {
        !text.is_empty()
            && text.len() <= 64
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    };
    if !plain(&manifest.id) || !plain(&manifest.version) || manifest.licence.trim().is_empty() {
        return Err(Refusal::Manifest(
            "id, version or licence is empty or odd".into(),
        ));
    }
    if manifest.models.is_empty() || manifest.models.len() > MOST_MODELS {
        return Err(Refusal::Manifest(format!(
            "1 to {MOST_MODELS} models are taken"
        )));
    }
    let mut together = 0_usize;
    for (index, model) in manifest.models.iter().enumerate() {
        let refuse = |what: &str| {
            Err(Refusal::Model {
                role: model.role,
                what: what.into(),
            })
        };
        if manifest.models[..index]
            .iter()
            .any(|other| other.role == model.role)
        {
            return refuse("a second one");
        }
        self::model(model)?;
        let tensors = model.tensors();
        for tensor in tensors.inputs.iter().chain(&tensors.outputs) {
            together = together.saturating_add(tensor.bytes());
        }
        let vectors = &manifest.test_vectors;
        if !vectors.iter().any(|vector| vector.model == model.role) {
            return refuse("no known answer");
        }
        let points = &manifest.operating_points;
        if matches!(model.role, Role::Embedder | Role::CardFront)
            && !points
                .iter()
                .any(|point| point.model == model.role && point.name == "default")
        {
            return refuse("no operating point \"default\"");
        }
    }
    if together > MOST_TENSOR_BYTES {
        return Err(Refusal::Manifest(format!("tensors of {together} bytes")));
    }
    if has(manifest, Role::Embedder) != manifest.embedding_space.is_some() {
        return Err(Refusal::Manifest(
            "an embedding space goes with an embedder".into(),
        ));
    }
    if let Some(quality) = &manifest.quality
        && !(quality.min_interocular_px > 0.0 && (0.0..=90.0).contains(&quality.max_yaw_deg))
    {
        return Err(Refusal::Manifest("quality beyond its range".into()));
    }
    pad(manifest)?;
    for point in &manifest.operating_points {
        operating_point(manifest, point)?;
    }
    Ok(())
}

fn has(manifest: &Manifest, role: Role) -> bool {
    manifest.models.iter().any(|model| model.role == role)
}

fn model(model: &ModelEntry) -> Result<(), Refusal> {
    let refuse = |what: String| {
        Err(Refusal::Model {
            role: model.role,
            what,
        })
    };
    let tensors = model.tensors();
    for side in [&tensors.inputs, &tensors.outputs] {
        if side.is_empty() || side.len() > MOST_TENSORS {
            return refuse(format!("1 to {MOST_TENSORS} tensors in and out are taken"));
        }
        let bad = |tensor: &&Tensor| {
            tensor.shape.is_empty()
                || tensor.shape.len() > MOST_RANK
                || tensor.shape[0] != 1
                || tensor.shape.contains(&0)
        };
        if let Some(tensor) = side.iter().find(bad) {
            return refuse(format!("{tensor}: batch 1 and fixed sides are taken"));
        }
    }
    for input in &model.inputs {
        let colours = match input.colour.as_str() {
            "RGB" | "BGR" => 3,
            "grey" => 1,
            other => return refuse(format!("colour {other:?}; RGB, BGR or grey")),
        };
        let own = input.mean.is_empty() && input.std.is_empty();
        let each = input.mean.len() == colours && input.std.len() == colours;
        let finite = input
            .mean
            .iter()
            .chain(&input.std)
            .all(|number| number.is_finite());
        if input.shape.len() != 4
            || input.shape[3] as usize != colours
            || !(own || each)
            || !finite
            || input.std.iter().any(|&spread| spread <= 0.0)
        {
            return refuse("shape, colour, mean and std of an input do not fit".into());
        }
    }
    for name in &model.ops {
        if ops::number(name).is_none() {
            return refuse(format!("operator {name} is not taken"));
        }
    }
    if model.ops.is_empty() {
        return refuse("no operator is named".into());
    }
    if model.role == Role::Embedder
        && (model.align.is_none()
            || model.outputs.len() != 1
            || model.outputs[0].metric != Some(Metric::Cosine))
    {
        return refuse("an embedder needs align, one output, and metric = \"cosine\"".into());
    }
    Ok(())
}

fn share(number: f64) -> bool {
    (0.0..=1.0).contains(&number)
}

fn pad(manifest: &Manifest) -> Result<(), Refusal> {
    if has(manifest, Role::Pad) != manifest.pad.is_some() {
        return Err(Refusal::Pad("[pad] goes with a model for it".into()));
    }
    let Some(pad) = &manifest.pad else {
        return Ok(());
    };
    let shares = [pad.apcer_max.value, pad.bpcer, pad.iapar_max];
    if !pad.threshold.is_finite() || !shares.into_iter().all(share) {
        return Err(Refusal::Pad("figures beyond their range".into()));
    }
    if pad.apcer_max.species.trim().is_empty() {
        return Err(Refusal::Pad("the worst kind of attack has no name".into()));
    }
    Ok(())
}

fn operating_point(manifest: &Manifest, point: &OperatingPoint) -> Result<(), Refusal> {
    let refuse = |what: &str| {
        Err(Refusal::OperatingPoint {
            point: point.name.clone(),
            what: what.into(),
        })
    };
    let Some(model) = manifest
        .models
        .iter()
        .find(|model| model.role == point.model)
    else {
        return refuse("of a model that is not there");
    };
    let evidence = &point.evidence;
    if evidence.model_sha256 != model.sha256 {
        return refuse("shown for another model file");
    }
    let report = manifest
        .files
        .iter()
        .find(|file| file.path == evidence.report);
    if report.is_none_or(|file| file.sha256 != evidence.sha256) {
        return refuse("its report is not the one in the bundle");
    }
    let (far, frr) = (&point.far, &point.frr);
    let shares = [
        far.target,
        far.measured,
        far.upper95,
        frr.measured,
        frr.low95,
        frr.high95,
    ];
    let thresholds = match point.model {
        Role::Embedder => -1.0..=1.0,
        _ => 0.0..=1.0,
    };
    if !thresholds.contains(&point.threshold) || !shares.into_iter().all(share) {
        return refuse("figures beyond their range");
    }
    if far.measured > far.upper95 || frr.measured < frr.low95 || frr.measured > frr.high95 {
        return refuse("a figure outside its own interval");
    }
    if evidence.subjects == 0
        || evidence.genuine == 0
        || evidence.impostor == 0
        || evidence.frames == 0
    {
        return refuse("shown on nothing");
    }
    if far.upper95 < SHOWN_BY_NONE / evidence.impostor as f64 * 0.99 {
        return refuse("fewer errors than so many comparisons can show");
    }
    if manifest.class == Class::Production
        && point.model == Role::Embedder
        && far.upper95 > FLOOR_OF_FAR
    {
        return refuse("more wrong people than one in 10,000");
    }
    Ok(())
}

/// Agrees with the files.
pub(super) fn with_files(
    manifest: &Manifest,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<(), Refusal> {
    for vector in &manifest.test_vectors {
        let refuse = |what: &str| {
            Err(Refusal::TestVector {
                role: vector.model,
                what: what.into(),
            })
        };
        let Some(model) = manifest
            .models
            .iter()
            .find(|model| model.role == vector.model)
        else {
            return refuse("of a model that is not there");
        };
        let tensors = model.tensors();
        let bytes = |side: &[Tensor]| side.iter().map(Tensor::bytes).sum::<usize>();
        let long = |name: &String| files.get(name).map(Vec::len);
        if long(&vector.input) != Some(bytes(&tensors.inputs))
            || long(&vector.output) != Some(bytes(&tensors.outputs))
        {
            return refuse("a file that is not there, or of another length than the tensors");
        }
        if !nearness(&tensors.outputs, vector) {
            return refuse("min_cosine goes with floating point, from 0.9999 to 1");
        }
    }
    Ok(())
}

fn nearness(outputs: &[Tensor], vector: &TestVector) -> bool {
    let floating = outputs
        .iter()
        .any(|tensor| tensor.element == Element::Float32);
    match vector.min_cosine {
        Some(least) => floating && (LEAST_COSINE..=1.0).contains(&least),
        None => !floating,
    }
}
