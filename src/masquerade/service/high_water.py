"""A file beside the operator's key that remembers how far each audit log went.

Whoever puts a database back to an earlier moment gives every account the MaskNets back that were drawn since. The
chain of the audit log cannot show that, for it was put back too; this file, kept elsewhere, does.
"""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, final

from sqlalchemy import Connection, select

from masquerade.errors import OutOfOrder, UsageError
from masquerade.service.audit_log import NAME
from masquerade.service.tables import AuditRow, Head

Known = dict[str, tuple[int, str]]
_REMEDY: Final = (
    "If it was restored on purpose, run `masquerade psp restore`; it counts what may have been drawn."
)


@final
class HighWater:
    """The last entry known of the audit log of each database, by the database's name.

    Args:
        path: The file; made where there is none. None remembers nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def raise_to(self, database: str, seq: int, digest: str) -> None:
        """Remember an entry, if it is later than the one known; not forced to the disk.

        Raises:
            OutOfOrder: If the file cannot be written.
        """
        self._change(lambda known: known.get(database, (0, ""))[0] < seq, {database: (seq, digest)})

    def lower_to(self, database: str, seq: int, digest: str) -> None:
        """Remember another entry, be it an earlier one: a backup was restored, and counted.

        Raises:
            OutOfOrder: If the file cannot be written.
        """
        self._change(lambda _: True, {database: (seq, digest)})

    def _change(self, wanted: Callable[[Known], bool], entry: Known) -> None:
        if self._path is None:
            return
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                known = _parsed(os.pread(handle, os.fstat(handle).st_size, 0))
                if wanted(known):
                    content = json.dumps({**known, **entry}).encode()
                    os.pwrite(handle, content, 0)
                    os.ftruncate(handle, len(content))
            finally:
                os.close(handle)
        except OSError as error:
            raise OutOfOrder(
                "cannot write", code="mark", value=error.strerror, place=self._path.name, wait=5
            ) from None

    def require(self, connection: Connection, database: str) -> None:
        """Pass if the database still holds the entry that is remembered of it.

        Raises:
            UsageError: If it was put back to an earlier moment, or is another than it was.
        """
        if self._path is None or not self._path.exists():
            return
        seq, digest = _parsed(self._path.read_bytes()).get(database, (0, ""))
        found = connection.execute(select(AuditRow.digest).where(AuditRow.seq == seq)).scalar()
        if seq and found != digest:
            last = connection.execute(select(Head.seq).where(Head.name == NAME)).scalar_one()
            raise UsageError(
                "the database was put back to an earlier moment, or its audit log was cut",
                value=f"{last} entries, {seq} are known",
                place=self._path,
                remedy=_REMEDY,
            )


def _parsed(content: bytes) -> Known:
    """What the file says; one that was cut by a power failure says nothing."""
    try:
        return {str(name): (int(seq), str(digest)) for name, (seq, digest) in json.loads(content).items()}
    except (ValueError, TypeError, AttributeError):
        return {}
