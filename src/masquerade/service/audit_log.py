"""What happened, as a chain: each entry's code covers the one before, under the operator's key."""

import time
from typing import Final, final

from sqlalchemy import Connection, insert, select, update

from masquerade.errors import WrongKey
from masquerade.keys import Key
from masquerade.service.database import locked_head
from masquerade.service.tables import AuditRow, Head

NAME: Final = "audit"


@final
class AuditLog:
    """Appends to the chain, and checks it; names of accounts stand in it as codes.

    Args:
        key: The operator's key.
    """

    def __init__(self, key: Key) -> None:
        self._key = key

    def append(self, connection: Connection, event: str, subject: str, detail: str = "") -> None:
        """Add an entry within the transaction of what it tells; the chain's head is held until that ends.

        Args:
            connection: The transaction.
            event: What happened.
            subject: Whom it concerns; stored as a code.
            detail: Public facts, at most 400 characters.
        """
        before, digest = locked_head(connection, NAME)
        now, code = int(time.time()), self._key.authenticate("audit-subject", subject.encode())
        new = self._code(before + 1, now, event, code, detail, digest)
        row = {
            "seq": before + 1,
            "time": now,
            "event": event,
            "subject": code,
            "detail": detail,
            "digest": new,
        }
        connection.execute(insert(AuditRow).values(**row))
        connection.execute(update(Head).where(Head.name == NAME).values(seq=before + 1, digest=new))

    def verify(self, connection: Connection) -> int:
        """The number of entries, if none was edited, deleted, inserted or swapped.

        Whoever puts the whole database back to an earlier moment is not found here.

        Raises:
            WrongKey: If one was, or the chain was written under another key.
        """
        digest, last = "", 0
        for row in connection.execute(select(AuditRow.__table__).order_by(AuditRow.seq)):
            expected = self._code(last + 1, row.time, row.event, row.subject, row.detail, digest)
            if row.seq != last + 1 or row.digest != expected:
                raise _broken(last + 1)
            digest, last = row.digest, row.seq
        if self.head(connection) != (last, digest):
            raise _broken(last + 1)
        return last

    def head(self, connection: Connection) -> tuple[int, str]:
        """Number and digest of the last entry; 0 and nothing, if there is none."""
        row = connection.execute(select(Head.seq, Head.digest).where(Head.name == NAME)).one()
        return row.seq, row.digest

    def _code(self, seq: int, now: int, event: str, subject: str, detail: str, before: str) -> str:
        fields = (str(seq), str(now), event, subject, detail, before)
        return self._key.authenticate("audit-chain", "\0".join(fields).encode())


def _broken(seq: int) -> WrongKey:
    return WrongKey(
        "the audit log was changed, or written under another key",
        value=f"entry {seq}",
        place="audit log",
        remedy="Compare it with a backup; whoever could write to the database may have done it.",
    )
