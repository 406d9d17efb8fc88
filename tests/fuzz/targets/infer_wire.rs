// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both ends of the inference worker's socket: what the worker reads, and what the face daemon believes of a
//! worker that a model took over.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uketsuke_fuzz::heap;
use uketsuke_infer::limits::{MOST_MESSAGE, MOST_MODELS, MOST_TENSOR_BYTES};
use uketsuke_infer::wire;

/// A message in pieces; what the tensors themselves would need is not made for them.
const MOST_MEMORY: usize = 256 << 10;

fuzz_target!(|bytes: &[u8]| {
    if bytes.len() > MOST_MESSAGE {
        return;
    }
    if let Some(models) = heap::within(MOST_MEMORY, || wire::announced(bytes)) {
        let tensors = models
            .iter()
            .flat_map(|model| model.tensors.inputs.iter().chain(&model.tensors.outputs));
        assert!(tensors.map(|tensor| tensor.bytes()).sum::<usize>() <= MOST_TENSOR_BYTES);
        assert!((1..=MOST_MODELS).contains(&models.len()));
        assert_eq!(wire::announce(&models), bytes);
    }
    for models in 1..=MOST_MODELS {
        if let Some(found) = heap::within(MOST_MEMORY, || wire::told(bytes, models)) {
            assert_eq!(found.len(), models);
            // Operators come sorted and once; whoever lies about that is read all the same.
            assert_eq!(wire::told(&wire::tell(&found), models), Some(found));
        }
    }
    if let Some(words) = wire::words(bytes) {
        assert_eq!(words.as_bytes(), bytes);
        assert!(!words.contains('\n'));
    }
});
