"""Measures the four traits of a protection by calling it, and nothing else.

A photo is *nudged* by one grey level at one place: to any smooth map that is nothing, while whatever is drawn by
content, noise or a key, is drawn afresh. So answers to nudged photos tell noise from signal, and their mean is what
the protection does without noise. All sizes are shares of the variance between the answers to different photos.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from masquerade.traits import Traits

Protect = Callable[[Tensor], Tensor]
"""Photos ``(n, c, h, w)`` in, what is released of them out, row by row."""

REPEATED: Final = 1e-4
"""Share, as a root, by which answers to the same photo may differ, for rounding: float32 in other batches."""
ANOTHER_MAP: Final = 0.1
"""Share of the variance between photos that must change when a photo is nudged, beyond noise, for another map."""
SCALED_NOISE: Final = 1.25
"""Noise on a photo in black and white may be so much stronger than on a flat one before it counts as another map."""
CURVED: Final = 1e-3
"""Share that mixing photos may leave unexplained by the answers to each, beyond noise."""
BENT: Final = 3e-3
"""Share of the variance of inner products that may be lost, beyond noise."""
ERRORS: Final = 4.0
"""Standard errors within which an excess is put down to noise: in doubt a protection counts as open to attack."""
_NOISY: Final = 1e-5
"""Share from which something is drawn by content, and is to be averaged."""
_LEAST: Final = 0.05
"""Part of the variance of all answers that counts at least as the photos', however much is drawn by content."""
_FEW: Final = 2
FEWEST: Final = 8
"""Photos that measuring needs."""


@dataclass(frozen=True)
class Measured:
    """Four traits, and the numbers behind them.

    Args:
        traits: The traits.
        repeated: Root of the share by which answers to the same photo differed, alone or among others, at most.
        noise: Share that is drawn afresh for a nudged photo.
        noise_on_bold: The same of the photos in black and white alone.
        noise_on_flat: The same of photos that are flat, at their mean or at zero; the smaller of the two.
        curvature: Share of mixtures that the answers to what was mixed do not explain, beyond noise.
        curvature_error: Its standard error.
        bent: Share of the variance of inner products that is lost, beyond noise.
    """

    traits: Traits
    repeated: float
    noise: float
    noise_on_bold: float
    noise_on_flat: float
    curvature: float
    curvature_error: float
    bent: float


def measured_traits(protect: Protect, photos: Tensor, draws: int = 16) -> Measured:
    """Measure a protection under one key.

    It is called with about ``n * (6 + 4 * draws)`` photos if something is drawn by content, else with ``14 * n``.

    Args:
        protect: The black box.
        photos: 8 or more different ones, ``(n, c, h, w)``, of 0 to 255, or feature maps; 24 are enough.
        draws: Nudged versions of each that are averaged; 2 if nothing is drawn by content.
    """
    ask = _Asker(protect, photos.float())
    first = ask(ask.photos)
    nudged = _Nudged(ask, ask.photos, _FEW)
    if nudged.noise > _NOISY * _variance(first):
        nudged = _Nudged(ask, ask.photos, draws)
    times = len(nudged.answers)
    scale = max(_variance(nudged.mean) - nudged.noise / times, _LEAST * _variance(first))
    bold = _Nudged(ask, ask.bold(), times).noise / scale
    flat = min(_Nudged(ask, each, times).noise for each in ask.flat()) / scale
    curvature, error = _curvature(ask, nudged, scale)
    bent = _bent(ask.photos, nudged)
    repeated = ask.repeated(first) / scale**0.5
    same_map = bold <= SCALED_NOISE * flat + ANOTHER_MAP
    traits = Traits(
        deterministic=repeated <= REPEATED,
        linear=same_map and curvature <= CURVED + ERRORS * error,
        same_map=same_map,
        keeps_inner_products=same_map and bent <= BENT,
    )
    return Measured(traits, repeated, nudged.noise / scale, bold, flat, curvature, error, bent)


class _Asker:
    def __init__(self, protect: Protect, photos: Tensor) -> None:
        self._protect = protect
        self.photos = photos
        whole = bool((photos == photos.round()).all())
        self.step = 1.0 if whole else float(photos.std()) / 64

    def __call__(self, photos: Tensor) -> Tensor:
        return self._protect(photos).flatten(1).double()

    def nudged(self, photos: Tensor, turn: int) -> Tensor:
        """Each photo changed by a step at a place of its own."""
        flat = photos.flatten(1).clone()
        rows = torch.arange(len(flat))
        places = (rows * 7919 + turn * 104729) % flat.shape[1]
        up = flat[rows, places] < photos.mean()
        flat[rows, places] += torch.where(up, self.step, -self.step)
        return flat.view_as(photos)

    def bold(self) -> Tensor:
        """The photos with as much content as may be: each number at one of the two ends."""
        spread = 3 * self.photos.std()
        middle = self.photos.mean(0)
        ends = (0.0, 255.0) if self.step == 1.0 else (middle - spread, middle + spread)
        return torch.where(self.photos > middle, ends[1], ends[0]).expand_as(self.photos).clone()

    def flat(self) -> tuple[Tensor, Tensor]:
        """As many photos without content: at the mean, and at zero."""
        mean = (
            self.photos.mean(0, keepdim=True) if self.step != 1.0 else torch.full_like(self.photos[:1], 127.0)
        )
        return mean.expand_as(self.photos).clone(), torch.zeros_like(self.photos)

    def repeated(self, first: Tensor) -> float:
        """Root mean square by which the same photos' answers differ: again, in another order, in part, alone."""
        half = len(first) // 2
        others = (
            (self(self.photos), first),
            (self(self.photos.flip(0)).flip(0), first),
            (self(self.photos[:half]), first[:half]),
            (self(self.photos[half : half + 1]), first[half : half + 1]),
        )
        return max(float((one - other).square().sum(1).mean().sqrt()) for one, other in others)


class _Nudged:
    """Answers to nudged photos, ``(k, n, d)``."""

    def __init__(self, ask: _Asker, photos: Tensor, times: int) -> None:
        self.answers = torch.stack([ask(ask.nudged(photos, turn)) for turn in range(times)])
        self.mean = self.answers.mean(0)
        self.noise = float(self.answers.var(0).sum(1).mean())


def _variance(answers: Tensor) -> float:
    return float(answers.var(0).sum()) + 1e-12


def _curvature(ask: _Asker, nudged: _Nudged, scale: float) -> tuple[float, float]:
    n, times = len(nudged.mean), len(nudged.answers)
    excess = []
    for weight in (0.5, 0.3):
        other = torch.arange(n).roll(1 if weight == 0.5 else 3)
        mixed = _Nudged(ask, weight * ask.photos + (1 - weight) * ask.photos[other], times)
        left = mixed.mean - weight * nudged.mean - (1 - weight) * nudged.mean[other]
        noise = (mixed.noise + (weight**2 + (1 - weight) ** 2) * nudged.noise) / times
        excess.append(left.square().sum(1) - noise)
    shares = torch.cat(excess) / scale
    return float(shares.mean()), float(shares.std() / len(shares) ** 0.5)


def _bent(photos: Tensor, nudged: _Nudged) -> float:
    asked = _gram(photos.flatten(1).double(), photos.flatten(1).double())
    even, odd = nudged.answers[::2], nudged.answers[1::2]
    whole = _gram(even.mean(0), odd.mean(0))
    parts = [_gram(one.mean(0), other.mean(0)) for one, other in _quarters(even, odd)]
    halves = _correlation(parts[0], parts[1])
    reliable = max(2 * halves / (1 + halves), _LEAST)
    return 1 - _correlation(asked, whole) ** 2 / reliable


def _quarters(even: Tensor, odd: Tensor) -> list[tuple[Tensor, Tensor]]:
    if len(even) < 2:
        return [(even, odd), (even, odd)]
    return list(zip(even.tensor_split(2), odd.tensor_split(2), strict=True))


def _gram(one: Tensor, other: Tensor) -> Tensor:
    gram = (one - one.mean(0)) @ (other - other.mean(0)).T
    return (gram + gram.T) / 2


def _correlation(one: Tensor, other: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1].nan_to_num(0.0))
