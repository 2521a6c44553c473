"""Rows from one database to another, of whatever kind: nothing but rows of our own tables goes over."""

from collections.abc import Iterator
from typing import Any, Final, cast

from sqlalchemy import Connection, Select, Table, delete, insert, select, text

from masquerade.service.storage.tables import Base, Fact, Head, MaskNetRow, StoredFile

_AT_ONCE: Final = {StoredFile.__tablename__: 8}
"""Rows that are held in memory; a file has megabytes."""
_FEW: Final = 500


def copy_rows(source: Connection, target: Connection) -> None:
    """Fill a database that was just made.

    Files of MaskNets in stock stay behind: whoever restores a copy must not hand them out.

    Args:
        source: A transaction that reads.
        target: A transaction that writes.
    """
    for told_when_made in (Head, Fact):
        target.execute(delete(told_when_made))
    for table in Base.metadata.sorted_tables:
        for rows in _rows(source, table):
            target.execute(insert(table), rows)
    if target.dialect.name == "postgresql":
        last = "SELECT setval(pg_get_serial_sequence('masknets', 'number'), max(number)) FROM masknets"
        target.execute(text(f"{last} HAVING max(number) IS NOT NULL"))


def _rows(source: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    size = _AT_ONCE.get(table.name, _FEW)
    found = source.execute(_wanted(table).execution_options(yield_per=size))
    for rows in found.partitions():
        yield [dict(row._mapping) for row in rows]


def _wanted(table: Table) -> Select[Any]:
    if table is not cast(Table, StoredFile.__table__):
        return select(table)
    return (
        select(table).join(MaskNetRow, MaskNetRow.id == StoredFile.masknet).where(MaskNetRow.state != "stock")
    )
