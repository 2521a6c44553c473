"""How an account ends: forgotten, as its person wants, or closed by the operator; the secrets go either way."""

import time
from typing import Final

from sqlalchemy import Connection, delete, func, update

from masquerade.service.accounts.credentials import revoke_tokens
from masquerade.service.audit_trail.audit_log import AuditLog, Event
from masquerade.service.audit_trail.forgotten import Closing
from masquerade.service.storage.stored_masknets import delete_files
from masquerade.service.storage.tables import Account, Invitation, MaskNetRow


def forget_account(connection: Connection, log: AuditLog, account: str) -> bool:
    """Delete an account, its tokens and answers and the secrets of its MaskNets.

    What a MaskNet does to photos (its sketch) stays without a name, so that nobody is given one like it while cloaked
    photos are about.

    Returns:
        Whether there was such an account.
    """
    if not connection.execute(delete(Account).where(Account.id == account)).rowcount:
        return False
    _shred(connection, account, {"state": "forgotten", "account": None})
    used = func.coalesce(Invitation.used, int(time.time()))  # the code stays used; one back to it is void
    nobody = {"account": None, "request": None, "note": "", "used": used}
    connection.execute(update(Invitation).where(Invitation.account == account).values(**nobody))
    log.append(connection, Event("forget", account))
    return True


def revoke_account(connection: Connection, log: AuditLog, account: str) -> bool:
    """Close an account: its tokens are worth nothing, and nobody can make its MaskNet again.

    Returns:
        Whether there was such an account.
    """
    closed = update(Account).where(Account.id == account).values(state="revoked")
    if not connection.execute(closed).rowcount:
        return False
    revoke_tokens(connection, account)
    _shred(connection, account, {"state": "revoked"})
    log.append(connection, Event("revoke", account))
    return True


CLOSE: Final = {"forget": forget_account, "revoke": revoke_account}


def close_account(connection: Connection, log: AuditLog, closing: Closing, account: str) -> bool:
    """Forget an account, or revoke it; whether there was one."""
    return CLOSE[closing](connection, log, account)


def _shred(connection: Connection, account: str, gone: dict[str, str | None]) -> None:
    delete_files(connection, MaskNetRow.account == account)
    secrets = update(MaskNetRow).where(MaskNetRow.account == account)
    connection.execute(secrets.values({"sealed": b"", **gone}))
