"""Encoders by name, and out of files."""

import re
from functools import cache
from pathlib import Path
from typing import Final

from masquerade.encoders.base import Encoder
from masquerade.encoders.file import read_encoder
from masquerade.encoders.patches import Patches
from masquerade.encoders.sface import SFaceTokens
from masquerade.encoders.vit import ViTEncoder
from masquerade.errors import UsageError
from masquerade.files.named import open_named
from masquerade.shipped_weights import shipped_weights

SHIPPED: Final[tuple[str, ...]] = ("sface", "vit-small", "patches")
"""Names that need no file: SFace's tokens, a small vision transformer pre-trained by MoCo-v3, plain patches."""
CUT: Final[re.Pattern[str]] = re.compile(r"vit-small@(?P<blocks>\d{1,3})")
"""Names of the shipped transformer's first blocks."""
_VIT_SMALL: Final = "encoders/weights/vit-small.safetensors"


def open_encoder(name_or_path: str | Path) -> Encoder:
    """An encoder: one of ``SHIPPED`` by its name, or the one in a file.

    ``vit-small@3`` is the shipped transformer's first three blocks.

    Raises:
        UsageError: If there is neither such a name nor such a file.
        ModelError: If the file is damaged or no encoder.
        StudyError: If the encoder is SFace and its packages are not installed.
    """
    if found := CUT.fullmatch(str(name_or_path)):
        return _shallower(int(found["blocks"]))
    return open_named(name_or_path, SHIPPED, _shipped, read_encoder, "encoder", "masquerade pretrain")


@cache
def _shipped(name: str) -> Encoder:
    match name:
        case "sface":
            return SFaceTokens()
        case "patches":
            return Patches()
        case _:
            return read_encoder(shipped_weights(_VIT_SMALL))


@cache
def _shallower(blocks: int) -> Encoder:
    whole = read_encoder(shipped_weights(_VIT_SMALL))
    depth = whole.network.options.depth
    if not 1 <= blocks <= depth:
        raise UsageError(
            "the encoder cannot be cut there",
            value=blocks,
            place="vit-small",
            remedy=f"Keep 1 to {depth} blocks.",
        )
    return ViTEncoder(f"vit-small@{blocks}", whole.network.cut(blocks))
