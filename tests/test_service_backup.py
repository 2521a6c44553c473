"""A backup is put back, and nobody gets a MaskNet too many by it."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.engine import make_url

from masquerade.errors import MasqueradeError, NotKnown, QuotaReached, UsageError
from masquerade.service.backup import MissingProgram, back_up, restore
from masquerade.service.provider import Provider
from masquerade.service.restoring import most_since
from masquerade.service.settings import DAY, Policy, Settings
from masquerade.service.tables import MaskNetRow
from service_examples import KEY

pytest_plugins = ["service_fixtures"]


@pytest.fixture
def told(address: str, tmp_path: Path) -> Settings:
    return Settings(database=address, mark=tmp_path / "psp.mark", policy=Policy(stock=0, min_distance=0))


@pytest.fixture
def served(told: Settings) -> Iterator[Provider]:
    psp = Provider(told, KEY)
    yield psp
    psp.close()


def emptied(address: str) -> str:
    """Another, empty database beside one."""
    if address.startswith("sqlite"):
        return address.replace("psp.db", "again.db")
    name = make_url(address).database
    with psycopg.connect(address.replace(f"/{name}?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}_again")
    return address.replace(f"/{name}?", f"/{name}_again?")


def test_the_restored_issue_no_more_than_the_lifetime_allows(
    served: Provider, told: Settings, tmp_path: Path
) -> None:
    code, late = served.invite(), served.invite()
    account = served.join(code)["account"]
    newcomer = served.join(served.invite())["account"]
    served.issue(account, "wish-1")
    copy = tmp_path / "copy"
    back_up(served.database, told.database, copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    served.issue(account, "wish-2", replace=True)
    served.issue(newcomer, "wish-3")
    served.join(late)
    again = told.model_copy(update={"database": emptied(told.database)})
    restore(again, KEY, copy)
    psp = Provider(again, KEY)
    assert psp.masknet(account)  # the one that it had
    for who in (account, newcomer):
        with pytest.raises(QuotaReached, match="replaced not long ago"):
            psp.issue(who, "wish-4", replace=True)
    with pytest.raises(NotKnown):
        psp.join(late)
    with psp.database.reading() as connection:
        assert psp.log.verify(connection) == len(
            ("invite",) * 3 + ("join",) * 2 + ("issue", "restore", "fetch")
        )
        assert connection.execute(select(MaskNetRow.state)).scalars().all() == ["active"]
    psp.close()


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)  # PostgreSQL's check is the same
def test_a_backup_is_not_served_as_it_is(served: Provider, told: Settings, tmp_path: Path) -> None:
    back_up(served.database, told.database, tmp_path / "copy.db")
    with pytest.raises(UsageError, match="is a backup"):
        Provider(told.model_copy(update={"database": f"sqlite:///{tmp_path}/copy.db"}), KEY)
    with pytest.raises(UsageError, match="exists already"):
        restore(told, KEY, tmp_path / "copy.db")
    with pytest.raises(UsageError, match="exists already"):
        back_up(served.database, told.database, tmp_path / "copy.db")


def test_a_database_put_back_by_hand_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "psp.db"
    told = Settings(database=f"sqlite:///{path}", mark=tmp_path / "psp.mark", policy=Policy(stock=0))
    psp = Provider(told, KEY)
    psp.invite()
    psp.scrub()
    earlier = path.read_bytes()
    psp.invite()
    psp.close()
    path.write_bytes(earlier)
    with pytest.raises(UsageError, match="earlier moment"):
        Provider(told, KEY)
    by_hand = tmp_path / "by_hand.db"
    path.rename(by_hand)
    restore(told, KEY, by_hand)
    psp = Provider(told, KEY)
    psp.invite()
    psp.close()


def test_without_postgresqls_programs_the_error_names_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgram, match="pg_dump is not installed"):
        back_up(_Elsewhere(), "postgresql://me@/there", tmp_path / "copy")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


class _Elsewhere:
    file = None


@settings(max_examples=300, deadline=None)
@given(
    issued=st.integers(0, 4),
    replaced=st.none() | st.integers(0, 400),
    passed=st.lists(st.integers(0, 120), max_size=8),
    days=st.integers(0, 100),
    lifetime=st.integers(1, 5),
)
def test_nobody_can_have_drawn_more_than_is_counted(
    issued: int, replaced: int | None, passed: list[int], days: int, lifetime: int
) -> None:
    policy = Policy(replacement_days=days, lifetime=lifetime)
    made = 500 * DAY
    last = None if replaced is None or not issued else replaced * DAY
    count, at, true_last = issued, made, last
    for wait in passed:
        at += wait * DAY
        if count < lifetime and (not count or true_last is None or true_last <= at - days * DAY):
            count, true_last = count + 1, at if count else true_last
    counted, counted_last = most_since(issued, last, made, at, policy)
    assert counted >= count
    assert counted <= max(lifetime, issued)
    assert true_last is None or (counted_last is not None and counted_last >= true_last)


def test_what_cannot_be_written_down_is_not_answered(tmp_path: Path) -> None:
    psp = Provider(Settings(database=f"sqlite:///{tmp_path}/psp.db", mark=tmp_path / "none" / "mark"), KEY)
    with pytest.raises(MasqueradeError, match="cannot write"):
        psp.invite()
    psp.close()
