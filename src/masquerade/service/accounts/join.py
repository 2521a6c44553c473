"""How an account begins: with an invitation, or where the policy is open, with nothing but a share of the day's."""

import time
from dataclasses import dataclass
from typing import Final, final

from sqlalchemy import Connection, func, select, update
from sqlalchemy.engine import Row

from masquerade.errors import BadRequest, NotKnown, QuotaReached
from masquerade.keys import Key
from masquerade.service.accounts.credentials import (
    HOLDER,
    add_invitation,
    digest,
    end_sessions,
    held,
    invitation_digest,
    known,
    named,
    new_account,
    new_token,
    random_token,
)
from masquerade.service.accounts.invitation_code import secret_of
from masquerade.service.settings import DAY, Policy
from masquerade.service.storage.connection import locked_head
from masquerade.service.storage.tables import Account, Invitation

SHORTEST_KEY: Final = 32
"""Characters of an Idempotency-Key of joining: with the code it stands for the token."""


@final
@dataclass(frozen=True)
class Joined:
    """What came of joining.

    Args:
        account: Its name.
        token: The account's token.
        fresh: Whether the account is new, and not that of an earlier, equal request.
        how: By what, for the audit log.
        again: Whether the account was there before, and has a new token.
    """

    account: str
    token: str
    fresh: bool
    how: str = ""
    again: bool = False


def register_account(connection: Connection, code: str, request_key: str, policy: Policy, key: Key) -> Joined:
    """An account for a code; the same one, with the same token, for the same code and Idempotency-Key.

    Raises:
        BadRequest: If the Idempotency-Key is too short to be random, or the code is mistyped.
        NotKnown: If there is no such code, it was used, or it lapsed: the same words for all three.
        QuotaReached: If nobody else may join without a code today.
    """
    if request_key and len(request_key) < SHORTEST_KEY:
        raise BadRequest(
            "the key can be guessed",
            code="short_key",
            place="Idempotency-Key",
            remedy="32 random characters.",
        )
    now, secret = int(time.time()), secret_of(code)
    how = "invitation" if secret else "open"
    if not secret and policy.open_joins_a_day:
        secret = _opened(connection, request_key, policy, key, now)
    kept = Invitation.digest == invitation_digest(key, secret)
    invitation = connection.execute(select(Invitation.__table__).where(kept).with_for_update()).first()
    if invitation is None or invitation.withdrawn is not None:
        raise _not_good()
    token = _token(key, secret, request_key)
    if invitation.used is not None:
        return _again(connection, invitation, request_key, token, now - policy.idempotency_days * DAY)
    if invitation.expires < now:
        raise _not_good()
    account = invitation.account or new_account(connection, now, invitation.note)
    if invitation.account:
        _require_open(connection, account)
        end_sessions(connection, account)
    request = digest(request_key) if request_key else None
    used = update(Invitation).where(Invitation.digest == invitation.digest)
    connection.execute(used.values(used=now, request=request, account=account))
    new_token(connection, "person", account, policy.token_days, token)
    told = f"{how} {invitation.handle} token {named(token)}"
    return Joined(account, token, fresh=True, how=told, again=bool(invitation.account))


def _require_open(connection: Connection, account: str) -> None:
    state = select(Account.state).where(Account.id == account)
    if connection.execute(state).scalar() != "active":
        raise _not_good()


def _again(
    connection: Connection, old: Row[tuple[object, ...]], request_key: str, token: str, since: int
) -> Joined:
    """The account of an earlier request, if this is the same one and its token is still worth something."""
    same = bool(request_key) and old.request == digest(request_key) and old.used >= since
    if not same or known(connection.execute(HOLDER, held(token)).first()) is None:
        raise _not_good()
    return Joined(old.account, token, fresh=False)


def _token(key: Key, secret: str, request_key: str) -> str:
    """The same one for the same invitation and Idempotency-Key; without that, a random one."""
    if not request_key:
        return random_token("person")
    return "person_" + key.authenticate("join-token", digest(secret) + digest(request_key))


def _opened(connection: Connection, request_key: str, policy: Policy, key: Key, now: int) -> str:
    """An invitation made on the spot, for the day's share; for an Idempotency-Key always the same one."""
    secret = f"open/{request_key}" if request_key else random_token("open")
    kept = invitation_digest(key, secret)
    locked_head(connection, "stock")  # whoever counts must be alone
    known = select(Invitation.digest).where(Invitation.digest == kept)
    if connection.execute(known).first() is not None:
        return secret
    today = Invitation.created.between(now - DAY + 1, now)  # a clock that was ahead made some of another day
    opened = (Invitation.created == Invitation.expires, today)
    if connection.execute(select(func.count()).where(*opened)).scalar_one() >= policy.open_joins_a_day:
        raise QuotaReached(
            "nobody else may join today",
            code="full",
            value=f"{policy.open_joins_a_day} a day",
            remedy="Try tomorrow, or join with an invitation.",
            wait=DAY // 24,
        )
    add_invitation(connection, kept, now, now)
    return secret


def _not_good() -> NotKnown:
    return NotKnown(
        "the invitation is unknown, used or lapsed",
        code="invitation",
        place="code",
        remedy="Ask the provider for a new one.",
    )
