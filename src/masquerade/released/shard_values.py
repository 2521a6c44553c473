"""The images and labels of a shard: turned into its bytes, and checked. What ``verify`` needs does without it."""

from dataclasses import dataclass
from hashlib import sha256
from typing import final

import torch
from torch import Tensor

from masquerade.errors import UsageError
from masquerade.files.durable import Part
from masquerade.released.manifest import ShardEntry
from masquerade.released.shard import Layout, StoredType, damaged

TORCH_TYPES: dict[StoredType, torch.dtype] = {"float16": torch.float16, "float32": torch.float32}


@final
@dataclass(frozen=True)
class EncodedShard:
    """A shard as bytes: the pieces of the file one after the other, and its row for manifest and ledger."""

    parts: tuple[Part, ...]
    entry: ShardEntry


def encode(x: Tensor, y: Tensor, layout: Layout, name: str) -> EncodedShard:
    """Turn images and labels into a shard's bytes, without copying the images.

    Args:
        x: ``(n, c, h, w)`` of the layout's dtype and shape.
        y: int64 ``(n,)``.
        layout: What the shard must hold.
        name: File name for the entry.

    Raises:
        UsageError: If shapes or types differ from the layout, or a value is not finite.
    """
    expected = (layout.images, *layout.shape)
    if (
        tuple(x.shape) != expected
        or x.dtype != TORCH_TYPES[layout.dtype]
        or tuple(y.shape) != (layout.images,)
    ):
        raise UsageError(
            "a shard of another layout", value=f"{tuple(x.shape)} {x.dtype}, expected {expected}"
        )
    if not _all_finite(x):
        raise UsageError(
            f"values that {layout.dtype} cannot hold",
            place=name,
            remedy="Store the data set as float32.",
        )
    parts = (layout.header(), _bytes_of(y), _bytes_of(x))
    seen = sha256()
    for part in parts:
        seen.update(part)
    size = sum(len(part) for part in parts)
    return EncodedShard(
        parts, ShardEntry(name=name, sha256=seen.hexdigest(), images=layout.images, bytes=size)
    )


def check_values(x: Tensor, y: Tensor, classes: int, place: object) -> None:
    """Check that images are finite and labels in range.

    Raises:
        DamagedRelease: If not.
    """
    if not _all_finite(x):
        raise damaged("its images are not all finite numbers", place)
    if bool((y < 0).any()) or bool((y >= classes).any()):
        raise damaged(f"its labels are not all from 0 below {classes}", place)


def _all_finite(values: Tensor) -> bool:
    # Extremes carry NaN and infinity along, and take a thirtieth of the time of looking at each half.
    return values.numel() == 0 or all(bool(extreme.isfinite()) for extreme in torch.aminmax(values))


def _bytes_of(values: Tensor) -> memoryview:
    flat = values.contiguous().reshape(-1).view(torch.uint8).numpy()
    return memoryview(flat)  # type: ignore[arg-type]  # an array is a buffer, which Python 3.11 cannot say
