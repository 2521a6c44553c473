"""A clock for what cannot be undone: one that was set wrong for a while deletes nothing, and locks nobody out."""

from typing import Final

from sqlalchemy import Connection, select, update

from masquerade.service.audit_trail.audit_log import AuditLog
from masquerade.service.audit_trail.tallies import charged
from masquerade.service.settings import DAY
from masquerade.service.storage.facts import get_or_set_fact
from masquerade.service.storage.tables import Account, Fact

FASTEST: Final = 24
"""Times as fast as real time passes: after months without service it catches up in days."""


def trusted_time(connection: Connection, now: int, passed: float) -> int:
    """The machine's time, as far as it can be believed.

    It goes forward no faster than ``FASTEST`` times the time that the service saw pass, and back only once the
    machine's clock has been behind for a day of it.

    Args:
        connection: A transaction.
        now: What the machine's clock says, seconds since 1970.
        passed: Seconds that this process has seen pass since it asked last.
    """
    last, behind = (
        int(get_or_set_fact(connection, "clock", str(now))),
        float(get_or_set_fact(connection, "behind", "0")),
    )
    behind = behind + passed if now < last else 0.0
    if now >= last:
        last = min(now, last + int(FASTEST * passed))
    elif behind > DAY:
        last, behind = now, 0.0
    for name, value in (("clock", str(last)), ("behind", f"{behind:.0f}")):
        connection.execute(update(Fact).where(Fact.name == name).values(value=value))
    return last


def set_right(connection: Connection, log: AuditLog, now: int) -> int:
    """Replacements that are told to lie in the future count as made now: nobody waits longer than the policy says.

    Args:
        connection: A transaction.
        log: Where it is written.
        now: The time that can be believed, seconds since 1970.

    Returns:
        Accounts that were set right.
    """
    ahead = connection.execute(select(Account.__table__).where(Account.replaced > now + DAY)).all()
    for row in ahead:
        connection.execute(update(Account).where(Account.id == row.id).values(replaced=now))
    log.append(connection, *(charged(row.id, row.issued, now) for row in ahead))
    return len(ahead)
