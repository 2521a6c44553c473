"""What the audit log says that accounts were issued: the log is authenticated, columns are not."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, final

from sqlalchemy import Connection, bindparam, select, text

from masquerade.service.audit_trail.audit_log import AuditLog, Event
from masquerade.service.storage.tables import AuditRow

ISSUE: Final = "issue"
CHARGE: Final = "charge"
"""An account's quota is set to what the entry says: a backup was restored, or a clock set right."""
_COUNTED: Final = (
    select(AuditRow.subject, AuditRow.event, AuditRow.time, AuditRow.detail)
    .where(AuditRow.subject.in_(bindparam("subjects", expanding=True)))
    .where(text("event IN ('issue', 'charge')"))  # as the index has it
    .order_by(AuditRow.seq)
)


@final
@dataclass
class Tally:
    """A quota, counted from entries in their order.

    Args:
        issued: MaskNets so far.
        replaced: When one was replaced last, seconds since 1970.
    """

    issued: int = 0
    replaced: int | None = None

    def add(self, event: str, time: int, detail: str) -> None:
        """Count an entry; others than issues and charges count nothing."""
        if event == ISSUE:
            self.replaced = time if self.issued else self.replaced
            self.issued += 1
        elif event == CHARGE:
            issued, replaced = detail.split(" ")[1::2]
            self.issued, self.replaced = int(issued), int(replaced) if replaced != "never" else None


def charged(account: str, issued: int, replaced: int | None) -> Event:
    """The entry that sets an account's quota."""
    when = "never" if replaced is None else replaced
    return Event(CHARGE, account, f"issued {issued} replaced {when}")


def tallies(connection: Connection, log: AuditLog, accounts: Collection[str]) -> dict[str, Tally]:
    """What the log says of some accounts."""
    found = {log.subject(account): (account, Tally()) for account in accounts}
    for row in connection.execute(_COUNTED, {"subjects": list(found)}):
        found[row.subject][1].add(row.event, row.time, row.detail)
    return dict(found.values())
