"""Files of amortised crafters: they belong to one encoder, and to the generator that they hide from."""

from pathlib import Path
from typing import Annotated, Final, final

from pydantic import Field

from masquerade.errors import ModelError
from masquerade.files.network_file import NetworkCard, network_bytes, read_network
from masquerade.networks.features.feature_crafter import FeatureCrafter, FeatureCrafterOptions

KIND: Final = "masquerade.feature_crafter"
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Beta = Annotated[float, Field(gt=0, le=1e6)]


@final
class FeatureCrafterCard(NetworkCard):
    """What an amortised crafter is, and what it belongs to.

    Args:
        crafter: Its sizes.
        least_beta: Smallest beta that it was trained on.
        most_beta: Largest beta that it was trained on.
        generator_digest: The face generator's digest.
        encoder_digest: ``split_digest`` of the encoder.
    """

    crafter: FeatureCrafterOptions
    least_beta: _Beta
    most_beta: _Beta
    generator_digest: _Digest
    encoder_digest: _Digest


def feature_crafter_bytes(crafter: FeatureCrafter, card: FeatureCrafterCard) -> bytes:
    """An amortised crafter as the bytes of a file.

    Raises:
        ModelError: If the card is of another crafter, or a weight is not finite as it is stored.
    """
    if card.crafter != crafter.options:
        raise ModelError(
            "the card is of another amortised crafter", value=card.name, remedy="State its own options."
        )
    return network_bytes(crafter, card, KIND)


def read_feature_crafter(path: Path, encoder_digest: str) -> tuple[FeatureCrafter, FeatureCrafterCard]:
    """The amortised crafter in a file, which is taken for hostile, for an encoder.

    Raises:
        ModelError: If the file is missing, damaged, of another kind or version, unlike its card, or belongs to
            another encoder.
    """
    crafter, card = read_network(path, KIND, FeatureCrafterCard, _build)
    if card.encoder_digest != encoder_digest:
        raise ModelError(
            "the amortised crafter belongs to another encoder",
            value=f"digest {card.encoder_digest[:12]}, expected {encoder_digest[:12]}",
            place=path,
            remedy="Train one for this encoder.",
        )
    return crafter, card


def _build(card: FeatureCrafterCard) -> FeatureCrafter:
    return FeatureCrafter(card.crafter)
