"""A guess and the truth for every metric: drawn once, half right, so that no score stands at an end of its range."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.attacks.base import Guess, Labels, Membership, Ranking, Reconstruction, Tracking
from masquerade.metrics import (
    EVERY_METRIC,
    Score,
    attribute_agreement,
    attribute_auc,
    cloak_quality,
    intervals,
    noise_constant_share,
    recognition,
    tar_at_far,
    utility,
)
from masquerade.metrics.base import Truth

PEOPLE, EACH, SIDE, OTHERS = 8, 5, 64, 1200
N = PEOPLE * EACH


@cache
def _drawn() -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(5)
    coarse = torch.rand((PEOPLE, 3, 8, 8), generator=draw).repeat_interleave(EACH, 0)
    coarse = coarse + 0.4 * torch.rand(coarse.shape, generator=draw)
    originals = functional.interpolate(coarse, (SIDE, SIDE), mode="bilinear") * 180
    noise = torch.rand(originals.shape, generator=draw) * 255
    weight = torch.linspace(0.2, 1.0, N)[torch.randperm(N, generator=draw)][:, None, None, None]
    people = torch.arange(PEOPLE).repeat_interleave(EACH)
    alike = functional.pad((people[:, None] == people).float(), (0, OTHERS))
    return {
        "originals": originals,
        "released": (originals + 0.5 * (noise - 127)).clip(0, 255),
        "recovered": ((1 - weight) * originals + weight * noise),
        "similarity": torch.randn((N, N + OTHERS), generator=draw) + 3 * alike,
        "scores": torch.randn(N + OTHERS, generator=draw) + 3 * (torch.arange(N + OTHERS) < N).float(),
        "prior": torch.rand((80, 3, SIDE, SIDE), generator=draw) * 255,
        "vectors": torch.randn((N, 16), generator=draw),
        "attributes": torch.rand((N, 4), generator=draw),
    }


@cache
def truth() -> Truth:
    """The right answers of every metric."""
    drawn, people = _drawn(), torch.arange(PEOPLE).repeat_interleave(EACH)
    return Truth(
        drawn["originals"],
        people,
        members=torch.arange(N + OTHERS) < N,
        candidate_rows=torch.arange(N),
        candidate_identities=torch.cat([people, torch.arange(OTHERS) // 4 + PEOPLE]),
        released=drawn["released"],
        sighting_identities=torch.arange(30) % 10,
        sighting_cloaked=torch.arange(30) % 2 == 0,
        gallery=drawn["originals"].flip(3),
        gallery_identities=people,
        evaluator=lambda images: torch.softmax(images.flatten(1)[:, :PEOPLE] / 40, 1),
        prior=drawn["prior"],
    )


def _named() -> Tensor:
    draw = torch.Generator().manual_seed(6)
    return (torch.arange(30) % 10).expand(PEOPLE, -1) + (
        torch.rand((PEOPLE, 30), generator=draw) < 0.3
    ).long()


def _interval() -> Score:
    """An interval by person of hits that differ between people."""
    people = truth().identities
    hits = ((torch.arange(N) * 7) % 10 < people + 1).double().numpy()
    low, high = intervals.share(hits, people)
    return Score("intervals", low, high, low, high, N, PEOPLE)


GUESSES: Final[tuple[Callable[[], Guess], ...]] = (
    lambda: Reconstruction(_drawn()["recovered"]),
    lambda: Ranking(_drawn()["similarity"]),
    lambda: Labels((torch.arange(N) // (EACH + 1)) % PEOPLE),
    lambda: Membership(_drawn()["scores"]),
    lambda: Tracking(_named()),
)
"""One guess of each kind; a metric takes the first that fits it."""
OWN: Final[Mapping[str, Callable[[], Guess]]] = {
    "cloak_detection": lambda: Membership(_drawn()["scores"][:30] + 2 * (torch.arange(30) % 2 == 0)),
    "detection": lambda: Membership(_drawn()["scores"][:30] + 2 * (torch.arange(30) % 2 == 0)),
}
"""Guesses of metrics that none of those fits."""


def of_use() -> Mapping[str, Callable[[], Score]]:
    """Metrics of models, and of cloaked photos, each on drawn answers."""
    drawn, people = _drawn(), truth().identities
    near = drawn["vectors"] + 2 * functional.one_hot(people, 16).float()
    told = (drawn["attributes"] - 0.5) * 4
    right = (drawn["attributes"] + 0.4 * drawn["vectors"][:, :4]) > 0.5
    return {
        "utility": lambda: utility(torch.softmax(near[:, :PEOPLE], 1), people, people),
        "recognition": lambda: recognition(near, people),
        "tar_at_far": lambda: tar_at_far(near, people, 0.05),
        "cloak_quality": lambda: cloak_quality(drawn["released"], drawn["originals"], people)["cloak_ssim"],
        "attribute_auc": lambda: attribute_auc(told, right, people),
        "noise_constant_share": lambda: noise_constant_share(drawn["vectors"] + 0.5, people),
        "intervals": lambda: _interval(),
        "attribute_agreement": lambda: attribute_agreement(told, told + drawn["vectors"][:, :4], people),
    }


def score_of(name: str) -> Score:
    """The score of a metric on its scene.

    Raises:
        NotMeasurable: If no guess here fits it.
    """
    if name in of_use():
        return of_use()[name]()
    failure: Exception | None = None
    for guess in [OWN[name]] if name in OWN else GUESSES:
        try:
            return EVERY_METRIC[name](guess(), truth())
        except Exception as error:  # noqa: BLE001  (the next kind of guess may fit)
            failure = error
    raise failure or AssertionError
