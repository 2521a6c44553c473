"""An examiner that was trained on clean photos looks at what another attack recovered (A-6 after A-4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np

from masquerade.attacks.attacker_classifier import (
    SMALL,
    AttackerClassifier,
    OptionValue,
    TrainingBudget,
    certainty,
    toned,
)
from masquerade.attacks.base import Attack, Control, Guess, Labels, Reconstruction, Sight, View
from masquerade.attacks.blocks.moments import Moments
from masquerade.errors import AttackError
from masquerade.metrics.pairing import symmetries


@final
@dataclass(frozen=True)
class ExaminerRecovered(Attack):
    """Names the people on recovered images.

    Where the first attack leaves open which way up its images are, the way of which the examiner is surest is
    taken for all.

    Args:
        first: The attack that recovers images; it must be shown what it needs beside the gallery.
        network: Name of the examiner's network.
        options: The network's own options.
        steps: Batches that it is trained on.
        batch_size: Images in a batch.
        shift: Largest shift of a training photo in pixels.
        flip: Whether half of the training photos are mirrored; not for digits.
    """

    name: ClassVar[str] = "examiner_recovered"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.GALLERY}) | Moments.needs
    reads: ClassVar[frozenset[str]] = Moments.reads
    control: ClassVar[Control] = Control(
        Moments.control.recipe, "identification", 0.5, "what the first attack's own control recovers"
    )

    first: Attack = field(default_factory=Moments)
    network: str = "small-cnn"
    options: Mapping[str, OptionValue] = field(default_factory=lambda: SMALL)
    steps: int = 300
    batch_size: int = 64
    shift: int = 2
    flip: bool = False

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A name for each released image.

        Raises:
            MissingSight: If the first attack needs to see more.
            AttackError: If the first attack recovers no images.
            NotApplicable: If the first attack does not concern this disguise.
        """
        assert view.gallery is not None  # noqa: S101  (the sealed caller checked it)
        recovered = self.first(view, rng)
        if not isinstance(recovered, Reconstruction):
            raise AttackError(
                "an examiner needs recovered images to look at",
                value=f"{self.first.name} gives a {type(recovered).__name__}",
                place="first",
                remedy="Name an attack that recovers images, such as moments.",
            )
        budget = TrainingBudget(
            self.network, self.options, self.steps, self.batch_size, self.shift, self.flip
        )
        examiner = AttackerClassifier(view.gallery, budget, rng)
        ways = symmetries(recovered.images) if recovered.up_to_symmetry else [recovered.images]
        seen = [examiner.look(toned(images, view.gallery.images)) for images in ways]
        return Labels(max(seen, key=certainty).argmax(1))
