"""Who may do what, for every endpoint that the service describes; and the one shape of errors."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from masquerade.errors import UsageError
from masquerade.service.web.access import ACCESS
from masquerade.service.web.app import application
from masquerade.service.web.guard import HEADERS, Guard
from masquerade.service.web.listening import Listening
from masquerade.service.web.rates import Rates
from masquerade.service.web.serving import require_private
from service_examples import provider

with warnings.catch_warnings():  # it names a successor of httpx that is not in every index
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

FREE = dict.fromkeys(("address", "account", "join"), (10000, 1))
ALL, PERSON, OPERATOR = ("anyone", "person", "operator"), ("person",), ("operator",)
EXPECTED = {
    ("GET", "/healthz"): ALL,
    ("GET", "/readyz"): ALL,
    ("GET", "/metrics"): OPERATOR,
    ("GET", "/v1/provider"): ALL,
    ("POST", "/v1/join"): ALL,
    ("POST", "/v1/masknet"): PERSON,
    ("GET", "/v1/masknet"): PERSON,
    ("DELETE", "/v1/account"): PERSON,
    ("GET", "/v1/accounts"): OPERATOR,
    ("POST", "/v1/accounts/{account}/revoke"): OPERATOR,
    ("POST", "/v1/invitations"): OPERATOR,
    ("GET", "/console"): OPERATOR,
    ("GET", "/console/style.css"): OPERATOR,
}

Service = tuple[TestClient, dict[str, str], set[tuple[str, str]]]


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("psp")
    psp = provider(f"sqlite:///{folder}/psp.db")
    app = application(psp, Rates(folder / "rates.db", FREE))
    described = {(method.upper(), path) for path, row in app.openapi()["paths"].items() for method in row}
    tokens = {"anyone": "", "operator": psp.operator_token(), "person": psp.join(psp.invite())["token"]}
    yield TestClient(Guard(app), raise_server_exceptions=False), tokens, described
    psp.close()


def test_every_endpoint_has_a_row(service: Service) -> None:
    assert service[2] == set(EXPECTED)
    assert set(EXPECTED) <= set(ACCESS)


@pytest.mark.parametrize("role", ALL)
@pytest.mark.parametrize("endpoint", [row for row in EXPECTED if row[0] != "DELETE"], ids=" ".join)
def test_who_may_do_what(service: Service, endpoint: tuple[str, str], role: str) -> None:
    client, tokens, _ = service
    headers = {"Authorization": f"Bearer {tokens[role]}"} if tokens[role] else {}
    answer = client.request(endpoint[0], endpoint[1].replace("{account}", "0" * 32), headers=headers)
    if role in EXPECTED[endpoint]:
        assert answer.status_code not in (401, 403, 405, 500)
    else:
        assert answer.status_code == (401 if role == "anyone" else 404)
    if answer.status_code >= 400:
        assert set(answer.json()["error"]) == {"code", "message", "value", "place", "remedy"}
    assert set(HEADERS) <= set(answer.headers)


def test_what_is_too_large_or_too_deep_is_refused(
    service: Service,
) -> None:
    client = service[0]
    assert client.post("/v1/join", content=b"x" * 70_000).status_code == 413
    assert client.post("/v1/join", content=b"[" * 1000).json()["error"]["code"] == "deep"
    assert client.post("/v1/join", json={"code": "0" * 12}).status_code == 404
    assert client.post("/v1/join", json={"code": "guess"}).json()["error"]["code"] == "mistyped"


def test_limits_hold_over_those_who_share_the_file(tmp_path: Path) -> None:
    workers = [Rates(tmp_path / "rates.db", {"join": (4, 900)}) for _ in range(4)]
    for worker in workers:
        worker.spend("join", "a")
    with pytest.raises(Exception, match="too many requests") as refused:
        workers[0].spend("join", "a")
    assert 0 < refused.value.wait <= 900 // 4 + 1  # type: ignore[attr-defined]
    workers[1].spend("join", "b")


def test_nothing_is_served_in_the_open() -> None:
    for open_address in ("0.0.0.0", "192.0.2.1", "::"):  # noqa: S104
        with pytest.raises(UsageError, match="without TLS"):
            require_private(Listening(host=open_address))
        require_private(Listening(host=open_address, behind_proxy=True))
    require_private(Listening(host="127.0.0.1"))
