"""The optimiser of Fawkes 1.0: a tight budget of dissimilarity, and a weight that moves with what is left of it."""

from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor

from masquerade.disguises.cloaks.optimiser import Distance, ascent, grey_ones, pooled, tied
from masquerade.disguises.cloaks.tanh_space import TanhSpace, whole_levels
from masquerade.networks.cloaks.ssim import InnerSSIM

_BOUND: Final = 15.0
_COST: Final = 1e6
_TOWARDS: Final = 1000.0
_FIRST_STEP: Final = 0.01
_NEAR, _BEYOND = 0.9, 1.1
_HEAVIEST: Final = 129.0
_DECAY, _EPSILON = 0.95, 1e-7
_LITTLE: Final = 0.3
_LAST_DSSIM: Final = 0.015


@final
@dataclass(frozen=True)
class FawkesSettings:
    """What a mode of Fawkes means.

    Args:
        dssim: Structural dissimilarity (1 - SSIM) / 2 that is free.
        steps: Steps of Adadelta.
        rate: Its learning rate.
        extractors: Recognisers that the published mode is optimised against.
    """

    dssim: float
    steps: int
    rate: float
    extractors: int


@final
class Weights:
    """How much each photo's distance counts: more while the budget is not used, less when it is exceeded."""

    def __init__(self, photos: int, settings: FawkesSettings) -> None:
        self.now = torch.ones(photos)
        self._side = torch.ones(photos)
        self._settings = settings

    def move(self, dssim: Tensor) -> None:
        """After a step that left photos with a dissimilarity ``(n,)``."""
        under = (dssim <= _NEAR * self._settings.dssim) & (self.now <= _HEAVIEST)
        over = (dssim >= _BEYOND * self._settings.dssim) & (self.now >= 1 / _HEAVIEST)
        side = under.float() - over.float()
        crossed = (side == 0) | (side == -self._side)
        self.now = torch.where(crossed, torch.ones_like(self.now), self.now * 2.0**side)
        self._side = side


def fawkes(
    photos: Tensor, start: Tensor, distance: Distance, settings: FawkesSettings, *, towards: bool
) -> Tensor:
    """Cloaked photos: the iterate that is best among those within the budget.

    Loss: ``1e6 max(DSSIM - dssim, 0)^2 - w distance``, by Adadelta in tanh space, changes of at most 15 grey
    levels. The weight ``w`` doubles while the dissimilarity is under 0.9 of the budget and halves over 1.1 of it.
    Where no iterate is within the budget the photo stays as it was; the published code gives a black one.

    Args:
        photos: float32 ``(n, 3, h, w)``, values 0 to 255.
        start: First change in tanh space, of the same shape.
        distance: What is to grow, or to shrink.
        settings: The mode's.
        towards: Whether the distance is to shrink; it then counts 1,000 times more. The published code leaves ``w``
            out there: with vectors of length 1 all but the first iterates were then beyond the budget.

    Returns:
        float32 ``(n, 3, h, w)``, whole grey levels 0 to 255.
    """
    photos = photos.contiguous(memory_format=torch.channels_last)
    space, similarity, grey = TanhSpace(photos, _BOUND), InnerSSIM(photos), grey_ones(photos)
    change = tied(start, grey).clone(memory_format=torch.channels_last)
    squares, moves = torch.zeros_like(change), torch.zeros_like(change)
    weights = Weights(len(photos), settings)
    kept = _Best(photos, settings, towards=towards)
    for step in range(1, settings.steps + 1):
        cloaked, slopes = space.at(change)
        far, gradient = ascent(distance, cloaked)
        comparison = similarity.compare(cloaked)
        dssim = (1 - comparison.values) / 2
        gradient = gradient * (weights.now[:, None, None, None] * (_TOWARDS if towards else -1.0))
        if bool((over := (dssim - settings.dssim).clamp_(min=0)).any()):
            gradient += comparison.gradient(-_COST * over)
        gradient = pooled(gradient.mul_(slopes), grey)
        _adadelta(change, gradient, squares, moves, settings.rate)
        if step == 1:
            change.sub_(gradient.sign(), alpha=_FIRST_STEP)
        weights.move(dssim)
        kept.see(cloaked, far, dssim)
    return tied(whole_levels(kept.photos_at_last(), photos, _BOUND), grey).contiguous()


@final
class _Best:
    """The best iterate of each photo so far, and the last."""

    def __init__(self, photos: Tensor, settings: FawkesSettings, *, towards: bool) -> None:
        self._photos = self._last = photos
        self._sign = -1.0 if towards else 1.0
        self._far = torch.full((len(photos),), float("-inf") if towards else 0.0)
        self._allowed = _BEYOND * settings.dssim
        self._late = torch.zeros(len(photos), dtype=torch.bool)

    def see(self, cloaked: Tensor, far: Tensor, dssim: Tensor) -> None:
        far = far * self._sign
        better = (dssim <= self._allowed) & (far > self._far)
        self._photos = torch.where(better[:, None, None, None], cloaked, self._photos)
        self._far = torch.where(better, far, self._far)
        self._last = cloaked
        self._late = (self._far.abs() < _LITTLE) & (dssim < _LAST_DSSIM) & (far > self._far)

    def photos_at_last(self) -> Tensor:
        """The best, or the last where the best is hardly anything and the last little dissimilar."""
        return torch.where(self._late[:, None, None, None], self._last, self._photos)


def _adadelta(change: Tensor, gradient: Tensor, squares: Tensor, moves: Tensor, rate: float) -> None:
    squares.mul_(_DECAY).addcmul_(gradient, gradient, value=1 - _DECAY)
    move = (moves + _EPSILON).div_(squares + _EPSILON).sqrt_().mul_(gradient)
    moves.mul_(_DECAY).addcmul_(move, move, value=1 - _DECAY)
    change.sub_(move, alpha=rate)
