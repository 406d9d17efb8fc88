# SPDX-License-Identifier: MIT OR Apache-2.0
"""Trains the reader of card fronts; deterministic from SEED on one kind of processor.

usage: python -m cards.train OUT.npz [STRIPS [EPOCHS]]
"""

import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

from cards import lines, net, strips
from cards.alphabet import COLUMNS, HEIGHT, WIDTH

SEED = 20261201
BATCH = 32


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


def main():
    out, count, epochs = sys.argv[1], *(int(word) for word in (sys.argv[2:] + ["24000", "7"][len(sys.argv) - 2:]))
    begun = time.process_time()
    grey, labels = made(count, SEED)
    held, truth = made(512, SEED + 1)
    print(f"{count} strips in {time.process_time() - begun:.0f} s of processor time", flush=True)
    random = np.random.default_rng(SEED + 2)
    weights, running = net.fresh(random)
    first = jax.tree.map(jnp.zeros_like, weights)
    second = jax.tree.map(jnp.zeros_like, weights)
    steps, done = epochs * (count // BATCH), 0
    for epoch in range(epochs):
        order, total = random.permutation(count), 0.0
        for batch in order[: count // BATCH * BATCH].reshape(-1, BATCH):
            done += 1
            rate = 3e-3 * min(1.0, done / 200) * (0.5 + 0.5 * np.cos(np.pi * done / steps)) + 1e-5
            weights, running, first, second, value = step(
                weights, running, first, second, float(done), normalised(grey[batch]), labels[batch].astype(np.int32), rate
            )
            total += float(value)
        said = np.concatenate([judged(weights, running, normalised(held[i : i + 64])) for i in range(0, len(held), 64)])
        signs = truth > 0
        print(
            f"epoch {epoch + 1} of {epochs}: loss {total / (count // BATCH):.4f}; of {signs.sum()} columns with a sign "
            f"{(said != truth)[signs].mean() * 100:.3f} % wrong; {time.process_time() - begun:.0f} s",
            flush=True,
        )
        kept = {f"{index}.{key}": value for index, layer in enumerate(net.folded(weights, running)) for key, value in layer.items()}
        np.savez(out, **kept)


main()
