"""Recogniser files: a card and the weights of a ResNet's body, read without trust."""

from pathlib import Path
from typing import Annotated, Final, Literal, final

from pydantic import Field

from masquerade.encoders.network_recogniser import HEAD, NetworkRecogniser
from masquerade.errors import ModelError
from masquerade.files.network_file import NetworkCard, network_bytes, read_network, read_network_card
from masquerade.networks.resnet import ResNet18, ResNet18Options

KIND: Final = "masquerade.recogniser"


@final
class RecogniserCard(NetworkCard):
    """What a recogniser is, and what it was trained on.

    Args:
        architecture: The kind of network.
        options: Its options.
        side: Height and width of the photos it takes.
    """

    architecture: Literal["resnet18"] = "resnet18"
    options: ResNet18Options
    side: Annotated[int, Field(ge=16, le=512)]


def recogniser_bytes(network: ResNet18, card: RecogniserCard) -> bytes:
    """A recogniser as the bytes of a file, without the directions of the people it was trained on.

    Raises:
        ModelError: If the card is of another network, or a weight is not finite as it is stored.
    """
    if (card.options, (3, card.side, card.side)) != (network.options, network.shape):
        raise ModelError(
            "the card is of another recogniser", value=card.name, remedy="State its own options."
        )
    return network_bytes(network, card, KIND, HEAD)


def read_recogniser_card(path: Path) -> RecogniserCard:
    """The card alone, without building the network.

    Raises:
        ModelError: If the file is missing, damaged, no recogniser, or of a newer version.
    """
    return read_network_card(path, KIND, RecogniserCard)


def read_recogniser(path: Path) -> NetworkRecogniser:
    """The recogniser in a file, which is taken for hostile.

    Raises:
        ModelError: If the file is missing, damaged, no recogniser, of a newer version, or unlike its card.
    """
    network, card = read_network(path, KIND, RecogniserCard, _built, HEAD)
    if bool((network.norm.std <= 0).any()):
        raise ModelError("the recogniser's input deviation is not positive", place=path)
    return NetworkRecogniser(card.name, network)


def _built(card: RecogniserCard) -> ResNet18:
    return ResNet18((3, card.side, card.side), 2, card.options)
