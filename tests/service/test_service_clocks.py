"""A clock that was wrong for a while, and then set right, deletes nothing and locks nobody out: on both databases."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from masquerade.errors import QuotaReached, TooMuch
from masquerade.service import provider as provider_module
from masquerade.service.backups.backup import restore
from masquerade.service.provider import Provider
from masquerade.service.settings import DAY, Policy, ServiceSettings
from masquerade.service.storage.tables import Invitation, StoredAnswer, Token
from masquerade.service.web.rates import LIMITS, Rates
from service_examples import KEY, provider

pytest_plugins = ["service_fixtures"]
HOUR = 3600


class Clock:
    """The machine's clock, and the time that really passes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._right, self._steady, self.off, self.passed = time.time, time.monotonic, 0.0, 0.0
        monkeypatch.setattr(time, "time", lambda: self._right() + self.off + self.passed)
        # the provider's alone: an event loop that outlives the test would wait for an hour that never passes
        steady = SimpleNamespace(time=time.time, monotonic=lambda: self._steady() + self.passed)
        monkeypatch.setattr(provider_module, "time", steady)

    def run(self, psp: Provider, hours: int) -> None:
        """So many hours of service pass, with its housekeeping."""
        for _ in range(hours):
            self.passed += HOUR
            psp.housekeeping()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize("ahead", [HOUR, DAY, 366 * DAY])
def test_a_clock_that_was_ahead_locks_nobody_out(tmp_path: Path, clock: Clock, kind: str, ahead: int) -> None:
    rates, (count, seconds) = Rates(tmp_path / "rates.db"), LIMITS[kind]
    clock.off = ahead
    rates.spend(kind, "192.0.2.1")
    clock.off = 0
    with pytest.raises(TooMuch) as refused:
        rates.spend(kind, "192.0.2.1")
    assert refused.value.wait is not None
    assert refused.value.wait <= seconds / count + 1
    clock.passed += refused.value.wait
    rates.spend(kind, "192.0.2.1")


def rows(psp: Provider) -> list[int]:
    with psp.database.reading() as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Token, StoredAnswer, Invitation)
        ]


def test_a_clock_a_year_ahead_deletes_nothing_at_once(psp: Provider, clock: Clock) -> None:
    psp.housekeeping()
    joined = psp.join(psp.invite())
    psp.issue(joined["account"], "wish-0001")
    code, before = psp.invite(), rows(psp)
    clock.off = 366 * DAY
    psp.housekeeping()
    clock.run(psp, 5)
    clock.off = 0
    psp.housekeeping()
    assert rows(psp) == before
    assert psp.caller(joined["token"])
    assert psp.join(code)["account"]


def test_what_lapsed_while_there_was_no_service_goes_within_days(psp: Provider, clock: Clock) -> None:
    psp.housekeeping()
    psp.issue(psp.join(psp.invite())["account"], "wish-0001")
    clock.off = 100 * DAY
    clock.run(psp, 24)
    assert rows(psp)[1] == 1
    clock.run(psp, 76)
    assert rows(psp)[1] == 0


def test_a_replacement_of_a_day_to_come_counts_as_made_today(address: str, clock: Clock) -> None:
    psp = provider(address, min_distance=0)
    psp.housekeeping()
    account = psp.join(psp.invite())["account"]
    psp.issue(account, "wish-1")
    clock.off = 366 * DAY
    psp.issue(account, "wish-2", replace=True)
    clock.off = 0
    clock.run(psp, 1)
    with pytest.raises(QuotaReached, match="not long ago") as refused:
        psp.issue(account, "wish-3", replace=True)
    assert refused.value.wait is not None
    assert refused.value.wait <= 90 * DAY
    assert psp.verify()
    psp.close()


def test_a_clock_that_is_behind_gives_no_quota_back(address: str, clock: Clock) -> None:
    psp = provider(address, min_distance=0)
    psp.housekeeping()
    account = psp.join(psp.invite())["account"]
    for number in range(2):
        psp.issue(account, f"wish-{number}", replace=True)
    clock.off = -366 * DAY
    clock.run(psp, 5)
    clock.off = 0
    psp.housekeeping()
    with pytest.raises(QuotaReached, match="not long ago"):
        psp.issue(account, "wish-3", replace=True)
    psp.close()


def test_open_joins_of_a_day_to_come_count_for_that_day(address: str, clock: Clock) -> None:
    psp = provider(address, open_joins_a_day=1)
    clock.off = 30 * DAY
    psp.join("", "")
    clock.off = 0
    assert psp.join("", "")["account"]
    psp.close()


def test_a_backup_of_a_day_to_come_is_charged_all_the_same(tmp_path: Path, clock: Clock) -> None:
    told = ServiceSettings(database=f"sqlite:///{tmp_path}/psp.db", policy=Policy(stock=0))
    psp = Provider(told, KEY)
    account = psp.join(psp.invite())["account"]
    clock.off = 366 * DAY
    psp.back_up(tmp_path / "copy")
    clock.off = 0
    psp.close()
    again = told.model_copy(update={"database": f"sqlite:///{tmp_path}/again.db"})
    restore(again, KEY, tmp_path / "copy")
    restored = Provider(again, KEY)
    with pytest.raises(QuotaReached):
        restored.issue(account, "wish-1")
    restored.close()
