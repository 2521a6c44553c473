"""Killed between any two statements of an issue, or cut from its database, a provider loses and doubles nothing."""

from collections import Counter
from contextlib import suppress
from itertools import count

from sqlalchemy import func, select

from masquerade.errors import OutOfOrder
from masquerade.service.provider import Provider
from masquerade.service.storage.tables import Account, AuditRow, Invitation, MaskNetRow, StoredAnswer, Token
from service_examples import provider
from service_faults import at_point, cut
from service_kept import Kept
from service_processes import dying_visit, visit
from service_walks import killed_everywhere

pytest_plugins = ["service_fixtures"]
FEWEST_POINTS = 30
"""Places of a visit at which it can end; fewer, and the hooks are not where they should be."""


def begun(address: str, stock: int) -> str:
    """Leave a database with one invitation and a stock; gives the invitation's code."""
    made = provider(address)
    code = made.invite()
    for _ in range(stock):
        made.stock.add()
    made.close()
    made.scrub()
    made.database.engine.dispose()
    return code


def require_whole(psp: Provider, code: str) -> None:
    """After the same visit again, all is there once."""
    first = visit(psp, code)
    assert visit(psp, code) == first
    with psp.database.reading() as connection:
        rows = {
            table: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Account, StoredAnswer, Invitation, Token)
        }
        assert set(rows.values()) == {1}
        assert connection.execute(select(Account.issued)).scalar_one() == 1
        states = Counter(connection.execute(select(MaskNetRow.state)).scalars())
        assert states["active"] == 1
        assert set(states) <= {"active", "stock"}
        events = Counter(connection.execute(select(AuditRow.event)).scalars())
        assert events == {"invite": 1, "join": 1, "issue": 1, "fetch": events["fetch"]}
        assert psp.log.verify(connection) == sum(events.values())


def test_killed_between_any_two_statements(address: str) -> None:
    code = begun(address, stock=1)
    points = killed_everywhere(address, dying_visit, code, lambda psp: require_whole(psp, code))
    assert points >= FEWEST_POINTS


def test_cut_from_the_database_between_any_two_statements(address: str) -> None:
    code = begun(address, stock=0)
    kept = Kept(address)
    for point in count():
        kept.put_back()
        psp = provider(address)
        passed = at_point(psp.database.engine, point, cut)
        with suppress(OutOfOrder):  # or it was cut after the last thing that mattered
            visit(psp, code)
        if not passed:
            psp.close()
            break
        require_whole(psp, code)
        psp.close()
    assert point >= FEWEST_POINTS
