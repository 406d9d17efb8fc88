// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether an answer is the known one.

use zeroize::Zeroizing;

use super::EngineError;
use crate::bundle::TestVector;
use crate::tensor::{Element, Tensor};

/// Compares the outputs of a run with the bytes that a bundle brings: floating point by the cosine
/// between the two, anything else byte by byte.
pub(super) fn same(
    vector: &TestVector,
    outputs: &[Tensor],
    got: &[Zeroizing<Vec<u8>>],
    wanted: &[u8],
) -> Result<(), EngineError> {
    let refuse = |what: String| {
        Err(EngineError::KnownAnswer {
            role: vector.model,
            vector: vector.output.clone(),
            what,
        })
    };
    let mut rest = wanted;
    for (index, (tensor, got)) in outputs.iter().zip(got).enumerate() {
        let Some((wanted, others)) = rest.split_at_checked(tensor.bytes()) else {
            return refuse("too short".into());
        };
        rest = others;
        if tensor.element == Element::Float32 {
            let cosine = cosine(&numbers(got), &numbers(wanted));
            if cosine.is_nan() || cosine < vector.min_cosine.unwrap_or(1.0) {
                return refuse(format!("cosine {cosine:.6} at output {index}"));
            }
        } else if got.as_slice() != wanted {
            return refuse(format!("other bytes at output {index}"));
        }
    }
    Ok(())
}

/// Files have the lowest byte first, as every machine that this runs on.
fn numbers(bytes: &[u8]) -> Vec<f64> {
    let four = bytes.chunks_exact(4);
    four.map(|four| f64::from(f32::from_le_bytes([four[0], four[1], four[2], four[3]])))
        .collect()
}

fn cosine(one: &[f64], other: &[f64]) -> f64 {
    let dot = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f64>();
    dot(one, other) / (dot(one, one) * dot(other, other)).sqrt()
}
