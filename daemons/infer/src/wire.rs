// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes over the socket. Numbers are big-endian.
//!
//! ```text
//! first question: length u16 | models u8 | for each: bytes u32, inputs u8, outputs u8,
//!                   for each tensor: element u8, rank u8, sides u32…
//!                 and with it, as descriptors: the shared memory, then the models, each sealed
//! answer:         0 | length u16 | for each model: fully accelerated u8, operators u8, each u32
//!                 1 | length u16 | words, printable ASCII
//! each run:       which model u8
//! answer:         0
//!                 1 | length u16 | words
//! ```
//! Inputs and outputs themselves lie in the shared memory ([`crate::exchange`]).

use std::collections::BTreeSet;

use crate::exchange::Tensors;
use crate::limits::{MOST_MODEL, MOST_MODELS, MOST_RANK, MOST_TENSOR_BYTES, MOST_TENSORS};
use crate::tensor::{Element, Tensor};

/// First byte of an answer: it was done.
pub const DONE: u8 = 0;
/// First byte of an answer: it was not, and why.
pub const REFUSED: u8 = 1;
/// Longest words of a refusal.
pub const MOST_WORDS: usize = 512;

/// One model as it is announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Bytes of its file.
    pub bytes: usize,
    /// Its tensors.
    pub tensors: Tensors,
}

/// What the worker found out about a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Every operation runs in XNNPACK.
    pub fully_accelerated: bool,
    /// Builtin operators, by their number in TFLite's schema.
    pub ops: BTreeSet<u32>,
}

/// The first question, without its length.
#[must_use]
pub fn announce(models: &[Announced]) -> Vec<u8> {
    let mut out = vec![models.len() as u8];
    for model in models {
        let Tensors { inputs, outputs } = &model.tensors;
        out.extend((model.bytes as u32).to_be_bytes());
        out.extend([inputs.len() as u8, outputs.len() as u8]);
        for tensor in inputs.iter().chain(outputs) {
            out.extend([element_number(tensor.element), tensor.shape.len() as u8]);
            out.extend(tensor.shape.iter().flat_map(|side| side.to_be_bytes()));
        }
    }
    out
}

/// Reads the first question; `None` when it is none, or asks for more than is given.
#[must_use]
pub fn announced(bytes: &[u8]) -> Option<Vec<Announced>> {
    let mut cursor = Cursor(bytes);
    let mut models = Vec::new();
    let mut together = 0_usize;
    for _ in 0..cursor.count(MOST_MODELS)? {
        let bytes = cursor.u32()?;
        if bytes == 0 || u64::from(bytes) > MOST_MODEL {
            return None;
        }
        let (inputs, outputs) = (cursor.count(MOST_TENSORS)?, cursor.count(MOST_TENSORS)?);
        let mut tensors = Vec::new();
        for _ in 0..inputs + outputs {
            let tensor = cursor.tensor()?;
            together = together.saturating_add(tensor.bytes());
            tensors.push(tensor);
        }
        let outputs = tensors.split_off(inputs);
        let tensors = Tensors {
            inputs: tensors,
            outputs,
        };
        models.push(Announced {
            bytes: bytes as usize,
            tensors,
        });
    }
    (cursor.0.is_empty() && together <= MOST_TENSOR_BYTES).then_some(models)
}

/// What was found, without the first byte and the length.
#[must_use]
pub fn tell(found: &[Found]) -> Vec<u8> {
    let mut out = Vec::new();
    for model in found {
        out.extend([
            u8::from(model.fully_accelerated),
            model.ops.len().min(255) as u8,
        ]);
        out.extend(model.ops.iter().take(255).flat_map(|op| op.to_be_bytes()));
    }
    out
}

/// Reads what was found about `models` models.
#[must_use]
pub fn told(bytes: &[u8], models: usize) -> Option<Vec<Found>> {
    let mut cursor = Cursor(bytes);
    let mut found = Vec::new();
    for _ in 0..models {
        let fully_accelerated = match cursor.u8()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let ops = (0..cursor.u8()?)
            .map(|_| cursor.u32())
            .collect::<Option<_>>()?;
        found.push(Found {
            fully_accelerated,
            ops,
        });
    }
    cursor.0.is_empty().then_some(found)
}

/// Words for a log; whoever took the worker over must not write lines of his own there.
#[must_use]
pub fn words(bytes: &[u8]) -> Option<String> {
    let printable = bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    (printable && bytes.len() <= MOST_WORDS)
        .then(|| bytes.iter().copied().map(char::from).collect())
}

fn element_number(element: Element) -> u8 {
    match element {
        Element::Float32 => 0,
        Element::Int8 => 1,
        Element::Uint8 => 2,
    }
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn u8(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn u32(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*first))
    }

    /// One to `most` things.
    fn count(&mut self, most: usize) -> Option<usize> {
        let count = usize::from(self.u8()?);
        (1..=most).contains(&count).then_some(count)
    }

    fn tensor(&mut self) -> Option<Tensor> {
        let element = match self.u8()? {
            0 => Element::Float32,
            1 => Element::Int8,
            2 => Element::Uint8,
            _ => return None,
        };
        let shape = (0..self.count(MOST_RANK)?)
            .map(|_| self.u32().filter(|&side| side > 0))
            .collect::<Option<_>>()?;
        Some(Tensor { element, shape })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> Vec<Announced> {
        let tensor = |shape: &[u32]| Tensor {
            element: Element::Int8,
            shape: shape.to_vec(),
        };
        let tensors = Tensors {
            inputs: vec![tensor(&[1, 32, 384, 1])],
            outputs: vec![tensor(&[1, 5]), tensor(&[2])],
        };
        vec![Announced { bytes: 77, tensors }; 2]
    }

    #[test]
    fn what_is_announced_is_read() {
        assert_eq!(announced(&announce(&models())), Some(models()));
    }

    #[test]
    fn what_is_cut_or_longer_is_not_read() {
        let whole = announce(&models());
        for length in 0..whole.len() {
            assert_eq!(announced(&whole[..length]), None, "{length}");
        }
        assert_eq!(announced(&[whole, vec![0]].concat()), None);
    }

    #[test]
    fn nobody_gets_more_memory_than_there_is_for_all() {
        let mut models = models();
        models[0].tensors.inputs[0].shape = vec![u32::MAX; 8];
        assert_eq!(announced(&announce(&models)), None);
        models[0].tensors.inputs[0].shape = vec![0, 1];
        assert_eq!(announced(&announce(&models)), None);
    }

    #[test]
    fn what_was_found_is_read_and_nothing_else() {
        let found = vec![
            Found {
                fully_accelerated: true,
                ops: [3, 22].into()
            };
            2
        ];
        let told_bytes = tell(&found);
        assert_eq!(told(&told_bytes, 2), Some(found));
        assert_eq!(told(&told_bytes, 1), None);
        assert_eq!(told(&told_bytes[1..], 2), None);
        assert_eq!(words(b"no\nline"), None);
    }
}
