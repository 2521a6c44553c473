"""The operator's console: who may see it, what is on it, and that its numbers are the study's."""

import base64
import re
import runpy
import secrets
import time
import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy import insert

from masquerade.service.masknets.collusion_figures import measured_leaks
from masquerade.service.masknets.diversity import Diversity, diversity
from masquerade.service.masknets.masknet_distance import BYTES
from masquerade.service.provider import Provider
from masquerade.service.storage.tables import Account, MaskNetRow
from masquerade.service.web.app import application
from masquerade.service.web.console import PATHS
from masquerade.service.web.console_charts import bars, cells, shade
from masquerade.service.web.guard import Guard
from masquerade.service.web.rates import Rates
from places import ROOT
from service_examples import provider

with warnings.catch_warnings():  # it names a successor of httpx that is not in every index
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

FREE = dict.fromkeys(("address", "account", "join"), (10000, 1))
STUDIES = ROOT / "studies"


@pytest.fixture(scope="module")
def psp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    made = provider(f"sqlite:///{tmp_path_factory.mktemp('psp')}/psp.db")
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(psp: Provider, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    rates = Rates(tmp_path_factory.mktemp("rates") / "rates.db", FREE)
    return TestClient(Guard(application(psp, rates)), raise_server_exceptions=False)


def by_password(token: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'operator:{token}'.encode()).decode()}"}


def masknet(number: int, state: str, account: str | None, sketch: bytes) -> dict[str, object]:
    return {
        "id": f"{number:032x}",
        "state": state,
        "account": account,
        "sealed": b"sealed-bytes",
        "sketch": sketch,
        "sha256": "0" * 64,
        "fingerprint": "f" * 16,
        "nearest": 0.41,
        "source": "<b>hypernet</b>",
        "source_digest": "0" * 64,
        "version": "1",
        "issued": None if state == "stock" else int(time.time()),
    }


@pytest.fixture(scope="module")
def page(psp: Provider, client: TestClient) -> str:
    """With two MaskNets 0.25 apart, one of them in stock."""
    account = secrets.token_hex(16)
    far, near = bytes(BYTES), b"\xff" * (BYTES // 4) + bytes(BYTES - BYTES // 4)
    with psp.database.writing() as connection:
        connection.execute(insert(Account).values(id=account, state="active", created=0, issued=2))
        rows = [masknet(1, "replaced", account, far), masknet(2, "active", account, near)]
        connection.execute(insert(MaskNetRow), [*rows, masknet(3, "stock", None, b"\xff" * BYTES)])
    answer = client.get("/console", headers=by_password(psp.operator_token()))
    assert answer.status_code == 200
    assert account in answer.text
    return answer.text


def test_a_browser_is_asked_for_the_token(client: TestClient) -> None:
    for path in PATHS:
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
    assert client.get("/v1/accounts").headers["www-authenticate"] == "Bearer"


def test_the_password_is_good_for_the_operator_and_the_console_alone(
    psp: Provider, client: TestClient
) -> None:
    operator, person = psp.operator_token(), psp.join(psp.invite())["token"]
    assert client.get("/console", headers=by_password(operator)).status_code == 200
    assert client.get("/console", headers=by_password(person)).status_code == 404
    for wrong in ("", "guess"):
        assert client.get("/console", headers=by_password(wrong)).status_code == 401
    assert client.get("/console", headers={"Authorization": "Basic ***"}).status_code == 401
    for method, path in (("GET", "/v1/accounts"), ("POST", "/v1/invitations")):
        assert client.request(method, path, headers=by_password(operator)).status_code == 401


def test_the_page_has_no_script_no_style_inside_and_no_secret(client: TestClient, page: str) -> None:
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:|https?://", page)
    assert "sealed-bytes" not in page
    assert "<b>hypernet</b>" not in page
    assert "&lt;b&gt;hypernet" in page
    headers = client.get("/console").headers  # refused: nothing is kept of it either
    assert "default-src 'none'" in headers["content-security-policy"]


def test_what_is_shown_of_the_console_is_stored_nowhere(psp: Provider, client: TestClient) -> None:
    for path in PATHS:
        answer = client.get(path, headers=by_password(psp.operator_token()))
        assert answer.headers["cache-control"] == "no-store"
        assert "script-src" not in answer.headers["content-security-policy"]


def test_pairs_of_issued_masknets_are_compared(psp: Provider, page: str) -> None:
    assert "1 pairs, 0.250 to 0.250 apart" in page
    with psp.database.reading() as connection:
        found = diversity(connection)
        assert diversity(connection, 1).numbers == found.numbers[-1:]
    assert found.pairs.tolist() == [0.25]
    assert [cell.kind for cell in cells(found, 0.35)] == ["near"]
    assert [cell.kind for cell in cells(found, 0.2)] == ["d0"]
    assert shade(0.5, 0.35) == "d5"
    drawn = [bar for bar in bars(found, 0.35) if bar.height]
    assert len(drawn) == 1
    assert drawn[0].near


def test_no_masknet_no_pair() -> None:
    empty = Diversity((), np.zeros((0, 0)))
    assert cells(empty, 0.35) == []
    assert all(bar.height == 0 for bar in bars(empty, 0.35))


def test_the_curve_is_that_of_the_study(page: str) -> None:
    script = runpy.run_path(str(STUDIES / "collusion_extract.py"))
    assert script["EXTRACT"].read_text(encoding="utf-8") == script["extract"](), (
        "the study was run anew: python studies/collusion_extract.py"
    )
    for share in measured_leaks().recognised:
        assert f"{share.masknets} MaskNets: {share.value:.0%}" in page
