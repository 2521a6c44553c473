"""HyperObf: drawing MaskNets, memory of drawing many, cloaks, and whole photos."""

from collections.abc import Iterator

import torch
from torch import Tensor

from bench import cloaks, masknet_ensemble, whole_photos
from bench.measure import Row, interleaved, peak_of, processor_seconds
from masquerade.networks.cloaks.hypernet import LATENTS, HyperNet, HyperNetOptions

SOME, MANY = 100, 10_000
OTHERS = (1, 10, 1_000)
"""Beside these two, for the thesis's figures 5.4 and 5.5."""
FEW = 1_000


def rows() -> Iterator[Row]:
    """All rows; each is measured when it is asked for."""
    yield from _drawing()
    yield _streaming()
    yield from masknet_ensemble.rows()
    yield from cloaks.rows()
    yield from whole_photos.rows()


def _drawing() -> Iterator[Row]:
    """Time on one thread, so at most as long on two; speed does not depend on what the weights are."""
    hypernet = HyperNet(HyperNetOptions())
    latents = torch.randn(MANY, LATENTS)
    (some,) = interleaved(lambda: draw(hypernet, latents[:SOME]))
    yield Row(f"hyperobf.masknets.{SOME}", some, "s", "the thesis on an A10 GPU: 0.19 s", None, 0.2)
    for count in OTHERS:
        seconds = processor_seconds(lambda: draw(hypernet, latents[:count]))  # noqa: B023  (called at once)
        yield Row(f"hyperobf.masknets.{count}", seconds, "s", f"{count} MaskNets", None, None)
    many = processor_seconds(lambda: draw(hypernet, latents))
    yield Row(f"hyperobf.masknets.{MANY}", many, "s", "the thesis on an A10 GPU: 12 s", None, 12)


def draw(hypernet: HyperNet, latents: Tensor) -> None:
    """Draw MaskNets one after the other, and let each go."""
    for masknet in hypernet.stream(latents):
        assert len(masknet.fc)


def _streaming() -> Row:
    """Peak memory of drawing many MaskNets against few."""
    few, many = peak_of("bench.masknet_memory", FEW), peak_of("bench.masknet_memory", MANY)
    return Row(f"hyperobf.memory.{MANY}", many, "MiB", f"peak memory for {FEW:,} MaskNets", many / few, 1.1)
