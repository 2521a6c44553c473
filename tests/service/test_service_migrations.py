"""Every schema that was ever released becomes today's, with what was in it, wherever the migration was killed."""

from itertools import count

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from masquerade.errors import UsageError
from masquerade.service.storage.connection import Database
from masquerade.service.storage.migrating import migrate
from masquerade.service.storage.tables import Base
from service_faults import copied
from service_processes import dying_migration, processes

pytest_plugins = ["service_fixtures"]
INVITED = "INSERT INTO invitations (digest, created, expires) VALUES (:digest, 1, 2)"


@pytest.mark.parametrize("revision", ["base", "1", "2"])
def test_killed_at_any_statement(address: str, revision: str) -> None:
    first = Database(address)
    if revision != "base":
        migrate(first, revision)
        with first.writing() as connection:
            connection.execute(text(INVITED), {"digest": b"d"})
    first.engine.dispose()
    for point in count():
        copy = copied(address, point)
        killed = processes().Process(target=dying_migration, args=(copy, point))
        killed.start()
        killed.join()
        require_todays(copy, invitations=0 if revision == "base" else 1)
        if killed.exitcode == 0:
            break
        assert killed.exitcode == -9
    assert point >= 4


def require_todays(address: str, invitations: int) -> None:
    database = Database(address)
    migrate(database)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        assert connection.execute(text("SELECT count(*) FROM heads")).scalar_one() == 2
        handles = connection.execute(text("SELECT handle FROM invitations")).scalars().all()
        assert handles == [b"d".hex()] * invitations
    database.engine.dispose()


def test_a_newer_database_is_left_alone(address: str) -> None:
    database = Database(address)
    migrate(database)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '999'"))
    with pytest.raises(UsageError, match="newer version"):
        migrate(database)
    database.engine.dispose()
