"""Known pairs: a few photos whose disguised versions leaked give the key away (attack A-3, test DN-3).

Rows and their disguised rows fix an orthogonal matrix by Procrustes and any other by least squares. Where the
permutation is secret too, every disguised block is compared with every original block, by the nuclear norm of
A^T C (which is how well the best rotation would fit) or by its likelihood under the matrices' distribution,
and the Hungarian method picks the permutation. The paper lists leaked pairs as an open question.
"""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Pairs, Reconstruction, Sight, View
from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.attacks.blocks import known_pairs_fitting as fitting
from masquerade.attacks.blocks import known_pairs_matching as matching
from masquerade.attacks.blocks.moments_layout import CellLayout, normalised
from masquerade.attacks.blocks.wiener import Prior, restore
from masquerade.attacks.structure import BLOCKS

ROUNDING: Final = 1e-10
"""Variance of rounding to float32 on the 0 to 255 scale, relative to the mean square of a disguised row."""


@final
@dataclass(frozen=True)
class KnownPairs(Attack):
    """Solves permutation and matrices from leaked pairs, then undoes them on all released images.

    Args:
        public_images: Public images at most that the final filter learns from.
    """

    name: ClassVar[str] = "known_pairs"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE, Sight.PAIRS})
    reads: ClassVar[frozenset[str]] = BLOCKS
    control: ClassVar[Control] = Control("control-rows4", "linkage", 0.95, "measured: 2 pairs are exact")

    public_images: int = 2000

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Every released image, undone as far as the pairs tell and filled up by a Wiener filter."""
        del rng  # nothing is drawn
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked it)
        assert view.pairs is not None  # noqa: S101
        c, h, w = view.released.shape[1:]
        setting = _Setting.of(
            BlockRecipe.from_description(view.recipe).cut_somehow(), (int(c), int(h), int(w))
        )
        others = view.public.images[: self.public_images] if view.public else view.pairs.originals
        order, measured = setting.solve(view.pairs, others)
        released = setting.layout.place(setting.seen(view.released), order)
        prior = Prior(setting.met_images(others), others.float(), setting.recipe.noise_before**2 / 12)
        return Reconstruction(restore(released, measured, prior, setting.layout))


@dataclass(frozen=True)
class _Setting:
    recipe: BlockRecipe
    layout: CellLayout

    @classmethod
    def of(cls, recipe: BlockRecipe, shape: tuple[int, int, int]) -> "_Setting":
        return cls(recipe, CellLayout.of(recipe, shape))

    def seen(self, disguised: Tensor) -> Tensor:
        """Cells of disguised images, the mean of their noise taken off."""
        return self.layout.cut(disguised.float() - self.recipe.noise_after / 2)

    def met(self, originals: Tensor) -> Tensor:
        """Cells of originals as the matrices meet them, up to the noise around its mean."""
        cells = self.layout.cut(originals.float())
        if self.recipe.normalised:
            cells = normalised(cells, self.layout.parts)
        return cells + self.recipe.noise_before / 2

    def met_images(self, originals: Tensor) -> Tensor:
        """As ``met``, put together as images."""
        return self.layout.join(self.layout.flat(self.met(originals)))

    def solve(self, pairs: Pairs, others: Tensor) -> tuple[Tensor, fitting.RowEvidence]:
        """The order of the blocks, and the matrices."""
        layout = self.layout
        a, c = (
            cells.double().flatten(1, 2) for cells in (self.met(pairs.originals), self.seen(pairs.disguised))
        )
        rounding = ROUNDING * float(c.square().mean())
        met_noise = self.recipe.noise_before**2 / 12
        added = self.recipe.noise_after**2 / 12 + rounding
        prior = _prior_of_entries(a, c, self.recipe)
        noise = added + met_noise * prior.gain(layout.size)
        by_block = (layout.positions, layout.parts, *a.shape[1:])
        order = self._order(c.reshape(by_block), a.reshape(by_block), prior, noise)
        c = layout.place(c, order)
        rows = self.met(others).double().flatten(1, 2)
        moment = rows.mT @ rows / rows.shape[1]
        match self.recipe.matrix:
            case None:
                measured = fitting.fit_clear(layout.cells, layout.size, added)
            case "orthogonal" | "rotation":
                measured = fitting.fit_orthogonal(c, a, moment, noise).less_noise(met_noise)
            case _:
                measured = fitting.fit_linear(c, a, moment, prior, noise).less_noise(noise - added)
        return order, measured

    def _order(self, c: Tensor, a: Tensor, prior: matching.MatrixPrior, noise: float) -> Tensor:
        """For each position the disguised block that belongs there."""
        if not self.recipe.permuted:
            return torch.arange(len(c))
        match self.recipe.matrix:
            case None:
                benefit = matching.clear_benefit(c, a)
            case "orthogonal" | "rotation":
                benefit = matching.orthogonal_benefit(c, a)
            case _:
                benefit = matching.linear_benefit(c, a, prior, noise)
        return matching.assignment(benefit)


def _prior_of_entries(a: Tensor, c: Tensor, recipe: BlockRecipe) -> matching.MatrixPrior:
    """Mean and variance of the matrices' entries, from sums over all blocks, which no permutation changes."""
    d = a.shape[-1]
    if recipe.keeps_lengths:
        return matching.MatrixPrior(0.0, 1 / d)
    met = a.square().sum(-1).mean() + d * recipe.noise_before**2 / 12
    energy = c.square().mean() - recipe.noise_after**2 / 12
    if recipe.matrix == "gaussian":
        return matching.MatrixPrior(0.0, float(energy / met))
    return matching.MatrixPrior(0.5, 1 / 12)
