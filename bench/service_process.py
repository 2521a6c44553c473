"""A service in processes of its own, with accounts and a stock that a bench needs; run by bench.service alone."""

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket

from sqlalchemy import insert

from masquerade.keys import Key
from masquerade.keys.opaque import Secret
from masquerade.service.accounts.credentials import digest
from masquerade.service.accounts.sealing import belongs
from masquerade.service.masknets.masknet_distance import BYTES
from masquerade.service.provider import Provider
from masquerade.service.settings import Policy, ServiceSettings
from masquerade.service.storage.tables import Account, MaskNetRow, StoredFile, Token
from masquerade.service.web.listening import ListeningAddress
from masquerade.service.web.serving import serve

WORKERS = 2
_PATIENCE = 400.0


def prepared(folder: Path, database: str, accounts: int, stock: int) -> tuple[ServiceSettings, list[str]]:
    """A provider with people who have a token each, and a stock.

    The stock's secrets are real; its sketches are random bits, and no network is drawn of it, since here only its
    being handed out is measured.
    """
    path = folder / "psp.key"
    if not path.exists():
        Key.generate().save(path)
    key = Key.load(path)
    settings = ServiceSettings(
        database=database, key=path, mark=folder / "psp.key.mark", policy=Policy(stock=0)
    )
    provider = Provider(settings, key)
    names = [secrets.token_hex(16) for _ in range(accounts)]
    tokens = [secrets.token_urlsafe(32) for _ in names]
    now = int(time.time())
    people = [{"id": name, "state": "active", "created": now, "issued": 0} for name in names]
    held = [
        {"digest": digest(token), "role": "person", "account": name, "expires": now + 86_400}
        for name, token in zip(names, tokens, strict=True)
    ]
    with provider.database.writing() as connection:
        connection.execute(insert(Account), people)
        connection.execute(insert(Token), held)
        if stock:
            drawn = [_in_stock(provider, key) for _ in range(stock)]
            connection.execute(insert(MaskNetRow), drawn)
            files = [{"masknet": row["id"], "sealed": b"not fetched here"} for row in drawn]
            connection.execute(insert(StoredFile), files)
    provider.close()
    return settings, tokens


def _in_stock(provider: Provider, key: Key) -> dict[str, object]:
    identity = secrets.token_hex(16)
    return {
        "id": identity,
        "state": "stock",
        "sealed": key.box("latents").seal(Secret(secrets.token_bytes(32)), belongs(identity, "")),
        "sketch": secrets.token_bytes(BYTES),
        "sha256": secrets.token_hex(32),
        "fingerprint": secrets.token_hex(8),
        "nearest": 0.5,
        "source": provider.source.name,
        "source_digest": provider.source.digest,
        "version": "bench",
    }


@contextmanager
def running(settings: ServiceSettings, rates: Path) -> Iterator[tuple[int, int]]:
    """The service, as ``psp serve --workers 2`` runs it; gives the port and the process."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    listening = ListeningAddress(port=port, workers=WORKERS, rates=rates)
    words = [settings.model_dump_json(), listening.model_dump_json()]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-m", "bench.service_process", *words], env=environment)  # noqa: S603
    try:
        _await(f"http://127.0.0.1:{port}/readyz")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(120)


def processor_seconds_of(*roots: int) -> float:
    """Processor seconds of processes and all that descend from them, so far."""
    parents, taken = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it ended meanwhile
        process = int(path.parent.name)
        parents[process], taken[process] = int(fields[1]), int(fields[11]) + int(fields[12])
    ours = set(roots)
    while more := {process for process, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(taken.get(process, 0) for process in ours) / os.sysconf("SC_CLK_TCK")


def _await(address: str) -> None:
    until = time.monotonic() + _PATIENCE
    answered = 0
    while answered < 4 * WORKERS:  # so that each worker has most likely begun
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310  (a service of our own)
                answered += answer.status == 200
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.3)


if __name__ == "__main__":
    settings, address = map(json.loads, sys.argv[1:3])
    serve(ServiceSettings.model_validate(settings), ListeningAddress.model_validate(address))
