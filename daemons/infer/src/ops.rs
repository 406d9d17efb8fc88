// SPDX-License-Identifier: MIT OR Apache-2.0
//! The builtin operators that models may use: those that XNNPACK runs, whose results agreed between
//! runtimes. The numbers are those of `BuiltinOperator` in TFLite's schema.

const TAKEN: &[(&str, u32)] = &[
    ("ADD", 0),
    ("AVERAGE_POOL_2D", 1),
    ("CONCATENATION", 2),
    ("CONV_2D", 3),
    ("DEPTHWISE_CONV_2D", 4),
    ("DEQUANTIZE", 6),
    ("FULLY_CONNECTED", 9),
    ("LOGISTIC", 14),
    ("MAX_POOL_2D", 17),
    ("MUL", 18),
    ("RELU", 19),
    ("RELU6", 21),
    ("RESHAPE", 22),
    ("RESIZE_BILINEAR", 23),
    ("SOFTMAX", 25),
    ("PAD", 34),
    ("MEAN", 40),
    ("SUB", 41),
    ("PRELU", 54),
    ("QUANTIZE", 114),
    ("HARD_SWISH", 117),
];

/// The number of an operator that is taken.
#[must_use]
pub fn number(name: &str) -> Option<u32> {
    TAKEN
        .iter()
        .find(|(taken, _)| *taken == name)
        .map(|&(_, number)| number)
}
