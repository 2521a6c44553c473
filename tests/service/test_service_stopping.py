"""Told to stop, the service finishes what it began, and waits for nobody else."""

import json
import signal
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from socket import create_connection, socket

import pytest

from masquerade.errors import OutOfOrder
from masquerade.keys import Key
from masquerade.service.provider import Provider
from masquerade.service.settings import Policy, ServiceSettings
from masquerade.service.web import timeouts
from masquerade.service.web.listening import ListeningAddress
from masquerade.service.web.workers import Workers
from service_examples import provider
from service_live import listening
from service_workers import dies_once, never_serves
from tls_examples import certificate

PROGRAM = """
import sys
from masquerade.service.settings import ServiceSettings
from masquerade.service.web.listening import ListeningAddress
from masquerade.service.web.serving import serve
serve(ServiceSettings.model_validate_json(sys.argv[1]), ListeningAddress.model_validate_json(sys.argv[2]))
"""
HALF = b"POST /v1/join HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


def free_port() -> int:
    with socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving(settings: ServiceSettings, where: ListeningAddress) -> "Iterator[subprocess.Popen[bytes]]":
    words = [settings.model_dump_json(), where.model_dump_json()]
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, *words])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def connected(port: int) -> socket:
    """A connection, once somebody listens; who never does fails the test."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with suppress(ConnectionRefusedError):
            return create_connection(("127.0.0.1", port), timeout=120)
        time.sleep(0.1)
    raise AssertionError("nobody listens")


def require_heard(connection: socket, words: bytes) -> None:
    """Read on until it was said."""
    heard = b""
    while words not in heard:
        more = connection.recv(65536)
        assert more, heard
        heard += more


def joining(rates: Path) -> bool:
    """Whether somebody's joining was counted, and so has begun."""
    with sqlite3.connect(rates) as known:
        return bool(known.execute("SELECT count(*) FROM due WHERE name LIKE 'join/%'").fetchone()[0])


def test_two_workers_finish_what_they_began(tmp_path: Path) -> None:
    settings = ServiceSettings(
        database=f"sqlite:///{tmp_path}/psp.db", key=tmp_path / "psp.key", policy=Policy(stock=0)
    )
    Key.generate().save(settings.key)
    psp = Provider(settings, Key.load(settings.key))
    where = ListeningAddress(port=free_port(), workers=2, rates=tmp_path / "rates.db")
    with serving(settings, where) as process, ExitStack() as calls:
        idle, asking = calls.enter_context(connected(where.port)), calls.enter_context(connected(where.port))
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        require_heard(idle, b"alive")
        body = json.dumps({"code": psp.invite()}).encode()
        with psp.database.writing():
            asking.sendall(HALF % (len(body), body))
            while not joining(where.rates):
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert idle.recv(65536) == b""
            assert process.poll() is None  # it waits for whoever joins
        require_heard(asking, b"HTTP/1.1 201")
        assert process.wait(120) == 0
    assert len(psp.accounts()) == 1
    psp.close()


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "SHUTDOWN_TIMEOUT", 0.05)
    psp = provider(f"sqlite:///{tmp_path}/psp.db")
    with listening(psp, tmp_path) as port:
        slow = connected(port)
        slow.sendall((HALF % (100, b"")).replace(b"Host", b"Expect: 100-continue\r\nHost"))
        assert slow.recv(65536).startswith(b"HTTP/1.1 100")  # it waits for the body
    with slow, suppress(ConnectionResetError):
        assert slow.recv(65536) == b""


def test_a_worker_that_dies_is_begun_again(tmp_path: Path) -> None:
    with socket() as address:
        Workers(partial(dies_once, tmp_path), 1).run(address)
    assert (tmp_path / "begun").exists()


def test_a_worker_that_cannot_begin_ends_it() -> None:
    with socket() as address, pytest.raises(OutOfOrder, match="cannot begin"):
        Workers(never_serves, 2).run(address)


def test_a_lost_terminal_ends_it_in_order(tmp_path: Path) -> None:
    """The address is told once it answers there, and not before."""
    port, folder = free_port(), {"cwd": tmp_path, "stderr": subprocess.PIPE, "text": True}
    words = ["psp", "serve", "--port", str(port), "--stock", "0"]
    command = [sys.executable, "-c", "from masquerade.cli.starting import main; main()", *words]
    with subprocess.Popen(command, **folder) as process:  # type: ignore[call-overload]
        line = process.stderr.readline()
        assert line.startswith(f"http://127.0.0.1:{port}/ - invite people with `masquerade psp invite`")
        with create_connection(("127.0.0.1", port), timeout=30) as asking:
            asking.sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert asking.recv(65536).startswith(b"HTTP/1.1 200")
        process.send_signal(signal.SIGHUP)
        assert process.wait(30) == 0
        assert "Traceback" not in process.stderr.read()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # asyncio drops who is let go
def test_handshakes_that_never_begin_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cert, key = certificate(tmp_path)
    psp = provider(f"sqlite:///{tmp_path}/psp.db")
    monkeypatch.setattr(timeouts, "CONNECTIONS", 3)
    trusting = ssl.create_default_context(cafile=str(cert))
    with listening(psp, tmp_path, ssl_certfile=cert, ssl_keyfile=key) as port, ExitStack() as held:
        silent = [held.enter_context(connected(port)) for _ in range(3)]
        with connected(port) as fourth:
            assert fourth.recv(1) == b""  # let go at once
        monkeypatch.setattr(timeouts, "HANDSHAKE", 0.0)  # those are given up by now
        with trusting.wrap_socket(connected(port), server_hostname="localhost") as asking:
            asking.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answer = asking.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"strict-transport-security: max-age=" in answer
        for each in silent:
            each.close()
