"""Ciphertext only: undo block permutation and block matrices from the moments of the disguised images."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Reconstruction, Sight, View
from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.attacks.blocks.moments_alignment import initial_rotations, sweep
from masquerade.attacks.blocks.moments_decoding import decode
from masquerade.attacks.blocks.moments_layout import CellLayout, normalised, root, second_moment
from masquerade.attacks.blocks.moments_permutation import dependences
from masquerade.attacks.blocks.moments_spectrum import Spectrum
from masquerade.attacks.quadratic_assignment import match
from masquerade.attacks.solving import inverted
from masquerade.attacks.structure import BLOCKS

SPECTRA_WEIGHT = 0.1
LEAST_WHITENED = 0.05


@final
@dataclass(frozen=True)
class Moments(Attack):
    """Align the disguised images' moments with those of public images, cell by cell.

    Known-sample attack by principal components (Liu, Giannella, Kargupta, "An attacker's view of distance
    preserving maps for privacy preserving data mining", 2006), extended to images cut into blocks: moments
    between blocks place the blocks, settle signs, and refine every matrix. Non-orthogonal matrices are
    first whitened away, and what remains is a rotation again.

    Args:
        at_most: Public images used.
        floor: Smallest eigenvalue kept in whitening, relative to the mean.
    """

    name: ClassVar[str] = "moments"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE, Sight.PUBLIC})
    reads: ClassVar[frozenset[str]] = BLOCKS
    control: ClassVar[Control] = Control(
        recipe="control-rows4",
        metric="linkage",
        at_least=0.9,
        source="PKDD 2006; rows of 4x4 blocks without permutation fall with ten images",
    )

    at_most: int = 3000
    floor: float = 1e-4

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """Place the blocks, rotate every cell back, and decode to pixels."""
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked it)
        assert view.public is not None  # noqa: S101
        recipe = BlockRecipe.from_description(view.recipe)
        images = view.public.images[: self.at_most].float()
        channels, height, width = images.shape[1:]
        layout = CellLayout.of(recipe, (channels, height, width))
        pictures = layout.cut(images)
        clean = normalised(pictures, layout.parts) if recipe.normalised else pictures
        known = clean + recipe.noise_before * torch.from_numpy(rng.random(clean.shape, dtype=np.float32))
        seen = layout.cut(view.released.float()) - recipe.noise_after / 2
        if recipe.permuted:
            seen = layout.place(seen, self._places(seen, known, recipe, layout, rng))
        matrices = self._matrices(seen, known, recipe, layout, rng)
        noise = (recipe.noise_before**2 / 12, recipe.noise_after**2 / 12)
        met = clean + recipe.noise_before / 2
        guess = decode(seen, matrices, (met, pictures), noise, not recipe.normalised, layout)
        return Reconstruction(guess, up_to_symmetry=recipe.permuted)

    def _places(
        self, seen: Tensor, known: Tensor, recipe: BlockRecipe, layout: CellLayout, rng: np.random.Generator
    ) -> Tensor:
        """Which disguised block belongs at each position."""
        centred = [cells - cells.mean(1, keepdim=True) for cells in (seen, known)]
        (disguised, _), (public, _) = self._whitened(centred[0], centred[1], recipe, layout)
        graphs = [dependences(moment, layout) for moment in (disguised, public)]
        unary = torch.zeros(layout.positions, layout.positions)
        if not _needs_whitening(recipe):
            spectra = [
                torch.linalg.eigvalsh(layout.own(moment)).clamp_min(1).log().reshape(layout.positions, -1)
                for moment in (public, disguised)
            ]
            unary = -SPECTRA_WEIGHT * torch.cdist(spectra[0], spectra[1]).square()
        return match(graphs[0], graphs[1], unary, rng)

    def _matrices(
        self, seen: Tensor, known: Tensor, recipe: BlockRecipe, layout: CellLayout, rng: np.random.Generator
    ) -> Tensor:
        """Estimated matrices of blocks in place."""
        whiten = _needs_whitening(recipe)
        (disguised, from_seen), (public, from_known) = self._whitened(seen, known, recipe, layout)
        rotations = initial_rotations(disguised, public, layout, whitened=whiten, rng=rng)
        spectrum = Spectrum.of(layout.flat(layout.times(known, from_known)))
        least = LEAST_WHITENED if whiten else recipe.noise_after**2 / 12
        rotations = sweep(disguised, rotations, spectrum, least, layout)
        matrices: Tensor = from_known @ rotations @ inverted(from_seen)[0]
        means = [cells.mean(1) @ whitening for cells, whitening in ((seen, from_seen), (known, from_known))]
        if float((means[0] @ rotations.mT * means[1]).sum()) < 0:
            matrices = -matrices
        return matrices

    def _whitened(
        self, seen: Tensor, known: Tensor, recipe: BlockRecipe, layout: CellLayout
    ) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Second moments of disguised and public images, each with the matrices that whiten its cells."""
        disguised, public = (second_moment(layout.flat(cells)) for cells in (seen, known))
        disguised.diagonal().sub_(recipe.noise_after**2 / 12)
        if not _needs_whitening(recipe):
            same = torch.eye(layout.size).expand(layout.cells, -1, -1)
            return (disguised, same), (public, same)
        whitenings = [root(layout.own(moment), -0.5, self.floor) for moment in (disguised, public)]
        return (
            (layout.turn_both(whitenings[0], disguised), whitenings[0]),
            (layout.turn_both(whitenings[1], public), whitenings[1]),
        )


def _needs_whitening(recipe: BlockRecipe) -> bool:
    return recipe.matrix in ("gaussian", "uniform01")
