"""The database: SQLite in a file, or PostgreSQL; every writer holds its lock from the first statement."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

from sqlalchemy import Connection, Engine, Executable, create_engine, event, select, text
from sqlalchemy.engine import URL, Row, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from masquerade.errors import OutOfOrder, UsageError
from masquerade.service.tables import Head

KINDS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


@final
class Database:
    """Transactions on one database.

    Args:
        address: ``sqlite:///FILE`` or ``postgresql://…``.

    Raises:
        UsageError: If it is neither.
    """

    def __init__(self, address: str) -> None:
        try:
            url = make_url(address)
        except ArgumentError:
            raise _unknown("not an address") from None
        kind = url.get_backend_name()
        if kind not in KINDS or (kind == "sqlite" and url.database in (None, "", ":memory:")):
            raise _unknown(kind)
        self.embedded = kind == "sqlite"
        self.file = Path(str(url.database)) if self.embedded else None
        full = url.set(drivername=KINDS[kind])
        self.engine = _engine(full, self.embedded)
        self._glances = self.engine if self.embedded else _glancing(full)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write: all of it is kept, or nothing.

        Raises:
            OutOfOrder: If the database cannot be reached or written. Nothing was kept; but a server that went
                away during the commit itself may have kept all.
        """
        with self._lock(), _named(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that reads, and sees the database as it was at one moment.

        Raises:
            OutOfOrder: If the database cannot be reached.
        """
        options: dict[str, Any] = {"begin": "BEGIN"}
        if not self.embedded:
            options["isolation_level"] = "REPEATABLE READ"
        with _named(), self.engine.connect().execution_options(**options) as connection:
            yield connection

    def first(self, statement: Executable, values: dict[str, Any]) -> Row[Any] | None:
        """The first row of one statement that reads, without a transaction around it.

        Raises:
            OutOfOrder: If the database cannot be reached.
        """
        with _named():
            try:
                return self._first(statement, values)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return self._first(statement, values)  # a connection of before the server was started again

    def _first(self, statement: Executable, values: dict[str, Any]) -> Row[Any] | None:
        with self._glances.connect().execution_options(begin="") as connection:
            return connection.execute(statement, values).first()

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()
        self._glances.dispose()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Writers of SQLite wait in a queue of the system's: its own waiting polls, and is unfair."""
        if self.file is None:
            yield
            return
        handle = os.open(self.file.with_name(f".{self.file.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def locked_head(connection: Connection, name: str) -> tuple[int, str]:
    """Number and digest of a head; locked until the transaction ends."""
    row = connection.execute(select(Head.seq, Head.digest).where(Head.name == name).with_for_update()).one()
    return row.seq, row.digest


def _engine(url: URL, embedded: bool) -> Engine:
    if not embedded:
        return create_engine(url, pool_size=8, pool_pre_ping=True, hide_parameters=True)
    Path(str(url.database)).touch(mode=0o600)
    options = {"timeout": 30, "check_same_thread": False}
    engine = create_engine(url, connect_args=options, pool_size=8, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: object) -> None:
        connection.isolation_level = None  # the driver must not begin or end transactions by itself
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.cursor().execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if words := connection.get_execution_options().get("begin", "BEGIN IMMEDIATE"):
            connection.exec_driver_sql(words)

    return engine


def _glancing(url: URL) -> Engine:
    """PostgreSQL's connections for single statements: one way there and back, where a transaction takes four."""
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    return create_engine(url, pool_size=8, max_overflow=0, hide_parameters=True, **options)


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, NoneFree) as error:
        raise OutOfOrder(
            "the database cannot do that now",
            code="database",
            value=type(getattr(error, "orig", error)).__name__,
            remedy="Try again later, with the same Idempotency-Key. Operator: check its disk and connection.",
            wait=5,
        ) from None


def _unknown(kind: str) -> UsageError:
    return UsageError(
        "no such kind of database",
        value=kind,
        place="--database",
        remedy="Give sqlite:///FILE or postgresql://USER@HOST/NAME.",
    )


def ping(database: Database) -> None:
    """Pass if the database answers."""
    with database.reading() as connection:
        connection.execute(text("SELECT 1"))
