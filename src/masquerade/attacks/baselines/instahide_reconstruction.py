"""Photos out of InstaHide's mixtures, once it is known which photos each one mixes (attack A-1, step 5).

Carlini et al. (arXiv 2011.05315) learn the pairing from the encodings by a network and published soft labels;
here an audit tells it, which gives an upper bound and spares hours of training. They then search for photos
by gradient steps from zero; here each pixel is a system of equations with lost signs, solved by alternating
projections, and its neighbours' solutions are tried as starts. The steps do in seconds what gradients, tried
on 50 photos with ten encodings each, did not do in a minute.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Pairing, Reconstruction, Sight, View
from masquerade.attacks.baselines.instahide_recipe import InstaHideRecipe
from masquerade.attacks.baselines.instahide_signs import agreeing, blurred
from masquerade.attacks.baselines.phase_retrieval import Mixing
from masquerade.attacks.structure import MIXTURES
from masquerade.errors import NotApplicable


@final
@dataclass(frozen=True)
class InstaHideReconstruction(Attack):
    """Solves for the mixed photos, given which photos each mixture holds and by what shares.

    A released row is a mixture, so the guess for a row is the reconstructed photo that the pairing names
    first: the row's own. If two are mixed, two encodings of each photo show everybody (23 dB) and three give
    nearly exact photos; from one, nothing comes back. The rows shown must hold all that belong together.

    Args:
        rounds: Times that every pixel tries its neighbours' solutions.
        first_steps: Projections of the first round.
        steps: Projections of every later round.
    """

    name: ClassVar[str] = "instahide_reconstruction"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.RECIPE, Sight.PAIRING, Sight.PUBLIC})
    reads: ClassVar[frozenset[str]] = MIXTURES
    control: ClassVar[Control] = Control(
        "instahide-k2", "linkage", 0.9, "measured: three encodings give nearly exact photos", encodings=3
    )

    rounds: int = 8
    first_steps: int = 60
    steps: int = 40

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """The first original of each released row.

        Raises:
            NotApplicable: If the recipe mixes no photos.
        """
        assert view.recipe is not None  # noqa: S101  (the sealed caller checked all three)
        assert view.pairing is not None  # noqa: S101
        assert view.public is not None  # noqa: S101
        recipe = InstaHideRecipe.from_description(view.recipe)
        shape = _same_shape(view.released, view.public.images)
        mixing = Mixing(_shares(view.pairing))
        sizes = recipe.normalised(view.released).abs().flatten(1)
        found = agreeing(mixing.first(sizes, self.first_steps, rng), shape)
        for _ in range(self.rounds):
            error = mixing.error(found, sizes)
            start = blurred(found, 1 / (error / sizes.square().mean() + 1e-4), shape)
            tried = mixing.settled(start, sizes, self.steps)
            found = agreeing(torch.where(mixing.error(tried, sizes) < error, tried, found), shape)
        if float((found.mean(0) * recipe.normalised(view.public.images).mean(0).flatten()).sum()) < 0:
            found = -found
        photos = recipe.photos(found.reshape(-1, *shape))
        return Reconstruction(photos[view.pairing.originals[:, 0]])


def _same_shape(released: Tensor, public: Tensor) -> tuple[int, int, int]:
    if released.shape[1:] != public.shape[1:]:
        raise NotApplicable(
            "which way signs go is told by public photos of the released images' shape",
            value=f"{tuple(public.shape[1:])}, released {tuple(released.shape[1:])}",
            remedy="Show the attack public photos of that shape.",
        )
    channels, height, width = released.shape[1:]
    return int(channels), int(height), int(width)


def _shares(pairing: Pairing) -> Tensor:
    """How much of each original is in each mixture, float32 ``(n, m)``."""
    shares = torch.zeros(len(pairing.originals), int(pairing.originals.max()) + 1)
    return shares.scatter_add(1, pairing.originals, pairing.weights.float())
