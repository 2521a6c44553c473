"""One account, one MaskNet: quota, idempotency, audit entry and issue in one transaction."""

import time
from hashlib import sha256
from typing import final

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.engine import Row

from masquerade.errors import BadRequest, NotKnown, OutOfOrder, QuotaReached
from masquerade.keys.box import Box
from masquerade.keys.signer import Signer
from masquerade.service.audit_log import AuditLog
from masquerade.service.sealing import belongs
from masquerade.service.settings import DAY, Policy
from masquerade.service.statement import Statement, signed
from masquerade.service.tables import Account, Answer, MaskNetRow


@final
class EmptyStock(OutOfOrder):
    """Nothing is in stock: draw one, and ask again."""


def issue(
    connection: Connection,
    account: str,
    request_key: str,
    *,
    replace: bool,
    policy: Policy,
    log: AuditLog,
    box: Box,
    signer: Signer,
    source_digest: str,
) -> bytes:
    """What the account is answered: the signed statement; the same bytes for the same key.

    Raises:
        BadRequest: If the key was used for another request.
        QuotaReached: If the account may have no other MaskNet now.
        NotKnown: If there is no such account any more.
        EmptyStock: If there is none to give.
    """
    now, key, wish = (
        int(time.time()),
        sha256(request_key.encode()).digest(),
        sha256(str(replace).encode()).digest(),
    )
    row = connection.execute(select(Account.__table__).where(Account.id == account).with_for_update()).first()
    if row is None or row.state != "active":
        raise NotKnown("no such account", code="not_found", remedy="Join with an invitation.")
    old = connection.execute(
        select(Answer.__table__).where(Answer.account == account, Answer.key == key)
    ).first()
    if old is not None and old.created > now - policy.idempotency_days * DAY:
        if old.request != wish:
            raise BadRequest(
                "the Idempotency-Key was used for another request",
                code="key_reused",
                place="Idempotency-Key",
                remedy="Take a new one.",
            )
        return bytes(old.body)
    values = within_quota(connection, row, replace, policy, now)
    given = _taken(connection, account, now, box, source_digest)
    connection.execute(update(Account).where(Account.id == account).values(**values))
    facts = {name: getattr(given, name) for name in ("sha256", "source", "source_digest")}
    body = signed(Statement(account=account, masknet=given.id, issued=now, **facts), signer)
    if old is not None:
        connection.execute(delete(Answer).where(Answer.account == account, Answer.key == key))
    connection.execute(insert(Answer).values(account=account, key=key, request=wish, body=body, created=now))
    log.append(connection, "issue", account, f"masknet {given.id}")
    return body


def within_quota(
    connection: Connection, row: Row[tuple[object, ...]], replace: bool, policy: Policy, now: int
) -> dict[str, object]:
    """What the account's quota becomes by another issue; an active MaskNet is put aside.

    Raises:
        QuotaReached: If there is no share left.
    """
    active = (MaskNetRow.account == row.id, MaskNetRow.state == "active")
    has_one = connection.execute(select(MaskNetRow.id).where(*active)).first() is not None
    if has_one and not replace:
        raise QuotaReached(
            "the account has a MaskNet already",
            code="has_masknet",
            remedy="Fetch it, or ask for a replacement.",
        )
    if row.issued >= policy.lifetime:
        raise QuotaReached(
            "no MaskNet is left for this account", code="lifetime", value=f"{row.issued} issued"
        )
    if row.issued and row.replaced is not None and row.replaced > now - policy.replacement_days * DAY:
        raise QuotaReached(
            "a MaskNet was replaced not long ago",
            code="replaced",
            remedy=f"One replacement in {policy.replacement_days} days; ask later.",
            wait=row.replaced + policy.replacement_days * DAY - now,
        )
    if has_one:
        connection.execute(update(MaskNetRow).where(*active).values(state="replaced"))
    return {"issued": row.issued + 1, "replaced": now if row.issued else row.replaced}


def _taken(
    connection: Connection, account: str, now: int, box: Box, source_digest: str
) -> Row[tuple[object, ...]]:
    """One out of the stock, now bound to the account."""
    ours = (MaskNetRow.state == "stock", MaskNetRow.source_digest == source_digest)
    query = select(MaskNetRow.__table__).where(*ours).order_by(MaskNetRow.number).limit(1)
    row = connection.execute(query.with_for_update(skip_locked=True)).first()
    if row is None:
        raise EmptyStock("no MaskNet is in stock", code="stock", remedy="Try again.", wait=1)
    sealed = box.seal(box.open(row.sealed, belongs(row.id, "")), belongs(row.id, account))
    values = {"state": "active", "account": account, "issued": now, "sealed": sealed}
    connection.execute(update(MaskNetRow).where(MaskNetRow.number == row.number).values(**values))
    return row
