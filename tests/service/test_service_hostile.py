"""Providers that mean harm: whatever they answer, the client says one line and ends in time."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from masquerade.cli.app import run
from masquerade.errors import ForeignMaskNet, ServiceError
from masquerade.service.accounts.invitation_code import InvitationCode
from masquerade.service.person import client as joining
from masquerade.service.person.client import Client

CODE = InvitationCode("0" * 12, "0" * 8).text
ESCAPES = '"message": "\\u001b[2Jsound: released\\n\\u202e", "code": "\\u001b[1m", "remedy": "\\u0007\\r\\n"'


@contextmanager
def answering(*pieces: bytes, pause: float = 0.0) -> Iterator[str]:
    """A provider that answers every request with these pieces, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    each, _ = server.accept()
                    with each, suppress(OSError):
                        each.recv(65536)
                        for piece in pieces:
                            each.sendall(piece)
                            time.sleep(pause)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def answer(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


HOSTILE = {
    "deep error": answer("400 Bad", b"[" * 200_000),
    "deep object": answer("500 Bad", b'{"error":' * 100_000),
    "deep answer": answer("200 OK", b"[" * 200_000),
    "escapes": answer("400 Bad", b'{"error": {%s}}' % ESCAPES.encode()),
    "escapes in the reason": b"HTTP/1.1 \x1b[31m\r\n\r\n",
    "not UTF-8": answer("400 Bad", b'{"error": {"message": "\xff", "code": "", "remedy": ""}}'),
    "lone surrogate": answer("400 Bad", b'{"error": {"message": "\\ud800", "code": "", "remedy": ""}}'),
    "huge number": answer("400 Bad", b'{"error": ' + b"9" * 10_000 + b"}"),
    "no error": answer("404 Not", b"[]"),
    "elsewhere": answer("302 Found", b"", "Location: http://127.0.0.1:1/\x1b[2J"),
    "endless head": b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 100_000,
    "many heads": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1_000,
    "nothing": b"",
    "public key is none": answer("200 OK", b'{"public_key": "\\u001b[2J"}'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_answer_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    with answering(HOSTILE[name]) as url:
        assert run(["masknet", "join", url, CODE, "-o", str(tmp_path / "me.masknet")]) in (1, 4)
        with pytest.raises(ServiceError) as refused:
            Client(url).ask("GET", "/v1/provider") and Client(url).join(CODE)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert said.err.strip().isprintable()
    assert str(refused.value).isprintable()
    assert not (tmp_path / "me.masknet").exists()


def test_nobody_is_followed_elsewhere() -> None:
    leading = answer("307 Go", b"", "Location: https://other.example/v1/join")
    with answering(leading) as url, pytest.raises(ServiceError, match="not followed") as refused:
        Client(url).join(CODE)
    assert "https://other.example/v1/join" in str(refused.value)


@pytest.mark.parametrize(
    "drip", [b"HTTP/1.1 200 OK\r\n\r\n", b"X", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"]
)
def test_a_drip_ends_in_time(monkeypatch: pytest.MonkeyPatch, drip: bytes) -> None:
    monkeypatch.setattr(joining, "DEADLINE", 0.3)
    begun = time.monotonic()
    with (
        answering(drip, *[b"x"] * 200, pause=0.05) as url,
        pytest.raises(ForeignMaskNet, match="took more than"),
    ):
        Client(url).ask("GET", "/v1/provider")
    assert time.monotonic() - begun < 5


def test_an_answer_is_not_read_without_end() -> None:
    with answering(answer("200 OK", b"x" * (joining.SHORT + 5000))) as url:
        assert len(Client(url).ask("GET", "/v1/provider")) == joining.SHORT
