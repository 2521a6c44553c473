"""What has lapsed is deleted, from time to time."""

from typing import Final

from sqlalchemy import Connection, delete

from masquerade.service.settings import DAY, Policy
from masquerade.service.storage.stored_masknets import delete_files
from masquerade.service.storage.tables import Invitation, MaskNetRow, StoredAnswer, Token

KEPT: Final = 90
"""Days that an invitation is kept after it lapsed, and no fewer than its answer is repeated for."""


def purge_expired(connection: Connection, policy: Policy, now: int) -> dict[str, int]:
    """Delete answers that are repeated no more, tokens that lapsed, invitations that lapsed long ago, unused files.

    Args:
        connection: A transaction.
        policy: How long each lasts.
        now: The time that can be believed, seconds since 1970; see ``clocks``.

    Returns:
        Rows deleted, by table.
    """
    kept = now - max(KEPT, policy.idempotency_days) * DAY
    rules = {
        StoredAnswer: StoredAnswer.created <= now - policy.idempotency_days * DAY,
        Token: Token.expires <= now,
        Invitation: Invitation.expires < kept,
    }
    delete_files(connection, MaskNetRow.state.not_in(("stock", "active")))
    return {
        table.__tablename__: connection.execute(delete(table).where(lapsed)).rowcount
        for table, lapsed in rules.items()
    }
