"""Writes tensor files whole or not at all; how they are read stands in ``masquerade.files.tensors``."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from masquerade.files.durable import write_durably
from masquerade.files.tensors import packed, read_tensors, read_text

__all__ = ["read_tensors", "read_text", "write_tensors"]


def write_tensors(path: Path, tensors: Mapping[str, Tensor], kind: str, text: str) -> None:
    """Write tensors and a JSON ``text`` under the metadata name ``kind``: temporary file, fsync, rename.

    Raises:
        WriteFailed: If the disk refuses; the file then is as it was before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, [packed(tensors, kind, text)])
