"""Copies of a database in use, and how an empty one is filled from a copy.

A copy says of itself that it is one; see ``restoring``.
"""

import os
import secrets
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Final, final

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine import make_url

from masquerade.errors import OutOfOrder, UsageError
from masquerade.keys import Key
from masquerade.service.audit_log import AuditLog
from masquerade.service.database import Database
from masquerade.service.facts import fact
from masquerade.service.high_water import HighWater
from masquerade.service.migrating import migrate
from masquerade.service.restoring import FACT, counted
from masquerade.service.settings import Settings
from masquerade.service.tables import Fact

_VARIABLES: Final = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


@final
class MissingProgram(UsageError):
    """A program of PostgreSQL's is not installed."""


def back_up(database: Database, address: str, out: Path) -> None:
    """Write a copy of a database, as it is at one moment, while it is served.

    The copy holds sealed secrets; like the database, it is worth nothing without the operator's key, and everything
    with it.

    Args:
        database: The database.
        address: Its address.
        out: The file to write, mode 0600: a database of SQLite, or for PostgreSQL an SQL script.

    Raises:
        UsageError: If the file exists.
        MissingProgram: If ``pg_dump`` is needed, and not there.
        OutOfOrder: If the copy fails; nothing stands under the name.
    """
    if out.exists():
        raise UsageError("the file exists already", place=out, remedy="Choose another name.")
    draft = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    draft.touch(mode=0o600)
    try:
        now = int(time.time())
        if database.file is not None:
            _copy_file(database.file, draft, now)
        else:
            _dump(address, draft, now)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.rename(out)
    finally:
        draft.unlink(missing_ok=True)


def restore(settings: Settings, key: Key, backup: Path) -> int:
    """Fill an empty database from a copy, and count what may have been drawn since it was made.

    Returns:
        When the copy was made, seconds since 1970.

    Raises:
        UsageError: If the database is not empty, or of a newer version.
        WrongKey: If it was made under another key.
        OutOfOrder: If it fails.
    """
    put_back(settings.database, backup)
    database, log, high_water = Database(settings.database), AuditLog(key), HighWater(settings.mark)
    migrate(database)
    with database.writing() as connection:
        key.require(fact(connection, "key", key.fingerprint), backup)
        made = counted(connection, settings.policy, log)
        name, head = fact(connection, "name", secrets.token_hex(16)), log.head(connection)
    high_water.lower_to(name, *head)
    database.engine.dispose()
    return made


def put_back(address: str, backup: Path) -> None:
    """Fill an empty database from a copy.

    Raises:
        UsageError: If the database is not empty.
        MissingProgram: If ``psql`` is needed, and not there.
        OutOfOrder: If it fails.
    """
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        target = Path(str(url.database))
        if target.exists():
            raise UsageError("the database exists already", place=target, remedy="Move it away first.")
        draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        shutil.copyfile(backup, draft)
        draft.chmod(0o600)
        draft.rename(target)
        return
    _program(address, "psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", str(backup))


def _copy_file(file: Path, draft: Path, now: int) -> None:
    try:
        source, target = sqlite3.connect(file), sqlite3.connect(draft)
        try:
            source.backup(target)
            with target:
                target.execute("INSERT INTO facts (name, value) VALUES (?, ?)", (FACT, str(now)))
            target.execute("PRAGMA journal_mode=DELETE")
        finally:
            source.close()
            target.close()
    except sqlite3.Error as error:
        raise OutOfOrder("the backup failed", code="backup", value=error, place=file) from None


def _dump(address: str, draft: Path, now: int) -> None:
    _program(address, "pg_dump", "--no-owner", "--no-acl", "-f", str(draft))
    with draft.open("a", encoding="utf-8") as script:
        script.write(f"\nINSERT INTO public.{Fact.__tablename__} VALUES ('{FACT}', '{now}');\n")


def _program(address: str, name: str, *words: str) -> None:
    """Run one of PostgreSQL's programs; where to connect goes by variables, which others cannot list."""
    found = shutil.which(name)
    if found is None:
        raise MissingProgram(
            f"{name} is not installed", remedy="Install PostgreSQL's client programs (postgresql-client)."
        )
    told = conninfo_to_dict(address)
    variables = {_VARIABLES[key]: str(value) for key, value in told.items() if key in _VARIABLES}
    done = subprocess.run(  # noqa: S603
        [found, *words], capture_output=True, check=False, text=True, env={**os.environ, **variables}
    )
    if done.returncode:
        lines = (done.stderr or "").strip().splitlines()
        raise OutOfOrder(f"{name} failed", code="backup", value=lines[0][:200] if lines else done.returncode)
