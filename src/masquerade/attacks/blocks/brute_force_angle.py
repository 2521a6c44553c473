"""Brute force over the angle of every block, on one image and without any other (attack A-5, test DN-1).

A block two pixels wide has 2 x 2 matrices: orthogonal ones are an angle and a reflection, however long the
key. So the attacker tries them all, block by block, and keeps the one whose pixels are valid brightnesses,
differ little within the row and continue the neighbouring blocks. For a fixed block the cost of a candidate
matrix Q is tr(Q^T B) plus terms known beforehand, with B the product of its disguised rows and of what its
neighbours lead one to expect; so a sweep over all candidates is one matrix product.

Channels are searched apart: asking for equal gradients in all channels was tried and made mistakes agree with
each other (27.6 dB became 26.3). A secret permutation leaves only the first two of the three tests. They tell
a row's mean and not its gradient; that is no picture, and moments across images do much better there.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Reconstruction, Sight, View
from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.blocks import BlockGrid
from masquerade.errors import NotApplicable

IMAGES_AT_ONCE = 32


@final
@dataclass(frozen=True)
class BruteForceAngle(Attack):
    """Tries every angle of every 2 x 2 matrix, with and without reflection.

    Args:
        angles: Angles tried on the full circle.
        smoothness: Weight of differences within a row against those between blocks. Above 1, because the
            block's own angle is free to make the latter small whether or not it is right.
        sweeps: Passes over all blocks, each with the neighbours as found so far.
        together: Search one angle for all images, as they share a key, rather than one for each image.
            Better where the key is shared, useless where every image has a key of its own.
    """

    name: ClassVar[str] = "brute_force_angle"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE})
    reads: ClassVar[frozenset[str]] = frozenset({"BlockMatrix", "Noise"})
    control: ClassVar[Control] = Control("control-rows2", "linkage", 0.9, "measured: 100 of 100 faces, 28 dB")

    angles: int = 120
    smoothness: float = 2.5
    sweeps: int = 12
    together: bool = False

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Every released image with its blocks turned back.

        Raises:
            NotApplicable: If the matrices are not 2 x 2 and orthogonal, or blocks are permuted.
        """
        del rng  # the search is exhaustive
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked it)
        recipe = BlockRecipe.from_description(view.recipe)
        _check(recipe)
        c, h, w = view.released.shape[1:]
        grid = recipe.grid((int(c), int(h), int(w)))
        chunks = [view.released] if self.together else torch.split(view.released, IMAGES_AT_ONCE)
        images = [self._turned_back(chunk.float() - recipe.noise_after / 2, recipe, grid) for chunk in chunks]
        return Reconstruction(torch.cat(images).clamp(0, 255))

    def _turned_back(self, disguised: Tensor, recipe: BlockRecipe, grid: BlockGrid) -> Tensor:
        rows = _rows(disguised, grid)
        candidates = _candidates(self.angles, reflected=recipe.matrix != "rotation")
        search = _Search(rows, candidates, self.together, not recipe.per_channel)
        search.score_alone(self.smoothness, recipe.noise_before / 2, recipe.noise / 2)
        for _ in range(self.sweeps):
            for parity in (0, 1):
                search.improve(parity)
        pixels = search.pixels - recipe.noise_before / 2
        return pixels.permute(0, 1, 2, 4, 3, 5).reshape(disguised.shape)


def _check(recipe: BlockRecipe) -> None:
    small = recipe.block is not None and recipe.block[1] == 2
    if not (small and recipe.variant == "rows" and recipe.keeps_lengths):
        raise NotApplicable(
            "brute force needs orthogonal 2 x 2 matrices, one angle a block",
            value=f"{recipe.variant} of {recipe.block}, {recipe.matrix}",
            place="the recipe",
        )
    if recipe.permuted or recipe.normalised:
        raise NotApplicable(
            "brute force compares neighbouring blocks, and here neighbours are secret or rescaled",
            place="the recipe",
            remedy="Run known_pairs or moments instead.",
        )


def _rows(images: Tensor, grid: BlockGrid) -> Tensor:
    """Rows of blocks by channel and cell, ``(n, c, rows, columns, l, 2)``."""
    shape = (len(images), grid.channels, grid.rows, grid.block_height, grid.columns, grid.block_width)
    return images.reshape(shape).permute(0, 1, 2, 4, 3, 5).contiguous()


def _candidates(angles: int, *, reflected: bool) -> Tensor:
    """Rotations, then reflections, ``(k, 2, 2)``: original row = disguised row @ matrix."""
    turn = torch.arange(angles) * (2 * math.pi / angles)
    first = torch.stack([turn.cos(), turn.sin()], -1)
    second = torch.stack([-turn.sin(), turn.cos()], -1)
    rotations = torch.stack([first, second], -1)
    return torch.cat([rotations, torch.stack([first, -second], -1)]) if reflected else rotations


class _Search:
    """The candidate chosen for every block, and the pixels that follow from it.

    Args:
        rows: Disguised rows ``(n, c, r, s, l, 2)``.
        candidates: Matrices ``(k, 2, 2)``.
        share_images: Whether all images have the same matrices.
        share_channels: Whether all channels have.
    """

    def __init__(self, rows: Tensor, candidates: Tensor, share_images: bool, share_channels: bool) -> None:
        self.rows = rows
        self.candidates = candidates
        self.shared = [axis for axis, share in ((0, share_images), (1, share_channels)) if share]
        cells = torch.arange(rows.shape[2])[:, None] + torch.arange(rows.shape[3])
        self.colours = [(cells.flatten() % 2 == parity).nonzero().flatten() for parity in (0, 1)]
        self.alone = torch.empty(0)
        self.pixels = torch.empty(0)

    def score_alone(self, smoothness: float, shift: float, slack: float) -> None:
        """Score candidates by valid range and smooth rows alone, and start from the best.

        Args:
            smoothness: Weight of squared differences within a row.
            shift: Mean of the noise that the rows still hold.
            slack: How far noise can carry a pixel out of 0 to 255.
        """
        parts = torch.split(self.rows, IMAGES_AT_ONCE)
        scores = [self._reduced(_alone(part, self.candidates, smoothness, shift, slack)) for part in parts]
        self.alone = torch.stack(scores).sum(0) if 0 in self.shared else torch.cat(scores)
        self.alone = self.alone.flatten(2, 3)
        every = torch.arange(self.alone.shape[2])
        self.pixels = torch.empty_like(self.rows)
        self._choose(self.alone.argmin(-1), every)

    def improve(self, parity: int) -> None:
        """Choose anew for the blocks of one colour of the chessboard, given those of the other."""
        cells = self.colours[parity]
        moments = self.rows.mT @ _expected(self.pixels)
        moments = self._reduced(moments.flatten(2, 3)[:, :, cells].flatten(-2))
        cost = self.alone[:, :, cells] - 2 * moments @ self.candidates.flatten(1).T
        self._choose(cost.argmin(-1), cells)

    def _choose(self, best: Tensor, cells: Tensor) -> None:
        n, c = self.rows.shape[:2]
        matrices = self.candidates[best.expand(n, c, -1)]
        self.pixels.flatten(2, 3)[:, :, cells] = self.rows.flatten(2, 3)[:, :, cells] @ matrices

    def _reduced(self, scores: Tensor) -> Tensor:
        """Scores summed over the axes that share a matrix."""
        return scores.sum(self.shared, keepdim=True) if self.shared else scores


def _alone(rows: Tensor, candidates: Tensor, smoothness: float, shift: float, slack: float) -> Tensor:
    """Cost of each candidate by itself, ``(n, c, r, s, k)``."""
    cost = rows.new_zeros(*rows.shape[:4], len(candidates))
    for row in rows.unbind(-2):
        left, right = ((row @ candidates[:, :, column].T) - shift for column in (0, 1))
        cost += smoothness * (left - right).square()
        for pixel in (left, right):
            cost += (-slack - pixel).clamp_min(0).square() + (pixel - 255 - slack).clamp_min(0).square()
    return cost


def _expected(pixels: Tensor) -> Tensor:
    """Sum over the neighbours in other blocks of each pixel, ``(n, c, r, s, l, 2)``."""
    around = torch.zeros_like(pixels)
    around[:, :, :, 1:, :, 0] += pixels[:, :, :, :-1, :, -1]
    around[:, :, :, :-1, :, -1] += pixels[:, :, :, 1:, :, 0]
    around[:, :, 1:, :, 0, :] += pixels[:, :, :-1, :, -1, :]
    around[:, :, :-1, :, -1, :] += pixels[:, :, 1:, :, 0, :]
    return around
