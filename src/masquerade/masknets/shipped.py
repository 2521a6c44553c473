"""Sources of MaskNets by name, and out of files."""

from functools import cache
from pathlib import Path
from typing import Final

from masquerade.errors import ModelError, UsageError
from masquerade.masknets.base import Source
from masquerade.masknets.card import HyperNetCard
from masquerade.masknets.ensemble_file import read_ensemble
from masquerade.masknets.hypernet_file import read_hypernet
from masquerade.masknets.source_file import read_source_card

SHIPPED: Final = ("hypernet-1",)
"""Names that need no file: a small hypernetwork for images of 112 pixels, the default."""
_WEIGHTS: Final = Path(__file__).parent / "weights"


def open_source(name_or_path: str | Path = SHIPPED[0]) -> Source:
    """A source: one of ``SHIPPED`` by its name, or the one in a file.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged or holds no source.
    """
    if str(name_or_path) in SHIPPED:
        return _shipped(str(name_or_path))
    path = Path(name_or_path)
    if not path.exists():
        raise UsageError(
            "no such source of MaskNets",
            value=name_or_path,
            remedy=f"Name a file that `masquerade psp train` wrote, or one of {', '.join(SHIPPED)}.",
        )
    return _read(path)


def require_digest(source: Source, digest: str) -> Source:
    """The source, if it has that digest.

    Raises:
        ModelError: If it has another.
    """
    if source.digest != digest:
        raise ModelError(
            "another source of MaskNets than the one that was used",
            value=f"digest {source.digest[:12]}, expected {digest[:12]}",
            place=f"source {source.name}",
            remedy="Use the file, or the version of masquerade, that was used before.",
        )
    return source


@cache
def _shipped(name: str) -> Source:
    return _read(_WEIGHTS / f"{name}.safetensors")


def _read(path: Path) -> Source:
    if isinstance(read_source_card(path), HyperNetCard):
        return read_hypernet(path)
    return read_ensemble(path)
