"""Named training settings: the paper's, and short ones for a laptop."""

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from masquerade.errors import UsageError
from masquerade.training.settings import Settings

PAPER_MNIST = Settings(
    network="small-cnn",
    steps=1000,
    batch_size=128,
    optimiser="rmsprop",
    learning_rate=1e-3,
    schedule="constant",
    weight_decay=5e-4,
    decay_on="dense",
)
"""Disguised-Nets' MNIST training as its published code has it; the dense layers alone are penalised."""

PAPER_RESNET = Settings(
    network="resnet18",
    epochs=350,
    batch_size=128,
    learning_rate=0.1,
    schedule="steps",
    weight_decay=5e-4,
    decay_on="all",
)
"""Disguised-Nets' ResNet training for CIFAR-10 and LFW: rates 0.1, 0.01, 0.001. For a graphics card."""

PRESETS: Mapping[str, Settings] = MappingProxyType(
    {
        "paper-mnist": PAPER_MNIST,
        "paper-resnet": PAPER_RESNET,
        "laptop-small-cnn": Settings(
            network="small-cnn",
            epochs=20,
            batch_size=64,
            optimiser="adamw",
            learning_rate=1e-3,
            schedule="one_cycle",
            weight_decay=0.01,
        ),
        "laptop-resnet18": Settings(
            network="resnet18",
            options={"width": 16},
            epochs=20,
            batch_size=64,
            learning_rate=0.1,
            schedule="one_cycle",
        ),
        "laptop-block-net": Settings(
            network="block-net",
            epochs=40,
            batch_size=64,
            optimiser="adamw",
            learning_rate=2e-3,
            schedule="one_cycle",
            weight_decay=0.05,
        ),
        "laptop-mlp": Settings(
            network="mlp",
            epochs=40,
            batch_size=64,
            optimiser="adamw",
            learning_rate=2e-3,
            schedule="one_cycle",
            weight_decay=0.05,
        ),
    }
)
"""Settings by name."""


def preset(name: str) -> Settings:
    """The settings called ``name``.

    Raises:
        UsageError: If there are none; the message names the closest.
    """
    if name in PRESETS:
        return PRESETS[name]
    close = get_close_matches(name, PRESETS, 1, cutoff=0.4)
    hint = f"Did you mean {close[0]}? " if close else ""
    raise UsageError(
        "no such training settings", value=name, remedy=f"{hint}There are: {', '.join(PRESETS)}."
    )
