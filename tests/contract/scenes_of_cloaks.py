"""A small scene of cloaked photos, and of whoever names people on them."""

from collections.abc import Callable

import torch
from scene_facts import BARE, PEOPLE
from torch import Tensor
from torch.nn import functional

from feature_attack_examples import faces as coloured
from masquerade.attacks.base import Labelled, View
from masquerade.disguises import (
    Disguise,
)
from masquerade.keys import Key
from masquerade.metrics.base import Truth
from masquerade.testing import AttackCase


def _vectors(images: Tensor) -> Tensor:
    """A recogniser of sorts: coarse pixels less their mean, as unit vectors."""
    small = functional.adaptive_avg_pool2d(images.float(), 8).flatten(1)
    return functional.normalize(small - small.mean(1, keepdim=True))


def followed(metric: str, at_least: float, cloak: Disguise = BARE) -> Callable[[], AttackCase]:
    """Four users who publish six photos each, met on four others beside six bystanders; people 20 and on are public."""

    def build() -> AttackCase:
        photos = coloured().images.float()
        number = torch.arange(400) % 10
        users, beside, others = PEOPLE < 4, (PEOPLE >= 4) & (PEOPLE < 10), PEOPLE >= 20
        published, later = users & (number < 6), users & (number >= 6)
        known, met = beside & (number < 6), beside & (number >= 6)

        def worn(user: int) -> Callable[[Tensor], Tensor]:
            return cloak.with_key(Key.from_secret(bytes([user + 1]) * 32), (3, 32, 32))

        def dressed(rows: Tensor) -> Tensor:
            return torch.cat([worn(user)(photos[rows & (user == PEOPLE)]) for user in range(4)])

        keys = iter(range(100, 250))
        released = dressed(published)
        who = torch.cat([PEOPLE[later], PEOPLE[later], PEOPLE[met]])
        seen = View(
            released,
            labels=PEOPLE[published],
            public=Labelled(photos[others], PEOPLE[others] - 20),
            bystanders=Labelled(photos[known], PEOPLE[known] - 4),
            sightings=torch.cat([photos[later], dressed(later), photos[met]]),
            fresh=lambda: worn(next(keys)),
            own=worn,
            recognisers={"pixels": _vectors},
        )
        cloaked = (torch.arange(len(who)) >= int(later.sum())) & (
            torch.arange(len(who)) < 2 * int(later.sum())
        )
        truth = Truth(
            photos[published],
            PEOPLE[published],
            released=released,
            sighting_identities=who,
            sighting_cloaked=cloaked,
        )
        return AttackCase(seen, truth, metric, at_least)

    return build
