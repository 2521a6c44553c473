"""Who was invited and who joined, for the operator: lists, notes, and invitations that are taken back.

A note is what the operator wrote to know an account or an invitation by; nobody else sees it. An account gets that of
its invitation.
"""

import time
from typing import Any, Final

from sqlalchemy import Connection, or_, select, update

from masquerade.errors import BadRequest, NotKnown
from masquerade.service.storage.tables import Account, Invitation

LONGEST_NOTE: Final = 200
SHORTEST_HANDLE: Final = 4
"""Characters of a handle's beginning that are taken for it."""


def checked_note(note: str) -> str:
    """A note without blanks around it.

    Raises:
        BadRequest: If it is more than a line of 200 characters.
    """
    kept = note.strip()
    if len(kept) > LONGEST_NOTE or not kept.isprintable():
        raise BadRequest(
            f"a note is one line of at most {LONGEST_NOTE} characters",
            code="note",
            value=f"{len(kept)} characters" if kept.isprintable() else "line breaks or controls",
            remedy="Shorten it.",
        )
    return kept


def accounts(connection: Connection, search: str = "", most: int | None = None) -> list[dict[str, Any]]:
    """Accounts, the newest first; those whose name or note holds some words, if there are any."""
    query = select(Account.__table__).order_by(Account.created.desc(), Account.id)
    if search:
        holds = (
            Account.id.contains(search, autoescape=True),
            Account.note.icontains(search, autoescape=True),
        )
        query = query.where(or_(*holds))
    return [dict(row._mapping) for row in connection.execute(query.limit(most))]


def write_note(connection: Connection, account: str, note: str) -> None:
    """Note something of an account.

    Raises:
        NotKnown: If there is no such account.
        BadRequest: As ``checked_note``.
    """
    known = update(Account).where(Account.id == account).values(note=checked_note(note))
    if not connection.execute(known).rowcount:
        raise NotKnown("no such account", code="not_found", value=account[:40])


def invitations(connection: Connection, search: str = "", most: int | None = None) -> list[dict[str, Any]]:
    """Invitations, the newest first: ``handle``, ``note``, ``state``, ``created``, ``expires``, ``account``.

    The state is ``open``, ``used``, ``withdrawn`` or ``lapsed``. Who joined without one has none.
    """
    names = ("handle", "note", "created", "expires", "used", "withdrawn", "account")
    query = select(*(getattr(Invitation, name) for name in names)).where(
        Invitation.created != Invitation.expires
    )
    if search:
        holds = (
            Invitation.handle.startswith(search, autoescape=True),
            Invitation.note.icontains(search, autoescape=True),
        )
        query = query.where(or_(*holds))
    now, listed = int(time.time()), []
    for row in connection.execute(query.order_by(Invitation.created.desc(), Invitation.handle).limit(most)):
        found = dict(row._mapping)
        used, withdrawn = found.pop("used"), found.pop("withdrawn")
        listed.append({**found, "state": _state(used, withdrawn, found["expires"], now)})
    return listed


def withdraw(connection: Connection, handle: str) -> str:
    """Take an open invitation back: its code is good no more.

    Args:
        connection: Where it is.
        handle: Its handle, or the beginning of it.

    Returns:
        The handle.

    Raises:
        NotKnown: If no open invitation is called so.
        BadRequest: If several are.
    """
    handle, now = handle.strip().lower(), int(time.time())
    still = (Invitation.used.is_(None), Invitation.withdrawn.is_(None), Invitation.expires >= now)
    named = Invitation.handle.startswith(handle, autoescape=True)
    found = connection.execute(select(Invitation.digest, Invitation.handle).where(named, *still)).all()
    if len(handle) < SHORTEST_HANDLE or not found:
        raise NotKnown(
            "no open invitation is called so",
            code="not_found",
            value=handle[:40],
            remedy="`masquerade psp invitations` lists them; one that was used is an account.",
        )
    if len(found) > 1:
        raise BadRequest(
            "several invitations begin so", code="handle", value=handle, remedy="Give more of it."
        )
    taken = update(Invitation).where(Invitation.digest == found[0].digest, *still).values(withdrawn=now)
    connection.execute(taken)
    return str(found[0].handle)


def _state(used: int | None, withdrawn: int | None, expires: int, now: int) -> str:
    if withdrawn is not None:
        return "withdrawn"
    if used is not None:
        return "used"
    return "open" if expires >= now else "lapsed"
