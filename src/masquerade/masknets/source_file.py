"""What the files of all kinds of sources have in common: a card, weights, and a classifier; read without trust."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import torch
from pydantic import Field, TypeAdapter, ValidationError
from torch import Tensor, nn

from masquerade.errors import MasqueradeError, ModelError
from masquerade.files.network_file import malformed
from masquerade.files.tensors import packed, read_tensors, read_text
from masquerade.masknets.card import EnsembleCard, HyperNetCard, SourceCard

KIND: Final = "masquerade.masknets"
AnyCard: TypeAlias = HyperNetCard | EnsembleCard
_CARDS: Final[TypeAdapter[AnyCard]] = TypeAdapter(Annotated[AnyCard, Field(discriminator="source")])
_TYPES: Final = {"float16": torch.float16, "float32": torch.float32}
_LARGEST: Final = 10**9
"""Most numbers that a file may hold."""


def source_bytes(tensors: Mapping[str, Tensor], card: SourceCard) -> bytes:
    """A source as the bytes of a file.

    Raises:
        ModelError: If a weight is not finite as it is stored.
    """
    stored = {name: tensor.to(_TYPES[card.stored]) for name, tensor in tensors.items()}
    for name, tensor in stored.items():
        if not bool(tensor.isfinite().all()):
            raise ModelError(
                "weights are not finite", value=f"{name} as {card.stored}", remedy="Train again."
            )
    return packed(stored, KIND, card.model_dump_json())


def read_source_card(path: Path) -> AnyCard:
    """The card alone, without building anything.

    Raises:
        ModelError: If the file is missing, damaged, of another kind, or of a newer version.
    """
    try:
        return _CARDS.validate_json(read_text(path, KIND))
    except ValidationError as error:
        raise malformed("card", error, path) from None


def impossible(error: MasqueradeError, path: Path) -> ModelError:
    """The error to raise for a card that describes nothing that can be built."""
    return ModelError(
        "the card describes no source that can be built",
        value=error.problem,
        place=path,
        remedy="Fetch the file again.",
    )


def read_weights(path: Path, shapes: Mapping[str, tuple[int, ...]], card: SourceCard) -> dict[str, Tensor]:
    """The tensors of a file, as float32; they must have exactly these names and shapes.

    Raises:
        ModelError: If they have not, or a number is not finite.
    """
    kind = _TYPES[card.stored]
    expected = {name: torch.empty(shape, dtype=kind, device="meta") for name, shape in shapes.items()}
    if sum(like.numel() for like in expected.values()) > _LARGEST:
        raise ModelError(
            "a file of more numbers than any that is meant here",
            value=f"source {card.name}",
            place=path,
            remedy="Fetch the file again.",
        )
    return {name: tensor.float() for name, tensor in read_tensors(path, expected).items()}


def classifier_shapes(card: SourceCard, features: int) -> dict[str, tuple[int, ...]]:
    """Shapes of the classifier in a file, by name; none if there is no classifier."""
    if not card.classes:
        return {}
    return {"classifier.weight": (card.classes, features), "classifier.bias": (card.classes,)}


def classifier_of(weights: Mapping[str, Tensor]) -> nn.Linear | None:
    """The classifier among the tensors of a file, if there is one."""
    if "classifier.weight" not in weights:
        return None
    classes, features = weights["classifier.weight"].shape
    with torch.device("meta"):
        classifier = nn.Linear(features, classes)
    state = {name: weights[f"classifier.{name}"] for name in ("weight", "bias")}
    classifier.load_state_dict(state, assign=True)
    return classifier


def require_card(source_facts: object, card_facts: object, card: SourceCard) -> None:
    """Check that a card states what the source is.

    Raises:
        ModelError: If it states something else.
    """
    if source_facts != card_facts:
        raise ModelError(
            "the card is of another source",
            value=f"{card.name}: {card_facts}, expected {source_facts}",
            remedy="State what it is.",
        )
