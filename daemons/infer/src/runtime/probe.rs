// SPDX-License-Identifier: MIT OR Apache-2.0
//! The question asked of the library before it sees a model of anybody's: one convolution, in small whole
//! numbers, which every machine computes exactly. It finds a library whose functions are not what we
//! take them for, and it has the library do whatever it puts off until the first run (it asks the
//! system about the processor) while the process still may.

use super::{Model, Runtime, RuntimeError};
use crate::tensor::{Element, Tensor};

/// Made by `tests/faces/probe.py`: CONV_2D, 3×3, SAME, ReLU6; filter 1…9 by rows, bias -20.
const MODEL: &[u8] = include_bytes!("probe.tflite");
const SIDE: usize = 4;

/// What the model computes, by its definition: [SIDE, SIDE], row by row.
fn wanted(input: &[f32]) -> Vec<f32> {
    let at = |row: i32, column: i32| {
        let inside = (0..SIDE as i32).contains(&row) && (0..SIDE as i32).contains(&column);
        if inside {
            input[row as usize * SIDE + column as usize]
        } else {
            0.0
        }
    };
    let mut out = Vec::new();
    for row in 0..SIDE as i32 {
        for column in 0..SIDE as i32 {
            let mut sum = -20.0;
            for (index, weight) in (1..=9).enumerate() {
                let (down, across) = (index as i32 / 3 - 1, index as i32 % 3 - 1);
                sum += weight as f32 * at(row + down, column + across);
            }
            out.push(f32::clamp(sum, 0.0, 6.0));
        }
    }
    out
}

/// Asks the library.
pub(super) fn run(runtime: &Runtime) -> Result<(), RuntimeError> {
    let tensor = Tensor {
        element: Element::Float32,
        shape: vec![1, SIDE as u32, SIDE as u32, 1],
    };
    let tensors = std::slice::from_ref(&tensor);
    let mut model = Model::load(runtime, MODEL, tensors, tensors)?;
    let input: Vec<f32> = (0..SIDE * SIDE)
        .map(|at| (at * 7 % 5) as f32 - 1.0)
        .collect();
    let bytes: Vec<u8> = input
        .iter()
        .flat_map(|number| number.to_ne_bytes())
        .collect();
    let mut answer = vec![0; bytes.len()];
    model.run(&[&bytes], &mut [&mut answer])?;
    let got: Vec<f32> = answer
        .chunks_exact(4)
        .map(|bytes| f32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    let wanted = wanted(&input);
    if got == wanted && model.fully_accelerated() {
        Ok(())
    } else {
        Err(RuntimeError::WrongAnswer { got, wanted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_answer_has_every_part_of_the_ramp() {
        let input: Vec<f32> = (0..16).map(|at| (at * 7 % 5) as f32 - 1.0).collect();
        let answer = wanted(&input);
        assert!(answer.contains(&0.0) && answer.contains(&6.0));
        assert!(
            answer.iter().any(|number| (0.1..5.9).contains(number)),
            "{answer:?}"
        );
    }
}
