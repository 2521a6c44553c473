"""The expectation attack: a recogniser trained under a new key each batch (XNN, section 5.2; X-1, A-6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Disguising, Guess, Labelled, Sight, View
from masquerade.attacks.examiner import OptionValue, Schooling
from masquerade.attacks.key_free_tokens import key_free
from masquerade.attacks.own_recogniser import RECNET, by_cosine, learn
from masquerade.training import embeddings

_PART = 256


@final
@dataclass(frozen=True)
class Expectation(Attack):
    """Recognises the owner's people after learning from other people under keys of the attacker's own.

    The paper's is ``raw``: the network must find by itself what all keys leave alike, which it does not, and
    so a failure tells of the network rather than of the disguise. ``invariant`` gives it numbers that no
    token matrix and no permutation changes. Both see the owner's photos as a gallery, embedded under fresh
    keys, as the paper's do. The control has no obfuscation at all.

    Args:
        inputs: ``"raw"`` or ``"invariant"``.
        network: Name of the attacker's network.
        options: The network's own options.
        steps: Batches that it is trained on; ``raw`` ones are each under a new key.
        batch_size: Images in a batch.
        worlds: ``invariant`` alone: keys under which the attacker's own people are seen, each whitened by
            itself.
    """

    name: ClassVar[str] = "expectation"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PUBLIC, Sight.FRESH, Sight.CANDIDATES})
    control: ClassVar[Control] = Control(
        "xnn-none", "rank1", 0.5, "without obfuscation the attacker's network is a recogniser like any other"
    )

    inputs: Literal["raw", "invariant"] = "raw"
    network: str = "recnet"
    options: Mapping[str, OptionValue] = field(default_factory=lambda: RECNET)
    steps: int = 400
    batch_size: int = 64
    worlds: int = 1

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A ranking of the candidates for each released feature map."""
        assert view.public is not None  # noqa: S101  (the sealed caller checked all three)
        assert view.candidates is not None  # noqa: S101
        assert view.fresh is not None  # noqa: S101
        draw = view.fresh
        schooling = Schooling(self.network, self.options, self.steps, self.batch_size)
        if self.inputs == "invariant":
            seen = [key_free(_under(draw(), view.public.images)) for _ in range(self.worlds)]
            people = Labelled(torch.cat(seen), view.public.labels.repeat(self.worlds))
            network = learn(people, schooling, rng)
            released = key_free(view.released)
            candidates = key_free(_under(draw(), view.candidates))
        else:
            network = learn(view.public, schooling, rng, lambda images: draw()(images))
            released = view.released
            candidates = torch.cat([draw()(part) for part in torch.split(view.candidates, _PART)])
        return by_cosine(embeddings(network, released), embeddings(network, candidates))


def _under(disguise: Disguising, images: Tensor) -> Tensor:
    return torch.cat([disguise(part) for part in torch.split(images, _PART)])
