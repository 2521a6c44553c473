"""An eavesdropper on XNN-d who takes off what all intercepted features share. Ours; not in the paper."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np
from torch import Tensor

from masquerade.attacks.attacker_classifier import OptionValue, TrainingBudget
from masquerade.attacks.attacker_recogniser import RECNET, by_cosine, learn, require_alike
from masquerade.attacks.base import Attack, Control, Guess, Labelled, Sight, View
from masquerade.attacks.structure import TRAINED_NOISE
from masquerade.encoders.noise_encoder import token_norm
from masquerade.training import embeddings

_SMALLEST_SPREAD = 1e-6


@final
@dataclass(frozen=True)
class CentringEavesdropper(Attack):
    """As ``eavesdropper``, after each number of the intercepted maps is brought to the mean that it has in public ones.

    Noise that is the same for every face is gone then. Nobody is asked and nothing of the generator is known.

    Args:
        rescales: Whether each number is brought to its spread in public maps too.
        network: Name of the attacker's network.
        options: The network's own options.
        steps: Batches that it is trained on.
        batch_size: Images in a batch.
    """

    name: ClassVar[str] = "centring_eavesdropper"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PUBLIC, Sight.CANDIDATES})
    control: ClassVar[Control] = Control(
        "xnn-none", "rank1", 0.5, "without obfuscation it is a recogniser of people never trained on"
    )
    reads: ClassVar[frozenset[str]] = TRAINED_NOISE

    rescales: bool = False
    network: str = "recnet"
    options: Mapping[str, OptionValue] = field(default_factory=lambda: RECNET)
    steps: int = 400
    batch_size: int = 64

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A ranking of the clean candidates for each intercepted feature map."""
        assert view.public is not None  # noqa: S101  (the sealed caller checked both)
        assert view.candidates is not None  # noqa: S101
        require_alike(view.released, view.candidates)
        public = token_norm(view.public.images)
        budget = TrainingBudget(self.network, self.options, self.steps, self.batch_size)
        network = learn(Labelled(public, view.public.labels), budget, rng)
        seen = token_norm(moved(view.released.float(), public, rescales=self.rescales))
        return by_cosine(embeddings(network, seen), embeddings(network, token_norm(view.candidates)))


def moved(maps: Tensor, like: Tensor, *, rescales: bool) -> Tensor:
    """Maps ``(n, d, h, w)``, each number at the mean, and if asked at the spread, that it has in ``like``."""
    rest = maps - maps.mean(0)
    if rescales:
        rest = rest * (like.std(0, correction=0) / rest.std(0, correction=0).clamp_min(_SMALLEST_SPREAD))
    return rest + like.mean(0)
