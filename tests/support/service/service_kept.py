"""What a database held at one moment, to be put back as often as one likes."""

import shutil
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from masquerade.service.storage.tables import Base

_TABLES = [table.name for table in Base.metadata.sorted_tables]


class Kept:
    """Of a database that nobody uses now; so must it be when it is put back.

    Of PostgreSQL the rows alone: a database of its own for each case is hundreds of files each.
    """

    def __init__(self, address: str) -> None:
        url = make_url(address)
        self._address = address
        self._file = Path(str(url.database)) if url.get_backend_name() == "sqlite" else None
        if self._file is not None:
            shutil.copyfile(self._file, f"{self._file}.kept")
            return
        with psycopg.connect(address) as connection:
            connection.execute("CREATE SCHEMA kept")
            for name in _TABLES:
                connection.execute(f"CREATE TABLE kept.{name} AS TABLE public.{name}")

    def put_back(self) -> None:
        if self._file is not None:
            for more in ("-wal", "-shm"):
                Path(f"{self._file}{more}").unlink(missing_ok=True)
            shutil.copyfile(f"{self._file}.kept", self._file)
            return
        with psycopg.connect(self._address) as connection:
            connection.execute(f"TRUNCATE {', '.join(_TABLES)} RESTART IDENTITY")
            for name in _TABLES:
                connection.execute(f"INSERT INTO public.{name} TABLE kept.{name}")
            last = "SELECT setval(pg_get_serial_sequence('masknets', 'number'), max(number)) FROM masknets"
            connection.execute(f"{last} HAVING max(number) IS NOT NULL")
