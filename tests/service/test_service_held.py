"""Another process holds SQLite's lock and does not let go: who waits is told, and the service lives and ends."""

import fcntl
import http.client
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from masquerade.cli.app import run
from masquerade.cli.commands.psp_service import open_provider
from masquerade.errors import OutOfOrder
from masquerade.service.storage import connection as database
from masquerade.service.storage import file_lock
from service_examples import provider
from service_live import listening


@contextmanager
def stopped_command(folder: Path) -> Iterator[None]:
    """What a `psp` command does that was stopped in the middle of writing."""
    with (folder / ".psp.db.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_a_command_says_who_holds_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    open_provider("sqlite:///psp.db", Path("psp.key"), make=True).close()
    assert run(["psp", "invite"]) == 0
    monkeypatch.setattr(file_lock, "PATIENCE", 0.1)
    capsys.readouterr()
    with stopped_command(tmp_path):
        assert run(["psp", "invite"]) == 4
    said = capsys.readouterr().err
    assert "another process holds the database" in said
    assert "fuser" in said
    assert "Idempotency-Key" not in said
    assert run(["psp", "invite"]) == 0


def test_a_lock_of_another_program_is_named_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY", 0.1)
    psp = provider(f"sqlite:///{tmp_path}/psp.db")
    with sqlite3.connect(tmp_path / "psp.db") as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutOfOrder, match="database is locked"):
            psp.invite()
    other.close()
    assert psp.invite()
    psp.close()


def test_who_gave_up_waiting_does_not_keep_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = file_lock.FileLock(tmp_path / ".psp.db.lock")
    with stopped_command(tmp_path), monkeypatch.context() as patched:
        patched.setattr(file_lock, "PATIENCE", 0.0)
        for _ in range(3):
            with pytest.raises(OutOfOrder, match="another process"), lock.held():
                pass
    for _ in range(3):
        with lock.held():
            pass


def test_many_take_turns(tmp_path: Path) -> None:
    lock, inside, most = file_lock.FileLock(tmp_path / "lock"), [0], [0]

    def work() -> None:
        for _ in range(20):
            with lock.held():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.0005)
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert most == [1]


def test_sixty_joins_wait_and_the_service_lives_and_ends(tmp_path: Path) -> None:
    psp = provider(f"sqlite:///{tmp_path}/psp.db")
    assert psp.stock.size() == 0  # opens the hypernetwork, as a worker does before it listens
    statuses: list[int] = []

    def join(port: int) -> None:
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        asking.request(
            "POST", "/v1/join", json.dumps({"code": "0" * 12}), {"Content-Type": "application/json"}
        )
        statuses.append(asking.getresponse().status)
        asking.close()

    with stopped_command(tmp_path):
        with listening(psp, tmp_path) as port:
            joins = [threading.Thread(target=join, args=(port,)) for _ in range(60)]
            for each in joins:
                each.start()
            time.sleep(0.3)
            begun = time.monotonic()
            for path in ("/healthz", "/readyz", "/v1/provider"):
                asking = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                asking.request("GET", path)
                assert asking.getresponse().status == 200, path
                asking.close()
            assert time.monotonic() - begun < 5
            begun = time.monotonic()
        assert time.monotonic() - begun < 8
        for each in joins:
            each.join()
    assert statuses == [503] * 60
