"""A backup is put back, and nobody gets a MaskNet too many by it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.engine import make_url

from masquerade.errors import MasqueradeError, NotKnown, QuotaReached, UsageError, WrongKey
from masquerade.service.backups.backup import restore
from masquerade.service.backups.backup_file import unpack
from masquerade.service.backups.restoring import most_since
from masquerade.service.provider import Provider
from masquerade.service.settings import DAY, Policy, ServiceSettings
from masquerade.service.storage.tables import MaskNetRow, StoredFile
from service_examples import KEY, Cluster
from service_processes import dying_restore, processes

pytest_plugins = ["service_fixtures"]


@pytest.fixture
def told(address: str, tmp_path: Path) -> ServiceSettings:
    return ServiceSettings(
        database=address, mark=tmp_path / "psp.mark", policy=Policy(stock=0, min_distance=0)
    )


@pytest.fixture
def served(told: ServiceSettings) -> Iterator[Provider]:
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


def lost(address: str) -> None:
    """The disk is gone; what comes instead is empty."""
    if address.startswith("sqlite"):
        for path in Path(address.removeprefix("sqlite:///")).parent.glob(f"{Path(address).name}*"):
            path.unlink()
        return
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def test_the_restored_issue_no_more_than_the_lifetime_allows(
    served: Provider, told: ServiceSettings, tmp_path: Path
) -> None:
    code, late = served.invite(), served.invite()
    account = served.join(code)["account"]
    newcomer = served.join(served.invite())["account"]
    served.issue(account, "wish-1")
    copy = tmp_path / "copy"
    served.back_up(copy)
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
    charged = 2
    assert psp.verify() == len(("invite",) * 3 + ("join",) * 2 + ("issue", "restore", "fetch")) + charged
    with psp.database.reading() as connection:
        assert connection.execute(select(MaskNetRow.state)).scalars().all() == ["active"]
    psp.close()


def test_a_backup_is_not_served_as_it_is(served: Provider, told: ServiceSettings, tmp_path: Path) -> None:
    served.invite()
    served.back_up(tmp_path / "copy.db")
    with pytest.raises(UsageError, match="no database of SQLite"):
        Provider(told.model_copy(update={"database": f"sqlite:///{tmp_path}/copy.db"}), KEY)
    unpack(tmp_path / "copy.db", tmp_path / "unpacked.db", KEY)
    with pytest.raises(UsageError, match="is a backup"):
        Provider(told.model_copy(update={"database": f"sqlite:///{tmp_path}/unpacked.db"}), KEY)
    with pytest.raises(UsageError, match=r"exists already|not empty"):
        restore(told, KEY, tmp_path / "copy.db")
    with pytest.raises(UsageError, match="exists already"):
        served.back_up(tmp_path / "copy.db")


def test_a_rehearsal_leaves_the_live_database_as_it_is(
    served: Provider, told: ServiceSettings, tmp_path: Path
) -> None:
    served.invite()
    served.back_up(tmp_path / "monday.backup")
    served.invite()
    rehearsal = told.model_copy(update={"database": emptied(told.database)})
    restored = restore(rehearsal, KEY, tmp_path / "monday.backup")
    assert restored.closed == {}  # the file is there, and nobody is in it
    for where, entries in ((told, 2), (rehearsal, 2)):
        psp = Provider(where, KEY, make=False)
        assert psp.verify() == entries
        psp.invite()
        psp.close()


def test_one_kind_of_database_is_restored_into_the_other(
    served: Provider, told: ServiceSettings, tmp_path: Path, cluster: Cluster
) -> None:
    account = served.join(served.invite())["account"]
    served.issue(account, "wish-1")
    content = served.masknet(account)
    served.back_up(tmp_path / "copy")
    other = cluster.database() if served.database.embedded else f"sqlite:///{tmp_path}/other.db"
    again = told.model_copy(update={"database": other})
    restore(again, KEY, tmp_path / "copy")
    psp = Provider(again, KEY, make=False)
    assert psp.masknet(account) == content
    psp.stock.add()  # numbers go on where they were
    psp.close()


def test_a_database_that_was_lost_is_restored_where_it_was(
    served: Provider, told: ServiceSettings, tmp_path: Path
) -> None:
    account = served.join(served.invite())["account"]
    served.back_up(tmp_path / "copy")
    served.issue(account, "wish-1")
    served.close()
    lost(told.database)
    with pytest.raises(UsageError, match="empty, or gone"):
        Provider(told, KEY)
    restore(told, KEY, tmp_path / "copy")
    psp = Provider(told, KEY, make=False)
    with pytest.raises(QuotaReached, match="replaced not long ago"):
        psp.issue(account, "wish-2")
    psp.close()


def test_what_was_in_stock_is_given_to_nobody_after_a_restore(
    served: Provider, told: ServiceSettings, tmp_path: Path
) -> None:
    served.stock.add()
    served.back_up(tmp_path / "copy")
    account = served.join(served.invite())["account"]
    served.issue(account, "wish-1")  # has it now, and the copy does not know
    again = told.model_copy(update={"database": emptied(told.database)})
    restore(again, KEY, tmp_path / "copy")
    psp = Provider(again, KEY, make=False)
    assert psp.stock.size() == 0
    other = psp.join(psp.invite())["account"]
    psp.issue(other, "wish-2")
    assert psp.masknet(other) != served.masknet(account)
    psp.close()


def test_who_was_forgotten_is_forgotten_again(
    served: Provider, told: ServiceSettings, tmp_path: Path
) -> None:
    gone, closed, stays = (served.join(served.invite())["account"] for _ in range(3))
    for account in (gone, closed):
        served.issue(account, "wish-1")
    served.back_up(tmp_path / "copy")
    served.forget(gone)
    served.revoke(closed)
    again = told.model_copy(update={"database": emptied(told.database)})
    restored = restore(again, KEY, tmp_path / "copy")
    assert restored.closed == {gone: "forget", closed: "revoke"}
    psp = Provider(again, KEY, make=False)
    assert {row["id"]: row["state"] for row in psp.accounts()} == {closed: "revoked", stays: "active"}
    with psp.database.reading() as connection:
        assert connection.execute(select(StoredFile.masknet)).all() == []
        assert set(connection.execute(select(MaskNetRow.sealed)).scalars()) == {b""}
    psp.verify()
    psp.close()
    assert told.ledger is not None
    assert gone not in told.ledger.read_text()
    told.ledger.unlink()
    lost(again.database)
    assert restore(again, KEY, tmp_path / "copy").closed is None


@pytest.mark.parametrize("left", ["-wal", "-shm", "-journal"])
def test_an_old_journal_is_not_mixed_into_what_is_restored(tmp_path: Path, left: str) -> None:
    told = ServiceSettings(database=f"sqlite:///{tmp_path}/psp.db", mark=tmp_path / "psp.mark")
    psp = Provider(told, KEY)
    psp.back_up(tmp_path / "copy")
    psp.close()
    (tmp_path / "psp.db").unlink()
    (tmp_path / f"psp.db{left}").write_bytes(b"of another life")
    with pytest.raises(UsageError, match=f"psp.db{left}"):
        restore(told, KEY, tmp_path / "copy")
    assert not (tmp_path / "psp.db").exists()


def test_a_service_that_was_killed_is_restored_whole(tmp_path: Path) -> None:
    told = ServiceSettings(database=f"sqlite:///{tmp_path}/psp.db", mark=tmp_path / "psp.mark")
    psp = Provider(told, KEY)
    psp.back_up(tmp_path / "copy")
    psp.invite()
    assert (tmp_path / "psp.db-wal").stat().st_size  # as a killed one leaves it
    (tmp_path / "psp.db").rename(tmp_path / "before.db")
    with pytest.raises(UsageError, match=r"psp\.db-wal"):
        restore(told, KEY, tmp_path / "copy")
    psp.close()
    for name in ("psp.db-wal", "psp.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    restore(told, KEY, tmp_path / "copy")
    assert (tmp_path / "psp.db").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".masquerade-copy-*"))
    restored = Provider(told, KEY, make=False)
    assert restored.verify() == 1
    restored.close()


def test_a_restore_that_is_killed_leaves_nothing_or_all(
    served: Provider, told: ServiceSettings, tmp_path: Path
) -> None:
    account = served.join(served.invite())["account"]
    served.issue(account, "wish-1")
    served.back_up(tmp_path / "copy")
    again, killed = told.model_copy(update={"database": emptied(told.database)}), 0
    for point in count(3, 12):
        words = (again.model_dump_json(), str(tmp_path / "copy"), point)
        process = processes().Process(target=dying_restore, args=words)
        process.start()
        process.join()
        if process.exitcode == 0:
            break
        assert process.exitcode == -9
        killed += 1
        assert not (tmp_path / "again.db").exists()
    assert killed >= 3
    assert not list(tmp_path.glob(".masquerade-copy-*"))
    psp = Provider(again, KEY, make=False)
    assert psp.masknet(account)
    psp.close()


@pytest.mark.parametrize("place", [25, 200, -100, -1])
def test_a_backup_that_was_changed_is_refused(
    served: Provider, told: ServiceSettings, tmp_path: Path, place: int
) -> None:
    copy = tmp_path / "copy"
    served.back_up(copy)
    content = bytearray(copy.read_bytes())
    content[place] ^= 1
    for changed in (bytes(content), bytes(content[:-1]), copy.read_bytes() + b"x", copy.read_bytes()[:-4096]):
        copy.write_bytes(changed)
        with pytest.raises(WrongKey, match="changed, cut short"):
            restore(told.model_copy(update={"database": f"sqlite:///{tmp_path}/again.db"}), KEY, copy)
    assert not (tmp_path / "again.db").exists()


def test_a_copy_without_a_code_is_taken_only_when_told_to(tmp_path: Path) -> None:
    told = ServiceSettings(
        database=f"sqlite:///{tmp_path}/psp.db", mark=tmp_path / "psp.mark", policy=Policy(stock=0)
    )
    psp = Provider(told, KEY)
    account = psp.join(psp.invite())["account"]
    psp.close()
    by_hand = tmp_path / "by_hand.db"
    (tmp_path / "psp.db").rename(by_hand)
    with pytest.raises(UsageError, match="no backup that carries a code"):
        restore(told, KEY, by_hand)
    restore(told, KEY, by_hand, unsigned=True)
    psp = Provider(told, KEY, make=False)
    with pytest.raises(QuotaReached):
        psp.issue(account, "wish-1")
    psp.close()
    with closing(sqlite3.connect(by_hand)) as opened:
        opened.execute("CREATE TRIGGER more AFTER INSERT ON audit BEGIN UPDATE accounts SET issued = 0; END")
    lost(told.database)
    with pytest.raises(UsageError, match="more than rows"):
        restore(told, KEY, by_hand, unsigned=True)
    script = tmp_path / "script.sql"
    script.write_text("\\! touch ran\n")
    for unsigned in (False, True):
        with pytest.raises(UsageError):
            restore(told, KEY, script, unsigned=unsigned)


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
    mark = tmp_path / "beside" / "mark"
    mark.parent.mkdir()
    psp = Provider(ServiceSettings(database=f"sqlite:///{tmp_path}/psp.db", mark=mark), KEY)
    mark.parent.rename(tmp_path / "away")
    with pytest.raises(MasqueradeError, match="cannot write"):
        psp.invite()
    psp.close()
