# SPDX-License-Identifier: MIT OR Apache-2.0
"""Trains the reader of card fronts; deterministic from SEED on one kind of processor.

usage: python -m cards.train OUT.npz [STAGE]   goes on with what OUT.npz holds, from that stage
"""

import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

from cards import lines, net, strips
from cards.alphabet import COLUMNS, HEIGHT, STRIDE, WIDTH

SEED = 20261201
# The second stage learns a part of each strip at a time: every sign is seen, in half the time.
PART = WIDTH // 2
# `stop` epochs of a rate that falls as if there were `epochs`.
STAGES = (
    {"strips": 16000, "seed": SEED, "batch": 32, "epochs": 8, "stop": 1, "rate": 3e-3, "parts": False},
    {"strips": 5000, "seed": SEED + 10, "batch": 16, "epochs": 5, "stop": 5, "rate": 1.5e-3, "parts": True},
)


def made(count, seed):
    random = np.random.default_rng(seed)
    grey = np.empty((count, HEIGHT, WIDTH), np.uint8)
    labels = np.empty((count, COLUMNS), np.int8)
    for index in range(count):
        grey[index], labels[index] = strips.strip(lines.line(random), random)
    return grey, labels


def normalised(grey):
    grey = grey.astype(np.float32)
    spread = grey.std((1, 2), keepdims=True) + 4
    return np.clip((grey - grey.mean((1, 2), keepdims=True)) / spread, -4, 4)[..., None]


def parts(x, y, random):
    """A part of each strip, more often of its beginning, where the print is; a little louder or noisier."""
    starts = (random.random(len(x)) ** 2 * (WIDTH - PART) / STRIDE).astype(int) * STRIDE
    x = np.stack([strip[:, start : start + PART] for strip, start in zip(x, starts)])
    y = np.stack([line[start // STRIDE : (start + PART) // STRIDE] for line, start in zip(y, starts)])
    shape = (len(x), 1, 1, 1)
    x = x * random.uniform(0.85, 1.15, shape) + random.uniform(-0.1, 0.1, shape)
    return (x + random.uniform(0, 0.15, shape) * random.standard_normal(x.shape)).astype(np.float32), y.astype(np.int32)


def loss(weights, running, x, y):
    scores, after = net.forward(weights, running, x, True)
    likely = jax.nn.log_softmax(scores)
    taught = y >= 0
    right = jnp.take_along_axis(likely, jnp.maximum(y, 0)[..., None], -1)[..., 0]
    # Blank columns are many and soon learnt.
    weight = taught * jnp.where(y == 0, 0.4, 1.0)
    return -(right * weight).sum() / weight.sum(), after


@jax.jit
def step(weights, running, first, second, count, x, y, rate):
    """Adam."""
    (value, running), slope = jax.value_and_grad(loss, has_aux=True)(weights, running, x, y)
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slope)
    second = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g * g, second, slope)
    weights = jax.tree.map(
        lambda w, m, v: w - rate * (m / (1 - 0.9**count)) / (jnp.sqrt(v / (1 - 0.99**count)) + 1e-8),
        weights, first, second,
    )
    return weights, running, first, second, value


@jax.jit
def judged(weights, running, x):
    return net.forward(weights, running, x, False)[0].argmax(-1)


def taught(stage, kept, begun):
    """One stage. `kept` is what the stage before learnt, or nothing; what this one learnt."""
    grey, labels = made(stage["strips"], stage["seed"])
    held, truth = made(256, SEED + 1)
    print(f"{len(grey)} strips; {time.process_time() - begun:.0f} s of processor time", flush=True)
    random = np.random.default_rng(stage["seed"] + 2)
    if kept is None:
        weights, running = net.fresh(random)
    else:
        weights, running = net.unfolded(net.kept_layers(kept), jnp.asarray(normalised(grey[:256])))
    first = jax.tree.map(jnp.zeros_like, weights)
    second = jax.tree.map(jnp.zeros_like, weights)
    batch = stage["batch"]
    steps, done = stage["epochs"] * (len(grey) // batch), 0
    for epoch in range(stage["stop"]):
        order, total = random.permutation(len(grey)), 0.0
        for these in order[: len(grey) // batch * batch].reshape(-1, batch):
            done += 1
            rate = stage["rate"] * min(1.0, done / 200) * (0.5 + 0.5 * np.cos(np.pi * done / steps)) + 1e-5
            x, y = normalised(grey[these]), labels[these].astype(np.int32)
            if stage["parts"]:
                x, y = parts(x, y, random)
            weights, running, first, second, value = step(weights, running, first, second, float(done), x, y, rate)
            total += float(value)
        said = np.concatenate([judged(weights, running, normalised(held[i : i + 64])) for i in range(0, len(held), 64)])
        signs = truth > 0
        print(
            f"epoch {epoch + 1} of {stage['stop']}: loss {total / (len(grey) // batch):.4f}; of {signs.sum()} columns with a sign "
            f"{(said != truth)[signs].mean() * 100:.3f} % wrong; {time.process_time() - begun:.0f} s",
            flush=True,
        )
        kept = {f"{index}.{key}": value for index, layer in enumerate(net.folded(weights, running)) for key, value in layer.items()}
        np.savez(sys.argv[1], **kept)
    return kept


def main():
    begun = time.process_time()
    from_stage = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    kept = dict(np.load(sys.argv[1])) if from_stage else None
    for stage in STAGES[from_stage:]:
        kept = taught(stage, kept, begun)


main()
