"""Whether a photo is a protected one at all: invariants of photos as they are, and under keys of the attacker's own.

A fact and no break: who scrambles a photo does not hide that he did. For cloaks, which mean not to be seen, it is
what a tracker sorts by.
"""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Membership, Sight, View
from masquerade.attacks.generic.invariants import bank
from masquerade.attacks.own_pairs import under_own_keys
from masquerade.attacks.principal import leading_axes
from masquerade.attacks.ridge import Ridge
from masquerade.errors import NotApplicable

_AXES: Final = 32


@final
@dataclass(frozen=True)
class Detection(Attack):
    """Scores photos met later by how much they look protected, as ridge regression on invariants tells.

    Args:
        keys: Keys of the attacker's own.
        photos: Public photos at most that are protected under each.
    """

    name: ClassVar[str] = "detection"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.SIGHTINGS, Sight.PUBLIC, Sight.FRESH})
    control: ClassVar[Control] = Control(
        "control-rows4", "detection", 0.9, "ours: rows under matrices look like no photo"
    )

    keys: int = 2
    photos: int = 200

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A score for each photo met later; larger where it looks protected."""
        assert view.sightings is not None  # noqa: S101  (the sealed caller checked it)
        own = under_own_keys(view, self.keys, self.photos, rng)
        if own.protected.shape[1:] != own.photos.images.shape[1:]:
            raise NotApplicable("what is released has another shape than photos, which anybody sees")
        plain = own.photos.images
        known = torch.cat([plain, own.protected])
        kinds, met = ([*bank(some), _marks(some)] for some in (known, view.sightings.float()))
        placed = [_placed(a, b) for a, b in zip(kinds, met, strict=True)]
        protected = (torch.arange(2 * len(plain)) >= len(plain)).double()
        ridge = Ridge.of(torch.cat([a for a, _ in placed], 1), protected[:, None])
        return Membership(ridge(torch.cat([b for _, b in placed], 1)).flatten().float())


def _marks(images: Tensor) -> Tensor:
    """What no camera writes: values beyond 0 to 255 and between whole numbers, neighbours unlike each other."""
    flat = images.flatten(1)
    beyond = ((flat < 0) | (flat > 255)).float().mean(1)
    between = (flat != flat.round()).float().mean(1)
    steps = [images.diff(dim=axis).abs().mean((1, 2, 3)) for axis in (2, 3)]
    return torch.stack([beyond, between, *(step.log1p() for step in steps)], 1)


def _placed(known: Tensor, met: Tensor) -> tuple[Tensor, Tensor]:
    """Principal coordinates of one kind of numbers, standardised by the known side."""
    spread = known.std(0)
    mean, scale = known.mean(0), spread + 1e-6 * spread.mean() + 1e-9
    known, met = (known - mean) / scale, ((met - mean) / scale).clamp(-10, 10)
    axes = leading_axes(known, _AXES)
    return known.double() @ axes, met.double() @ axes
