"""An attacker who distils as XNN-d's server does: queries, and the public teacher (A-9)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masquerade.attacks.attacker_classifier import OptionValue, TrainingBudget
from masquerade.attacks.attacker_recogniser import RECNET, by_cosine, numbered
from masquerade.attacks.base import Attack, Control, Guess, Sight, View
from masquerade.attacks.structure import TRAINED_NOISE
from masquerade.training import embeddings
from masquerade.training.xnn_d.distillation import Lesson, distil


@final
@dataclass(frozen=True)
class Distillation(Attack):
    """Recognises the owner's people by a student that learnt from a public teacher of clean features.

    The noise of XNN-d is no secret: it is a function of the face that the attacker may ask for. So what the
    server's recogniser learns, the attacker's learns. The teacher gives vectors; its scores are the cosines
    with the mean vector of each of the attacker's own people.

    Args:
        network: Name of the student's network.
        options: The network's own options.
        steps: Batches that it is trained on.
        batch_size: Images in a batch.
        scale: Score of a vector in the direction of a person's mean.
        temperature: Of the distillation.
        label_weight: Share of the labels' cross-entropy, 0 to 1.
    """

    name: ClassVar[str] = "distillation"
    needs: ClassVar[frozenset[Sight]] = frozenset(
        {Sight.PUBLIC, Sight.QUERY, Sight.TEACHER, Sight.CANDIDATES}
    )
    reads: ClassVar[frozenset[str]] = TRAINED_NOISE
    control: ClassVar[Control] = Control(
        "xnn-none", "rank1", 0.5, "without obfuscation the student is a copy of its teacher"
    )

    network: str = "recnet"
    options: Mapping[str, OptionValue] = field(default_factory=lambda: RECNET)
    steps: int = 400
    batch_size: int = 64
    scale: float = 16.0
    temperature: float = 4.0
    label_weight: float = 0.5

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A ranking of the candidates for each released feature map."""
        assert view.public is not None  # noqa: S101  (the sealed caller checked all four)
        assert view.candidates is not None  # noqa: S101
        assert view.query is not None  # noqa: S101
        assert view.teacher is not None  # noqa: S101
        labels = numbered(view.public.labels)
        scores = self.scale * _cosines_with_means(view.teacher(view.public.images), labels)
        budget = TrainingBudget(self.network, self.options, self.steps, self.batch_size)
        student = distil(
            Lesson(view.query(view.public.images), scores, labels),
            budget.settings(),
            rng,
            temperature=self.temperature,
            label_weight=self.label_weight,
        )
        candidates = embeddings(student, view.query(view.candidates))
        return by_cosine(embeddings(student, view.released), candidates)


def _cosines_with_means(vectors: Tensor, labels: Tensor) -> Tensor:
    """Cosine of each vector with the mean direction of each person, ``(n, k)``."""
    unit = functional.normalize(vectors.float())
    sums = torch.zeros(int(labels.max()) + 1, unit.shape[1]).index_add_(0, labels, unit)
    return unit @ functional.normalize(sums).T
