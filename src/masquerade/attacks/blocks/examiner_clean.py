"""An examiner that was trained on clean photos looks at released images (Disguised-Nets, 4.2; A-6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np

from masquerade.attacks.attacker_classifier import (
    SMALL,
    AttackerClassifier,
    OptionValue,
    TrainingBudget,
    toned,
)
from masquerade.attacks.base import Attack, Control, Guess, Labels, Sight, View


@final
@dataclass(frozen=True)
class ExaminerClean(Attack):
    """Names the people on released images as a viewer would who knows them.

    Args:
        network: Name of the examiner's network.
        options: The network's own options.
        steps: Batches that it is trained on.
        batch_size: Images in a batch.
        shift: Largest shift of a training photo in pixels.
        flip: Whether half of the training photos are mirrored; not for digits.
    """

    name: ClassVar[str] = "examiner_clean"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY})
    control: ClassVar[Control] = Control(
        "none",
        "identification",
        0.6,
        "a short training on unprotected images: 0.98 on digits, 0.90 on 12 people; 0.50 on CIFAR-10 fails",
    )

    network: str = "small-cnn"
    options: Mapping[str, OptionValue] = field(default_factory=lambda: SMALL)
    steps: int = 300
    batch_size: int = 64
    shift: int = 2
    flip: bool = False

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A name for each released image.

        Raises:
            NotApplicable: If released images have another shape than photos.
        """
        assert view.gallery is not None  # noqa: S101  (the sealed caller checked it)
        shown = toned(view.released, view.gallery.images)
        budget = TrainingBudget(
            self.network, self.options, self.steps, self.batch_size, self.shift, self.flip
        )
        examiner = AttackerClassifier(view.gallery, budget, rng)
        return Labels(examiner.look(shown).argmax(1))
