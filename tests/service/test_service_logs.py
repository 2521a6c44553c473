"""The service's log: a line for each request and for what goes wrong; no secret, no address, no path."""

import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from masquerade.cli.app import run
from masquerade.errors import OutOfOrder
from masquerade.service import group_commit as committing
from masquerade.service.provider import Provider
from masquerade.service.web import logs
from masquerade.service.web.app import application
from masquerade.service.web.guard import Guard
from masquerade.service.web.rates import Rates
from service_examples import provider

with warnings.catch_warnings():  # it names a successor of httpx that is not in every index
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

LIMITS = {"address": (10_000, 1), "account": (10_000, 1), "join": (3, 900)}


@pytest.fixture
def psp(tmp_path: Path) -> Iterator[Provider]:
    made = provider(f"sqlite:///{tmp_path}/psp.db")
    yield made
    made.close()


@pytest.fixture
def client(psp: Provider, tmp_path: Path) -> TestClient:
    app = Guard(application(psp, Rates(tmp_path / "rates.db", LIMITS)))
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(params=[False, True], ids=["words", "json"])
def as_json(request: pytest.FixtureRequest) -> Iterator[bool]:
    before = {name: logging.getLogger(name) for name in ("masquerade", "uvicorn")}
    kept = {name: (each.level, each.handlers[:], each.propagate) for name, each in before.items()}
    yield request.param
    for name, (level, handlers, propagate) in kept.items():
        before[name].setLevel(level)
        before[name].handlers, before[name].propagate = handlers, propagate


def test_a_line_for_each_request_and_no_secret(
    psp: Provider, client: TestClient, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info", as_json=as_json)
    code, operator = psp.invite(), psp.operator_token()
    joined = client.post("/v1/join?key=hunter2", json={"code": code}).json()
    client.post("/v1/join", json={"code": code})
    client.post("/v1/join", json={"code": "0" * 12})
    limited = client.post("/v1/join", json={"code": "0" * 12})
    client.get(f"/{operator}?a={code}")
    client.request(f"X{code[:5]}", "/healthz")
    client.post(f"/v1/accounts/{joined['account']}/revoke", headers={"Authorization": f"Bearer {operator}"})
    client.get("/healthz")
    said = capsys.readouterr().err
    lines = said.splitlines()
    assert len(lines) == 7  # probes that are answered well are not told
    for secret in (code, code[:5], operator, joined["token"], joined["account"], "hunter2", "testclient"):
        assert secret not in said
    assert limited.headers["x-request-id"] in lines[3]
    if as_json:
        told = [json.loads(line) for line in lines]
        assert [each["status"] for each in told] == [201, 404, 404, 429, 404, 405, 204]
        assert [each.get("refused") for each in told[1:4]] == ["invitation", "invitation", "too_many"]
        assert {"time", "level", "event", "method", "route", "ms", "id"} <= set(told[0])
        assert told[6]["route"] == "/v1/accounts/{account}/revoke"
    else:
        assert "INFO request method=POST route=/v1/join status=429" in lines[3]
        assert "refused=too_many" in lines[3]


def test_what_goes_wrong_is_told_with_its_reason(
    psp: Provider,
    client: TestClient,
    as_json: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logs.configure("warning", as_json=as_json)

    def fails(*_: object) -> None:
        raise OutOfOrder("cannot connect to the database", code="database", value="connection\nrefused")

    monkeypatch.setattr(psp, "joining", fails)
    answer = client.post("/v1/join", json={"code": ""})
    assert "refused" not in answer.text
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 2
    assert said.count(answer.headers["x-request-id"]) == 2
    assert "refused" in said
    monkeypatch.setattr(committing, "SLOW", 0.0)
    psp.invite()
    assert "the database took long to commit" in capsys.readouterr().err


def test_who_invites_before_there_is_a_provider_is_told_the_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in ("invite", "accounts", "operator", "invitations"):
        assert run(["psp", command]) == 1
        assert "Start it first, with `masquerade psp serve`" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["key", "new", "psp.key"]) == 0
    for address in (
        "postgresql://psp:hunter2@127.0.0.1:1/psp",
        "postgresql://psp@127.0.0.1:1/psp?password=hunter2",
    ):
        capsys.readouterr()
        assert run(["psp", "accounts", "--database", address]) == 4
        said = capsys.readouterr().err
        assert "cannot connect to the database" in said
        assert "127.0.0.1" in said
        assert "refused" in said
        assert "hunter2" not in said
        assert "Idempotency-Key" not in said
