"""Copies of a database in use, and how an empty one is filled from a copy.

A copy is a database of SQLite, whichever kind it was made of, in a file that carries a code under the operator's key.
What goes back are its rows, into tables that this version makes. A copy says of itself that it is one; see
``restoring``.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.engine import URL

from masquerade.errors import UsageError, WrongKey
from masquerade.files.durable import named_failures, sync_folder
from masquerade.keys import Key
from masquerade.service.accounts.closing import close_account
from masquerade.service.audit_trail.audit_log import NAME, AuditLog
from masquerade.service.audit_trail.forgotten import Closing, ForgottenLedger
from masquerade.service.audit_trail.rollback_mark import HighWater, RollbackMark
from masquerade.service.backups.backup_file import copy_unsigned, require_plain, unpack, write_backup
from masquerade.service.backups.restoring import FACT, counted
from masquerade.service.settings import ServiceSettings
from masquerade.service.storage.addresses import file_of, parsed
from masquerade.service.storage.connection import Database
from masquerade.service.storage.copying import copy_rows
from masquerade.service.storage.migrating import migrate
from masquerade.service.storage.tables import Account, AuditRow, Fact, Head

_FOLDER: Final = ".masquerade-copy-"
BESIDE: Final = ("", "-wal", "-shm", "-journal")
"""Ends of the names of files that SQLite takes for one database."""


@final
@dataclass(frozen=True)
class Restored:
    """What a restored database is.

    Args:
        made: As of when it is, seconds since 1970.
        closed: Accounts that were forgotten or revoked again, since the file beside the key says so; None if there is
            no such file.
    """

    made: int
    closed: dict[str, Closing] | None


def back_up(database: Database, key: Key, out: Path) -> None:
    """Write a copy of a database, as it is at one moment, while it is served.

    The copy holds sealed secrets; like the database, it is worth nothing without the operator's key, and everything
    with it.

    Args:
        database: The database.
        key: The operator's key, which authenticates the copy.
        out: The file to write, mode 0600.

    Raises:
        UsageError: If the file exists.
        OutOfOrder: If the database cannot be read; nothing stands under the name.
        WriteFailed: If the disk refuses.
    """
    if out.exists():
        raise UsageError("the file exists already", place=out, remedy="Choose another name.")
    with _private(out.absolute().parent) as folder:
        draft = _made(folder / "copy.db")
        try:
            with database.reading() as source, draft.writing() as target:
                made = int(time.time())
                copy_rows(source, target)
                target.execute(insert(Fact).values(name=FACT, value=str(made)))
        finally:
            draft.close()
        write_backup(out, folder / "copy.db", made, key)


def restore(settings: ServiceSettings, key: Key, backup: Path, *, unsigned: bool = False) -> Restored:
    """Fill an empty database from a copy, and count what may have been drawn since it was made.

    Args:
        settings: Where the database is to be.
        key: The operator's key.
        backup: The copy.
        unsigned: Whether a plain database of SQLite is taken, which carries no code.

    Raises:
        UsageError: If the database is not empty, or the copy damaged, or of a newer version.
        WrongKey: If the copy was changed or made under another key.
        OutOfOrder: If it fails.
        WriteFailed: If the disk refuses.
    """
    final = file_of(parsed(settings.database))
    if final is not None:
        _require_free(final)
    with _private(None if final is None else final.absolute().parent) as folder:
        source, made = _source(folder / "copy.db", backup, key, unsigned=unsigned)
        target = Database(settings.database) if final is None else _made(folder / "new.db")
        try:
            migrate(target)
            restored, head = _filled(source, target, settings, key, made)
        finally:
            source.close()
            target.close()
        if final is not None:
            _put(folder / "new.db", final)
    HighWater(settings.mark, key, settings.database).accept(*head)
    return restored


def _source(file: Path, backup: Path, key: Key, *, unsigned: bool) -> tuple[Database, int | None]:
    """A copy that was looked through, and when it was made, if that can be believed."""
    made = None
    if unsigned:
        _require_closed(backup)
        copy_unsigned(backup, file)
    else:
        made = unpack(backup, file, key)
    require_plain(file)
    database = Database(_address(file))
    if not database.begun():
        database.close()
        raise UsageError("this database holds nothing of a provider's", place=backup)
    migrate(database)
    return database, made


def _filled(
    source: Database, target: Database, settings: ServiceSettings, key: Key, made: int | None
) -> tuple[Restored, RollbackMark]:
    log = AuditLog(key)
    with source.reading() as old, target.writing() as new:
        _require_ours(old, key)
        _require_empty(new)
        log.verify(old)
        copy_rows(old, new)
        last = old.execute(select(func.max(AuditRow.time))).scalar()
        moment = int(last or 0) if made is None else made
        counted(new, settings.policy, log, moment)
        closed = ForgottenLedger(settings.ledger, key).closed(list(new.execute(select(Account.id)).scalars()))
        for account, closing in (closed or {}).items():
            close_account(new, log, closing, account)
        return Restored(moment, closed), RollbackMark(*log.head(new))


def _require_ours(connection: Connection, key: Key) -> None:
    told = connection.execute(select(Fact.value).where(Fact.name == "key")).scalar()
    if told != key.fingerprint:
        raise WrongKey("made with another key", value=told, place="the backup", remedy="Name it by --key.")


def _require_empty(connection: Connection) -> None:
    accounts = connection.execute(select(func.count()).select_from(Account)).scalar_one()
    entries = connection.execute(select(Head.seq).where(Head.name == NAME)).scalar_one()
    if accounts or entries:
        raise UsageError(
            "the database is not empty",
            value=f"{accounts} accounts, {entries} entries",
            place="--database",
            remedy="Name an empty one.",
        )


def _require_free(file: Path) -> None:
    """Whatever SQLite would take for a part of the database would be mixed into the restored one."""
    there = [f"{file}{end}" for end in BESIDE if Path(f"{file}{end}").exists()]
    if there:
        raise UsageError(
            "the database exists already, or a part of one",
            value=", ".join(there),
            place="--database",
            remedy="Move all of these away first, together: they belong to one another.",
        )


def _require_closed(copy: Path) -> None:
    """What lies in a journal beside a database would be missing."""
    for end in BESIDE[1:]:
        journal = Path(f"{copy}{end}")
        if end != "-shm" and journal.exists() and journal.stat().st_size:
            raise UsageError(
                "the copy is not complete",
                place=journal,
                remedy="Open it once by `sqlite3 FILE 'PRAGMA wal_checkpoint(TRUNCATE)'`, or copy a stopped service's.",
            )


def _put(draft: Path, final: Path) -> None:
    """The whole database appears under its name, or nothing."""
    with named_failures(final):
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        _require_free(final)
        draft.rename(final)
    sync_folder(final.absolute().parent)


def _made(file: Path) -> Database:
    """An empty database of SQLite in a private folder."""
    database = Database(_address(file))
    migrate(database)
    return database


def _address(file: Path) -> URL:
    return URL.create("sqlite", database=str(file))


@contextmanager
def _private(where: Path | None) -> Iterator[Path]:
    """A folder for the owner alone, gone at the end."""
    if where is not None and not where.is_dir():
        raise UsageError("there is no such folder", place=where, remedy="Make it first.")
    place = where or Path(tempfile.gettempdir())
    with named_failures(place):
        _clear(place)
        folder = Path(tempfile.mkdtemp(prefix=_FOLDER, dir=place))
        held = os.open(folder, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _clear(place: Path) -> None:
    """Remove what killed commands have left: copies of a database; folders in use stay."""
    for folder in place.glob(f"{_FOLDER}*"):
        with suppress(OSError):
            held = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(held).st_uid == os.getuid():
                    shutil.rmtree(folder)
            finally:
                os.close(held)
