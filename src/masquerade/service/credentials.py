"""Codes and tokens: 256 random bits, told once, kept as digests."""

import secrets
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, final

from sqlalchemy import Connection, Executable, bindparam, delete, insert, select
from sqlalchemy.engine import Row

from masquerade.service.settings import DAY
from masquerade.service.tables import Account, Invitation, Token

HOLDER: Final[Executable] = (
    select(Token.role, Token.account, Account.state)
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
    """What is kept of a code or token; both are uniform, so a plain hash does."""
    return sha256(secret.encode()).digest()


def handle(code: str) -> str:
    """What names an invitation to the operator, who must not know the code."""
    return digest(code).hex()[:12]


def random_code() -> str:
    """256 random bits as 43 characters."""
    return secrets.token_urlsafe(32)


def new_invitation(connection: Connection, days: int) -> str:
    """A code for one person, good for so many days."""
    code, now = random_code(), int(time.time())
    row = {"digest": digest(code), "handle": handle(code), "created": now, "expires": now + days * DAY}
    connection.execute(insert(Invitation).values(**row))
    return code


def new_token(connection: Connection, role: str, account: str | None, days: int, token: str = "") -> str:
    """A token of a role, and of an account if it is a person's; a random one unless it is given."""
    token, expires = token or random_code(), int(time.time()) + days * DAY
    row = {"digest": digest(token), "role": role, "account": account, "expires": expires}
    connection.execute(insert(Token).values(**row))
    return token


def new_account(connection: Connection, now: int) -> str:
    """An account that was issued nothing yet."""
    account = secrets.token_hex(16)
    connection.execute(insert(Account).values(id=account, state="active", created=now, issued=0))
    return account


def held(token: str) -> dict[str, object]:
    """What ``HOLDER`` is asked with, to find who holds a token."""
    return {"held": digest(token), "now": int(time.time())}


def known(row: Row[Any] | None) -> Caller | None:
    """Who it is that ``HOLDER`` found; None if nobody holds the token any more."""
    if row is None or (row.role == "person" and row.state != "active"):
        return None
    return Caller(row.role, row.account or "")


def revoke_tokens(connection: Connection, account: str) -> None:
    """Nobody acts for an account any more."""
    connection.execute(delete(Token).where(Token.account == account))
