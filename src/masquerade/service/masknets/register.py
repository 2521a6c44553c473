"""The provider's register of MaskNets that were issued: enough to tell whether another is too near, no more.

It holds no number of a user and no weight: of each MaskNet a sketch of its function, and the fingerprint of the
key that it was drawn by.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from masquerade.errors import JobBusy, ModelError
from masquerade.files.durable import named_failures, write_durably
from masquerade.files.handles import lock_open
from masquerade.files.network_file import malformed
from masquerade.files.tensors import packed, read_tensors, read_text
from masquerade.service.masknets.masknet_distance import BYTES

KIND: Final = "masquerade.issued"
NAME: Final = "issued.register"
"""Of a register in a folder."""
_MOST: Final = 40_000
"""Entries of one register: what its text may be long."""

_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@final
class Entry(BaseModel):
    """One MaskNet that was issued.

    Args:
        key: Fingerprint of the user's key.
        source: Digest of the source it came from, its first 16 digits.
        draw: Which draw of the key it is, from 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    source: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    draw: Annotated[int, Field(ge=1, le=1_000_000)]


@final
class _Card(BaseModel):
    """What the file says of its rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    entries: Annotated[tuple[Entry, ...], Field(max_length=_MOST)]


@final
@dataclass(frozen=True, eq=False)
class Register:
    """What was issued so far.

    Args:
        entries: Each MaskNet, in the order of issue.
        sketches: uint8 ``(n, BYTES)``, a row for each.
    """

    entries: tuple[Entry, ...]
    sketches: NDArray[np.uint8]

    @classmethod
    def read(cls, path: Path) -> "Register":
        """The register in a file, or an empty one if there is none.

        Raises:
            ModelError: If the file is damaged, no register, or of a newer version.
        """
        if not path.exists():
            return cls((), np.zeros((0, BYTES), np.uint8))
        try:
            card = _Card.model_validate_json(read_text(path, KIND))
        except ValidationError as error:
            raise malformed("register of issued MaskNets", error, path) from None
        like = torch.empty((len(card.entries), BYTES), dtype=torch.uint8, device="meta")
        return cls(card.entries, read_tensors(path, {"sketches": like})["sketches"].numpy())

    def find(self, key: str, source: str) -> Entry | None:
        """The entry of a key and a source, if it was issued one."""
        return next((e for e in self.entries if (e.key, e.source) == (key, source)), None)

    def others(self, key: str) -> NDArray[np.uint8]:
        """Sketches of what was issued to other keys."""
        rows = [row for row, entry in enumerate(self.entries) if entry.key != key]
        return self.sketches[rows]

    def with_entry(self, entry: Entry, sketch: bytes) -> "Register":
        """The register with one entry more.

        Raises:
            ModelError: If it is full.
        """
        if len(self.entries) >= _MOST:
            raise ModelError("the register is full", value=_MOST, remedy="Begin another one.")
        row = np.frombuffer(sketch, np.uint8)[None]
        return Register((*self.entries, entry), np.concatenate([self.sketches, row]))

    def write(self, path: Path) -> None:
        """Write it, mode 0600: the whole of it, or nothing.

        Raises:
            WriteFailed: If the disk refuses.
        """
        card = _Card(entries=self.entries)
        sketches = {"sketches": torch.from_numpy(self.sketches)}
        write_durably(path, [packed(sketches, KIND, card.model_dump_json())], 0o600)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a register for this process: two that issue at once would not see each other's.

    Raises:
        JobBusy: If another process holds it.
        WriteFailed: If the lock file beside it cannot be made.
    """
    lock = path.with_name(f".{path.name}.lock")
    with named_failures(lock):
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        lock_open(handle)
        yield
    except BlockingIOError:
        raise JobBusy(
            "another process is issuing a MaskNet", place=path, remedy="Wait for it to finish."
        ) from None
    finally:
        os.close(handle)
