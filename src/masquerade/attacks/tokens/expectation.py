"""The expectation attack: a recogniser trained under a new key each batch (XNN, section 5.2; X-1, A-6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np
import torch

from masquerade.attacks.attacker_classifier import OptionValue, TrainingBudget
from masquerade.attacks.attacker_recogniser import RECNET, by_cosine, learn
from masquerade.attacks.base import Attack, Control, Guess, Sight, View
from masquerade.training import embeddings

_PART = 256


@final
@dataclass(frozen=True)
class Expectation(Attack):
    """Recognises the owner's people after learning from other people under keys of the attacker's own.

    The network must find by itself what all keys leave alike, which it does not: a failure tells of the
    network rather than of the disguise. The owner's photos are the gallery, embedded under fresh keys, as the
    paper's are. The control has no obfuscation: there the same network, trained as long, must succeed.
    ``expectation_invariant`` is the fair version.

    Args:
        network: Name of the attacker's network.
        options: The network's own options.
        steps: Batches that it is trained on, each under a new key.
        batch_size: Images in a batch.
    """

    name: ClassVar[str] = "expectation"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PUBLIC, Sight.FRESH, Sight.CANDIDATES})
    control: ClassVar[Control] = Control(
        "xnn-none", "rank1", 0.5, "measured without obfuscation: 0.94 of 1,162 photos of unseen people"
    )

    network: str = "recnet"
    options: Mapping[str, OptionValue] = field(default_factory=lambda: RECNET)
    steps: int = 400
    batch_size: int = 64

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A ranking of the candidates for each released feature map."""
        assert view.public is not None  # noqa: S101  (the sealed caller checked all three)
        assert view.candidates is not None  # noqa: S101
        assert view.fresh is not None  # noqa: S101
        draw = view.fresh
        budget = TrainingBudget(self.network, self.options, self.steps, self.batch_size, precision="auto")
        network = learn(view.public, budget, rng, lambda images: draw()(images))
        gallery = torch.cat([draw()(part) for part in torch.split(view.candidates, _PART)])
        return by_cosine(embeddings(network, view.released), embeddings(network, gallery))
