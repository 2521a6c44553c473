"""Brings a database to this version's schema, in one transaction."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import text

from masquerade.errors import UsageError
from masquerade.service.storage.connection import Database

HERE = Path(__file__).parents[1] / "migrations"


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the schema up to date; killed at any statement, it stays as it was.

    Args:
        database: The database; an empty one will do.
        revision: How far; tests stop earlier.

    Raises:
        UsageError: If the database is of a newer version.
        OutOfOrder: If it cannot be written.
    """
    config = Config()
    config.set_main_option("script_location", str(HERE))
    with database.writing() as connection:
        if not database.embedded:
            connection.execute(text("SELECT pg_advisory_xact_lock(7365)"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, revision)
        except CommandError:
            raise UsageError(
                "the database is of a newer version of masquerade",
                place="--database",
                remedy="Update masquerade; nothing was changed.",
            ) from None
