"""Norm fingerprint: lengths of rows and blocks link photos, without key, pairs or training (test DN-6).

Orthogonal matrices keep the length of every row they multiply, and a permutation keeps the sorted list of
lengths. So the list is a fingerprint of one disguised image, and the cloud can look any photo up in it. Noise
blurs it; the attacker disguises the candidates with noise of its own and compares with what that does to the
lists on average. Matrices that change lengths are met by whitening: the rows of one block, over all images,
divided by the root of their second moment, have the same lengths as the originals so treated.

Where the recipe is not to be read, every pixel is a block of its own: signs and permutations of pixels keep the
sorted list of their sizes, once what the protection takes off in public is taken off as well.
"""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View
from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.attacks.blocks.moments_layout import CellLayout, normalised
from masquerade.attacks.blocks.norm_likelihood import evidence
from masquerade.attacks.mutual_best import mutual_share
from masquerade.attacks.solving import inverted
from masquerade.attacks.structure import BLOCKS
from masquerade.errors import UnreadStructure

AT_ONCE: Final = 128
"""Images whose cells are in memory at a time."""
ENOUGH_ROWS: Final = 2
"""Rows of a cell, in multiples of its size, from which its second moment is estimated at all."""
NUMBERS: Final = 2048
"""Numbers of a fingerprint of sorted lists at most: their covariance is estimated and inverted."""
LENGTHS: Final = 8192
"""Numbers of an unsorted fingerprint at most."""
MID_GREY: Final = 127.5
"""What protections take off photos of 0 to 255 before they are multiplied."""
FLOOR: Final = 1e-6
"""Variance added to a cell's second moment before it is inverted, relative to its own."""


@final
@dataclass(frozen=True)
class NormFingerprint(Attack):
    """Ranks candidates by how well their fingerprint explains that of a released image.

    Args:
        draws: Times that the attacker adds noise of its own to the candidates.
        quantiles: Numbers at most that a sorted list of lengths is reduced to.
    """

    name: ClassVar[str] = "norm_fingerprint"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.CANDIDATES})
    wants: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE})
    reads: ClassVar[frozenset[str]] = BLOCKS
    control: ClassVar[Control] = Control(
        "control-rows4", "linkage", 0.95, "measured: 4,000 of 4,000 without noise"
    )

    draws: int = 4
    quantiles: int = 64

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Log-likelihood ratio of each candidate against all others, for each released image, ``(n, m)``.

        Raises:
            NotApplicable: If the recipe is of another family, which other attacks were made for.
        """
        assert view.candidates is not None  # noqa: S101  (the sealed caller checked it)
        c, h, w = view.released.shape[1:]
        try:
            recipe = BlockRecipe.from_description(view.recipe or {}).cut_somehow()
        except UnreadStructure:
            return Ranking(self._by_sizes(view.released, view.candidates))
        lengths = _Lengths(recipe, CellLayout.of(recipe, (int(c), int(h), int(w))))
        draws = self.draws if recipe.noise else 1
        seen = self._fingerprints(lengths.of_released(view.released), recipe)
        repeats = [
            self._fingerprints(lengths.of_originals(view.candidates, rng), recipe) for _ in range(draws)
        ]
        return Ranking(evidence(seen, torch.stack(repeats), recipe.permuted))

    def _by_sizes(self, released: Tensor, candidates: Tensor) -> Tensor:
        """Evidence from the sizes of pixels, under the public centre by which more photos match mutually."""
        seen = self._sizes(released)
        found = [evidence(seen, self._sizes(candidates - off)[None], True) for off in (0.0, MID_GREY)]
        return max(found, key=mutual_share)

    def _sizes(self, images: Tensor) -> Tensor:
        """Sorted sizes of all numbers of an image, ``(n, quantiles)``."""
        ordered = images.float().flatten(1).abs().sort(1).values
        buckets = ordered.tensor_split(min(self.quantiles, ordered.shape[1]), 1)
        return torch.stack([bucket.mean(1) for bucket in buckets], 1)

    def _fingerprints(self, lengths: Tensor, recipe: BlockRecipe) -> Tensor:
        """Lengths ``(n, positions, k)`` to fingerprints ``(n, f)``, sorted where blocks are permuted."""
        if not recipe.permuted:
            flat = lengths.flatten(1)
            return flat[:, :: -(-flat.shape[1] // LENGTHS)]
        steps = lengths[:, :, 1:] - lengths[:, :, :-1]
        whole = lengths.square().sum(2, keepdim=True).sqrt()
        ordered = torch.cat([lengths, steps, whole], 2).sort(1).values
        buckets = ordered.tensor_split(min(self.quantiles, ordered.shape[1], NUMBERS // ordered.shape[2]), 1)
        return torch.stack([bucket.mean(1) for bucket in buckets], 1).flatten(1)


@dataclass(frozen=True)
class _Lengths:
    """Lengths of the rows that matrices multiply, by block: ``(n, positions, rows of a block)``."""

    recipe: BlockRecipe
    layout: CellLayout

    def of_released(self, images: Tensor) -> Tensor:
        """Of disguised images, the mean of noise added last taken off."""
        return self._of([self.layout.cut(part - self.recipe.noise_after / 2) for part in _parts(images)])

    def of_originals(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        """Of originals as the matrices would meet them, with noise of the attacker's own."""
        return self._of([self._met(self.layout.cut(part), rng) for part in _parts(images)])

    def _met(self, cells: Tensor, rng: np.random.Generator) -> Tensor:
        if self.recipe.normalised:
            cells = normalised(cells, self.layout.parts)
        for level, mean in ((self.recipe.noise_before, 0.5), (self.recipe.noise_after, 0.0)):
            if level:
                drawn = torch.from_numpy(rng.random(cells.shape, dtype=np.float32))
                cells = cells + level * (drawn - 0.5 + mean)
        return cells

    def _of(self, parts: list[Tensor]) -> Tensor:
        if self._lengths_change and self._enough(sum(part.shape[1] for part in parts)):
            return self._whitened(parts)
        return torch.cat([self._by_block(part.norm(dim=-1)) for part in parts])

    @property
    def _lengths_change(self) -> bool:
        return not self.recipe.keeps_lengths or (self.recipe.normalised and self.recipe.variant == "block")

    def _enough(self, images: int) -> bool:
        return images * self.layout.tied >= ENOUGH_ROWS * self.layout.size

    def _whitened(self, parts: list[Tensor]) -> Tensor:
        """Lengths after division by the root of the cell's second moment, the measured row left out."""
        rows = sum(part.shape[1] for part in parts) * self.layout.tied
        moment = torch.stack([torch.einsum("cnti,cntj->cij", part, part) for part in parts]).sum(0)
        scale = moment.diagonal(dim1=1, dim2=2).mean(1)
        moment.diagonal(dim1=1, dim2=2).add_(FLOOR * scale[:, None])
        inverse, _ = inverted(moment)
        lengths = []
        for part in parts:
            leverage = torch.einsum("cnti,cij,cntj->cnt", part, inverse, part).clamp(0, 0.999)
            lengths.append(self._by_block((rows * leverage / (1 - leverage)).sqrt()))
        return torch.cat(lengths)

    def _by_block(self, lengths: Tensor) -> Tensor:
        """``(cells, n, tied)`` to ``(n, positions, parts * tied)``."""
        layout = self.layout
        split = lengths.reshape(layout.positions, layout.parts, lengths.shape[1], layout.tied)
        return split.permute(2, 0, 1, 3).flatten(2)


def _parts(images: Tensor) -> tuple[Tensor, ...]:
    return torch.split(images.float(), AT_ONCE)
