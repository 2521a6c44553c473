"""The expectation attack with a fair input: numbers that no token matrix and no permutation changes (X-1, X-7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.attacker_classifier import OptionValue, TrainingBudget
from masquerade.attacks.attacker_recogniser import RECNET, by_cosine, learn
from masquerade.attacks.base import Attack, Control, Disguising, Guess, Labelled, Sight, View
from masquerade.attacks.tokens.invariants import key_free
from masquerade.training import embeddings

_PART = 256


@final
@dataclass(frozen=True)
class ExpectationInvariant(Attack):
    """Recognises the owner's people by inner products of whitened tokens, and needs no key for that.

    Each set of feature maps is whitened by its own statistics. What is left has lost much about the person
    and nothing about the photo: the same photo is found at once, another one of the same person seldom. So
    the control is the same photo under a secret matrix.

    Args:
        network: Name of the attacker's network.
        options: The network's own options.
        steps: Batches that it is trained on.
        batch_size: Images in a batch.
        worlds: Keys under which the attacker's own people are seen; more than one is of use only where a
            disguise does more than multiply and permute tokens.
    """

    name: ClassVar[str] = "expectation_invariant"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PUBLIC, Sight.FRESH, Sight.CANDIDATES})
    control: ClassVar[Control] = Control(
        "control-tokens-orthogonal", "linkage", 0.9, "measured under Gaussian matrices: all of 1,162 photos"
    )

    network: str = "recnet"
    options: Mapping[str, OptionValue] = field(default_factory=lambda: RECNET)
    steps: int = 400
    batch_size: int = 64
    worlds: int = 1

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A ranking of the candidates for each released feature map.

        Raises:
            NotApplicable: If there are fewer tokens than whitening needs.
        """
        assert view.public is not None  # noqa: S101  (the sealed caller checked all three)
        assert view.candidates is not None  # noqa: S101
        assert view.fresh is not None  # noqa: S101
        seen = [key_free(_under(view.fresh(), view.public.images)) for _ in range(self.worlds)]
        people = Labelled(torch.cat(seen), view.public.labels.repeat(self.worlds))
        network = learn(
            people,
            TrainingBudget(self.network, self.options, self.steps, self.batch_size, precision="auto"),
            rng,
        )
        gallery = key_free(_under(view.fresh(), view.candidates))
        return by_cosine(embeddings(network, key_free(view.released)), embeddings(network, gallery))


def _under(disguise: Disguising, images: Tensor) -> Tensor:
    return torch.cat([disguise(part) for part in torch.split(images, _PART)])
