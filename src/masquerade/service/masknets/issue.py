"""One account, one MaskNet: quota, idempotency, audit entry and issue in one transaction.

Requests that wait at the same time share it. Which of them are refused is known before anything is written, so
that none needs a savepoint.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, final

from sqlalchemy import Connection
from sqlalchemy.engine import Row

from masquerade.errors import BadRequest, MasqueradeError, NotKnown, OutOfOrder
from masquerade.keys.box import AeadBox
from masquerade.keys.signer import Signer
from masquerade.service.accounts.account_masknets import AccountState, Answered, Changes, holdings, in_stock
from masquerade.service.accounts.quota import check_quota
from masquerade.service.accounts.sealing import belongs
from masquerade.service.audit_trail.audit_log import AuditLog, Event
from masquerade.service.audit_trail.tallies import tallies
from masquerade.service.masknets.statement import Statement, signed
from masquerade.service.settings import DAY, Policy


@final
class EmptyStock(OutOfOrder):
    """Nothing is in stock: draw one, and ask again."""


@final
@dataclass(frozen=True)
class IssueRequest:
    """What an account asks for.

    Args:
        account: Its name.
        request_key: The request's Idempotency-Key.
        replace: Whether its active MaskNet may be replaced.
    """

    account: str
    request_key: str
    replace: bool = False

    @property
    def key(self) -> bytes:
        """What is kept of the Idempotency-Key."""
        return sha256(self.request_key.encode()).digest()

    @property
    def request(self) -> bytes:
        """Digest of the rest."""
        return sha256(str(self.replace).encode()).digest()


@final
class Issuer:
    """Hands MaskNets out of the stock.

    Args:
        policy: What accounts may have.
        log: Where each issue is written.
        box: Seals the MaskNets' secrets.
        signer: Signs what is issued.
        source_digest: Digest of the hypernetwork.
    """

    def __init__(
        self, policy: Policy, log: AuditLog, box: AeadBox, signer: Signer, source_digest: str
    ) -> None:
        self._policy, self._log, self._box, self._signer = policy, log, box, signer
        self._source = source_digest

    def issue(self, connection: Connection, wishes: Sequence[IssueRequest]) -> list[bytes | MasqueradeError]:
        """What each wish is answered: the signed statement, the same bytes for the same key; or why not.

        Args:
            connection: A transaction in which nobody else appends to the audit log.
            wishes: In the order in which they came.

        Returns:
            For each wish the statement; or ``BadRequest`` if its key was used for another request,
            ``QuotaReached`` if the account may have no other MaskNet now, ``NotKnown`` if there is no such
            account any more, ``EmptyStock`` if there is none to give.
        """
        now, changes = int(time.time()), Changes()
        held = holdings(connection, {wish.account for wish in wishes})
        for account, counted in tallies(connection, self._log, held).items():
            held[account].count(counted)
        stock = iter(in_stock(connection, self._source, len(wishes)))
        answers: list[bytes | MasqueradeError] = []
        events: list[Event] = []
        for wish in wishes:
            try:
                answers.append(self._granted(wish, held.get(wish.account), stock, changes, events, now))
            except MasqueradeError as refusal:
                answers.append(refusal)
        changes.write(connection)
        self._log.append(connection, *events, at=now)
        return answers

    def _granted(
        self,
        wish: IssueRequest,
        held: AccountState | None,
        stock: Iterator[Row[Any]],
        changes: Changes,
        events: list[Event],
        now: int,
    ) -> bytes:
        if held is None:
            raise NotKnown("no such account", code="not_found", remedy="Join with an invitation.")
        old = held.answers.get(wish.key)
        if old is not None and old.created > now - self._policy.idempotency_days * DAY:
            return _repeated(wish, old)
        if held.active is not None and not (wish.replace or held.answers):
            return self._stated(wish, held, changes, now)
        check_quota(held, self._policy, now, replace=wish.replace)
        row = next(stock, None)
        if row is None:
            raise EmptyStock("no MaskNet is in stock", code="stock", remedy="Try again.", wait=1)
        secret = self._box.open(row.sealed, belongs(row.id, ""))
        sealed = self._box.seal(secret, belongs(row.id, wish.account))
        facts = {name: getattr(row, name) for name in ("sha256", "source", "source_digest")}
        body = signed(Statement(account=wish.account, masknet=row.id, issued=now, **facts), self._signer)
        changes.give(wish.account, held, row.number, sealed, now)
        changes.answer(wish.account, held, wish.key, Answered(wish.request, body, now))
        events.append(Event("issue", wish.account, f"masknet {row.id}"))
        return body

    def _stated(self, wish: IssueRequest, held: AccountState, changes: Changes, now: int) -> bytes:
        """Whoever came back to an account, or asks when its answers have lapsed, is told again what it has."""
        body = signed(Statement(account=wish.account, **held.serves), self._signer)
        changes.answer(wish.account, held, wish.key, Answered(wish.request, body, now))
        return body


def _repeated(wish: IssueRequest, old: Answered) -> bytes:
    if old.request != wish.request:
        raise BadRequest(
            "the Idempotency-Key was used for another request",
            code="key_reused",
            place="Idempotency-Key",
            remedy="Take a new one.",
        )
    return old.body
