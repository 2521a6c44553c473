"""Named training settings: the paper's, and short ones for a laptop."""

from collections.abc import Mapping
from types import MappingProxyType

from masquerade.errors import UnknownName, did_you_mean
from masquerade.training.settings import Augmentation, Settings

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

_LAPTOP_RESNET = Settings(
    network="resnet18",
    options={"width": 16},
    epochs=20,
    batch_size=64,
    learning_rate=0.1,
    schedule="one_cycle",
    label_smoothing=0.1,
    averaging=0.99,
    augmentation=Augmentation(noise=0.2),
)
"""A quarter of the maps, a one-cycle schedule; fresh noise at every step is worth about 1 % of accuracy.

On the 12 largest classes of LFW at 32x32 (1,404 for training) it takes 45 s on one core, and reaches
95.5 % clean and 94.2 % disguised with 2x2 rows and noise 50 (two splits, about 2 % either way).
"""

_LAPTOP_DENSE = {
    "epochs": 40,
    "batch_size": 64,
    "optimiser": "adamw",
    "learning_rate": 2e-3,
    "schedule": "one_cycle",
    "weight_decay": 0.05,
}
"""For networks without convolutions: 10 to 25 s on one core for the same images.

``laptop-block-net`` reaches 92.6 % under normalised 8x8 blocks, noise 100 and Gaussian matrices (two splits).
"""


PAPER_RECNET = Settings(
    network="recnet",
    options={"width": 768, "depth": 6, "heads": 12},
    epochs=100,
    batch_size=256,
    learning_rate=0.05,
    schedule="cosine",
    weight_decay=4e-5,
    decay_on="all",
)
"""XNN's training of its recogniser, six blocks of ViT-B: SGD with Nesterov momentum. For a graphics card.

The paper states rate, decay, schedule and batch; momentum 0.9, 100 epochs and cross-entropy are ours.
"""

_LAPTOP_RECNET = Settings(
    network="recnet",
    options={"width": 192, "depth": 1, "heads": 3, "pool": "mean"},
    epochs=10,
    batch_size=64,
    optimiser="adamw",
    learning_rate=1e-3,
    schedule="cosine",
    warm_up=0.1,
    weight_decay=0.05,
    label_smoothing=0.1,
)
"""One block, tokens averaged and not read from a class token; 25 s of one core in bfloat16.

Measured on SFace's tokens of LFW (7x7, 192 numbers): 100 people, at most 30 photos each, 1,966 in all, to train
on; 58 people never trained on, at most 20 photos each, 897 in all, identified by the cosine of recognition
vectors, leave-one-out rank-1; one split of the people. Plain, three seeds: 0.948, 0.940 and 0.924. Permuted
and times a Gaussian matrix, four keys: 0.934, 0.948, 0.945 and 0.939. Untrained, nearest neighbours by the same
tokens score 0.83 (their mean 0.64 to 0.68), by pixels 0.22. Two blocks, a class token, no label smoothing,
half the rate and 12 epochs: 0.899 in 60 s.
"""


def _changed(settings: Settings, **fields: object) -> Settings:
    return Settings.read({**settings.model_dump(), **fields})


PRESETS: Mapping[str, Settings] = MappingProxyType(
    {
        "paper-mnist": PAPER_MNIST,
        "paper-resnet": PAPER_RESNET,
        "paper-recnet": PAPER_RECNET,
        "laptop-mnist": _changed(PAPER_MNIST, steps=400, options={"width": 16, "hidden": 256}),
        "laptop-small-cnn": Settings.read(
            {**_LAPTOP_DENSE, "network": "small-cnn", "epochs": 20, "learning_rate": 1e-3}
        ),
        "laptop-resnet": _LAPTOP_RESNET,
        "laptop-resnet18": _LAPTOP_RESNET,
        "laptop-cifar10": _changed(_LAPTOP_RESNET, epochs=7, batch_size=128),
        "laptop-block-net": Settings.read(
            {
                **_LAPTOP_DENSE,
                "network": "block-net",
                "options": {"width": 128},
                "label_smoothing": 0.1,
                "augmentation": {"noise": 0.5},
            }
        ),
        "laptop-recnet": _LAPTOP_RECNET,
        "laptop-mlp": Settings.read({**_LAPTOP_DENSE, "network": "mlp"}),
    }
)
"""Settings by name; ``laptop-`` and a network's name is what that network is trained with by itself."""


def preset(name: str) -> Settings:
    """The settings called ``name``.

    Raises:
        UsageError: If there are none; the message names the closest.
    """
    if name in PRESETS:
        return PRESETS[name]
    hint = did_you_mean(name, PRESETS)
    raise UnknownName(
        "no such training settings", value=name, remedy=f"{hint}There are: {', '.join(PRESETS)}."
    )
