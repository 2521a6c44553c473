"""Files of MaskNets that were trained apart: an ensemble, or one for all; read without trust."""

from pathlib import Path

from masquerade.errors import ModelError, UsageError
from masquerade.masknets.base import MaskNetSource
from masquerade.masknets.card import EnsembleCard
from masquerade.masknets.dropout import DropoutSource
from masquerade.masknets.ensemble import EnsembleSource, stored_tensors
from masquerade.masknets.source_file import (
    classifier_of,
    classifier_shapes,
    impossible,
    read_source_card,
    read_weights,
    require_card,
    source_bytes,
)
from masquerade.masknets.static import StaticSource
from masquerade.networks.cloaks.masknet import MaskNet, structure


def ensemble_bytes(source: EnsembleSource | StaticSource | DropoutSource, card: EnsembleCard) -> bytes:
    """MaskNets that were trained apart, and their classifier, as the bytes of a file.

    Raises:
        ModelError: If the card is of another source, or a weight is not finite as it is stored.
    """
    masknets = source.masknets if isinstance(source, EnsembleSource) else (source.masknet,)
    classes = source.classifier.out_features if source.classifier is not None else 0
    kind = {EnsembleSource: "ensemble", StaticSource: "static", DropoutSource: "dropout"}[type(source)]
    facts = (kind, source.structure.name, source.structure.size, len(masknets), classes)
    stated = (card.source, card.structure, card.size, card.masknets, card.classes)
    require_card(facts, stated, card)
    return source_bytes(stored_tensors(masknets, source.classifier), card)


def read_ensemble(path: Path) -> MaskNetSource:
    """The MaskNets in a file, which is taken for hostile, used as its card says.

    Raises:
        ModelError: If the file is missing, damaged, of another kind, of a newer version, or unlike its card.
    """
    card = read_source_card(path)
    if not isinstance(card, EnsembleCard):
        raise ModelError(
            "the file holds no MaskNets", value=card.source, place=path, remedy="Name another file."
        )
    try:
        sizes = structure(card.structure, card.size)
    except UsageError as error:
        raise impossible(error, path) from None
    shapes = {name: (card.masknets, *shape) for name, shape in sizes.shapes().items()}
    weights = read_weights(path, shapes | classifier_shapes(card, sizes.features), card)
    masknets = [
        MaskNet(sizes, {name: weights[name][i] for name in sizes.shapes()}) for i in range(card.masknets)
    ]
    classifier = classifier_of(weights)
    if card.source == "ensemble":
        return EnsembleSource(card.name, masknets, classifier)
    kind = StaticSource if card.source == "static" else DropoutSource
    return kind(card.name, masknets[0], classifier)
