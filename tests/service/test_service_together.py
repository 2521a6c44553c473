"""Wishes that wait at the same time are granted in one transaction: each as if it had been alone."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from sqlalchemy import event, select

from masquerade.errors import BadRequest, MasqueradeError, NotKnown, QuotaReached
from masquerade.service.masknets.issue import EmptyStock, IssueRequest
from masquerade.service.provider import Provider
from masquerade.service.storage.tables import Account, AuditRow, MaskNetRow, StoredAnswer
from service_examples import provider
from service_processes import dying_wishes
from service_walks import killed_everywhere

pytest_plugins = ["service_fixtures"]
MANY = 20


def member(psp: Provider) -> str:
    return psp.join(psp.invite())["account"]


def granted(psp: Provider, wishes: list[IssueRequest]) -> list[bytes | MasqueradeError]:
    with psp.database.writing() as connection:
        psp.log.hold(connection)
        return psp.issuer.issue(connection, wishes)


def masknet_of(answer: bytes | MasqueradeError) -> str:
    assert isinstance(answer, bytes), answer
    return str(json.loads(json.loads(answer)["statement"])["masknet"])


def states(psp: Provider) -> Counter[str]:
    with psp.database.reading() as connection:
        return Counter(connection.execute(select(MaskNetRow.state)).scalars())


def test_each_wish_is_answered_as_if_alone(address: str) -> None:
    psp = provider(address, min_distance=0)
    first, second, third = (member(psp) for _ in range(3))
    psp.stock.add()
    psp.stock.add()
    wishes = [
        IssueRequest(first, "one"),
        IssueRequest(first, "one"),
        IssueRequest(first, "two"),
        IssueRequest(first, "one", replace=True),
        IssueRequest("0" * 32, "one"),
        IssueRequest(second, "one"),
        IssueRequest(third, "one"),
    ]
    mine, again, more, other, nobody, theirs, late = granted(psp, wishes)
    assert mine == again
    assert masknet_of(mine) != masknet_of(theirs)
    expected = ((more, QuotaReached), (other, BadRequest), (nobody, NotKnown), (late, EmptyStock))
    for answer, kind in expected:
        assert type(answer) is kind
    assert states(psp) == {"active": 2}
    assert granted(psp, [IssueRequest(first, "one"), IssueRequest(second, "one")]) == [mine, theirs]
    with psp.database.reading() as connection:
        assert psp.log.verify(connection) == 3 + 3 + 2
    psp.close()


def test_replacements_that_follow_at_once(address: str) -> None:
    psp = provider(address, min_distance=0, replacement_days=0)
    account = member(psp)
    for _ in range(4):
        psp.stock.add()
    wishes = [IssueRequest(account, f"wish-{number}", replace=True) for number in range(4)]
    *given, refused = granted(psp, wishes[:1]) + granted(psp, wishes[1:])
    assert len({masknet_of(answer) for answer in given}) == 3
    assert isinstance(refused, QuotaReached)
    assert states(psp) == {"active": 1, "replaced": 2, "stock": 1}
    with psp.database.reading() as connection:
        active = select(MaskNetRow.id).where(MaskNetRow.state == "active")
        assert connection.execute(active).scalar_one() == masknet_of(given[-1])
    assert psp.masknet(account)
    psp.close()


def gathered(psp: Provider, begin: Callable[[], "list[Future[bytes]]"]) -> "list[Future[bytes]]":
    """What is begun while nobody can write, so that it waits together."""
    with psp.database.writing() as connection:
        psp.log.hold(connection)
        return begin()


def test_many_wishes_take_few_statements(address: str) -> None:
    psp = provider(address, min_distance=0)
    accounts = [member(psp) for _ in range(MANY)]
    for _ in range(MANY):
        psp.stock.add()
    begun = list[Any]()
    answers = gathered(psp, lambda: [psp.asked(account, "wish-0001") for account in accounts])
    event.listen(psp.database.engine, "before_cursor_execute", lambda *_: begun.append(_))
    assert len({masknet_of(answer.result(60)) for answer in answers}) == MANY
    assert len(begun) < 2 * MANY
    assert states(psp) == {"active": MANY}
    psp.close()


def require_once(psp: Provider, accounts: list[str]) -> None:
    """After the same wishes again, each is granted once."""
    first = granted(psp, [IssueRequest(account, "wish-0001") for account in accounts])
    assert granted(psp, [IssueRequest(account, "wish-0001") for account in accounts]) == first
    assert len({masknet_of(answer) for answer in first}) == len(accounts)
    with psp.database.reading() as connection:
        assert set(connection.execute(select(Account.issued)).scalars()) == {1}
        assert len(connection.execute(select(StoredAnswer.key)).all()) == len(accounts)
        events = Counter(connection.execute(select(AuditRow.event)).scalars())
        assert events["issue"] == len(accounts)
        assert psp.log.verify(connection) == sum(events.values())
    assert states(psp) == {"active": len(accounts)}


def test_killed_between_any_two_statements_of_several_wishes(address: str) -> None:
    psp = provider(address, min_distance=0)
    accounts = [member(psp) for _ in range(3)]
    for _ in accounts:
        psp.stock.add()
    psp.close()
    points = killed_everywhere(address, dying_wishes, accounts, lambda left: require_once(left, accounts))
    assert points >= 10
