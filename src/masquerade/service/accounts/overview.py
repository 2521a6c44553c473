"""What the operator sees at a glance: accounts, MaskNets, and how far the audit log goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, final

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import InstrumentedAttribute

from masquerade.service.accounts import guests
from masquerade.service.audit_trail.audit_log import NAME
from masquerade.service.storage.tables import Account, Head, MaskNetRow

NEWEST: Final = 50
"""Accounts and MaskNets that are listed."""


@final
@dataclass(frozen=True)
class Overview:
    """Counts, and the newest of each; no secret, and no digest of a token.

    Args:
        accounts: Accounts by their state.
        masknets: MaskNets by their state: stock, active, replaced, revoked, forgotten.
        newest_accounts: ``id``, ``state``, ``created``, ``issued``, ``replaced``, ``note``.
        newest_invitations: As ``guests.invitations``.
        newest_masknets: ``number``, ``id``, ``state``, ``account``, ``issued``, ``nearest``, ``source``.
        entries: Of the audit log.
    """

    accounts: Mapping[str, int]
    masknets: Mapping[str, int]
    newest_accounts: tuple[Mapping[str, Any], ...]
    newest_invitations: tuple[Mapping[str, Any], ...]
    newest_masknets: tuple[Mapping[str, Any], ...]
    entries: int


def overview(connection: Connection, newest: int = NEWEST, search: str = "") -> Overview:
    """As it is now.

    Args:
        connection: Where it is.
        newest: Accounts, invitations and MaskNets that are listed at most.
        search: Words that the accounts' and invitations' names or notes hold.
    """
    columns = ("number", "id", "state", "account", "issued", "nearest", "source")
    issued = select(*(getattr(MaskNetRow, name) for name in columns)).where(MaskNetRow.issued.is_not(None))
    masknets = issued.order_by(MaskNetRow.issued.desc(), MaskNetRow.number.desc()).limit(newest)
    return Overview(
        _counts(connection, Account.state),
        _counts(connection, MaskNetRow.state),
        tuple(guests.accounts(connection, search, newest)),
        tuple(guests.invitations(connection, search, newest)),
        tuple(dict(row._mapping) for row in connection.execute(masknets)),
        int(connection.execute(select(Head.seq).where(Head.name == NAME)).scalar_one()),
    )


def _counts(connection: Connection, state: InstrumentedAttribute[str]) -> dict[str, int]:
    rows = connection.execute(select(state, func.count()).group_by(state).order_by(state))
    return {str(name): int(count) for name, count in rows}
