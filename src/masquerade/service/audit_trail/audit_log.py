"""What happened, as a chain: each entry's code covers the one before, under the operator's key."""

import time
from typing import Final, NamedTuple, cast, final

from sqlalchemy import Connection, Table, insert, select, update

from masquerade.errors import WrongKey
from masquerade.keys import Key
from masquerade.service.storage.connection import locked_head
from masquerade.service.storage.tables import AuditRow, Head

NAME: Final = "audit"
_ENTRIES: Final = insert(cast(Table, AuditRow.__table__))


@final
class Event(NamedTuple):
    """Something that happened.

    Args:
        name: What.
        subject: Whom it concerns; stored as a code.
        detail: Public facts, at most 400 characters.
    """

    name: str
    subject: str = ""
    detail: str = ""


@final
class AuditLog:
    """Appends to the chain, and checks it; names of accounts stand in it as codes.

    Args:
        key: The operator's key.
    """

    def __init__(self, key: Key) -> None:
        self._key = key

    def hold(self, connection: Connection) -> None:
        """Let nobody else append until the transaction ends; who holds it first waits for nothing later."""
        locked_head(connection, NAME)

    def subject(self, name: str) -> str:
        """What stands for an account in the log."""
        return self._key.authenticate("audit-subject", name.encode())

    def append(self, connection: Connection, *events: Event, at: int | None = None) -> None:
        """Add entries within the transaction of what they tell; the chain's head is held until that ends.

        Args:
            connection: The transaction.
            events: What happened.
            at: When, seconds since 1970; now, if None.
        """
        if not events:
            return
        last, digest = locked_head(connection, NAME)
        now, rows = int(time.time()) if at is None else at, []
        for seq, event in enumerate(events, last + 1):
            code = self.subject(event.subject)
            digest = self._code(seq, now, event.name, code, event.detail, digest)
            entry = {"event": event.name, "subject": code, "detail": event.detail}
            rows.append({"seq": seq, "time": now, "digest": digest, **entry})
        connection.execute(_ENTRIES, rows)
        connection.execute(
            update(Head).where(Head.name == NAME).values(seq=last + len(events), digest=digest)
        )

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
