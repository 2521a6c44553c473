"""Files of hypernetworks, read without trust."""

from pathlib import Path

import torch

from masquerade.errors import ModelError, UsageError
from masquerade.masknets.card import HyperNetCard
from masquerade.masknets.hypernet_source import HyperNetSource, stored_tensors
from masquerade.masknets.source_file import (
    classifier_of,
    classifier_shapes,
    impossible,
    read_source_card,
    read_weights,
    require_card,
    source_bytes,
)
from masquerade.networks.cloaks.hypernet import HyperNet


def hypernet_bytes(source: HyperNetSource, card: HyperNetCard) -> bytes:
    """A hypernetwork and its classifier as the bytes of a file.

    Stored as float16, it is another source than before, with another digest: use the one that is read back.

    Raises:
        ModelError: If the card is of another source, or a weight is not finite as it is stored.
    """
    classes = source.classifier.out_features if source.classifier is not None else 0
    require_card((source.hypernet.options, classes), (card.options, card.classes), card)
    return source_bytes(stored_tensors(source.hypernet, source.classifier), card)


def read_hypernet(path: Path) -> HyperNetSource:
    """The hypernetwork in a file, which is taken for hostile.

    Raises:
        ModelError: If the file is missing, damaged, no hypernetwork, of a newer version, or unlike its card.
    """
    card = read_source_card(path)
    if not isinstance(card, HyperNetCard):
        raise ModelError(
            "the file holds no hypernetwork",
            value=card.source,
            place=path,
            remedy="Name a file that `masquerade psp train` wrote.",
        )
    try:
        with torch.device("meta"):
            hypernet = HyperNet(card.options)
    except UsageError as error:
        raise impossible(error, path) from None
    state = hypernet.state_dict()
    shapes = {f"network.{name}": tuple(like.shape) for name, like in state.items()}
    weights = read_weights(path, shapes | classifier_shapes(card, hypernet.structure.features), card)
    hypernet.load_state_dict({name: weights[f"network.{name}"] for name in state}, assign=True)
    return HyperNetSource(card.name, hypernet, classifier_of(weights))
