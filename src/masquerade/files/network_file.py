"""Any trained network in a file with a card: written finite, read without trust."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor, nn

from masquerade import __version__
from masquerade.errors import MasqueradeError, ModelError
from masquerade.explained import own_words
from masquerade.files.tensors import packed, read_tensors, read_text

_TYPES: Final = {"float16": torch.float16, "float32": torch.float32}
_LARGEST: Final = 2 * 10**8
"""Most numbers of a network; the paper's decoder has 143 million."""


class NetworkCard(BaseModel):
    """What every network's file says; no name of a person.

    Args:
        version: Version of the file's format.
        name: What messages call it.
        stored: Type of the numbers in the file.
        training: Facts of the training, as plain data.
        photos: Number of photos that it was trained on.
        people: Number of people on them, if known; 0 if not.
        licence: Terms of the weights and of the photos.
        masquerade_version: Version of the package that trained it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: Literal[1] = 1
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.+-]+$")]
    stored: Literal["float16", "float32"] = "float16"
    training: dict[str, Any] = Field(default_factory=dict)
    photos: Annotated[int, Field(ge=0)] = 0
    people: Annotated[int, Field(ge=0)] = 0
    licence: Annotated[str, Field(max_length=2000)] = ""
    masquerade_version: Annotated[str, Field(max_length=100)] = __version__


SomeCard = TypeVar("SomeCard", bound=NetworkCard)
SomeNetwork = TypeVar("SomeNetwork", bound=nn.Module)


def network_bytes(network: nn.Module, card: NetworkCard, kind: str, without: str | None = None) -> bytes:
    """A network as the bytes of a file.

    Args:
        network: The network.
        card: What its file says.
        kind: What the file is.
        without: What the names of tensors begin with that are left out; None for none.

    Raises:
        ModelError: If a weight is not finite as it is stored.
    """
    tensors = _as_stored(network, card, without)
    for name, tensor in tensors.items():
        if not bool(tensor.isfinite().all()):
            raise ModelError(
                "weights are not finite", value=f"{name} as {card.stored}", remedy="Train again."
            )
    return packed(tensors, kind, card.model_dump_json())


def read_network_card(path: Path, kind: str, card_type: type[SomeCard]) -> SomeCard:
    """The card alone, without building the network.

    Raises:
        ModelError: If the file is missing, damaged, of another kind, or of a newer version.
    """
    text = read_text(path, kind)
    try:
        return card_type.model_validate_json(text)
    except ValidationError as error:
        if why := own_words(error):  # of the network's options, which the card holds
            raise _impossible(path, why) from None
        raise malformed("network's card", error, path) from None
    except MasqueradeError as error:
        raise _impossible(path, error) from None


def malformed(card: str, error: ValidationError, path: Path) -> ModelError:
    """The error to raise for a card that cannot be understood."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])[:100]
    what = "of a newer or unknown version" if field.split(".")[-1] == "version" else "malformed"
    return ModelError(
        f"the {card} is {what}",
        value=f"{field}: {first['msg'][:200]}",
        place=path,
        remedy="Update masquerade, or fetch the file again.",
    )


def read_network(
    path: Path,
    kind: str,
    card_type: type[SomeCard],
    build: Callable[[SomeCard], SomeNetwork],
    without: str | None = None,
) -> tuple[SomeNetwork, SomeCard]:
    """The network in a file, which is taken for hostile, in evaluation mode and frozen.

    Its numbers must have exactly the names, shapes and types of the network that the card describes, before
    memory for them is taken.

    Args:
        path: The file.
        kind: What it must be.
        card_type: What its card must be.
        build: A card to a network with any weights.
        without: What the names of tensors begin with that the file leaves out; they stay as they are built.

    Raises:
        ModelError: If the file is missing, damaged, of another kind or version, or unlike its card.
    """
    card = read_network_card(path, kind, card_type)
    try:
        with torch.device("meta"):
            expected = _as_stored(build(card), card, without)
    except (MasqueradeError, RuntimeError, OverflowError, MemoryError, ValueError) as error:
        raise _impossible(path, error if isinstance(error, MasqueradeError) else None) from None
    if (numbers := sum(like.numel() for like in expected.values())) > _LARGEST:
        raise ModelError(
            "a network of more numbers than any that is meant here",
            value=f"{numbers:,}, at most {_LARGEST:,}",
            place=path,
            remedy="Fetch the file again.",
        )
    tensors = {name: _loaded(tensor) for name, tensor in read_tensors(path, expected).items()}
    _require_variances(path, tensors)
    with torch.random.fork_rng(devices=[]):  # weights are drawn only to be replaced
        built = build(card)
    built.load_state_dict(tensors, strict=without is None)
    return built.eval().requires_grad_(False), card


def _as_stored(network: nn.Module, card: NetworkCard, without: str | None = None) -> dict[str, Tensor]:
    stored = _TYPES[card.stored]
    own = {k: v for k, v in network.state_dict().items() if without is None or not k.startswith(without)}
    return {k: v.to(stored) if v.is_floating_point() else v for k, v in own.items()}


def _loaded(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _require_variances(path: Path, tensors: Mapping[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        if name.endswith(("running_var", "deviation")) and bool((tensor < 0).any()):
            raise ModelError("a variance is negative", value=name, place=path, remedy="Fetch it again.")


def _impossible(path: Path, why: MasqueradeError | None = None) -> ModelError:
    return ModelError(
        "the card describes no network that can be built",
        value=why and why.problem,
        place=path,
        remedy="Fetch the file again.",
    )
