"""Files of one-pass cloak generators: a card and weights, read without trust."""

from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, final

from pydantic import Field

from masquerade.errors import ModelError
from masquerade.files.named import open_named
from masquerade.files.network_file import NetworkCard, network_bytes, read_network
from masquerade.masknets.generator import TrainedGenerator
from masquerade.networks.cloaks.cloak_generator import CloakGenerator, CloakGeneratorOptions
from masquerade.shipped_weights import shipped_weights

KIND: Final = "masquerade.cloak-generator"
SHIPPED: Final[tuple[str, ...]] = ("one-pass-1", "felt-1")
"""Generators that need no file: trained against MaskNets, and against recognisers as well."""


@final
class CloakGeneratorCard(NetworkCard):
    """What a generator is, and what it was trained on; no name of a person.

    Args:
        options: Its sizes.
        source: Name of the source of MaskNets that it was trained with.
        source_digest: That source's digest.
        objective: What training made large.
        recognisers: Names and digests of the recognisers that it was trained against.
        bound: Largest change of a pixel while training, in grey levels.
    """

    options: CloakGeneratorOptions
    source: Annotated[str, Field(min_length=1, max_length=100)]
    source_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    objective: Literal["masknet", "recognisers"] = "masknet"
    recognisers: dict[str, str] = Field(default_factory=dict)
    bound: Annotated[float, Field(ge=1, le=255)] = 15.0


def generator_bytes(network: CloakGenerator, card: CloakGeneratorCard) -> bytes:
    """A generator as the bytes of a file.

    Raises:
        ModelError: If the card is of another network, or a weight is not finite as it is stored.
    """
    if card.options != network.options:
        raise ModelError("the card is of another generator", value=card.name, remedy="State its own options.")
    return network_bytes(network, card, KIND)


def read_generator(path: Path) -> TrainedGenerator:
    """The generator in a file, which is taken for hostile.

    Raises:
        ModelError: If the file is missing, damaged, no generator, of a newer version, or unlike its card.
    """
    network, card = read_network(path, KIND, CloakGeneratorCard, lambda card: CloakGenerator(card.options))
    return TrainedGenerator(card.name, network)


def open_cloak_generator(name_or_path: str | Path) -> TrainedGenerator:
    """A generator: one of ``SHIPPED`` by its name, or the one in a file.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged or no generator.
    """
    return open_named(name_or_path, SHIPPED, _shipped, read_generator, "generator of one-pass cloaks")


@cache
def _shipped(name: str) -> TrainedGenerator:
    return read_generator(shipped_weights(f"masknets/weights/{name}.safetensors"))
