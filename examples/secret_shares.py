"""Train a linear head among three parties that do not collude: no cloud sees a vector, a label or the weights.

    masquerade recogniser fit --public -o model
    masquerade embed model photos -o vectors.npz           # at home; photos/PERSON/PHOTO
    python examples/secret_shares.py vectors.npz -M3       # three processes stand for the owner and two clouds

Vectors and labels are split into Shamir shares. One share tells nothing; two parties together can open everything. That
they never do is the assumption, and nobody can check it. Every party follows the program. Needs `pip install mpyc
gmpy2`.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from mpyc.runtime import mpc
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def photos_of(file: Path) -> tuple[Numbers, NDArray[np.int64]]:
    """Vectors of length 1 and the number of each one's person."""
    found = np.load(file)
    vectors = found["vectors"].astype(np.float64)
    people = [Path(photo).parent.name for photo in found["photos"]]
    known = sorted(set(people))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.array(
        [known.index(one) for one in people]
    )


def trained(vectors: Numbers, targets: Numbers, steps: int) -> Numbers:
    """The same training in the clear: least squares by gradient descent; vectors of length 1 bound its step."""
    weights = np.zeros((vectors.shape[1], targets.shape[1]))
    for _ in range(steps):
        weights = weights + vectors.T @ (targets - vectors @ weights) / len(vectors)
    return weights


async def shared_training(vectors: Numbers, targets: Numbers, steps: int) -> Numbers | None:
    """The weights, opened for the owner alone; None for the others."""
    number = mpc.SecFxp(48, 24)
    x, y, weights = (
        number.array(
            each, integral=False
        )  # said, for a party that looked at its zeros would take them for whole numbers
        for each in (vectors, targets, np.zeros((vectors.shape[1], targets.shape[1])))
    )
    x, y = mpc.input(x, senders=0), mpc.input(y, senders=0)
    for _ in range(steps):
        weights = weights + (x.T @ (y - x @ weights)) * (1 / len(vectors))
    opened = await mpc.output(weights, receivers=0)
    return None if opened is None else np.array(opened, dtype=np.float64)


async def main() -> None:
    """Train on every second photo, name the others, and print what it took."""
    asked = argparse.ArgumentParser()
    asked.add_argument("vectors", type=Path)
    asked.add_argument("--steps", type=int, default=4)
    given = asked.parse_args()
    vectors, people = photos_of(given.vectors)
    train, test = slice(0, None, 2), slice(1, None, 2)
    targets = np.eye(people.max() + 1)[people[train]]
    if mpc.pid:  # a cloud has no photos: it gives the sizes alone
        vectors, targets = np.zeros_like(vectors), np.zeros_like(targets)
    await mpc.start()
    begun = time.perf_counter()
    weights = await shared_training(vectors[train], targets, given.steps)
    seconds = time.perf_counter() - begun
    await mpc.shutdown()
    if weights is None:
        return
    begun = time.perf_counter()
    clear = trained(vectors[train], targets, given.steps)
    alone = time.perf_counter() - begun
    right = [float(np.mean((vectors[test] @ each).argmax(1) == people[test])) for each in (weights, clear)]
    print(
        json.dumps(
            {
                "photos": len(targets),
                "people": targets.shape[1],
                "steps": given.steps,
                "right": right[0],
                "right_in_the_clear": right[1],
                "largest_difference": float(np.abs(weights - clear).max()),
                "seconds": round(seconds, 1),
                "seconds_in_the_clear": round(alone, 5),
            }
        )
    )


if __name__ == "__main__":
    mpc.run(main())
