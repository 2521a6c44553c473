"""Encoder files: a card and weights, read without trust."""

from pathlib import Path
from typing import Final

import torch
from pydantic import ValidationError

from masquerade.encoders.card import Card
from masquerade.encoders.vision_transformer import VisionTransformer
from masquerade.encoders.vit import ViTEncoder
from masquerade.errors import MasqueradeError, ModelError
from masquerade.tensor_file import packed, read_tensors, read_text

KIND: Final = "masquerade.encoder"
_TYPES: Final = {"float16": torch.float16, "float32": torch.float32}
_LARGEST: Final = 10**9
"""Most numbers that an encoder may have; ViT-B has 86 million."""


def encoder_bytes(network: VisionTransformer, card: Card) -> bytes:
    """An encoder as the bytes of a file.

    Raises:
        ModelError: If the card is of another network, or a weight is not finite as it is stored.
    """
    if card.options != network.options:
        raise ModelError("the card is of another encoder", value=card.name, remedy="State its own options.")
    tensors = {name: tensor.to(_TYPES[card.stored]) for name, tensor in network.state_dict().items()}
    for name, tensor in tensors.items():
        if not bool(tensor.isfinite().all()):
            raise ModelError(
                "weights are not finite", value=f"{name} as {card.stored}", remedy="Train again."
            )
    return packed(tensors, KIND, card.model_dump_json())


def read_card(path: Path) -> Card:
    """The card alone, without building the network.

    Raises:
        ModelError: If the file is missing, damaged, no encoder, or of a newer version.
    """
    try:
        return Card.model_validate_json(read_text(path, KIND))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        what = "of a newer or unknown version" if field == "version" else "malformed"
        raise ModelError(
            f"the encoder's card is {what}",
            value=f"{field}: {first['msg']}",
            place=path,
            remedy="Update masquerade, or fetch the file again.",
        ) from None


def read_encoder(path: Path) -> ViTEncoder:
    """The encoder in a file, which is taken for hostile.

    Its numbers must have exactly the names, shapes and types of the network that the card describes, before
    memory for them is taken.

    Raises:
        ModelError: If the file is missing, damaged, no encoder, of a newer version, or unlike its card.
    """
    card = read_card(path)
    try:
        with torch.device("meta"):
            network = VisionTransformer(card.options)
    except MasqueradeError as error:
        raise ModelError(
            "the card describes no encoder that can be built",
            value=error,
            place=path,
            remedy="Fetch the file again.",
        ) from None
    expected = {name: like.to(_TYPES[card.stored]) for name, like in network.state_dict().items()}
    if sum(like.numel() for like in expected.values()) > _LARGEST:
        raise ModelError(
            "an encoder of more numbers than any that is meant here",
            value=f"{card.options.width} wide, {card.options.depth} deep",
            place=path,
            remedy="Fetch the file again.",
        )
    tensors = read_tensors(path, expected)
    with torch.random.fork_rng(devices=[]):  # weights are drawn only to be replaced
        built = VisionTransformer(card.options)
    built.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return ViTEncoder(card.name, built)
