# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes what was learnt as a model, with known answers from a runtime that is not the reader's path to it:
the same layers by hand, in double precision.

usage: python -m cards.export LEARNT.npz FOLDER
"""

import os
import sys

import numpy as np

import tflite
from cards import lines, net, strips
from cards.alphabet import HEIGHT, WIDTH

SEED = 20261202


def by_hand(layers, x):
    """[1, rows, columns, channels] through all layers, in double precision."""
    x = x.astype(np.float64)
    for layer in layers:
        w = layer["w"].astype(np.float64)
        out, rows, columns, _ = w.shape
        down, across = (int(step) for step in layer["stride"])
        if str(layer["padding"]) == "SAME":
            extra = [max((-(-size // step) - 1) * step + kernel - size, 0)
                     for size, step, kernel in ((x.shape[1], down, rows), (x.shape[2], across, columns))]
            x = np.pad(x, ((0, 0), *((e // 2, e - e // 2) for e in extra), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(x, (rows, columns), (1, 2))[:, ::down, ::across]
        x = np.einsum("nyxcij,oijc->nyxo", windows, w, optimize=True) + layer["b"]
        if bool(layer["relu6"]):
            x = np.clip(x, 0, 6)
    return x


def main():
    learnt, folder = sys.argv[1:]
    layers = net.kept_layers(dict(np.load(learnt)))
    os.makedirs(f"{folder}/kat", exist_ok=True)
    with open(f"{folder}/card-front.tflite", "wb") as file:
        file.write(tflite.convolutions(layers, HEIGHT, WIDTH, "uketsuke card front, rendered cards only"))
    random = np.random.default_rng(SEED)
    for index, kind in enumerate((lines.birth, lines.expiry, lines.code), 1):
        grey, _ = strips.strip(kind(random), random)
        x = strips.normalised(grey.astype(np.float32)).astype("<f4")[None, :, :, None]
        answer = by_hand(layers, x).astype("<f4")
        x.tofile(f"{folder}/kat/{index}.in")
        answer.tofile(f"{folder}/kat/{index}.out")
    print(f"{folder}: {sum(layer['w'].size + layer['b'].size for layer in layers)} parameters, 3 known answers")


main()
