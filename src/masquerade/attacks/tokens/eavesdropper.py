"""An eavesdropper on XNN-d who can neither ask the generator nor hold it (XNN, section 1; A-9)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np
import torch

from masquerade.attacks.attacker_classifier import OptionValue, TrainingBudget
from masquerade.attacks.attacker_recogniser import RECNET, by_cosine, learn, numbered
from masquerade.attacks.base import Attack, Control, Guess, Labelled, Sight, View
from masquerade.attacks.structure import TRAINED_NOISE
from masquerade.encoders.noise_encoder import NoiseOptions, token_norm
from masquerade.training import embeddings
from masquerade.training.xnn_d import Faces, XNNDSettings, obfuscated, train_noise


@final
@dataclass(frozen=True)
class Eavesdropper(Attack):
    """Compares intercepted feature maps with clean ones by a recogniser of the attacker's own people.

    Every token is normalised first, as XNN-d's generator does. The attacker may rehearse: train noise of their
    own as the paper describes it, and a recogniser that sees through it. Noise trained twice need not be alike,
    and what is alike in both they learn. The control has no obfuscation.

    Args:
        rehearsed: Amount of noise of the attacker's own noise encoder; 0 to learn from clean features alone.
        network: Name of the attacker's network.
        options: The network's own options.
        steps: Batches that it is trained on; the noise encoder is trained on as many.
        batch_size: Images in a batch.
    """

    name: ClassVar[str] = "eavesdropper"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PUBLIC, Sight.CANDIDATES})
    reads: ClassVar[frozenset[str]] = TRAINED_NOISE
    control: ClassVar[Control] = Control(
        "xnn-none", "rank1", 0.5, "without obfuscation it is a recogniser of people never trained on"
    )
    revision: ClassVar[int] = 2

    rehearsed: float = 0.0
    network: str = "recnet"
    options: Mapping[str, OptionValue] = field(default_factory=lambda: RECNET)
    steps: int = 400
    batch_size: int = 64

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A ranking of the clean candidates for each intercepted feature map."""
        assert view.public is not None  # noqa: S101  (the sealed caller checked both)
        assert view.candidates is not None  # noqa: S101
        budget = TrainingBudget(self.network, self.options, self.steps, self.batch_size)
        network = learn(self._lessons(view.public, budget, rng), budget, rng)
        clean = embeddings(network, token_norm(view.candidates))
        return by_cosine(embeddings(network, token_norm(view.released)), clean)

    def _lessons(self, public: Labelled, budget: TrainingBudget, rng: np.random.Generator) -> Labelled:
        """Normalised feature maps of the attacker's people, and the same under noise of their own."""
        clean = token_norm(public.images)
        if not self.rehearsed:
            return Labelled(clean, public.labels)
        settings = XNNDSettings(
            recogniser=budget.settings(),
            noise=NoiseOptions(amount=self.rehearsed),
            adversarial_steps=self.steps,
        )
        faces = Faces(public.images, numbered(public.labels))
        noisy = token_norm(obfuscated(train_noise(faces, settings, rng), faces))
        return Labelled(torch.cat([clean, noisy]), torch.cat([public.labels, public.labels]))
