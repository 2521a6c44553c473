"""Who may do what, for every endpoint that the service describes; and the one shape of errors."""

import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from masquerade.cli.app import run
from masquerade.errors import OutOfOrder, UsageError
from masquerade.service.web import probes
from masquerade.service.web.access import ACCESS
from masquerade.service.web.app import application
from masquerade.service.web.guard import HEADERS, Guard
from masquerade.service.web.listening import ListeningAddress
from masquerade.service.web.rates import Rates
from masquerade.service.web.serving import require_private
from service_examples import provider
from tls_examples import certificate

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
    ("PUT", "/v1/accounts/{account}/note"): OPERATOR,
    ("GET", "/v1/invitations"): OPERATOR,
    ("POST", "/v1/invitations"): OPERATOR,
    ("POST", "/v1/invitations/{handle}/withdraw"): OPERATOR,
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


def test_nothing_is_served_in_the_open(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    for open_address in ("0.0.0.0", "192.0.2.1", "::", "psp.example"):  # noqa: S104
        for proxy in (False, True):
            with pytest.raises(UsageError, match="without TLS"):
                require_private(ListeningAddress(host=open_address, behind_proxy=proxy))
            require_private(ListeningAddress(host=open_address, behind_proxy=proxy, plain_http=True))
        require_private(ListeningAddress(host=open_address, tls_cert=cert, tls_key=key))
    for own in ("127.0.0.1", "::1", "localhost"):
        require_private(ListeningAddress(host=own, behind_proxy=True))


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o640, 0o600])
def test_a_key_that_others_read_is_refused(tmp_path: Path, mode: int) -> None:
    cert, key = certificate(tmp_path)
    key.chmod(mode)
    where = ListeningAddress(host="192.0.2.1", tls_cert=cert, tls_key=key)
    if mode in (0o600, 0o640):
        require_private(where)
    else:
        with pytest.raises(UsageError, match="others can read the TLS key"):
            require_private(where)


def test_files_that_are_no_certificate_are_refused(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    cert.write_text("nothing")
    with pytest.raises(UsageError, match="no certificate and its key"):
        require_private(ListeningAddress(tls_cert=cert, tls_key=key))
    with pytest.raises(UsageError, match="Give both"):
        require_private(ListeningAddress(tls_cert=cert))


def test_who_would_listen_in_the_open_makes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in ((), ("--behind-proxy",)):
        assert run(["psp", "serve", "--host", "0.0.0.0", *words]) == 1  # noqa: S104
        said = capsys.readouterr().err
        assert "--plain-http-beyond-this-machine" in said
        assert "invite people" not in said
    assert list(tmp_path.iterdir()) == []


def test_tls_is_remembered_by_browsers(service: Service) -> None:
    client = service[0]
    for address, said in (("https://psp.example", True), ("http://psp.example", False)):
        assert ("strict-transport-security" in client.get(f"{address}/healthz").headers) == said


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_not_limited(tmp_path: Path, path: str) -> None:
    psp = provider(f"sqlite:///{tmp_path}/psp.db")
    client = TestClient(Guard(application(psp, Rates(tmp_path / "rates.db", dict.fromkeys(FREE, (1, 900))))))
    assert {client.get(path).status_code for _ in range(70)} == {200}
    assert [client.get("/v1/provider").status_code for _ in range(2)] == [200, 429]
    psp.close()
    assert client.get("/readyz").json()["error"]["code"] == "stopping"
    assert client.get("/healthz").status_code == 200


def test_a_database_that_went_away_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    psp = provider(f"sqlite:///{tmp_path}/psp.db")
    client = TestClient(Guard(application(psp, Rates(tmp_path / "rates.db", FREE))))
    monkeypatch.setattr(probes, "FRESH", 0.0)
    assert client.get("/readyz").status_code == 200
    monkeypatch.setattr(psp.database, "reading", lambda: _gone())
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["error"]["value"]) == (503, "")
    held = threading.Event()
    monkeypatch.setattr(psp.database, "reading", lambda: held.wait(20))
    monkeypatch.setattr(probes, "PATIENCE", 0.05)
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    held.set()
    psp.close()


def _gone() -> None:
    raise OutOfOrder("cannot connect to the database", code="database", value="the server's address")
