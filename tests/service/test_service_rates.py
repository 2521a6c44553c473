"""Requests are counted in a file that nobody else can have put there; if it cannot be written, the answer is 503."""

import os
import shutil
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from masquerade.errors import OutOfOrder
from masquerade.service.provider import Provider
from masquerade.service.settings import ServiceSettings
from masquerade.service.storage import connection as database
from masquerade.service.web.app import application
from masquerade.service.web.listening import ListeningAddress
from masquerade.service.web.rates import LIMITS, Rates
from service_examples import Cluster, provider

with warnings.catch_warnings():  # it names a successor of httpx that is not in every index
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


@pytest.fixture
def psp(tmp_path: Path) -> Iterator[Provider]:
    made = provider(f"sqlite:///{tmp_path}/psp.db")
    yield made
    made.close()


def fill(rates: Rates) -> None:
    """As on a full disk."""
    pages = rates._file.execute("PRAGMA page_count").fetchone()[0]
    rates._file.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(OutOfOrder, match=r"cannot be counted.*full"):
        ask_often(rates)


def ask_often(rates: Rates) -> None:
    for number in range(1000):
        rates.spend("address", f"192.0.2.{number}")


def test_a_full_disk_is_told_and_asks_to_wait(psp: Provider, tmp_path: Path) -> None:
    rates = Rates(tmp_path / "rates.db")
    fill(rates)
    with TestClient(application(psp, rates), raise_server_exceptions=False) as client:
        answer = client.get("/v1/provider")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "rates")
        assert int(answer.headers["retry-after"]) > 0
        for path in ("/healthz", "/readyz"):
            assert client.get(path).status_code == 200
        rates._file.execute("PRAGMA max_page_count=100000")
        assert client.get("/v1/provider").status_code == 200


def test_the_counts_lie_beside_the_key() -> None:
    assert ListeningAddress().rates is None
    assert ServiceSettings(key=Path("/keys/psp.key")).rates == Path("/keys/.psp.key.rates")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    target.chmod(0o644)
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "hard").hardlink_to(target)
    for name in ("link", "hard"):
        with pytest.raises(OutOfOrder, match="cannot be counted"):
            Rates(tmp_path / name)
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("mine", 0o644)


@pytest.mark.skipif(os.getuid() != 0, reason="gives a file to somebody else")
def test_somebody_elses_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rates.db"
    path.touch(mode=0o666)
    os.chown(path, 65534, 65534)
    with pytest.raises(OutOfOrder, match="somebody else's"):
        Rates(path)


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "rates.db"
    path.write_bytes(b"no database" * 1000)
    for kind in LIMITS:
        Rates(path).spend(kind, "192.0.2.1")
    assert path.stat().st_mode & 0o777 == 0o600


def test_two_workers_ask_at_once_whether_a_server_takes_writes(cluster: Cluster) -> None:
    address = cluster.database()
    provider(address).close()
    workers = [database.Database(address) for _ in range(2)]

    def ask(worker: database.Database) -> None:
        for _ in range(20):
            database.require_writable(worker)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, workers))
    for worker in workers:
        worker.close()


def test_a_provider_whose_disk_is_full_is_not_ready(
    psp: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert psp.ready()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2**20))
    with TestClient(application(psp, Rates(tmp_path / "rates.db"))) as client:
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "disk")
