"""What a tracker sees faces with: a public recogniser, or a network that it pre-trained on public people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor

from masquerade.attacks.attacker_classifier import OptionValue
from masquerade.attacks.attacker_recogniser import numbered
from masquerade.attacks.base import Labelled, Sight, View
from masquerade.attacks.cache import digest_of, kept, vectors_of
from masquerade.encoders.recogniser import NetworkRecogniser, open_recogniser
from masquerade.errors import AttackError, MissingSight
from masquerade.networks.resnet import ResNet18
from masquerade.training import embeddings
from masquerade.training.encoders.recogniser import recogniser_settings, train_recogniser

PUBLIC: Final = "public"
"""Name of the body that is pre-trained on the view's public people."""
_OPTIONS: Final[Mapping[str, OptionValue]] = {"width": 16, "head": "cosine", "scale": 24.0}
_SEED: Final = 0
"""One network serves all attacks on the same public people: it would differ little under another seed."""


@final
@dataclass(frozen=True)
class Backbone:
    """Photos to vectors.

    Args:
        name: Tells it from others.
        embed: Photos ``(n, 3, h, w)`` of 0 to 255 to vectors ``(n, e)``.
    """

    name: str
    embed: Callable[[Tensor], Tensor]

    def vectors(self, images: Tensor) -> Tensor:
        """Unit vectors ``(n, e)``; each photo's are computed once."""
        found = vectors_of(self.name, self.embed, images)
        return torch.nn.functional.normalize(found)


def body_named(view: View, name: str, steps: int) -> Backbone:
    """A body by name: ``public``, or one of the view's recognisers.

    Args:
        view: What the attacker sees.
        name: Its name.
        steps: Batches that ``public`` is pre-trained on.

    Raises:
        MissingSight: If the view shows no public people, or no recognisers.
        AttackError: If there is no such recogniser.
    """
    if name == PUBLIC:
        network = public_network(view, steps)
        return body_of(network)
    if view.recognisers is None:
        raise missing(Sight.RECOGNISERS)
    if name not in view.recognisers:
        raise AttackError(
            "no such recogniser",
            value=name,
            place="body",
            remedy=f"Name {PUBLIC}, or one of {', '.join(view.recognisers)}.",
        )
    return Backbone(name, view.recognisers[name])


def body_of(network: ResNet18) -> Backbone:
    """A network's features."""
    state = [tensor for key, tensor in network.state_dict().items() if not key.startswith("head.")]
    return Backbone(digest_of(*state), lambda images: embeddings(network, images))


def network_named(view: View, name: str, steps: int) -> ResNet18:
    """A body by name, as a network whose weights can learn.

    Raises:
        MissingSight: If the view shows no public people.
        AttackError: If the recogniser of that name is no ResNet.
    """
    if name == PUBLIC:
        return public_network(view, steps)
    recogniser = open_recogniser(name)  # its weights are public
    if not isinstance(recogniser, NetworkRecogniser):
        raise AttackError(
            "only a ResNet is fine-tuned here",
            value=name,
            place="body",
            remedy=f"Name {PUBLIC} or resnet-public.",
        )
    return recogniser.network


def public_network(view: View, steps: int) -> ResNet18:
    """A ResNet that tells the view's public people apart; trained once for the same people.

    Raises:
        MissingSight: If the view shows no public people.
    """
    if view.public is None:
        raise missing(Sight.PUBLIC)
    return trained_on(view.public, steps)


def trained_on(people: Labelled, steps: int) -> ResNet18:
    """A ResNet that tells people apart; trained once for the same people."""
    name = digest_of("body", people.images, people.labels, steps)
    side = min(people.images.shape[2:])
    settings = recogniser_settings(steps, options=_OPTIONS, shift=max(1, side // 16))
    return kept(name, lambda: train_recogniser(people.images, numbered(people.labels), settings, _SEED))


def missing(sight: Sight) -> MissingSight:
    """The error of an attack whose options need a sight that is not shown."""
    return MissingSight(
        "the attack's options need to see more",
        value=str(sight),
        place="the view",
        remedy="Name it under `shows` of the attack in the study file.",
    )
