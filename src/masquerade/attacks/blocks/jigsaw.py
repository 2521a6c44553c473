"""Jigsaw: puts permuted blocks back by how well their edges fit (attack A-7, test DN-2).

Chuman and Kiya (arXiv 2202.00806) turn such solvers on single images. But one permutation serves all images of
a data set, so their edges are compared together, and what is a guess on one image is certain on a few dozen.
"""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Reconstruction, Sight, View
from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.attacks.blocks.jigsaw_assembly import EdgeCosts, assemble
from masquerade.errors import NotApplicable

SLOPE: Final = 0.3
"""How far an edge is continued by its slope, in pixels; half would be the middle between two blocks."""


@final
@dataclass(frozen=True)
class Jigsaw(Attack):
    """Undoes a block permutation, from released images alone.

    Args:
        images: Released images whose edges are compared, at most; more are not needed.
    """

    name: ClassVar[str] = "jigsaw"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE})
    reads: ClassVar[frozenset[str]] = frozenset({"BlockPermutation", "BlockNormalise", "Noise"})
    control: ClassVar[Control] = Control(
        "control-permutation4", "linkage", 0.95, "a permutation alone falls to a jigsaw solver (A-7)"
    )

    images: int = 128

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Every released image with its blocks put back.

        Raises:
            NotApplicable: If the recipe permutes no blocks, or changes their pixels by matrices.
        """
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked it)
        recipe = BlockRecipe.from_description(view.recipe)
        if not recipe.permuted or recipe.variant is not None:
            raise NotApplicable(
                "a jigsaw needs permuted blocks with their pixels intact",
                place="the recipe",
                remedy="Where matrices were used, run known_pairs or moments instead.",
            )
        c, h, w = view.released.shape[1:]
        grid = recipe.grid((int(c), int(h), int(w)))
        grey = 128.0 if recipe.normalised else 0.0  # normalised blocks lie around zero
        blocks = grid.cut(view.released.float() - recipe.noise / 2 + grey)
        some = torch.from_numpy(rng.permutation(blocks.shape[1])[: self.images])
        order = assemble(edge_costs(blocks[:, some]), grid.rows, grid.columns)
        return Reconstruction(grid.join(blocks[torch.from_numpy(order)]).clamp(0, 255))


def edge_costs(blocks: Tensor) -> EdgeCosts:
    """One minus the correlation across edges, over all images, of what both blocks expect between them.

    Either side is continued a little by its own slope. Correlation rather than squared distance, because
    the latter finds that flat blocks fit everywhere.

    Args:
        blocks: ``(t, n, c, l, m)``.
    """
    blocks = (blocks - blocks.mean(0)).double()
    costs = []
    for axis in (-1, -2):
        lines = blocks.unbind(axis)
        ends = lines[-1] + SLOPE * (lines[-1] - lines[max(len(lines) - 2, 0)])
        starts = lines[0] + SLOPE * (lines[0] - lines[min(1, len(lines) - 1)])
        costs.append((1 - _standardised(ends) @ _standardised(starts).T).clamp_min(0).numpy())
    return EdgeCosts(*costs)


def _standardised(edges: Tensor) -> Tensor:
    """Edges ``(t, ...)`` as vectors of mean 0 and length 1."""
    flat = edges.flatten(1)
    flat = flat - flat.mean(1, keepdim=True)
    unit: Tensor = flat / flat.norm(dim=1, keepdim=True).clamp_min(1e-9)
    return unit
