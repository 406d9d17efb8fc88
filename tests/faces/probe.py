# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes the model that a worker asks its library first: daemons/infer/src/runtime/probe.rs says what it is.

usage: python probe.py OUT.tflite
"""

import sys

import numpy as np

import tflite

layer = {
    "w": np.arange(1, 10, dtype=np.float32).reshape(1, 3, 3, 1),
    "b": np.array([-20], np.float32),
    "stride": (1, 1),
    "padding": "SAME",
    "relu6": True,
}
with open(sys.argv[1], "wb") as file:
    file.write(tflite.convolutions([layer], 4, 4, "uketsuke probe"))
