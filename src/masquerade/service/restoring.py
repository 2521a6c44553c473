"""What a restored backup is made to count, so that nobody gets a MaskNet too many by it.

A provider refuses to serve a database that says it is a copy. ``counted`` takes the sign away, once each account has
been charged with as many MaskNets as the policy let it draw since the copy was made: never fewer than it did.
"""

import time
from typing import Final

from sqlalchemy import Connection, delete, func, select, update

from masquerade.errors import UsageError
from masquerade.service.audit_log import AuditLog, Event
from masquerade.service.settings import DAY, Policy
from masquerade.service.tables import Account, AuditRow, Fact, Invitation

FACT: Final = "backup"
"""Of a database that is a copy: when it was made, seconds since 1970."""


def counted(connection: Connection, policy: Policy, log: AuditLog) -> int:
    """Count what may have been drawn since a copy was made, and take the copy's sign away.

    Invitations that were open at that moment may have been used since, and are good no more.

    Returns:
        When the copy was made, seconds since 1970; of one made by hand, when its audit log ends.
    """
    told = connection.execute(select(Fact.value).where(Fact.name == FACT)).scalar()
    last = connection.execute(select(func.max(AuditRow.time))).scalar()
    made, now = int(told or last or 0), int(time.time())
    for row in connection.execute(select(Account.__table__)).all():
        issued, replaced = most_since(row.issued, row.replaced, made, now, policy)
        values = {"issued": issued, "replaced": replaced}
        connection.execute(update(Account).where(Account.id == row.id).values(**values))
    connection.execute(update(Invitation).where(Invitation.used.is_(None)).values(used=now))
    connection.execute(delete(Fact).where(Fact.name == FACT))
    log.append(connection, Event("restore", detail=f"backup of {made}"))
    return made


def most_since(
    issued: int, replaced: int | None, made: int, now: int, policy: Policy
) -> tuple[int, int | None]:
    """The quota of an account that drew all it could between two moments.

    Args:
        issued: MaskNets at the first moment.
        replaced: Its last replacement, seconds since 1970.
        made: The first moment.
        now: The second.
        policy: What it was allowed.

    Returns:
        MaskNets issued, and the last replacement, at the second moment: no fewer, and no earlier, than in truth.
    """
    pause = policy.replacement_days * DAY
    if issued == 0:
        issued = 1
    at = made if replaced is None else max(made, replaced + pause)
    while issued < policy.lifetime and at <= now:
        issued, replaced, at = issued + 1, now, at + pause
    return issued, replaced


def require_no_copy(connection: Connection) -> None:
    """Pass if a database is no copy that was not counted yet.

    Raises:
        UsageError: If it is one.
    """
    if connection.execute(select(Fact.value).where(Fact.name == FACT)).scalar() is not None:
        raise UsageError(
            "the database is a backup",
            place="--database",
            remedy="Run `masquerade psp restore`: it counts what may have been drawn since.",
        )
