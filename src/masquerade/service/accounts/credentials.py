"""Invitations and tokens: told once, kept as digests."""

import secrets
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, final

from sqlalchemy import Connection, Executable, bindparam, delete, insert, select, update
from sqlalchemy.engine import Row

from masquerade.keys import Key
from masquerade.service.accounts.invitation_code import random_secret
from masquerade.service.settings import DAY
from masquerade.service.storage.tables import Account, Invitation, StoredAnswer, Token

HOLDER: Final[Executable] = (
    select(Token.role, Token.account, Token.expires, Account.state)
    .outerjoin(Account, Account.id == Token.account)
    .where(Token.digest == bindparam("held"), Token.expires > bindparam("now"))
)


@final
@dataclass(frozen=True)
class Caller:
    """Who asks.

    Args:
        role: ``person``, ``operator`` or ``anyone``.
        account: The person's account.
    """

    role: str
    account: str = ""


def digest(secret: str) -> bytes:
    """What is kept of a token; 256 uniform bits, so a plain hash does."""
    return sha256(secret.encode()).digest()


def invitation_digest(key: Key, secret: str) -> bytes:
    """What is kept of an invitation; under the operator's key, since its 60 bits could be tried one by one."""
    return bytes.fromhex(key.authenticate("invitation", secret.encode()))


def named(token: str) -> str:
    """What names a token in the audit log."""
    return digest(token).hex()[:32]


def random_token(role: str) -> str:
    """256 random bits behind the role's name, so that it never begins with a hyphen and is known where it leaks."""
    return f"{role}_{secrets.token_urlsafe(32)}"


def handle(kept: bytes) -> str:
    """What names an invitation to the operator, and in the audit log: the beginning of its digest."""
    return kept.hex()[:12]


def new_invitation(
    connection: Connection, key: Key, days: int, account: str | None = None, note: str = ""
) -> str:
    """The secret of an invitation for one person, good for so many days; back to an account, if one is named."""
    secret, now = random_secret(), int(time.time())
    add_invitation(connection, invitation_digest(key, secret), now, now + days * DAY, account, note)
    return secret


def add_invitation(
    connection: Connection,
    kept: bytes,
    created: int,
    expires: int,
    account: str | None = None,
    note: str = "",
) -> None:
    """Write an invitation down."""
    row = {"digest": kept, "handle": handle(kept), "created": created, "expires": expires}
    row |= {"account": account, "note": note}
    connection.execute(insert(Invitation).values(**row))


def new_token(connection: Connection, role: str, account: str | None, days: int, token: str = "") -> str:
    """A token of a role, and of an account if it is a person's; a random one unless it is given."""
    token, expires = token or random_token(role), int(time.time()) + days * DAY
    row = {"digest": digest(token), "role": role, "account": account, "expires": expires}
    connection.execute(insert(Token).values(**row))
    return token


def new_account(connection: Connection, now: int, note: str = "") -> str:
    """An account that was issued nothing yet."""
    account = secrets.token_hex(16)
    connection.execute(insert(Account).values(id=account, state="active", created=now, issued=0, note=note))
    return account


def held(token: str) -> dict[str, object]:
    """What ``HOLDER`` is asked with, to find who holds a token."""
    return {"held": digest(token), "now": int(time.time())}


def known(row: Row[Any] | None) -> Caller | None:
    """Who it is that ``HOLDER`` found; None if nobody holds the token any more."""
    if row is None or (row.role == "person" and row.state != "active"):
        return None
    return Caller(row.role, row.account or "")


def renew_tokens(connection: Connection, digests: list[bytes], expires: int) -> list[bool]:
    """Tokens that are used last longer.

    Returns:
        For each that it was done.
    """
    connection.execute(update(Token).where(Token.digest.in_(digests)).values(expires=expires))
    return [True] * len(digests)


def end_sessions(connection: Connection, account: str) -> None:
    """Whoever comes back to an account has a new token, and asks anew; what was told to the old ones is void."""
    revoke_tokens(connection, account)
    connection.execute(delete(StoredAnswer).where(StoredAnswer.account == account))


def revoke_tokens(connection: Connection, account: str) -> None:
    """Nobody acts for an account any more."""
    connection.execute(delete(Token).where(Token.account == account))
