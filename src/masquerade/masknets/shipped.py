"""Sources of MaskNets by name, and out of files."""

from functools import cache
from pathlib import Path
from typing import Final

from masquerade.files.named import open_named
from masquerade.masknets.base import MaskNetSource
from masquerade.masknets.card import HyperNetCard
from masquerade.masknets.ensemble_file import read_ensemble
from masquerade.masknets.hypernet_file import read_hypernet
from masquerade.masknets.source_file import read_source_card
from masquerade.shipped_weights import shipped_weights

SHIPPED: Final[tuple[str, ...]] = ("hypernet-1",)
"""Names that need no file: a small hypernetwork for images of 112 pixels, the default."""


def open_source(name_or_path: str | Path = SHIPPED[0]) -> MaskNetSource:
    """A source: one of ``SHIPPED`` by its name, or the one in a file.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged or holds no source.
    """
    return open_named(name_or_path, SHIPPED, _shipped, _read, "source of MaskNets", "masquerade psp train")


@cache
def _shipped(name: str) -> MaskNetSource:
    return _read(shipped_weights(f"masknets/weights/{name}.safetensors"))


def _read(path: Path) -> MaskNetSource:
    if isinstance(read_source_card(path), HyperNetCard):
        return read_hypernet(path)
    return read_ensemble(path)
