"""Small scenes of real photos under a key."""

from collections.abc import Callable
from functools import cache, partial

import numpy as np
import torch
from scene_facts import PEOPLE
from torch import Tensor

from attack_examples import disguised, faces, public, victims, view
from masquerade.attacks.base import Labelled, Pairing, Pairs, View
from masquerade.data import builtin
from masquerade.disguises import (
    Dauntless,
    Disguise,
    InstaHide,
    NeuraCrypt,
)
from masquerade.keys import Key
from masquerade.metrics.base import Truth
from masquerade.testing import AttackCase
from masquerade.training import Settings, fit, probabilities


def truth_of(originals: Tensor, people: Tensor, candidates: Tensor | None = None) -> Truth:
    """Released row k is candidate k; further candidates are strangers."""
    rows = torch.arange(len(originals))
    known = None if candidates is None else torch.arange(len(candidates)) < len(originals)
    return Truth(
        originals, people, known, rows, None if candidates is None else torch.arange(len(candidates))
    )


def pixels(
    disguise: Disguise, at_least: float = 0.9, count: int = 240, pairs: int = 0
) -> Callable[[], AttackCase]:
    """Photos under one key, whose originals are sought among all faces."""

    def build() -> AttackCase:
        mine = victims()[:count]
        candidates = torch.cat([mine[pairs:], faces()[:160].float()])
        seen = view(mine, disguise, pairs=pairs, candidates=candidates)
        return AttackCase(
            seen, truth_of(mine[pairs:], torch.arange(count - pairs), candidates), "linkage", at_least
        )

    return build


def _half(parity: int) -> Labelled:
    rows = torch.arange(160, 400)
    rows = rows[(rows % 2 == parity)]
    return Labelled(faces()[rows].float(), PEOPLE[rows] - 16)


def examined(disguise: Disguise, at_least: float) -> Callable[[], AttackCase]:
    """People are named whose other photos the attacker has."""

    def build() -> AttackCase:
        mine = _half(0)
        keys = iter(range(2, 250))
        seen = View(
            disguised(mine.images, disguise),
            recipe=disguise.describe(),
            public=public(),
            gallery=_half(1),
            fresh=lambda: partial(disguised, disguise=disguise, secret=next(keys)),
        )
        return AttackCase(seen, Truth(mine.images, mine.labels), "identification", at_least)

    return build


@cache
def _classifier() -> Callable[[Tensor], Tensor]:
    """What was trained on 12 people, as a black box."""
    known = PEOPLE < 12
    settings = Settings(
        network="small-cnn",
        options={"width": 8, "hidden": 64},
        steps=150,
        batch_size=32,
        optimiser="adamw",
        learning_rate=2e-3,
        precision="float32",
    )
    network = fit(faces()[known].float(), PEOPLE[known], settings, 12, np.random.default_rng(0))
    return lambda images: probabilities(network, images)


def membership() -> AttackCase:
    probed = PEOPLE < 24
    probes = Labelled(faces()[probed].float(), PEOPLE[probed])
    people = torch.arange(24)
    seen = View(probes.images[:1], model=_classifier(), probes=probes)
    truth = Truth(
        torch.zeros(1, 1, 2, 2),
        torch.zeros(1, dtype=torch.long),
        members=people < 12,
        candidate_identities=people,
    )
    return AttackCase(seen, truth, "class_membership", 0.75)


def photo_membership() -> AttackCase:
    """Which of the ten photos of each of 12 people a model was trained on: half of them."""
    mine = (PEOPLE < 12).nonzero()[:, 0]
    photos, inside = faces()[mine].float(), mine % 2 == 0
    settings = Settings(
        network="small-cnn",
        options={"width": 8, "hidden": 64},
        steps=300,
        batch_size=32,
        optimiser="adamw",
        learning_rate=2e-3,
        precision="float32",
    )
    network = fit(photos[inside], PEOPLE[mine][inside], settings, 12, np.random.default_rng(0))
    seen = View(
        photos[inside],
        model=lambda images: probabilities(network, images),
        candidates=photos,
        public=Labelled(faces()[200:].float(), PEOPLE[200:] - 20),
    )
    truth = Truth(photos[inside], PEOPLE[mine][inside], members=inside, candidate_identities=PEOPLE[mine])
    return AttackCase(seen, truth, "membership_auc", 0.6)


def sizes() -> AttackCase:
    """One released photo of the first person, two of the second, and so on to nine, under random labels."""
    rows = torch.cat([torch.arange(10 * person, 10 * person + person + 1) for person in range(9)])
    secret = torch.tensor([4, 7, 1, 0, 8, 5, 2, 6, 3])
    seen = View(
        faces()[rows].float(),
        labels=secret[PEOPLE[rows]],
        gallery=Labelled(faces()[rows].float(), PEOPLE[rows]),
    )
    return AttackCase(seen, Truth(faces()[rows].float(), PEOPLE[rows]), "identification", 0.95)


def mixtures(metric: str, at_least: float) -> Callable[[], AttackCase]:
    """Sixty photos, each mixed with another, three times over; half as many strangers are suspected too."""

    def build() -> AttackCase:
        how, photos = InstaHide(k=2), victims()
        keyed = how.with_key(Key.from_secret(bytes([5]) * 32), (1, 32, 32))
        draw = torch.Generator().manual_seed(0)
        orders = [torch.arange(60), *(torch.randperm(60, generator=draw) for _ in range(2))]
        drawn = [keyed.mixture(photos[:60][order]) for order in orders]  # type: ignore[attr-defined]
        pairing = Pairing(
            torch.cat(
                [order[torch.from_numpy(rows)] for order, (rows, _) in zip(orders, drawn, strict=True)]
            ),
            torch.cat([torch.from_numpy(weights).float() for _, weights in drawn]),
        )
        released = torch.cat([keyed(photos[:60][order]) for order in orders])
        if metric == "membership_auc":
            seen = View(released[:60], recipe=how.describe(), candidates=photos)
            return AttackCase(seen, truth_of(photos[:60], torch.arange(60), photos), metric, at_least)
        seen = View(released, recipe=how.describe(), public=public(), pairing=pairing)
        return AttackCase(seen, Truth(photos[:60], torch.arange(60)), metric, at_least)

    return build


def codes() -> AttackCase:
    """NeuraCrypt's codes of sixty photos of 56 x 56, among a hundred."""
    how = NeuraCrypt(depth=2, width=64, patch=8)
    photos = builtin.orl(56, 56).images[torch.randperm(400, generator=torch.Generator().manual_seed(0))][:100]

    def keyed(number: int) -> Callable[[Tensor], Tensor]:
        return how.with_key(Key.from_secret(number.to_bytes(32, "big")), (1, 56, 56))

    numbers = iter(range(100, 200))
    seen = View(
        keyed(1)(photos[:60]),
        recipe=how.describe(),
        candidates=photos.float(),
        fresh=lambda: keyed(next(numbers)),
    )
    return AttackCase(seen, truth_of(photos[:60].float(), torch.arange(60), photos), "linkage", 0.9)


def networked() -> AttackCase:
    """Photos through one secret network, a hundred of which leaked with their originals."""
    keyed = Dauntless(width=256).with_key(Key.from_secret(bytes(32)), (1, 32, 32))
    photos = faces()[torch.randperm(400, generator=torch.Generator().manual_seed(0))].float()
    leaked, mine, candidates = photos[300:], photos[:100], photos[:140]
    seen = View(
        keyed(mine),
        recipe=Dauntless(width=256).describe(),
        candidates=candidates,
        pairs=Pairs(leaked, keyed(leaked)),
    )
    return AttackCase(seen, truth_of(mine, torch.arange(100), candidates), "linkage", 0.9)
