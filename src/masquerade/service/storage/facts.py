"""What is true of a database as a whole."""

from sqlalchemy import Connection, insert, select

from masquerade.service.storage.tables import Fact


def get_or_set_fact(connection: Connection, name: str, first: str) -> str:
    """What is known; ``first``, and from now on, if nothing is."""
    known = connection.execute(select(Fact.value).where(Fact.name == name)).scalar()
    if known is not None:
        return str(known)
    connection.execute(insert(Fact).values(name=name, value=first))
    return first
