"""An examiner that was trained on photos disguised under fresh keys looks at released images (A-6, DN-8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np
from torch import Tensor

from masquerade.attacks.attacker_classifier import SMALL, AttackerClassifier, OptionValue, TrainingBudget
from masquerade.attacks.base import Attack, Control, Guess, Labels, Sight, View


@final
@dataclass(frozen=True)
class ExaminerFresh(Attack):
    """Names the people on released images after seeing photos under a new key each batch.

    It learns whatever the keys leave alike, and so tells how much that is. The control permutes four large
    blocks: the pixels in them stay, so that a network can learn to name people by parts in any order.

    Args:
        network: Name of the examiner's network.
        options: The network's own options.
        steps: Batches that it is trained on, each under a new key.
        batch_size: Images in a batch.
    """

    name: ClassVar[str] = "examiner_fresh"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY, Sight.FRESH})
    control: ClassVar[Control] = Control(
        "control-permutation16", "identification", 0.6, "blocks of 16x16 pixels keep parts of a face whole"
    )

    network: str = "small-cnn"
    options: Mapping[str, OptionValue] = field(default_factory=lambda: SMALL)
    steps: int = 400
    batch_size: int = 64

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A name for each released image."""
        assert view.gallery is not None  # noqa: S101  (the sealed caller checked both)
        assert view.fresh is not None  # noqa: S101
        draw = view.fresh

        def disguise(photos: Tensor) -> Tensor:
            return draw()(photos)

        budget = TrainingBudget(self.network, self.options, self.steps, self.batch_size)
        examiner = AttackerClassifier(view.gallery, budget, rng, disguise)
        return Labels(examiner.look(view.released).argmax(1))
