// SPDX-License-Identifier: MIT OR Apache-2.0
//! The manifest of a model bundle. Its signature is right here, so that what lies behind it is reached: a
//! supplier's key may be stolen, and what it signs must still not break the reader.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use uketsuke_fuzz::heap;
use uketsuke_infer::bundle::{Class, Manifest, Policy, Refusal, SigningKey, believe};
use uketsuke_infer::limits::{MOST_MANIFEST, MOST_TENSOR_BYTES};

/// A parsed manifest costs a multiple of its bytes; the longest one, nested as deep as it goes, stays below.
const MOST_MEMORY: usize = 64 << 20;

static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::from_seed(&[7; 32]).expect("32 bytes"));

fuzz_target!(|bytes: &[u8]| {
    if bytes.len() as u64 > MOST_MANIFEST {
        return;
    }
    let signature = KEY.sign(bytes);
    let mut policy = Policy {
        trusted: vec![KEY.verifying()],
        demonstration: true,
        least_epoch: 0,
        runtime: "2.3.0".into(),
    };
    let believed = heap::within(MOST_MEMORY, || believe(bytes, &signature, &policy));
    let Ok(manifest) = believed else {
        return;
    };
    agrees(&manifest);
    policy.demonstration = false;
    let again = believe(bytes, &signature, &policy);
    match manifest.class {
        Class::SyntheticReference => assert!(matches!(again, Err(Refusal::Synthetic))),
        Class::Production => assert_eq!(again.expect("the same as before"), manifest),
    }
    // One bit more or less, and nobody has signed it.
    let mut altered = bytes.to_vec();
    altered[0] ^= 1;
    assert!(matches!(
        believe(&altered, &signature, &policy),
        Err(Refusal::NotSigned)
    ));
});

/// What a reader rests on in whatever was taken.
fn agrees(manifest: &Manifest) {
    assert!(!manifest.models.is_empty());
    let mut together = 0;
    for model in &manifest.models {
        let tensors = model.tensors();
        for tensor in tensors.inputs.iter().chain(&tensors.outputs) {
            assert_eq!(tensor.shape[0], 1);
            together += tensor.bytes();
        }
        assert!(
            manifest
                .test_vectors
                .iter()
                .any(|vector| vector.model == model.role)
        );
    }
    assert!(together <= MOST_TENSOR_BYTES);
    for point in &manifest.operating_points {
        assert!((-1.0..=1.0).contains(&point.threshold));
        assert!(point.far.measured <= point.far.upper95);
        let model = manifest
            .models
            .iter()
            .find(|model| model.role == point.model);
        assert_eq!(
            model.expect("a model for it").sha256,
            point.evidence.model_sha256
        );
    }
}
