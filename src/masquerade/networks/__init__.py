"""Classifiers for original and disguised images: shapes in, shapes out."""

from masquerade.networks.classifiers.base import Network, NetworkOptions, Shape
from masquerade.networks.classifiers.registry import EVERY_NETWORK, build, network_type, validated_options

__all__ = [
    "EVERY_NETWORK",
    "Network",
    "NetworkOptions",
    "Shape",
    "build",
    "network_type",
    "validated_options",
]
