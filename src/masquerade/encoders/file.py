"""Encoder files: a card and weights, read without trust."""

from pathlib import Path
from typing import Final

from masquerade.encoders.card import Card
from masquerade.encoders.vision_transformer import VisionTransformer
from masquerade.encoders.vit import ViTEncoder
from masquerade.errors import ModelError
from masquerade.files.network_file import network_bytes, read_network, read_network_card

KIND: Final = "masquerade.encoder"


def encoder_bytes(network: VisionTransformer, card: Card) -> bytes:
    """An encoder as the bytes of a file.

    Raises:
        ModelError: If the card is of another network, or a weight is not finite as it is stored.
    """
    if card.options != network.options:
        raise ModelError("the card is of another encoder", value=card.name, remedy="State its own options.")
    return network_bytes(network, card, KIND)


def read_card(path: Path) -> Card:
    """The card alone, without building the network.

    Raises:
        ModelError: If the file is missing, damaged, no encoder, or of a newer version.
    """
    return read_network_card(path, KIND, Card)


def read_encoder(path: Path) -> ViTEncoder:
    """The encoder in a file, which is taken for hostile.

    Raises:
        ModelError: If the file is missing, damaged, no encoder, of a newer version, or unlike its card.
    """
    network, card = read_network(path, KIND, Card, lambda card: VisionTransformer(card.options))
    return ViTEncoder(card.name, network)
