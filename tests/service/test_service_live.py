"""The service as people meet it: over a socket, with cuts, with strangers, and with those who say nothing."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from masquerade.cli.app import run
from masquerade.errors import ForeignMaskNet, OutOfOrder, ServiceError
from masquerade.masknets import read_masknet
from masquerade.service.accounts.invitation_code import InvitationCode, MistypedCode, read_code
from masquerade.service.accounts.key_pin import pin
from masquerade.service.person.client import Client
from masquerade.service.provider import Provider
from masquerade.service.web import guard, timeouts
from service_examples import provider
from service_live import listening

Live = tuple[Provider, str]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("live")
    psp = provider(f"sqlite:///{folder}/psp.db", min_distance=0, stock=1)
    assert psp.source.digest  # opened before anybody waits for it
    with listening(psp, folder) as port:
        yield psp, f"http://127.0.0.1:{port}"
    with pytest.raises(OutOfOrder, match="stopping"):
        psp.invite()


def issued(psp: Provider) -> list[int]:
    return [row["issued"] for row in psp.accounts() if row["state"] == "active"]


def test_a_person_joins_from_the_command_line_and_leaves(live: Live, tmp_path: Path) -> None:
    psp, url = live
    out, account, before = tmp_path / "me.masknet", tmp_path / "me.masknet.account", len(issued(psp))
    code = psp.invite()
    assert run(["masknet", "join", url, code, "-o", str(out)]) == 0
    assert read_masknet(out).card.source == "hypernet-1"
    assert account.stat().st_mode & 0o777 == 0o600
    assert code not in account.read_text()
    assert run(["masknet", "join", url, psp.invite(), "-o", str(out)]) == 1
    assert len(issued(psp)) == before + 1
    assert run(["masknet", "leave", str(account)]) == 0
    assert (len(issued(psp)), account.exists(), out.exists()) == (before, False, True)


def test_who_leaves_while_the_database_is_read_is_told_what_is_left_to_do(
    live: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    psp, url = live
    out = tmp_path / "me.masknet"
    assert run(["masknet", "join", url, psp.invite(), "-o", str(out)]) == 0
    with psp.database.reading() as connection:  # as a backup does
        connection.execute(text("SELECT count(*) FROM accounts"))
        assert run(["masknet", "leave", f"{out}.account"]) == 0
    assert "leaves its journal once that ends" in " ".join(capsys.readouterr().err.split())


def test_who_lost_the_token_comes_back_to_the_same_masknet(live: Live, tmp_path: Path) -> None:
    psp, url = live
    first, second = tmp_path / "first.masknet", tmp_path / "second.masknet"
    assert run(["masknet", "join", url, psp.invite(), "-o", str(first)]) == 0
    account = json.loads((tmp_path / "first.masknet.account").read_text())["account"]
    assert run(["masknet", "join", url, psp.invite(account), "-o", str(second)]) == 0
    assert first.read_bytes() == second.read_bytes()
    assert run(["masknet", "leave", f"{first}.account"]) != 0
    assert run(["masknet", "leave", f"{second}.account"]) == 0


@pytest.mark.parametrize("lost", range(4))
def test_joining_goes_on_after_a_cut(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    psp, url = live
    before, code, out = issued(psp), psp.invite(), tmp_path / "me.masknet"
    asked, answers = Client.ask, iter(range(100))

    def cut(client: Client, *words: object, **more: object) -> bytes:
        answer = asked(client, *words, **more)  # type: ignore[arg-type]
        if next(answers) == lost:
            raise ForeignMaskNet("the answer was lost", code="network")
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(Client, "ask", cut)
        assert run(["masknet", "join", url, code, "-o", str(out)]) == 4
    assert not out.exists()
    assert run(["masknet", "join", url, code, "-o", str(out)]) == 0
    assert sorted(issued(psp)) == sorted([*before, 1])
    assert read_masknet(out)


def test_nobody_stands_in_for_the_provider_that_invited(live: Live) -> None:
    psp, url = live
    secret = read_code(psp.invite()).secret
    with pytest.raises(ForeignMaskNet, match="does not fit this provider"):
        Client(url).join(InvitationCode(secret, pin(secret, bytes(32))).text)
    assert psp.join(secret)["account"]


def test_a_slip_is_found_before_anything_is_sent(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    psp, url = live
    code = psp.invite()
    wrong = code[:8] + ("Y" if code[8] != "Y" else "Z") + code[9:]
    monkeypatch.setattr(Client, "ask", lambda *_, **__: pytest.fail("something was sent"))
    with pytest.raises(MistypedCode, match="a slip in the second group"):
        Client(url).join(wrong)


def test_a_guessable_key_is_no_key(live: Live) -> None:
    psp, url = live
    with pytest.raises(ServiceError, match="can be guessed"):
        Client(url).join(psp.invite(), "12345678")


def test_prometheus_is_told_numbers_and_no_names(live: Live) -> None:
    psp, url = live
    account = psp.join(psp.invite())["account"]
    text = Client(url, psp.operator_token()).ask("GET", "/metrics").decode()
    assert f'masquerade_accounts{{state="active"}} {len(issued(psp)):.1f}' in text
    assert "masquerade_audit_entries" in text
    text = Client(url, psp.operator_token()).ask("GET", "/metrics").decode()
    assert 'masquerade_requests_total{method="GET",path="/metrics",status="200"}' in text
    assert account not in text


def said(url: str, *pieces: bytes) -> bytes:
    """All that is answered until the service ends the connection."""
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=60) as open_end:
        for piece in pieces:
            open_end.sendall(piece)
        answer = bytearray()
        with suppress(ConnectionResetError):
            while found := open_end.recv(65536):
                answer += found
        return bytes(answer)


def refusal(answer: bytes) -> tuple[int, dict[str, str], dict[str, str]]:
    """Status, headers and error of an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().lower().split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), json.loads(body)["error"]


def test_who_is_silent_or_slow_is_not_waited_for(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    url = live[1]
    with monkeypatch.context() as patched:
        patched.setattr(timeouts, "IDLE_TIMEOUT", 0.05)
        assert said(url) == b""
    with monkeypatch.context() as patched:
        patched.setattr(timeouts, "HEADER_TIMEOUT", 0.05)
        assert said(url, b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ") == b""
    assert b"alive" in said(url, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")


def test_a_body_that_comes_too_slowly_is_refused(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "SLOWEST", 0.05)
    head = (
        b"POST /v1/join HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    )
    status, _, error = refusal(said(live[1], head, b'{"code": '))
    assert (status, error["code"]) == (408, "slow")


def test_one_connection_too_many_is_told_to_wait(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    psp, url = live
    asks = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as first:
        first.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert first.recv(65536).startswith(b"HTTP/1.1 200")  # there it is, and stays
        monkeypatch.setattr(timeouts, "CONNECTIONS", 1)
        status, headers, error = refusal(said(url, asks))
        assert (status, error["code"], headers["retry-after"]) == (503, "crowded", str(guard.LATER))
        assert headers["content-security-policy"] == guard.CSP
        first.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        while first.recv(65536):
            pass
    assert said(url, asks).startswith(b"HTTP/1.1 200")
    counted = Client(url, psp.operator_token()).ask("GET", "/metrics").decode()
    assert 'status="503"' in counted


@pytest.mark.parametrize("size", [16_500, 40_000, 65_000, 200_000])
@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"], ids=["unfinished", "finished"])
@pytest.mark.parametrize(
    "before", [b"", b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"], ids=["first", "pipelined"]
)
def test_a_head_too_large_is_refused(live: Live, size: int, end: bytes, before: bytes) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Large: " + b"x" * size
    answer = said(live[1], before + head + end)
    assert answer.count(b"HTTP/1.1 200") == bool(before)
    status, headers, error = refusal(answer[answer.rindex(b"HTTP/1.1") :])
    assert (status, error["code"], headers["content-security-policy"]) == (431, "large", guard.CSP)


def test_a_head_of_what_is_promised_is_taken(live: Live) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Large: " + b"x" * 16_000
    assert said(live[1], head + b"\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_what_is_no_provider_is_told_apart(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in (b"<html>", b"[]", b"{}", json.dumps({"public_key": "no"}).encode()):
        monkeypatch.setattr(Client, "ask", lambda *_, answer=answer: answer)
        with pytest.raises(ForeignMaskNet, match="no provider"):
            Client(live[1]).join(InvitationCode("0" * 12, "0" * 8).text)
