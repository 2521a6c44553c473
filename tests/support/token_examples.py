"""Real faces cut into tokens by a public rule, disguised as XNN disguises, and what an attacker sees of them."""

from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.attacks.base import Labelled, Pairs, Ranking, View
from masquerade.data import builtin
from masquerade.disguises import BlockPermutation, Chain, Disguise, ManyKeys, TokenMatrix, TokenNetwork
from masquerade.keys import Key
from masquerade.metrics import linkage, rank1
from masquerade.metrics.base import Truth

GAUSSIAN = Chain((BlockPermutation(1), TokenMatrix("gaussian")))
ORTHOGONAL = Chain((BlockPermutation(1), TokenMatrix("orthogonal")))
NETWORK = Chain((BlockPermutation(1), TokenNetwork(depth=2, act="tanh", gain=1.0)))
TWO_KEYS = ManyKeys(GAUSSIAN, keys=2)
TWO_SLOTS = ManyKeys(GAUSSIAN, keys=2, told="slots")
PUBLIC_PEOPLE = 15
SHAPE = (16, 6, 6)
APART = 80
"""Maps under keys of their own: drawing keys takes long."""


@cache
def maps() -> Tensor:
    """The 400 built-in faces as 36 tokens of 16 numbers, ordered by person, ``(400, 16, 6, 6)``."""
    return functional.pixel_unshuffle(builtin.orl(24, 24).images.float(), 4) / 64 - 2


def owners() -> Labelled:
    """Maps of 25 people whose photos are disguised, shuffled."""
    labels = torch.arange(10 * PUBLIC_PEOPLE, 400) // 10 - PUBLIC_PEOPLE
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    return Labelled(maps()[10 * PUBLIC_PEOPLE :][order], labels[order])


def public() -> Labelled:
    """Maps of 15 other people."""
    return Labelled(maps()[: 10 * PUBLIC_PEOPLE], torch.arange(10 * PUBLIC_PEOPLE) // 10)


def disguised(images: Tensor, disguise: Disguise, secret: int = 1) -> Tensor:
    """The maps under one key."""
    return disguise.with_key(Key.from_secret(bytes([secret]) * 32), SHAPE)(images)


def disguised_apart(images: Tensor, disguise: Disguise) -> Tensor:
    """Each map under a key of its own: the negative control."""
    return torch.cat([disguised(image[None], disguise, k % 256) for k, image in enumerate(images)])


def view(disguise: Disguise, *, pairs: int = 0, apart: bool = False, secret: int = 1, **more: object) -> View:
    """The owners' maps but the first ``pairs``, which leaked; all others are candidates as well."""
    images = owners().images[-APART:] if apart else owners().images
    released = disguised_apart(images, disguise) if apart else disguised(images, disguise, secret)
    seen: dict[str, Any] = {"public": public(), "candidates": images[pairs:], "recipe": disguise.describe()}
    if pairs:
        seen["pairs"] = Pairs(images[:pairs], released[:pairs])
    return View(released[pairs:], **(seen | more))


def scores(guess: object) -> tuple[float, float]:
    """Same photo and second photo, the candidates being the last of the owners' maps in order."""
    assert isinstance(guess, Ranking)
    labels = owners().labels[-len(guess.similarity) :]
    rows = torch.arange(len(labels))
    truth = Truth(torch.empty(0), labels, candidate_rows=rows, candidate_identities=labels)
    return linkage(guess, truth).value, rank1(guess, truth).value


@cache
def unprotected() -> float:
    """Second photo without any disguise: tokens centred and compared as they are."""
    images = owners().images
    rows = functional.normalize((images - public().images.mean(0)).flatten(1), dim=1)
    return scores(Ranking(rows @ rows.T))[1]
