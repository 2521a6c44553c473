"""Small scenes of feature maps of real photos."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from scene_facts import BARE, PEOPLE
from torch import Tensor

import token_examples as tokens
from feature_attack_examples import faces as coloured
from feature_attack_examples import features
from feature_attack_examples import view as feature_view
from masquerade.attacks.base import Labelled, View
from masquerade.crafting.shipped import open_generator
from masquerade.disguises import (
    Disguise,
)
from masquerade.metrics.base import Truth
from masquerade.testing import AttackCase


def of_tokens(
    disguise: Disguise, at_least: float = 0.9, pairs: int = 0, **more: object
) -> Callable[[], AttackCase]:
    """Tokens of faces under one key, their originals sought."""

    def build() -> AttackCase:
        labels = tokens.owners().labels[pairs:]
        truth = Truth(
            torch.empty(len(labels), 1),
            labels,
            candidate_rows=torch.arange(len(labels)),
            candidate_identities=labels,
        )
        return AttackCase(tokens.view(disguise, pairs=pairs, **more), truth, "linkage", at_least)

    return build


def _numbered(first: int) -> Callable[[Disguise], Callable[[], Callable[[Tensor], Tensor]]]:
    def of(disguise: Disguise) -> Callable[[], Callable[[Tensor], Tensor]]:
        keys = iter(range(first, 250))
        return lambda: partial(tokens.disguised, disguise=disguise, secret=next(keys))

    return of


fresh_of = _numbered(2)


def recognised(at_least: float, disguise: Disguise = BARE, **more: object) -> Callable[[], AttackCase]:
    """People on maps are found by other photos of theirs."""

    def build() -> AttackCase:
        mine = tokens.owners()
        seen = View(
            tokens.disguised(mine.images, disguise),
            recipe=disguise.describe(),
            public=tokens.public(),
            candidates=mine.images,
            query=lambda maps: tokens.disguised(maps, disguise),
            fresh=fresh_of(disguise),
            teacher=lambda maps: maps.flatten(1),
            **more,  # type: ignore[arg-type]
        )
        rows = torch.arange(len(mine.labels))
        return AttackCase(
            seen, Truth(torch.zeros(len(rows), 1), mine.labels, None, rows, mine.labels), "rank1", at_least
        )

    return build


def of_features(
    metric: str, at_least: float, protect: Callable[[Tensor], Tensor] = features
) -> Callable[[], AttackCase]:
    """Features of photos of twenty people, whose other photos are known; twenty others are public."""

    def build() -> AttackCase:
        rows, known = torch.arange(200, 400, 5), torch.arange(201, 400, 2)
        photos = coloured().images.float()
        seen = feature_view(
            protect(photos[rows]),
            gallery=Labelled(photos[known], PEOPLE[known] - 20),
            query=protect,
            repeats=lambda times: protect(photos[rows]).expand(times, -1, -1, -1, -1),
        )
        return AttackCase(seen, Truth(photos[rows], PEOPLE[rows] - 20), metric, at_least)

    return build


def generated(file: Path) -> Callable[[], AttackCase]:
    """Features of six pictures that the attacker's generator can make, since a small one makes no faces."""

    def build() -> AttackCase:
        network = open_generator(str(file)).network
        with torch.no_grad():
            photos = network(torch.randn(30, 4, generator=torch.Generator().manual_seed(2))) * 255
        known = Labelled(photos[6:].round(), torch.arange(24))
        seen = feature_view(features(photos[:6]), public=known, query=features)
        return AttackCase(seen, Truth(photos[:6], torch.arange(6)), "linkage", 0.8)

    return build
