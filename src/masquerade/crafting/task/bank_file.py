"""Files of public people's features: the bank that a photo's nearest are taken from."""

from pathlib import Path
from typing import Annotated, Final, final

import torch
from pydantic import Field
from torch import Tensor, nn

from masquerade.errors import ModelError
from masquerade.files.network_file import NetworkCard, network_bytes, read_network

KIND: Final = "masquerade.feature_bank"


@final
class FeatureBank(nn.Module):
    """Public photos' features as they are.

    Args:
        count: Photos, ``n``.
        entries: Numbers of a feature map, ``d``.
    """

    features: Tensor
    """``(n, d)``."""

    def __init__(self, count: int, entries: int) -> None:
        super().__init__()
        self.register_buffer("features", torch.zeros(count, entries))


@final
class BankCard(NetworkCard):
    """What a bank is of; ``photos`` is the number of its rows.

    Args:
        entries: Numbers of a feature map.
        encoder_digest: ``split_digest`` of the encoder.
    """

    entries: Annotated[int, Field(ge=1, le=10_000_000)]
    encoder_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def bank_bytes(bank: FeatureBank, card: BankCard) -> bytes:
    """A bank as the bytes of a file.

    Raises:
        ModelError: If the card is of another bank, or a number is not finite as it is stored.
    """
    if (card.photos, card.entries) != tuple(bank.features.shape):
        raise ModelError("the card is of another bank", value=card.name, remedy="State its own sizes.")
    return network_bytes(bank, card, KIND)


def read_bank(path: Path, encoder_digest: str | None = None) -> tuple[FeatureBank, BankCard]:
    """The bank in a file, which is taken for hostile.

    Args:
        path: The file.
        encoder_digest: ``split_digest`` of the encoder that it must be of; None for any.

    Raises:
        ModelError: If the file is missing, damaged, of another kind or version, unlike its card, or belongs to
            another encoder.
    """
    bank, card = read_network(path, KIND, BankCard, _build)
    if encoder_digest is not None and card.encoder_digest != encoder_digest:
        raise ModelError(
            "the bank belongs to another encoder",
            value=f"digest {card.encoder_digest[:12]}, expected {encoder_digest[:12]}",
            place=path,
            remedy="`masquerade encoder bank` makes one for this encoder.",
        )
    return bank, card


def _build(card: BankCard) -> FeatureBank:
    return FeatureBank(card.photos, card.entries)
