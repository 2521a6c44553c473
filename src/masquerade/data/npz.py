"""A NumPy archive that may be missing or damaged."""

import struct
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Final, final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import StudyError
from masquerade.files.opening import open_file

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError),  # the archive
    *(KeyError, IndexError, ValueError, TypeError, SyntaxError, OverflowError, MemoryError),  # its arrays
    tokenize.TokenError,
)
_SMALL: Final = 64 * 2**20
"""Bytes of an array that may be packed however small."""
_MOST_PACKED: Final = 100
"""How many times its archive's size a larger array may have; those of photos have 1 to 20."""


@final
class Npz:
    """Arrays of one archive, read as they are asked for; nothing in it is ever executed.

    Args:
        path: The ``.npz`` file.

    Raises:
        StudyError: If the file is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise StudyError(
                "a data set is missing",
                value=path.name,
                place=path.parent,
                remedy="Put the file into this folder, or name another folder with --data.",
            )

    def __getitem__(self, name: str) -> NDArray[Any]:
        """One array.

        Raises:
            StudyError: If it cannot be read, or is packed so small that unpacking it is to exhaust memory.
        """
        try:
            with open_file(self.path) as file:
                self._require_honest(file, name)
                with np.load(file, allow_pickle=False) as arrays:
                    return np.asarray(arrays[name])
        except _DAMAGE as error:
            raise self.damaged(f"{name} cannot be read ({type(error).__name__})") from error

    def _require_honest(self, file: BinaryIO, name: str) -> None:
        with zipfile.ZipFile(file) as archive:
            unpacked = archive.getinfo(f"{name}.npy").file_size
        packed = self.path.stat().st_size
        if unpacked > max(_SMALL, _MOST_PACKED * packed):
            raise self.damaged(f"{name} has {unpacked:,} bytes, more than {_MOST_PACKED} times its file")
        file.seek(0)

    def slices(self, data: str, offsets: str) -> list[bytes]:
        """The files that are laid end to end in one array of bytes.

        Args:
            data: Name of the array of bytes.
            offsets: Name of the array of where each file begins, and the last ends.

        Raises:
            StudyError: If the offsets do not divide the bytes.
        """
        joined, ends = self[data], self[offsets]
        sound = joined.dtype == np.uint8 and joined.ndim == 1 and ends.dtype.kind in "iu" and ends.ndim == 1
        if not sound or len(ends) < 1 or ends[0] != 0 or ends[-1] != len(joined) or (np.diff(ends) < 0).any():
            raise self.damaged(f"{offsets} does not divide {data}")
        whole = joined.tobytes()
        return [whole[start:end] for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]

    def damaged(self, problem: str) -> StudyError:
        """The error to raise for this archive."""
        return StudyError(
            "a data set is damaged",
            value=problem,
            place=self.path,
            remedy="Restore the file from its source.",
        )
