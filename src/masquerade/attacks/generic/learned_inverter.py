"""Pictures out of answers: whoever may ask the owner's protection learns from the answers to undo it."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from masquerade.attacks.base import Attack, Control, Guess, Reconstruction, Sight, View
from masquerade.attacks.learned_pictures import Restoring, by_network, by_ridge
from masquerade.attacks.own_pairs import OwnPairs, answered


@final
@dataclass(frozen=True)
class LearnedInverter(Attack):
    """Restores pictures by ridge regression or a small U-Net, whichever does better on answers kept apart.

    Args:
        queries: Public photos that are asked about; with 0 every picture is the mean of public photos.
        steps: Batches that the network learns from; 0 for none.
    """

    name: ClassVar[str] = "learned_inverter"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.QUERY, Sight.PUBLIC})
    control: ClassVar[Control] = Control(
        "control-rows4",
        "linkage",
        0.5,
        "ours: some hundred answers teach a linear map well enough to link photos",
    )

    queries: int = 300
    steps: int = 100

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A picture for each released image."""
        released = view.released.float()
        if self.queries < _FEWEST:
            assert view.public is not None  # noqa: S101  (the sealed caller checked it)
            mean = view.public.pictures.float().mean(0)
            return Reconstruction(mean.expand(len(released), *mean.shape).contiguous())
        own = answered(view, self.queries, rng)
        learned = own.take(own.to_learn)
        pictures = learned.photos.pictures
        ways = [
            by_ridge(learned.protected, pictures),
            by_network(learned.protected, pictures, self.steps, rng),
        ]
        best = min((way for way in ways if way is not None), key=lambda way: _error(way, own))
        return Reconstruction(best(released))


_FEWEST = 8


def _error(way: Restoring, own: OwnPairs) -> float:
    apart = own.take(own.to_rehearse)
    return float((way(apart.protected) - apart.photos.pictures).square().mean())
