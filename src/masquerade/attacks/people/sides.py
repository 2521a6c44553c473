"""The two sides that classes are matched between: released vectors by label, and other photos by person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, final

import torch
from torch import Tensor

from masquerade.attacks.base import View
from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.attacks.structure import parts_of
from masquerade.blocks import BlockGrid
from masquerade.errors import AttackError

_MOST_PLACES: Final = 64
_LEAST_NUMBERS: Final = 64
"""A feature map has so few places at most, and so many numbers at each, or more: its places are its blocks."""
_DEVIATION: Final = 64.0
"""That of the numbers of a normalised block."""


@final
@dataclass(frozen=True)
class Side:
    """Vectors with a class each.

    Args:
        rows: float64 ``(blocks, n, d)``; one block for the whole vector.
        classes: int64 ``(n,)``, 0 to ``count`` - 1, each at least once.
        numbers: What the view calls each class, int64 ``(count,)``.
    """

    rows: Tensor
    classes: Tensor
    numbers: Tensor

    @classmethod
    def of(cls, rows: Tensor, labels: Tensor) -> "Side":
        """Vectors with the labels that a view gives them."""
        numbers, classes = torch.unique(labels, return_inverse=True)
        return cls(rows, classes, numbers)

    @property
    def count(self) -> int:
        """How many classes."""
        return len(self.numbers)

    @property
    def photos(self) -> Tensor:
        """How many vectors of each class, float64 ``(count,)``."""
        return torch.bincount(self.classes, minlength=self.count).double()

    def means(self, rows: Tensor | None = None) -> Tensor:
        """Means of the classes ``(blocks, count, d)``, of other vectors than the side's own where given."""
        rows = self.rows if rows is None else rows
        summed = torch.zeros((len(rows), self.count, rows.shape[2]), dtype=rows.dtype)
        return summed.index_add_(1, self.classes, rows) / self.photos[:, None]

    def centred(self) -> "Side":
        """The same, the mean of the classes' means taken off."""
        return Side(self.rows - self.means().mean(1, keepdim=True), self.classes, self.numbers)

    def residuals(self) -> Tensor:
        """What each vector has beside the mean of its class."""
        return self.rows - self.means()[:, self.classes]


@final
@dataclass(frozen=True)
class Cut:
    """How vectors fall into blocks that the disguise changes each by itself.

    Args:
        recipe: The block recipe, where there is one that can be read.
        permuted: Whether blocks may have changed places.
        noise: Variance of the known noise on each number.
    """

    recipe: BlockRecipe | None
    permuted: bool
    noise: float

    @classmethod
    def of(cls, description: Mapping[str, Any] | None) -> "Cut":
        """What a description tells; of a structure that is unknown, the whole vector is one block."""
        if description is None:
            return cls(None, True, 0.0)
        noise = sum(_variance(part) for part in parts_of(description))
        try:
            recipe = BlockRecipe.from_description(description)
        except AttackError:
            return cls(None, True, noise)
        return cls(recipe if recipe.block else None, recipe.permuted, noise)

    def released(self, images: Tensor) -> Tensor:
        """Released images ``(n, c, h, w)`` as float64 ``(blocks, n, d)``."""
        _, c, h, w = images.shape
        if self.recipe is not None:
            return self._grid(images).cut(images.double()).flatten(2)
        if h * w <= _MOST_PLACES and c >= _LEAST_NUMBERS:
            return images.double().flatten(2).permute(2, 0, 1)
        return images.double().flatten(1)[None]

    def originals(self, images: Tensor) -> Tensor:
        """The same of originals, after the public steps of the disguise."""
        rows = self.released(images)
        if self.recipe is None or not self.recipe.normalised:
            return rows
        deviation, mean = torch.std_mean(rows, 2, keepdim=True, correction=0)
        return (rows - mean) * (_DEVIATION / (deviation.square() + 1).sqrt())

    def _grid(self, images: Tensor) -> BlockGrid:
        assert self.recipe is not None  # noqa: S101  (the callers looked)
        return self.recipe.grid((int(images.shape[1]), int(images.shape[2]), int(images.shape[3])))


def released_side(view: View, cut: Cut) -> Side:
    """The released vectors by their labels."""
    assert view.labels is not None  # noqa: S101  (the sealed caller checked)
    return Side.of(cut.released(view.released), view.labels)


def gallery_side(view: View, cut: Cut) -> Side:
    """The attacker's own photos by person."""
    assert view.gallery is not None  # noqa: S101  (the sealed caller checked)
    return Side.of(cut.originals(view.gallery.images), view.gallery.labels)


def public_side(view: View, cut: Cut) -> Side | None:
    """Other people's photos, by person, if the attacker has any."""
    if view.public is None or not len(view.public.images):
        return None
    return Side.of(cut.originals(view.public.images), view.public.labels)


def _variance(part: Mapping[str, Any]) -> float:
    match part.get("kind"):
        case "Noise":
            return float(part["level"]) ** 2 / 12
        case "GaussianNoise":
            return float(part["deviation"]) ** 2
        case _:
            return 0.0
