"""One shard: a safetensors file with images ``x``, labels ``y`` and the data set it belongs to.

The header is written here rather than by the safetensors library, because the library keeps its metadata in
an unordered map, and a shard written twice must have the same bytes. It is read here because the library
accepts more than a shard may hold. Any safetensors reader opens the result.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Literal, final

from masquerade.errors import DamagedRelease
from masquerade.files.opening import open_file
from masquerade.released.manifest import Manifest

LARGEST_HEADER = 64 << 10
"""Bytes; a shard's header takes about 300."""

StoredType = Literal["float16", "float32"]
_TAGS: dict[StoredType, tuple[str, int]] = {"float16": ("F16", 2), "float32": ("F32", 4)}


@final
@dataclass(frozen=True)
class Layout:
    """What a shard's header must say, to the byte.

    Args:
        dataset_id: The data set it belongs to.
        number: Its place in the data set, from 0.
        images: How many images it holds.
        shape: Channels, height and width of one image.
        dtype: Type of the image values.
    """

    dataset_id: str
    number: int
    images: int
    shape: tuple[int, int, int]
    dtype: StoredType

    @classmethod
    def listed(cls, manifest: Manifest, number: int) -> "Layout":
        """The layout that the manifest promises for shard ``number``."""
        entry = manifest.shards[number]
        return cls(manifest.dataset_id, number, entry.images, manifest.stored_shape, manifest.dtype)

    @property
    def labels_bytes(self) -> int:
        """Bytes of ``y``, which comes first: 8-byte numbers before 2-byte ones keep both aligned."""
        return 8 * self.images

    @property
    def images_bytes(self) -> int:
        """Bytes of ``x``."""
        c, h, w = self.shape
        return self.images * c * h * w * _TAGS[self.dtype][1]

    @property
    def total_bytes(self) -> int:
        """Bytes of the whole file."""
        return len(self.header()) + self.labels_bytes + self.images_bytes

    def header(self) -> bytes:
        """Length and JSON header of the safetensors file, padded to 8 bytes."""
        binding = _json({"dataset_id": self.dataset_id, "shard": self.number})
        middle, end = self.labels_bytes, self.labels_bytes + self.images_bytes
        tag = _TAGS[self.dtype][0]
        fields = {
            "__metadata__": {"masquerade": binding},
            "y": {"dtype": "I64", "shape": [self.images], "data_offsets": [0, middle]},
            "x": {"dtype": tag, "shape": [self.images, *self.shape], "data_offsets": [middle, end]},
        }
        text = _json(fields).encode()
        text += b" " * (-len(text) % 8)
        return len(text).to_bytes(8, "little") + text


def check_header(file: BinaryIO, size: int, layout: Layout, place: object) -> int:
    """Check a shard's header against its layout, and return the offset of its labels.

    Args:
        file: The shard, at its beginning.
        size: Bytes of the whole file.
        layout: What the manifest promises.
        place: Named in the message.

    Raises:
        DamagedRelease: If header or file size are not exactly what the layout says.
    """
    expected = layout.header()
    if file.read(len(expected)) != expected:
        raise damaged("its header is not what the manifest promises", place)
    if size != layout.total_bytes:
        raise damaged(f"{size} bytes, expected {layout.total_bytes}", place)
    return len(expected)


def binding(file: BinaryIO) -> tuple[str, int] | None:
    """Data set and place that a file claims in its header, or None if it is no shard of ours."""
    length = int.from_bytes(file.read(8), "little")
    if length > LARGEST_HEADER:
        return None
    try:
        claim = json.loads(json.loads(file.read(length))["__metadata__"]["masquerade"])
        dataset_id, number = claim["dataset_id"], claim["shard"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return (dataset_id, number) if isinstance(dataset_id, str) and type(number) is int else None


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal, in constant memory."""
    seen = sha256()
    with open_file(path) as file:
        while chunk := file.read(1 << 20):
            seen.update(chunk)
    return seen.hexdigest()


def _json(fields: dict[str, Any]) -> str:
    return json.dumps(fields, separators=(",", ":"))


def damaged(what: str, place: object) -> DamagedRelease:
    """What is raised of a shard."""
    return DamagedRelease("a shard is damaged", value=what, place=place, remedy="Copy this file again.")
