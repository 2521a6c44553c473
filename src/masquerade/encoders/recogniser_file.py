"""Recogniser files: a card and the weights of a ResNet's body, read without trust."""

from pathlib import Path
from typing import Annotated, Any, Final, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from masquerade import __version__
from masquerade.encoders.network_recogniser import HEAD, NetworkRecogniser
from masquerade.errors import MasqueradeError, ModelError
from masquerade.networks.resnet import ResNet18, ResNet18Options
from masquerade.tensor_file import packed, read_tensors, read_text

KIND: Final = "masquerade.recogniser"
_TYPES: Final = {"float16": torch.float16, "float32": torch.float32}
_LARGEST: Final = 10**8
"""Most numbers that a recogniser may have; a ResNet-18 at full width has 11 million."""


@final
class RecogniserCard(BaseModel):
    """What a recogniser is, and what it was trained on; no name of a person.

    Args:
        version: Version of the file's format.
        name: What messages call it.
        architecture: The kind of network.
        options: Its options.
        side: Height and width of the photos it takes.
        stored: Type of the numbers in the file.
        training: Facts of the training, as plain data.
        photos: Number of photos that it was trained on.
        people: Number of people on them.
        licence: Terms of the weights and of the photos.
        masquerade_version: Version of the package that trained it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: Literal[1] = 1
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.+-]+$")]
    architecture: Literal["resnet18"] = "resnet18"
    options: ResNet18Options
    side: Annotated[int, Field(ge=16, le=512)]
    stored: Literal["float16", "float32"] = "float16"
    training: dict[str, Any] = Field(default_factory=dict)
    photos: Annotated[int, Field(ge=0)] = 0
    people: Annotated[int, Field(ge=0)] = 0
    licence: Annotated[str, Field(max_length=2000)] = ""
    masquerade_version: Annotated[str, Field(max_length=100)] = __version__


def recogniser_bytes(network: ResNet18, card: RecogniserCard) -> bytes:
    """A recogniser as the bytes of a file, without the directions of the people it was trained on.

    Raises:
        ModelError: If the card is of another network, or a weight is not finite as it is stored.
    """
    if (card.options, (3, card.side, card.side)) != (network.options, network.shape):
        raise ModelError(
            "the card is of another recogniser", value=card.name, remedy="State its own options."
        )
    tensors = _as_stored(network, card)
    for name, tensor in tensors.items():
        if not bool(tensor.isfinite().all()):
            raise ModelError(
                "weights are not finite", value=f"{name} as {card.stored}", remedy="Train again."
            )
    return packed(tensors, KIND, card.model_dump_json())


def read_recogniser_card(path: Path) -> RecogniserCard:
    """The card alone, without building the network.

    Raises:
        ModelError: If the file is missing, damaged, no recogniser, or of a newer version.
    """
    try:
        return RecogniserCard.model_validate_json(read_text(path, KIND))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ModelError(
            "the recogniser's card is malformed or of a newer version",
            value=f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}",
            place=path,
            remedy="Update masquerade, or fetch the file again.",
        ) from None


def read_recogniser(path: Path) -> NetworkRecogniser:
    """The recogniser in a file, which is taken for hostile.

    Its numbers must have exactly the names, shapes and types of the network that the card describes, before
    memory for them is taken.

    Raises:
        ModelError: If the file is missing, damaged, no recogniser, of a newer version, or unlike its card.
    """
    card = read_recogniser_card(path)
    shape = (3, card.side, card.side)
    try:
        with torch.device("meta"):
            network = ResNet18(shape, 2, card.options)
    except (MasqueradeError, RuntimeError, OverflowError, MemoryError):
        raise _impossible(path) from None
    expected = _as_stored(network, card)
    if sum(like.numel() for like in expected.values()) > _LARGEST:
        raise _impossible(path)
    tensors = {name: tensor.to(_loaded(tensor)) for name, tensor in read_tensors(path, expected).items()}
    if bool((tensors["norm.std"] <= 0).any()):
        raise ModelError("the recogniser's input deviation is not positive", place=path)
    with torch.random.fork_rng(devices=[]):  # weights are drawn only to be replaced
        built = ResNet18(shape, 2, card.options)
    built.load_state_dict(tensors, strict=False)
    return NetworkRecogniser(card.name, built)


def _as_stored(network: ResNet18, card: RecogniserCard) -> dict[str, Tensor]:
    """The body's numbers, floating ones of the card's type."""
    body = {name: tensor for name, tensor in network.state_dict().items() if not name.startswith(HEAD)}
    return {k: v.to(_TYPES[card.stored]) if v.is_floating_point() else v for k, v in body.items()}


def _loaded(tensor: Tensor) -> torch.dtype:
    return torch.float32 if tensor.is_floating_point() else tensor.dtype


def _impossible(path: Path) -> ModelError:
    return ModelError(
        "the recogniser's card describes none that can be built", place=path, remedy="Fetch the file again."
    )
