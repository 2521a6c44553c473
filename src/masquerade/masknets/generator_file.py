"""Files of one-pass cloak generators: a card and weights, read without trust."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from masquerade import __version__
from masquerade.errors import ModelError, UsageError
from masquerade.masknets.generator import TrainedGenerator
from masquerade.networks.cloak_generator import CloakGenerator, CloakGeneratorOptions
from masquerade.tensor_file import packed, read_tensors, read_text

KIND: Final = "masquerade.cloak-generator"
SHIPPED: Final = ("one-pass-1", "felt-1")
"""Generators that need no file: trained against MaskNets, and against recognisers as well."""
_WEIGHTS: Final = Path(__file__).parent / "weights"
_TYPES: Final = {"float16": torch.float16, "float32": torch.float32}
_LARGEST: Final = 10**8
"""Most numbers that a generator may have; the shipped ones have less than a million."""


@final
class GeneratorCard(BaseModel):
    """What a generator is, and what it was trained on; no name of a person.

    Args:
        version: Version of the file's format.
        name: What messages call it.
        options: Its sizes.
        stored: Type of the numbers in the file.
        source: Name of the source of MaskNets that it was trained with.
        source_digest: That source's digest.
        objective: What training made large.
        recognisers: Names and digests of the recognisers that it was trained against.
        bound: Largest change of a pixel while training, in grey levels.
        training: Facts of the training, as plain data.
        photos: Number of photos that it was trained on.
        masquerade_version: Version of the package that trained it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: Literal[1] = 1
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.+-]+$")]
    options: CloakGeneratorOptions
    stored: Literal["float16", "float32"] = "float16"
    source: Annotated[str, Field(min_length=1, max_length=100)]
    source_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    objective: Literal["masknet", "recognisers"] = "masknet"
    recognisers: dict[str, str] = Field(default_factory=dict)
    bound: Annotated[float, Field(ge=1, le=255)] = 15.0
    training: dict[str, Any] = Field(default_factory=dict)
    photos: Annotated[int, Field(ge=0)] = 0
    masquerade_version: Annotated[str, Field(max_length=100)] = __version__


def generator_bytes(network: CloakGenerator, card: GeneratorCard) -> bytes:
    """A generator as the bytes of a file.

    Raises:
        ModelError: If the card is of another network, or a weight is not finite as it is stored.
    """
    if card.options != network.options:
        raise ModelError("the card is of another generator", value=card.name, remedy="State its own options.")
    tensors = {name: tensor.to(_TYPES[card.stored]) for name, tensor in network.state_dict().items()}
    for name, tensor in tensors.items():
        if not bool(tensor.isfinite().all()):
            raise ModelError(
                "weights are not finite", value=f"{name} as {card.stored}", remedy="Train again."
            )
    return packed(tensors, KIND, card.model_dump_json())


def read_generator_card(path: Path) -> GeneratorCard:
    """The card alone, without building the network.

    Raises:
        ModelError: If the file is missing, damaged, no generator, or of a newer version.
    """
    try:
        return GeneratorCard.model_validate_json(read_text(path, KIND))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        what = "of a newer or unknown version" if field == "version" else "malformed"
        raise ModelError(
            f"the generator's card is {what}",
            value=f"{field}: {first['msg']}",
            place=path,
            remedy="Update masquerade, or fetch the file again.",
        ) from None


def read_generator(path: Path) -> TrainedGenerator:
    """The generator in a file, which is taken for hostile.

    Its numbers must have exactly the names, shapes and types of the network that the card describes, before
    memory for them is taken.

    Raises:
        ModelError: If the file is missing, damaged, no generator, of a newer version, or unlike its card.
    """
    card = read_generator_card(path)
    with torch.device("meta"):
        network = CloakGenerator(card.options)
    expected = {name: like.to(_TYPES[card.stored]) for name, like in network.state_dict().items()}
    if sum(like.numel() for like in expected.values()) > _LARGEST:
        raise ModelError(
            "a generator of more numbers than any that is meant here",
            value=f"{card.options.rounds} rounds, {card.options.width} wide",
            place=path,
            remedy="Fetch the file again.",
        )
    tensors = read_tensors(path, expected)
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)
    return TrainedGenerator(card.name, network)


def open_cloak_generator(name_or_path: str | Path) -> TrainedGenerator:
    """A generator: one of ``SHIPPED`` by its name, or the one in a file.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged or no generator.
    """
    if str(name_or_path) in SHIPPED:
        return _shipped(str(name_or_path))
    path = Path(name_or_path)
    if not path.exists():
        raise UsageError(
            "no such generator of one-pass cloaks",
            value=name_or_path,
            remedy=f"Name one of {', '.join(SHIPPED)}, or a file that masquerade wrote.",
        )
    return read_generator(path)


def find_generator(name: str, digest: str) -> TrainedGenerator:
    """The shipped generator of that name, which must have that digest.

    Raises:
        UsageError: If no generator of that name is shipped.
        ModelError: If it is another than the one of that digest.
    """
    if name not in SHIPPED:
        raise UsageError(
            "the generator is not one that comes with masquerade",
            value=name[:100],
            remedy=f"Shipped are {', '.join(SHIPPED)}.",
        )
    found = _shipped(name)
    if found.digest != digest:
        raise ModelError(
            "another generator than the one that was used",
            value=f"digest {found.digest[:12]}, expected {digest[:12]}",
            place=f"generator {name}",
            remedy="Use the version of masquerade that was used before.",
        )
    return found


@cache
def _shipped(name: str) -> TrainedGenerator:
    return read_generator(_WEIGHTS / f"{name}.safetensors")
