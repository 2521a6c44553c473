"""Amortiser files: they belong to one generator and one encoder."""

from pathlib import Path
from typing import Annotated, Final, final

from pydantic import Field

from masquerade.errors import ModelError
from masquerade.files.network_file import NetworkCard, network_bytes, read_network, read_network_card
from masquerade.networks.features.amortiser import Amortiser, AmortiserOptions

KIND: Final = "masquerade.amortiser"
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@final
class AmortiserCard(NetworkCard):
    """What an amortiser is, and what it belongs to.

    Args:
        amortiser: Its sizes.
        generator_digest: The face generator's digest.
        encoder_digest: ``split_digest`` of the encoder.
    """

    amortiser: AmortiserOptions
    generator_digest: _Digest
    encoder_digest: _Digest


def amortiser_bytes(amortiser: Amortiser, card: AmortiserCard) -> bytes:
    """An amortiser as the bytes of a file.

    Raises:
        ModelError: If the card is of another amortiser, or a weight is not finite as it is stored.
    """
    if card.amortiser != amortiser.options:
        raise ModelError("the card is of another amortiser", value=card.name, remedy="State its own options.")
    return network_bytes(amortiser, card, KIND)


def read_amortiser_card(path: Path) -> AmortiserCard:
    """The card alone, which says what the amortiser belongs to.

    Raises:
        ModelError: If the file is missing, damaged, of another kind, or of a newer version.
    """
    return read_network_card(path, KIND, AmortiserCard)


def read_amortiser(path: Path, generator_digest: str, encoder_digest: str) -> Amortiser:
    """The amortiser in a file, which is taken for hostile, for a generator and an encoder.

    Raises:
        ModelError: If the file is missing, damaged, of another kind or version, unlike its card, or belongs to
            another generator or encoder.
    """
    amortiser, card = read_network(path, KIND, AmortiserCard, _build)
    for what, found, expected in (
        ("generator", card.generator_digest, generator_digest),
        ("encoder", card.encoder_digest, encoder_digest),
    ):
        if found != expected:
            raise ModelError(
                f"the amortiser belongs to another {what}",
                value=f"digest {found[:12]}, expected {expected[:12]}",
                place=path,
                remedy="Train one for these two.",
            )
    return amortiser


def _build(card: AmortiserCard) -> Amortiser:
    return Amortiser(card.amortiser)
