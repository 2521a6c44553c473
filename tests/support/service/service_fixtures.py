"""Providers on each kind of database; named in ``pytest_plugins`` of the tests that need them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from masquerade.service.provider import Provider
from service_examples import Cluster, provider


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/psp.db"
    running: Cluster = request.getfixturevalue("cluster")
    return running.database()


@pytest.fixture
def psp(address: str) -> Iterator[Provider]:
    made = provider(address)
    yield made
    made.close()
