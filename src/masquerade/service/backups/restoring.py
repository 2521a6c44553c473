"""What a restored backup is made to count, so that nobody gets a MaskNet too many by it.

A provider refuses to serve a database that says it is a copy. ``counted`` takes the sign away, once each account has
been charged with as many MaskNets as the policy let it draw since the copy was made: never fewer than it did.
"""

import time
from typing import Final

from sqlalchemy import Connection, delete, select, update

from masquerade.errors import UsageError
from masquerade.service.audit_trail.audit_log import AuditLog, Event
from masquerade.service.audit_trail.tallies import charged
from masquerade.service.settings import DAY, Policy
from masquerade.service.storage.tables import Account, Fact, Invitation, MaskNetRow

FACT: Final = "backup"
"""Of a database that is a copy: when it was made, seconds since 1970."""


def counted(connection: Connection, policy: Policy, log: AuditLog, made: int) -> None:
    """Count what may have been drawn since a copy was made, and take the copy's sign away.

    Invitations that were open at that moment may have been used since, and MaskNets in stock issued: both are good no
    more.

    Args:
        connection: A transaction on the restored database.
        policy: What accounts were allowed.
        log: Where it is written.
        made: When the copy was made, seconds since 1970; a time to come counts as long ago.
    """
    now, charges = int(time.time()), []
    since = made if made <= now else 0
    for row in connection.execute(select(Account.__table__)).all():
        quota = most_since(row.issued, row.replaced, since, now, policy)
        if quota != (row.issued, row.replaced):
            values = {"issued": quota[0], "replaced": quota[1]}
            connection.execute(update(Account).where(Account.id == row.id).values(**values))
            charges.append(charged(row.id, *quota))
    connection.execute(update(Invitation).where(Invitation.used.is_(None)).values(used=now))
    stock = update(MaskNetRow).where(MaskNetRow.state == "stock")
    connection.execute(stock.values(state="forgotten", sealed=b""))
    connection.execute(delete(Fact).where(Fact.name == FACT))
    log.append(connection, Event("restore", detail=f"backup of {made}"), *charges)


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
