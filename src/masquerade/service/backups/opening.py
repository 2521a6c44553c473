"""How a database is opened: it is brought up to date, of our key, no copy, and no earlier than it was."""

from masquerade.keys import Key
from masquerade.service.audit_trail.audit_log import AuditLog
from masquerade.service.audit_trail.forgotten import ForgottenLedger
from masquerade.service.audit_trail.recounting import require_counts
from masquerade.service.audit_trail.rollback_mark import HighWater
from masquerade.service.backups.restoring import require_no_copy
from masquerade.service.settings import ServiceSettings
from masquerade.service.storage.addresses import file_of, parsed
from masquerade.service.storage.connection import Database, no_database
from masquerade.service.storage.facts import get_or_set_fact
from masquerade.service.storage.migrating import migrate


def opened(settings: ServiceSettings, key: Key, high_water: HighWater, *, make: bool) -> Database:
    """The database, ready for use.

    Args:
        settings: Where it is.
        key: The operator's key.
        high_water: What is remembered of it.
        make: Whether it is made where there is none.

    Raises:
        UsageError: If it is not there, newer, a copy, or was put back to an earlier moment.
        WrongKey: If it was made under another key.
        OutOfOrder: If it cannot be reached.
    """
    database = _reached(settings, key, high_water, make=make)
    try:
        with database.writing() as connection:
            require_no_copy(connection)
            key.require(get_or_set_fact(connection, "key", key.fingerprint), database.shown)
            high_water.require(connection)
    except BaseException:
        database.close()
        raise
    return database


def accepted(settings: ServiceSettings, key: Key) -> int:
    """Take the database as it is for the one to go on with, where its audit log is sound.

    Returns:
        Entries of the log, from now on the least that it must have.

    Raises:
        UsageError: If there is no database, or it is a copy.
        WrongKey: If it was made under another key, or does not agree with its log.
        OutOfOrder: If it cannot be reached.
    """
    high_water = HighWater(settings.mark, key, settings.database)
    database = _reached(settings, key, high_water, make=False)
    try:
        with database.writing() as connection:
            require_no_copy(connection)
            key.require(get_or_set_fact(connection, "key", key.fingerprint), database.shown)
            entries = verified(database, AuditLog(key))
            high_water.accept(*AuditLog(key).head(connection))
    finally:
        database.close()
    return entries


def verified(database: Database, log: AuditLog) -> int:
    """The number of entries of the audit log, if it is whole and the database agrees with it.

    Raises:
        WrongKey: If it does not.
        OutOfOrder: If the database cannot be reached.
    """
    with database.reading() as connection:
        entries = log.verify(connection)
        require_counts(connection, log)
    return entries


def _reached(settings: ServiceSettings, key: Key, high_water: HighWater, *, make: bool) -> Database:
    file = file_of(parsed(settings.database))
    if make and file is not None and not file.exists():
        high_water.require_new()  # before there is a file, which would be in the way of a restore
    database = Database(settings.database, make=make)
    try:
        if not database.begun():
            _require_new(database, high_water, ForgottenLedger(settings.ledger, key), make=make)
        migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def _require_new(database: Database, high_water: HighWater, ledger: ForgottenLedger, *, make: bool) -> None:
    if not make:
        raise no_database(database.shown)
    high_water.require_new()
    ledger.begin()
    high_water.accept(0, "")
