"""Jigsaw: puts permuted blocks back by how well their edges fit (attack A-7, test DN-2).

Edge costs are sums of squares, as in the solvers that Chuman and Kiya (arXiv 2202.00806) turn on block
disguises; but one permutation serves all images of a data set, so the costs of all images add up, and what is
a guess on one image is certain on a few dozen.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Reconstruction, Sight, View
from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.attacks.jigsaw_assembly import EdgeCosts, assemble
from masquerade.errors import NotApplicable


@final
@dataclass(frozen=True)
class Jigsaw(Attack):
    """Undoes a block permutation, from released images alone.

    Args:
        images: Released images whose edges are compared, at most; more are not needed.
    """

    name: ClassVar[str] = "jigsaw"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE})
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
    """Mean squared difference across touching edges, over all images.

    Args:
        blocks: ``(t, n, c, l, m)``.
    """
    blocks = (blocks - blocks.mean(0)).double()
    right = _squared_distances(blocks[..., :, -1], blocks[..., :, 0])
    below = _squared_distances(blocks[..., -1, :], blocks[..., 0, :])
    return EdgeCosts(right.numpy(), below.numpy())


def _squared_distances(ends: Tensor, starts: Tensor) -> Tensor:
    a, b = ends.flatten(1), starts.flatten(1)
    squares = a.square().sum(1)[:, None] + b.square().sum(1)[None, :] - 2 * a @ b.T
    return squares.clamp_min(0) / a.shape[1]
