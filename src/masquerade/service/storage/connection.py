"""The database: SQLite in a file, or PostgreSQL; every writer holds its lock from the first statement."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, final

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    create_engine,
    event,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import URL, Row
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from masquerade.errors import OutOfOrder, UsageError
from masquerade.service.storage.addresses import file_of, parsed, require_usable
from masquerade.service.storage.file_lock import PATIENCE, FileLock
from masquerade.service.storage.tables import Fact, Head

ROOM: Final = 16 * 2**20
"""Bytes that a disk must have free: a MaskNet takes 1.6 MB, twice while it is written."""
_PROBE: Final = "probe"
BUSY: Final = 5.0
"""Seconds that SQLite waits for a lock of its own, which programs other than ours may hold."""


@final
class Database:
    """Transactions on one database.

    Args:
        address: ``sqlite:///FILE`` or ``postgresql://…``.
        make: Whether a file of SQLite is made where there is none.

    Raises:
        UsageError: If it is neither, or there is no such file, or none can be made there.
    """

    def __init__(self, address: str | URL, *, make: bool = True) -> None:
        url = parsed(address)
        self.file = file_of(url)
        self.embedded = self.file is not None
        self.shown = url.difference_update_query(("password", "sslpassword")).render_as_string()
        if self.file is not None:
            require_usable(self.file)
            if not make and not self.file.exists():
                raise no_database(self.shown)
        # writers of SQLite wait in a queue of the system's: its own waiting polls, and is unfair
        self._queue = FileLock(self.file.with_name(f".{self.file.name}.lock")) if self.file else None
        self._turn = self._queue.held if self._queue else nullcontext
        self.engine = _engine(url, self.embedded)
        self._glances = self.engine if self.embedded else _glancing(url)

    def begun(self) -> bool:
        """Whether there are tables of ours.

        Raises:
            OutOfOrder: If the database cannot be reached.
        """
        with self.reading() as connection:
            return inspect(connection).has_table(Head.__tablename__)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write: all of it is kept, or nothing.

        Raises:
            OutOfOrder: If the database cannot be reached or written. Nothing was kept; but a server that went
                away during the commit itself may have kept all.
        """
        with self._turn(), _named(self.shown), self.engine.begin() as connection:
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
        with _named(self.shown), self.engine.connect().execution_options(**options) as connection:
            yield connection

    def first(self, statement: Executable, values: dict[str, Any]) -> Row[Any] | None:
        """The first row of one statement that reads, without a transaction around it.

        Raises:
            OutOfOrder: If the database cannot be reached.
        """
        with _named(self.shown):
            try:
                return self._first(statement, values)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return self._first(statement, values)  # a connection of before the server was started again

    def _first(self, statement: Executable, values: dict[str, Any]) -> Row[Any] | None:
        with self._glances.connect().execution_options(begin="") as connection:
            return connection.execute(statement, values).first()

    def hurry(self) -> None:
        """The service is told to stop: nobody waits long for another process any more."""
        if self._queue is not None:
            self._queue.hurry()

    def emptied_journal(self) -> bool:
        """Write SQLite's journal into its file, and cut it to nothing; waits for nobody.

        Returns:
            Whether nothing is left in it: somebody who reads just now needs it. PostgreSQL's is not ours to cut.

        Raises:
            OutOfOrder: If the database cannot be reached.
        """
        if not self.embedded:
            return True
        with _named(self.shown), self.engine.connect().execution_options(begin="") as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=200")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY * 1000:.0f}")
            return not busy

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()
        self._glances.dispose()


def locked_head(connection: Connection, name: str) -> tuple[int, str]:
    """Number and digest of a head; locked until the transaction ends."""
    row = connection.execute(select(Head.seq, Head.digest).where(Head.name == name).with_for_update()).one()
    return row.seq, row.digest


def _engine(url: URL, embedded: bool) -> Engine:
    if not embedded:
        waits = {"connect_timeout": int(PATIENCE)}
        return create_engine(url, pool_size=8, pool_pre_ping=True, hide_parameters=True, connect_args=waits)
    Path(str(url.database)).touch(mode=0o600)
    options = {"timeout": BUSY, "check_same_thread": False}
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
def _named(shown: str) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, NoneFree) as error:
        connecting = isinstance(error, DBAPIError) and error.statement is None
        raise OutOfOrder(
            "cannot connect to the database" if connecting else "the database cannot do that now",
            code="database",
            value=_reason(error),
            place=shown,
            remedy="Check that it runs, who may connect, and its disk; then try again.",
            wait=5,
        ) from None


def _reason(error: Exception) -> str:
    """What the database's driver says of it, on one line; its class, where it says nothing."""
    cause = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return f"{type(cause).__name__}: {lines[0][:300]}" if lines else type(cause).__name__


def no_database(shown: str) -> UsageError:
    """Nothing was made there yet."""
    return UsageError(
        "there is no such database",
        value=shown,
        place="--database",
        remedy="`masquerade psp serve` makes one, `masquerade psp restore` fills one from a backup.",
    )


def require_writable(database: Database) -> None:
    """Pass if the database answers, and could take another MaskNet.

    Raises:
        OutOfOrder: If it does not answer, or its disk is full.
    """
    if database.file is None:
        with database.writing() as connection:  # its disk is another machine's: nothing else would tell
            now = {"value": f"{time.time():.3f}"}
            written = insert(Fact).values(name=_PROBE, **now)
            connection.execute(written.on_conflict_do_update(index_elements=[Fact.name], set_=now))
        return
    with database.reading() as connection:
        connection.execute(text("SELECT 1"))
    free = shutil.disk_usage(database.file.absolute().parent).free
    if free < ROOM:
        raise OutOfOrder(
            "the database's disk is full",
            code="disk",
            value=f"{free // 2**20} MiB free",
            place=database.shown,
            wait=60,
        )
