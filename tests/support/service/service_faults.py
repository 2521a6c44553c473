"""Ends a process, or cuts its connection, between any two statements; and copies databases to do so again."""

import os
import shutil
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url

POINTS = ("before_cursor_execute", "savepoint", "release_savepoint", "commit")


def at_point(
    engine: Engine | type[Engine], wanted: int, act: Callable[[Connection | None], None]
) -> list[bool]:
    """Act before the wanted statement of all that this engine, or every one, does from now on, or after a commit.

    What is returned is empty for as long as it did not come to that.
    """
    points, passed = count(), list[bool]()

    def here(connection: Connection | None) -> None:
        if next(points) == wanted:
            passed.append(True)
            act(connection)

    for name in POINTS:
        event.listen(engine, name, lambda connection, *_: here(connection))
    event.listen(engine, "checkin", lambda *_: here(None))
    return passed


def die(connection: Connection | None = None) -> None:
    """What ``kill -9`` does."""
    del connection
    os.kill(os.getpid(), signal.SIGKILL)


def cut(connection: Connection | None) -> None:
    """The connection is gone; the process lives."""
    driver: Any = connection.connection.driver_connection if connection is not None else None
    if driver is not None:
        driver.close()


def copied(address: str, number: int) -> str:
    """A copy of a database that nobody uses now."""
    url = make_url(address)
    assert url.database is not None
    if url.get_backend_name() == "sqlite":
        path = Path(url.database).with_name(f"copy-{number}.db")
        shutil.copyfile(url.database, path)
        return f"sqlite:///{path}"
    name = f"{url.database}_{number}"
    with psycopg.connect(address.replace(f"/{url.database}?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {url.database}")
    return address.replace(f"/{url.database}?", f"/{name}?")
