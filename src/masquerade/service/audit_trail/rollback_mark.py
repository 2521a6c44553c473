"""A file beside the operator's key that remembers how far the audit log of each database went.

Whoever puts a database back to an earlier moment, or cuts the end of its log, gives accounts MaskNets back that were
drawn since. The chain of the log cannot show that, for it was put back too; this file, kept elsewhere, does. It knows a
database by its address, which stands in the operator's command, and by nothing that the database says of itself.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hmac import compare_digest
from pathlib import Path
from typing import Final, NamedTuple, final

from sqlalchemy import Connection, bindparam, select

from masquerade.errors import OutOfOrder, UsageError, WriteFailed
from masquerade.files.durable import write_durably
from masquerade.keys import Key
from masquerade.service.audit_trail.audit_log import NAME
from masquerade.service.storage.addresses import parsed, place
from masquerade.service.storage.file_lock import FileLock
from masquerade.service.storage.tables import AuditRow, Head

_ACCEPT: Final = (
    "If the database is as it should be, say so by `masquerade psp audit accept`; "
    "if it was lost, fill an empty one by `masquerade psp restore`."
)

_FOUND: Final = select(
    Head.seq, select(AuditRow.digest).where(AuditRow.seq == bindparam("seq")).scalar_subquery()
).where(Head.name == NAME)
"""The last entry's number, and the digest of another entry."""


@final
class RollbackMark(NamedTuple):
    """An entry of an audit log.

    Args:
        seq: Its number; 0 before the first.
        digest: Its code.
    """

    seq: int
    digest: str


Marks = dict[str, RollbackMark]


@final
class HighWater:
    """The last entry known of a database's audit log.

    Args:
        path: The file; made where there is none. None remembers nothing.
        key: The operator's key, which authenticates it.
        address: Of the database.

    Raises:
        UsageError: If it is no address.
    """

    def __init__(self, path: Path | None, key: Key, address: str) -> None:
        self._path, self._key = path, key
        near = Path() if path is None else path.absolute().parent
        self._name = key.authenticate("mark-of-database", place(parsed(address), near).encode())

    def known(self) -> RollbackMark | None:
        """The entry known; None of a database that was never seen.

        Raises:
            UsageError: If the file is damaged, or was written under another key.
        """
        return self._marks().get(self._name)

    def raise_to(self, seq: int, digest: str) -> None:
        """Remember an entry, if it is later than the one known.

        Raises:
            OutOfOrder: If the file cannot be written.
            UsageError: If it was damaged.
        """
        self._remember(RollbackMark(seq, digest), later_only=True)

    def accept(self, seq: int, digest: str) -> None:
        """Remember another entry, be it an earlier one: the operator says that it is the last.

        Raises:
            OutOfOrder: If the file cannot be written.
            UsageError: If it was damaged, or written under another key.
        """
        self._remember(RollbackMark(seq, digest), later_only=False)

    def require_new(self) -> None:
        """Pass if nothing is known of a database that is about to be made.

        Raises:
            UsageError: If something is: it was lost.
        """
        known = None if self._path is None else self.known()
        if known is not None and known.seq:
            raise UsageError(
                "the database is empty, or gone",
                value=f"{known.seq} entries of its audit log are known",
                place=self._path,
                remedy="Run `masquerade psp restore`; to begin anew, take a new key.",
            )

    def require(self, connection: Connection) -> None:
        """Pass if the database still holds the entry that is remembered of it.

        Raises:
            UsageError: If it was put back to an earlier moment, is another than it was, or was never seen, or if the
                file is damaged or gone.
        """
        if self._path is None:
            return
        known = self.known()
        last, found = connection.execute(_FOUND, {"seq": known.seq if known else 0}).one()
        if known is None:
            if last:
                raise self._refused("nothing is known of the audit log of this database", f"{last} entries")
            return
        if known.seq and (found != known.digest or last < known.seq):
            told = f"{last} entries, {known.seq} are known"
            raise self._refused(
                "the database was put back to an earlier moment, or its audit log was cut", told
            )

    def _refused(self, problem: str, value: str) -> UsageError:
        return UsageError(problem, value=value, place=self._path, remedy=_ACCEPT)

    def _marks(self) -> Marks:
        if self._path is None:
            return {}
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            told = json.loads(content)
            marks = {
                str(name): RollbackMark(int(seq), str(digest))
                for name, (seq, digest) in told["marks"].items()
            }
            good = compare_digest(self._code(marks), told["code"])
        except (ValueError, TypeError, KeyError, AttributeError):
            good = False
        if not good:
            raise UsageError(
                "the file that remembers the audit log is damaged, or of another key",
                place=self._path,
                remedy=f"Put it back from a copy, or delete it. {_ACCEPT}",
            )
        return marks

    def _code(self, marks: Marks) -> str:
        return self._key.authenticate("marks", json.dumps(marks, sort_keys=True).encode())

    def _remember(self, mark: RollbackMark, *, later_only: bool) -> None:
        if self._path is None:
            return
        with self._alone(self._path):
            marks = self._marks()
            if later_only and marks.get(self._name, RollbackMark(-1, "")).seq >= mark.seq:
                return
            marks[self._name] = mark
            told = {"version": 2, "marks": marks, "code": self._code(marks)}
            write_durably(self._path, [json.dumps(told).encode()], mode=0o600)

    @contextmanager
    def _alone(self, path: Path) -> Iterator[None]:
        """Writers take turns; the file itself is replaced, and so cannot be what they lock."""
        try:
            with FileLock(path.with_name(f".{path.name}.lock")).held():
                yield
        except OSError as error:
            raise _unwritable(error.strerror, path) from None
        except WriteFailed as error:
            raise _unwritable(error.value, path) from None


def _unwritable(reason: object, path: Path) -> OutOfOrder:
    return OutOfOrder("cannot write", code="mark", value=reason, place=path.name, wait=5)
