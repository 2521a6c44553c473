"""Attacks on the ciphertexts of a sealed gallery, each beside the identity in place of encryption, on people of LFW.

python studies/attack_sealed.py DATA

The attacker holds the public key, so that any number of faces can be sealed to learn from. A probe's numbers are
looked at as they are, and through a ridge regression from numbers to vectors, learnt on two photos each of others.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from masquerade.attacks.solving import solved
from masquerade.data import packs
from masquerade.encoders.recogniser import open_recogniser
from masquerade.keys import Key
from masquerade.metrics import intervals
from masquerade.owner.sealed.creating import create
from masquerade.sealed.cards import PROBE, ProbeCard
from masquerade.sealed.envelope import opened
from masquerade.sealed.layout import probe_slots
from masquerade.sealed.probe import Camera
from masquerade.sealed.ring import ring
from masquerade.sealed.vectors import quantised

RESULTS = Path(__file__).parent / "sealed_attacks.json"
PEOPLE, OTHERS = 158, 500
PHOTOS = 10
RIDGE = 0.1
Vectors = NDArray[np.float64]
Numbers = Callable[[Vectors], Tensor]


def main(root: Path) -> None:
    """Run every attack on ciphertexts and on the control, print, and write what came of it."""
    first, second, others = lfw(root)
    with tempfile.TemporaryDirectory() as scratch:
        key, file = Key.generate(), Path(scratch) / "owner.key"
        key.save(file)
        camera = Camera.load(create(Path(scratch) / "gallery", file, key, faces="as-is").public)
        found = {
            "people": PEOPLE,
            "chance": 1 / PEOPLE,
            "learnt_from": len(others),
            "attacks": {
                name: {"sealed": attack(sealed(camera)), "control": attack(plain)}
                for name, attack in {
                    "nearest by numbers, two photos of a person": lambda see: nearest(
                        see(first), see(second)
                    ),
                    "nearest by numbers, two probes of a photo": lambda see: nearest(see(first), see(first)),
                    "vectors by ridge regression": lambda see: learnt(see, first, second, others),
                }.items()
            },
        }
    print(json.dumps(found, indent=1))
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def lfw(root: Path) -> tuple[Vectors, Vectors, Vectors]:
    """Two photos' vectors of each person who has ten or more, and of other people."""
    recogniser = open_recogniser("sface")
    whole = packs.lfw(root, 112, 112, min_images=2)
    rows = [(whole.labels == label).nonzero().flatten() for label in range(int(whole.labels.max()) + 1)]
    many = torch.stack([each[:2] for each in rows if len(each) >= PHOTOS])
    few = torch.cat([each[:2] for each in rows if len(each) < PHOTOS][:OTHERS])
    embed = lambda some: recogniser.embed(whole.images[some]).double().numpy()  # noqa: E731
    return embed(many[:, 0]), embed(many[:, 1]), embed(few)


def sealed(camera: Camera) -> Numbers:
    """What a cloud sees of faces: both polynomials of each probe, modulo each prime, float32 ``(n, 16384)``."""

    def see(vectors: Vectors) -> Tensor:
        found = []
        for vector in vectors:
            _, parts = opened(camera.probe(vector), PROBE, ProbeCard, "")
            written = ring().unpack(parts[0], ring().fresh, "").to_string()
            found.append(torch.from_numpy(np.frombuffer(written[-8 * 16_384 :], "<i8") / 2**36).float())
        return torch.stack(found)

    return see


def plain(vectors: Vectors) -> Tensor:
    """The control: the same, with the identity in place of encryption."""
    slots = np.stack([probe_slots(quantised(vector[None])[0]) for vector in vectors])
    return torch.from_numpy(np.tile(slots, (1, 4)) / 127).float()


def nearest(left: Tensor, right: Tensor) -> dict[str, float]:
    """How often the nearest by the cosine of what differs is the same person."""
    units = [torch.nn.functional.normalize(each - each.mean(0)) for each in (left, right)]
    return share((units[0] @ units[1].T).argmax(1))


def learnt(see: Numbers, first: Vectors, second: Vectors, others: Vectors) -> dict[str, float]:
    """The same with vectors that a ridge regression makes of the numbers, compared with vectors of other photos."""
    inputs, wanted = see(others), torch.from_numpy(others).float()
    mean = inputs.mean(0)
    centred = inputs - mean
    gram = centred @ centred.T / centred.shape[1] + RIDGE * torch.eye(len(centred))
    weights = centred.T @ solved(gram, wanted - wanted.mean(0)) / centred.shape[1]
    guessed = torch.nn.functional.normalize((see(first) - mean) @ weights)
    return share((guessed @ (torch.from_numpy(second).float() - wanted.mean(0)).T).argmax(1))


def share(named: Tensor) -> dict[str, float]:
    """The share of people found, with its 95 % interval."""
    hits = (named == torch.arange(len(named))).double().numpy()
    low, high = intervals.share(hits, np.arange(len(named)))
    return {"value": round(float(hits.mean()), 4), "low": round(low, 4), "high": round(high, 4)}


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
