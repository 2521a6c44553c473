"""The side channel of labels: who has how many photos (attack X-8); random integers as labels do not hide it."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from masquerade.attacks.base import Attack, Control, Guess, Labels, Sight, View


@final
@dataclass(frozen=True)
class ClassSizes(Attack):
    """Matches released classes to named people by their numbers of photos, all at once and one to one.

    The disguise does not matter: not one pixel is looked at. Classes of equal size cannot be told apart and are
    named at random among each other.
    """

    name: ClassVar[str] = "class_sizes"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.LABELS, Sight.GALLERY})
    control: ClassVar[Control] = Control(
        "none", "identification", 0.5, "people whose numbers of photos all differ are named without a fault"
    )

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A person of the gallery for each released image; all images of a class have the same."""
        assert view.labels is not None  # noqa: S101  (the sealed caller checked both)
        assert view.gallery is not None  # noqa: S101
        classes, of_image, sizes = torch.unique(view.labels, return_inverse=True, return_counts=True)
        people, photos = torch.unique(view.gallery.labels, return_counts=True)
        # names are shuffled, so that ties are broken by chance and not by how classes are numbered
        shuffled = torch.from_numpy(rng.permutation(len(people)))
        people, photos = people[shuffled], photos[shuffled]
        shares = [counts.double() / counts.sum() for counts in (sizes, photos)]
        cost = (shares[0].log()[:, None] - shares[1].log()[None, :]).square()
        matched, named = (torch.from_numpy(each) for each in linear_sum_assignment(cost.numpy()))
        guesses = people[cost.argmin(1)]  # for classes beyond the number of people
        guesses[matched] = people[named]
        assert len(guesses) == len(classes)  # noqa: S101
        return Labels(guesses[of_image])
