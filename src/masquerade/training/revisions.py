"""Revisions of trainings: raised by hand where the same photos, settings and seed give another model."""

from collections.abc import Mapping
from types import MappingProxyType

TRAINING_REVISIONS: Mapping[str, int] = MappingProxyType(
    {
        "fit": 1,
        "small-cnn": 1,
        "resnet18": 1,
        "mlp": 1,
        "block-net": 1,
        "recnet": 1,
        "xnn_d": 2,
        "cloud_half": 1,
        "fine_tuning": 1,
    }
)
"""The loop that trains classifiers, each network that it trains, and the trainings that are not of that loop.

Networks that come as files are known by their digests, presets by their values.
"""
