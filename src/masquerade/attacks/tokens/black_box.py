"""The black-box attack on XNN-d: ask the generator, and learn from its answers (section 5.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np

from masquerade.attacks.attacker_classifier import OptionValue, TrainingBudget
from masquerade.attacks.attacker_recogniser import RECNET, by_cosine, learn
from masquerade.attacks.base import Attack, Control, Guess, Labelled, Sight, View
from masquerade.attacks.structure import TRAINED_NOISE
from masquerade.training import embeddings


@final
@dataclass(frozen=True)
class BlackBox(Attack):
    """Recognises the owner's people by a network trained on answers about the attacker's own people.

    The candidates go through the generator too. Against a disguise with a secret key this is an attack by
    chosen photos, which the owner of such a key does not allow. The control has no obfuscation.

    Args:
        network: Name of the attacker's network.
        options: The network's own options.
        steps: Batches that it is trained on. With 0 there is no network: the answers themselves are compared,
            which with a good encoder is the stronger attack.
        batch_size: Images in a batch.
    """

    name: ClassVar[str] = "black_box"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PUBLIC, Sight.QUERY, Sight.CANDIDATES})
    reads: ClassVar[frozenset[str]] = TRAINED_NOISE
    control: ClassVar[Control] = Control(
        "xnn-none", "rank1", 0.5, "the paper's black-box attack on its baseline: 0.40 and 0.79 (table 4)"
    )

    network: str = "recnet"
    options: Mapping[str, OptionValue] = field(default_factory=lambda: RECNET)
    steps: int = 400
    batch_size: int = 64

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A ranking of the candidates for each released feature map."""
        assert view.public is not None  # noqa: S101  (the sealed caller checked all three)
        assert view.candidates is not None  # noqa: S101
        assert view.query is not None  # noqa: S101
        asked = view.query(view.candidates)
        if not self.steps:
            return by_cosine(view.released.flatten(1), asked.flatten(1))
        budget = TrainingBudget(self.network, self.options, self.steps, self.batch_size)
        answers = Labelled(view.query(view.public.images), view.public.labels)
        network = learn(answers, budget, rng)
        return by_cosine(embeddings(network, view.released), embeddings(network, asked))
