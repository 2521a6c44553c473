"""Networks by name."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from masquerade.errors import UnknownName, UsageError, did_you_mean
from masquerade.networks.classifiers.base import Network, NetworkOptions, Shape
from masquerade.networks.classifiers.block_net import BlockNet
from masquerade.networks.classifiers.mlp import MLP
from masquerade.networks.classifiers.recnet import RecNet
from masquerade.networks.classifiers.small_cnn import SmallCNN
from masquerade.networks.resnet import ResNet18

EVERY_NETWORK: tuple[type[Network], ...] = (SmallCNN, ResNet18, MLP, BlockNet, RecNet)
"""Every network that settings and model files can name."""


def network_type(name: str) -> type[Network]:
    """The network class called ``name``.

    Raises:
        UsageError: If there is none; the message names the closest.
    """
    by_name = {kind.name: kind for kind in EVERY_NETWORK}
    if name in by_name:
        return by_name[name]
    hint = did_you_mean(name, by_name)
    raise UnknownName("no such network", value=name, remedy=f"{hint}There are: {', '.join(by_name)}.")


def validated_options(name: str, options: Mapping[str, Any]) -> NetworkOptions:
    """The options of network ``name``, checked and completed by defaults.

    Raises:
        UsageError: If the network does not exist, or an option is unknown or out of its range.
    """
    kind = network_type(name).options_type
    try:
        return kind.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UsageError(
            f"option of network {name} cannot be used ({first['msg']})",
            value=".".join(str(part) for part in first["loc"]),
            remedy=f"Its options are: {', '.join(sorted(kind.model_fields))}.",
        ) from None


def build(name: str, shape: Shape, classes: int, **options: Any) -> Network:  # noqa: ANN401 - pydantic checks them
    """A new network with random weights, drawn from torch's global generator.

    Args:
        name: One of ``EVERY_NETWORK``'s names.
        shape: Channels, height and width of the images it takes.
        classes: Number of classes, 2 or more.
        options: The network's own options.

    Raises:
        UsageError: If name, options, shape or number of classes cannot be used.
    """
    c, h, w = shape
    if min(c, h, w) < 1 or classes < 2:
        raise UsageError(
            "a network needs images of at least one pixel and two classes",
            value=f"shape {c}x{h}x{w}, {classes} classes",
            remedy="Give photos of two people or more.",
        )
    return network_type(name)((c, h, w), classes, validated_options(name, options))
