"""Which settings fit a released data set, from what its manifest makes public."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from masquerade.released import Manifest
from masquerade.training.presets import PRESETS
from masquerade.training.settings import Settings

PLACES: Final = 14 * 14
"""Most places of a map whose vectors are taken for tokens, unless the vectors are longer still."""
_PHOTO: Final = 4
"""Most channels that photos have."""


def fitting_settings(manifest: Manifest, network: str | None = None) -> Settings:
    """Settings that suit the data set's disguise and shape.

    Args:
        manifest: What the data set says of itself.
        network: Name of a network to use in place of the one that suits best.

    Raises:
        UsageError: If the network does not exist.
    """
    return settings_for(manifest.disguise, manifest.stored_shape, network)


def settings_for(
    disguise: Mapping[str, Any], shape: tuple[int, int, int], network: str | None = None
) -> Settings:
    """Settings that suit images of a shape, and what they were disguised by.

    Args:
        disguise: As ``Disguise.describe`` gives it; empty where it is not known.
        shape: Channels, height and width of the images as they are trained on.
        network: Name of a network to use in place of the one that suits best.

    Raises:
        UsageError: If the network does not exist.
    """
    network = network or _fitting_network(disguise, shape)
    block = mixed_block(disguise)
    preset = PRESETS.get(f"laptop-{network}", PRESETS["laptop-resnet18"])
    if network == "block-net" and block:
        options = {**preset.options, "block": block}
        return Settings.read({**preset.model_dump(), "options": options})
    return Settings.read({**preset.model_dump(), "network": network})


def _fitting_network(disguise: Mapping[str, Any], shape: tuple[int, int, int]) -> str:
    if mixed_block(disguise):
        return "block-net"
    c, h, w = shape
    if c > _PHOTO and h * w == 1:
        return "mlp"  # numbers without any order
    if c > _PHOTO and h * w <= max(c, PLACES):
        return "recnet"  # tokens: long vectors at few places
    return "small-cnn" if c == 1 and max(h, w) <= 32 else "resnet18"


def mixed_block(disguise: Mapping[str, Any]) -> int | None:
    """Side of the square blocks of which the disguise mixes all numbers, in pixels; None if it mixes none."""
    for part in _parts(disguise):
        block = part.get("block")
        if part.get("variant") == "block" and isinstance(block, int):
            return block
    return None


def _parts(description: object) -> Iterator[Mapping[str, Any]]:
    """The description and everything described inside it."""
    if isinstance(description, Mapping):
        yield description
        for value in description.values():
            yield from _parts(value)
    elif isinstance(description, Sequence) and not isinstance(description, str):
        for value in description:
            yield from _parts(value)
