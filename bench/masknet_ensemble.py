"""HyperObf: what a MaskNet costs that is trained by itself, beside one that the hypernetwork draws."""

import torch

from bench.measure import Row, interleaved, processor_seconds
from masquerade.networks.cloaks.hypernet import LATENTS, HyperNet, HyperNetOptions
from masquerade.training.hyperobf.measuring import People
from masquerade.training.hyperobf.separate import train_masknet
from masquerade.training.hyperobf.settings import Fit, SeparateSettings

SIDE, CLASSES, PHOTOS, EPOCHS = 64, 136, 1088, 16
"""An ensemble's net in the studies: photos of 136 people at 64x64, 16 epochs."""


def rows() -> list[Row]:
    """Each person is one picture: what is on them does not change the time."""
    settings = SeparateSettings(size=SIDE, fit=Fit(epochs=EPOCHS, precision="bfloat16"), every=EPOCHS)
    people = _people()
    trained = processor_seconds(lambda: train_masknet(people, settings, 0))
    hypernet, latents = HyperNet(HyperNetOptions(size=SIDE)), torch.randn(1, LATENTS)
    (drawn,) = interleaved(lambda: list(hypernet.stream(latents)))
    return [
        Row(
            "hyperobf.masknet.drawn", drawn * 1e3, "ms", "one of an ensemble, trained", drawn / trained, 0.001
        ),
        Row("hyperobf.masknet.trained", trained, "s", f"{PHOTOS:,} photos, {EPOCHS} epochs", None, None),
    ]


def _people() -> People:
    rough = torch.rand(CLASSES, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 255
    pictures = torch.nn.functional.interpolate(rough, (SIDE, SIDE), mode="bilinear").to(torch.uint8)
    labels = torch.arange(PHOTOS) % CLASSES
    return People(pictures[labels], labels, pictures, labels[:CLASSES], CLASSES)
