"""How accounts begin and what lapses: open mode has a share of the day, and old things go."""

import time
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from masquerade.errors import BadRequest, NotKnown, QuotaReached
from masquerade.service.provider import Provider
from masquerade.service.settings import DAY
from masquerade.service.storage.tables import Account, Invitation, StoredAnswer, Token
from masquerade.service.web.rates import Rates
from service_examples import provider

pytest_plugins = ["service_fixtures"]
KEYS = [f"a-random-key-of-thirty-two-or-more-{n}" for n in range(4)]


def test_the_same_joining_gets_the_same_account(psp: Provider) -> None:
    code = psp.invite()
    first = psp.join(code, KEYS[0])
    assert psp.join(code, KEYS[0]) == first
    for other in (KEYS[1], ""):
        with pytest.raises(NotKnown):
            psp.join(code, other)
    assert len(psp.accounts()) == 1
    psp.revoke(first["account"])
    with pytest.raises(NotKnown):
        psp.join(code, KEYS[0])


def test_a_used_code_stays_used_after_its_account_is_forgotten(psp: Provider) -> None:
    code = psp.invite()
    psp.forget(psp.join(code, KEYS[0])["account"])
    for key in (KEYS[0], ""):
        with pytest.raises(NotKnown):
            psp.join(code, key)


def test_nobody_joins_without_an_invitation_unless_the_policy_says_so(psp: Provider) -> None:
    for key in (KEYS[0], ""):
        with pytest.raises(NotKnown):
            psp.join("", key)


def test_the_open_mode_has_a_share_of_the_day(address: str) -> None:
    psp = provider(address, open_joins_a_day=2)
    first = psp.join("", KEYS[0])
    assert psp.join("", KEYS[0]) == first
    psp.forget(first["account"])
    psp.join("", KEYS[1])
    for key in (KEYS[2], ""):
        with pytest.raises(QuotaReached, match="nobody else may join today"):
            psp.join("", key)
    with pytest.raises(BadRequest, match="can be guessed"):
        psp.join("", "short")
    with psp.database.writing() as connection:
        aged = {"created": Invitation.created - DAY - 1, "expires": Invitation.expires - DAY - 1}
        connection.execute(update(Invitation).values(**aged))
    assert psp.join("", KEYS[2])["account"]
    psp.close()


def test_what_lapsed_goes_and_nothing_else(psp: Provider) -> None:
    member = psp.join(psp.invite(), KEYS[0])["account"]
    psp.issue(member, "wish-0001")
    psp.invite()
    assert set(psp.housekeeping().values()) == {0}
    long_ago = int(time.time()) - 121 * DAY
    with psp.database.writing() as connection:
        connection.execute(update(StoredAnswer).values(created=long_ago))
        connection.execute(update(Token).values(expires=long_ago))
        connection.execute(update(Invitation).where(Invitation.used.is_(None)).values(expires=long_ago))
    assert psp.housekeeping() == {"answers": 1, "tokens": 1, "invitations": 1}
    with psp.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(Account)).scalar_one() == 1


def test_counts_of_requests_that_lapsed_go(tmp_path: Path) -> None:
    rates = Rates(tmp_path / "rates.db", {"old": (10**9, 1), "new": (1, 3600)})
    rates.spend("old", "a")
    rates.spend("new", "a")
    rates.sweep()
    rates.spend("old", "a")
    with pytest.raises(Exception, match="too many requests"):
        rates.spend("new", "a")
