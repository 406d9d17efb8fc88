# SPDX-License-Identifier: MIT OR Apache-2.0
"""The network: six convolutions, nothing else, so that any runtime of TFLite runs it.

Input [1, HEIGHT, WIDTH, 1], normalised grey. Output [1, 1, COLUMNS, CLASSES], scores before softmax.
"""

import jax
import jax.numpy as jnp
import numpy as np

from cards.alphabet import CLASSES

# (rows, columns, out, stride down, stride across, padding, rectified)
LAYERS = (
    (3, 3, 16, 2, 2, "SAME", True),
    (3, 3, 24, 2, 1, "SAME", True),
    (3, 3, 40, 2, 1, "SAME", True),
    (4, 1, 64, 1, 1, "VALID", True),
    (1, 7, 64, 1, 1, "SAME", True),
    (1, 5, CLASSES, 1, 1, "SAME", False),
)


def fresh(random):
    """Weights: [{"w", "b", "gain"}], and the running statistics that go with them."""
    weights, running, channels = [], [], 1
    for rows, columns, out, *_, rectified in LAYERS:
        spread = np.sqrt((2.0 if rectified else 1.0) / (rows * columns * channels))
        weights.append({
            "w": jnp.asarray(random.normal(0, spread, (rows, columns, channels, out)), jnp.float32),
            "b": jnp.zeros(out),
            "gain": jnp.ones(out),
        })
        running.append({"mean": jnp.zeros(out), "var": jnp.ones(out)})
        channels = out
    return weights, running


def forward(weights, running, x, learning):
    """Scores [n, COLUMNS, CLASSES], and the new running statistics."""
    after = []
    for layer, past, (_, _, _, down, across, padding, rectified) in zip(weights, running, LAYERS):
        x = jax.lax.conv_general_dilated(x, layer["w"], (down, across), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))
        if rectified:
            if learning:
                mean, var = x.mean((0, 1, 2)), x.var((0, 1, 2))
                after.append({"mean": 0.95 * past["mean"] + 0.05 * mean, "var": 0.95 * past["var"] + 0.05 * var})
            else:
                mean, var = past["mean"], past["var"]
                after.append(past)
            x = (x - mean) * jax.lax.rsqrt(var + 1e-3) * layer["gain"] + layer["b"]
            x = jnp.clip(x, 0, 6)
        else:
            x = x + layer["b"]
            after.append(past)
    return x[:, 0], after


def kept_layers(kept):
    """The layers that train.py keeps in a file, one after the other."""
    count = 1 + max(int(name.split(".")[0]) for name in kept)
    return [{key: kept[f"{index}.{key}"] for key in ("w", "b", "stride", "padding", "relu6")} for index in range(count)]


def unfolded(layers, x):
    """Weights and statistics that compute what plain convolutions do, as `x` shows them: to go on learning."""
    weights, running = [], []
    for layer, (*_, down, across, padding, rectified) in zip(layers, LAYERS):
        w, b = jnp.asarray(np.transpose(layer["w"], (1, 2, 3, 0))), jnp.asarray(layer["b"])
        x = jax.lax.conv_general_dilated(x, w, (down, across), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))
        mean, var = x.mean((0, 1, 2)), x.var((0, 1, 2))
        gain = jnp.sqrt(var + 1e-3) if rectified else jnp.ones_like(b)
        weights.append({"w": w, "b": b + mean if rectified else b, "gain": gain})
        running.append({"mean": mean, "var": var})
        x = jnp.clip(x + b, 0, 6) if rectified else x + b
    return weights, running


def folded(weights, running):
    """Plain convolutions: what normalised each layer is in its weights. As the TFLite writer takes them."""
    layers = []
    for layer, past, (*_, down, across, padding, rectified) in zip(weights, running, LAYERS):
        w, b = np.asarray(layer["w"], np.float64), np.asarray(layer["b"], np.float64)
        if rectified:
            scale = np.asarray(layer["gain"]) / np.sqrt(np.asarray(past["var"], np.float64) + 1e-3)
            w, b = w * scale, b - np.asarray(past["mean"]) * scale
        # TFLite keeps filters as [out, rows, columns, in].
        layers.append({
            "w": np.transpose(w, (3, 0, 1, 2)).astype(np.float32),
            "b": b.astype(np.float32),
            "stride": (down, across),
            "padding": padding,
            "relu6": rectified,
        })
    return layers
