"""Trained models as safetensors: the weights, and a card that says what they are for."""

from pathlib import Path
from typing import Annotated, Any, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from masquerade import __version__
from masquerade.errors import MasqueradeError, ModelError
from masquerade.networks import Network, build
from masquerade.training.settings import OptionValue, Settings
from masquerade.training.tensor_file import read_tensors, read_text, write_tensors

_KIND = "masquerade.model"
_Side = Annotated[int, Field(ge=1, le=65_536)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{0,128}$")]


@final
class ModelCard(BaseModel):
    """What a model is and what it was trained on; no secret, no name of a person.

    Args:
        version: Version of the model file's format.
        network: Name of the network.
        options: Its options.
        shape: Channels, height and width of the images it takes.
        classes: Number of classes.
        settings: How it was trained.
        recipe: Name of the recipe its images were disguised by; empty if not disguised.
        disguise: Public description of the disguise.
        key_fingerprint: Fingerprint of the key of the disguise, hexadecimal.
        derivation_check: Check that another platform derives the same numbers from the key.
        dataset_id: Identity of the released data set.
        faces: How faces came out of its photos, as the manifest says.
        validation_accuracy: Share of held-back images that it classified rightly, if some were held back.
        held_back: Images that were held back.
        confidences: Of held-back images that were classified rightly, the probability of their class, ascending: up
            to 1,000 of them, else as many quantiles.
        masquerade_version: Version of the package that trained it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: Literal[1] = 1
    network: Annotated[str, Field(max_length=100)]
    options: dict[str, OptionValue] = Field(default_factory=dict)
    shape: tuple[_Side, _Side, _Side]
    classes: Annotated[int, Field(ge=2, le=10_000_000)]
    settings: Settings | None = None
    recipe: Annotated[str, Field(max_length=200)] = ""
    disguise: dict[str, Any] = Field(default_factory=dict)
    key_fingerprint: _Hex = ""
    derivation_check: _Hex = ""
    dataset_id: Annotated[str, Field(max_length=200)] = ""
    faces: Annotated[str, Field(max_length=100)] = "as-is"
    validation_accuracy: Annotated[float, Field(ge=0, le=1)] | None = None
    held_back: Annotated[int, Field(ge=0)] = 0
    confidences: Annotated[tuple[_Share, ...], Field(max_length=1000)] = ()
    masquerade_version: Annotated[str, Field(max_length=100)] = __version__

    @classmethod
    def of(cls, network: Network, **facts: Any) -> "ModelCard":  # noqa: ANN401 - pydantic checks them
        """The card of a network, with further facts by field name."""
        return cls(
            network=network.name,
            options=network.options.model_dump(mode="json"),
            shape=network.shape,
            classes=network.classes,
            **facts,
        )


def save_model(path: Path, network: Network, card: ModelCard) -> None:
    """Write a network and its card; a file that is there is replaced whole or not at all.

    Raises:
        ModelError: If a weight is not a finite number, or the card is of another network.
    """
    if (card.network, card.shape, card.classes) != (network.name, network.shape, network.classes):
        raise ModelError(
            "the card is of another network", value=card.network, place=path, remedy="Use ModelCard.of."
        )
    for name, tensor in network.state_dict().items():
        if not bool(tensor.isfinite().all()):
            raise ModelError("weights are not finite", value=name, place=path, remedy="Train again.")
    write_tensors(path, network.state_dict(), _KIND, card.model_dump_json())


def read_card(path: Path) -> ModelCard:
    """The card alone, without building the network.

    Raises:
        ModelError: If the file is missing, damaged, not a model, or of a newer version.
    """
    text = read_text(path, _KIND)
    try:
        return ModelCard.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        what = "of a newer or unknown version" if field == "version" else "malformed"
        raise ModelError(
            f"the model's card is {what}",
            value=f"{field}: {first['msg']}",
            place=path,
            remedy="Update masquerade.",
        ) from None
    except (MasqueradeError, RecursionError) as error:
        raise ModelError("the model's card is malformed", value=str(error)[:200], place=path) from None


def load_model(path: Path) -> tuple[Network, ModelCard]:
    """The network, in evaluation mode on the processor, and its card.

    The file is taken for hostile: it is read as plain numbers only, and these must have exactly the names,
    shapes and types of the network that the card names, before memory for them is taken.

    Raises:
        ModelError: If the file is missing, damaged, no model, of a newer version, or unlike its card.
    """
    card = read_card(path)
    try:
        with torch.device("meta"):
            network = build(card.network, card.shape, card.classes, **card.options)
    except MasqueradeError as error:
        raise ModelError(
            "the model's card names no network that can be built", value=error, place=path
        ) from None
    except (RuntimeError, OverflowError, MemoryError):
        raise ModelError("the model's card asks for an impossible network", place=path) from None
    tensors = read_tensors(path, network.state_dict())
    if bool((tensors["norm.std"] <= 0).any()):
        raise ModelError("the model's input deviation is not positive", place=path, remedy="Train again.")
    network.load_state_dict(tensors, assign=True)
    return network.eval(), card
