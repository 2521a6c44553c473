"""What accounts have, read and written for many requests at once: a statement costs more than a row does."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final, cast, final

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select, update
from sqlalchemy.engine import Row

from masquerade.service.audit_trail.tallies import Tally
from masquerade.service.storage.tables import Account, MaskNetRow, StoredAnswer

_ACCOUNTS: Final = cast(Table, Account.__table__)
_ANSWERS: Final = cast(Table, StoredAnswer.__table__)
_MASKNETS: Final = cast(Table, MaskNetRow.__table__)
_SERVES: Final = and_(_MASKNETS.c.account == _ACCOUNTS.c.id, _MASKNETS.c.state == "active")
_HELD: Final = (
    select(_ACCOUNTS.c.id, _ACCOUNTS.c.issued, _ACCOUNTS.c.replaced, _MASKNETS.c.number)
    .add_columns(_MASKNETS.c.id.label("masknet"), _MASKNETS.c.issued.label("since"))
    .add_columns(_MASKNETS.c.sha256, _MASKNETS.c.source, _MASKNETS.c.source_digest)
    .add_columns(_ANSWERS.c.key, _ANSWERS.c.request, _ANSWERS.c.body, _ANSWERS.c.created)
    .outerjoin(_MASKNETS, _SERVES)
    .outerjoin(_ANSWERS, _ANSWERS.c.account == _ACCOUNTS.c.id)
    .where(_ACCOUNTS.c.id.in_(bindparam("accounts", expanding=True)), _ACCOUNTS.c.state == "active")
    .with_for_update(of=_ACCOUNTS)
)
_STOCK: Final = (
    select(_MASKNETS)
    .where(_MASKNETS.c.state == "stock", _MASKNETS.c.source_digest == bindparam("digest"))
    .order_by(_MASKNETS.c.number)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_ASIDE: Final = update(_MASKNETS).where(_MASKNETS.c.number == bindparam("which")).values(state="replaced")
_GIVE: Final = update(_MASKNETS).where(_MASKNETS.c.number == bindparam("which"))
_COUNT: Final = update(_ACCOUNTS).where(_ACCOUNTS.c.id == bindparam("which"))
_LAPSE: Final = delete(_ANSWERS).where(
    _ANSWERS.c.account == bindparam("whose"), _ANSWERS.c.key == bindparam("which")
)


@final
@dataclass(frozen=True)
class Answered:
    """What a request was answered.

    Args:
        request: Digest of what it asked.
        body: The answer.
        created: When, seconds since 1970.
    """

    request: bytes
    body: bytes
    created: int


@final
@dataclass
class AccountState:
    """One account, as its transaction sees it.

    Args:
        issued: MaskNets so far.
        replaced: When one was replaced last, seconds since 1970.
        active: Number of the MaskNet that serves.
        answers: By the request's key.
        serves: What was stated of the MaskNet that served when the transaction began.
    """

    issued: int
    replaced: int | None
    active: int | None
    answers: dict[bytes, Answered] = field(default_factory=dict)
    serves: dict[str, Any] = field(default_factory=dict)

    def count(self, tally: Tally) -> None:
        """Believe no less than what the audit log says: whoever writes to the database can lower a column."""
        self.issued = max(self.issued, tally.issued)
        known = [at for at in (self.replaced, tally.replaced) if at is not None]
        self.replaced = max(known, default=None)


def holdings(connection: Connection, accounts: Collection[str]) -> dict[str, AccountState]:
    """What some accounts have; those that are not, or are closed, are left out."""
    found: dict[str, AccountState] = {}
    for row in connection.execute(_HELD, {"accounts": list(accounts)}):
        held = found.setdefault(
            row.id, AccountState(row.issued, row.replaced, row.number, serves=_stated(row))
        )
        if row.key is not None:
            held.answers[bytes(row.key)] = Answered(bytes(row.request), bytes(row.body), row.created)
    return found


def _stated(row: Row[Any]) -> dict[str, Any]:
    stated = {name: getattr(row, name) for name in ("masknet", "sha256", "source", "source_digest")}
    return {**stated, "issued": row.since}


def in_stock(connection: Connection, source_digest: str, most: int) -> list[Row[Any]]:
    """The oldest MaskNets in stock, of one source."""
    return list(connection.execute(_STOCK, {"digest": source_digest, "most": most}))


@final
class Changes:
    """What becomes of accounts, collected and then written; one account's come in the order of its requests."""

    def __init__(self) -> None:
        self._aside: list[int] = []
        self._given: dict[int, dict[str, object]] = {}
        self._counts: dict[str, AccountState] = {}
        self._lapsed: list[dict[str, object]] = []
        self._answers: list[dict[str, object]] = []

    def give(self, account: str, held: AccountState, number: int, sealed: bytes, now: int) -> None:
        """An account gets a MaskNet out of the stock; the one that it had is put aside."""
        if held.active in self._given:
            self._given[held.active]["state"] = "replaced"
        elif held.active is not None:
            self._aside.append(held.active)
        row = {"state": "active", "account": account, "issued": now, "sealed": sealed}
        self._given[number] = {"which": number, **row}
        held.replaced = now if held.issued else held.replaced
        held.issued, held.active = held.issued + 1, number
        self._counts[account] = held

    def answer(self, account: str, held: AccountState, key: bytes, answered: Answered) -> None:
        """A request's answer, instead of the one that its key had."""
        if key in held.answers:
            self._lapsed.append({"whose": account, "which": key})
        held.answers[key] = answered
        row = {"request": answered.request, "body": answered.body, "created": answered.created}
        self._answers.append({"account": account, "key": key, **row})

    def write(self, connection: Connection) -> None:
        """Write them, each kind at once."""
        counts = [
            {"which": account, "issued": held.issued, "replaced": held.replaced}
            for account, held in self._counts.items()
        ]
        for statement, rows in (
            (_ASIDE, [{"which": number} for number in self._aside]),
            (_GIVE, list(self._given.values())),
            (_COUNT, counts),
            (_LAPSE, self._lapsed),
            (insert(_ANSWERS), self._answers),
        ):
            if rows:
                connection.execute(statement, rows)
