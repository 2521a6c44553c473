"""The service under load: issues a second on SQLite and on PostgreSQL, idle connections, and what a stock costs."""

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from bench.measure import Row, interleaved, processor_seconds
from bench.service_load import Load, asked, idle, pooled, pressed, request
from bench.service_process import WORKERS, prepared, processor_seconds_of, running
from masquerade.keys import Key
from masquerade.masknets import open_source
from masquerade.service.masknets.masknet_distance import sketch
from masquerade.service.provider import Provider
from masquerade.service.settings import Policy, ServiceSettings

RATE, SECONDS, ROUNDS = 200, 5, 2
WARM = 100
LATEST = 250
IDLE, IDLE_RATE, IDLE_SECONDS, IDLE_ROUNDS = 1_000, 25, 6, 3
STEADY, CLIENTS = 60, 8
DRAWN = 20


def rows() -> Iterator[Row]:
    """All rows; each is measured when it is asked for."""
    yield from _stock()
    with tempfile.TemporaryDirectory(prefix="sv") as folder:
        yield from _issuing("sqlite", Path(folder), f"sqlite:///{folder}/psp.db")
    with _postgresql() as (address, server), tempfile.TemporaryDirectory(prefix="sv") as folder:
        yield from _issuing("postgresql", Path(folder), address, server)


def _issuing(kind: str, folder: Path, address: str, *others: int) -> Iterator[Row]:
    """Of one database; ``others`` are the processes of its server."""
    many = WARM + ROUNDS * RATE * SECONDS + 2 * IDLE_ROUNDS * IDLE_RATE * IDLE_SECONDS
    settings, tokens = prepared(folder, address, many + STEADY, many)
    wishes = iter([_wish(token) for token in tokens])

    def some(count: int) -> list[bytes]:
        return [next(wishes) for _ in range(count)]

    with running(settings, folder / "rates.db") as (port, process):
        asked(port, some(WARM), RATE)
        before = processor_seconds_of(process, *others)
        rounds = [asked(port, some(RATE * SECONDS), RATE) for _ in range(ROUNDS)]
        each = (processor_seconds_of(process, *others) - before) / (ROUNDS * RATE * SECONDS)
        told = f"what {RATE} a second leave for one on 2 cores"
        yield Row(f"service.issue.{kind}.processor", each * 1000, "ms", told, each * RATE / 2, 1)
        yield from _sustained(kind, rounds)
        yield _beside_idle(kind, port, some)
        steady = pressed(port, some(STEADY), CLIENTS)
    told = f"issues a second when each MaskNet is drawn first, {WORKERS} workers; {_busy()}"
    yield Row(f"service.issue.{kind}.from_nothing", steady.rate, "1/s", told, None, None)


def _sustained(kind: str, rounds: list[Load]) -> Iterator[Row]:
    best = min(rounds, key=lambda load: load.percentile(0.99))
    told = f"from stock, {RATE} a second due for {SECONDS} s, {WORKERS} workers, {_busy()}"
    for name, load in (("best", best), ("all", pooled(rounds))):
        late = load.percentile(0.99) * 1000
        which = f"{name} of {ROUNDS} rounds, {load.refused} refused"
        yield Row(f"service.issue.{kind}.{RATE}.p99.{name}", late, "ms", f"{told}; {which}", None, LATEST)
    yield Row(f"service.issue.{kind}.{RATE}.rate", pooled(rounds).rate, "1/s", f"{RATE} due", None, None)


def _beside_idle(kind: str, port: int, some: Callable[[int], list[bytes]]) -> Row:
    alone, beside = [], []
    for _ in range(IDLE_ROUNDS):
        alone.append(asked(port, some(IDLE_RATE * IDLE_SECONDS), IDLE_RATE))
        with idle(port, IDLE):
            beside.append(asked(port, some(IDLE_RATE * IDLE_SECONDS), IDLE_RATE))
    before, after = (pooled(loads).percentile(0.99) for loads in (alone, beside))
    told = f"p99 of {IDLE_RATE} issues a second without idle connections, in turn; {_busy()}"
    return Row(f"service.idle.{kind}.{IDLE}", after * 1000, "ms", told, after / before, 2)


def _stock() -> Iterator[Row]:
    """What one MaskNet in stock costs, beside its sketch alone."""
    source = open_source("hypernet-1")
    masknet = source.draw(torch.randn(256))
    drawing, sketching = interleaved(lambda: source.draw(torch.randn(256)), lambda: sketch(masknet))
    yield Row("service.stock.sketch", sketching * 1000, "ms", "drawing a MaskNet", sketching / drawing, None)
    with tempfile.TemporaryDirectory(prefix="sv") as folder:
        settings = ServiceSettings(database=f"sqlite:///{folder}/psp.db", policy=Policy(stock=0))
        provider = Provider(settings, Key.generate())
        provider.stock.add()
        each = processor_seconds(lambda: [provider.stock.add() for _ in range(DRAWN)]) / DRAWN
        provider.close()
    yield Row("service.stock.add", each * 1000, "ms", "the sketch alone", each / sketching, None)
    lasts = Policy().stock / max(RATE - 1 / each, 1e-9)
    told = f"{Policy().stock} in stock, {RATE} issues a second, one core drawing: seconds until none is left"
    yield Row("service.stock.lasts", lasts, "s", told, None, None)


def _wish(token: str) -> bytes:
    told = {"Authorization": f"Bearer {token}", "Idempotency-Key": secrets.token_hex(16)}
    return request("POST", "/v1/masknet", {**told, "Content-Type": "application/json"}, b"{}")


@contextmanager
def _postgresql() -> Iterator[tuple[str, int]]:
    """A database in a cluster of the bench's own, and the process of its server."""
    from tests.service_examples import Cluster

    with tempfile.TemporaryDirectory(prefix="pg") as folder:  # a socket's path must be short
        cluster = Cluster(Path(folder), durable=True)
        try:
            server = int((Path(folder) / "data" / "postmaster.pid").read_text().split()[0])
            yield cluster.database(), server
        finally:
            cluster.stop()


def _busy() -> str:
    load, cores, niceness = os.getloadavg()[0], os.cpu_count(), os.getpriority(os.PRIO_PROCESS, 0)
    group = Path("/proc/self/autogroup")  # niceness counts within a group; groups have one of their own
    niceness += int(group.read_text().split()[-1]) if group.exists() else 0
    return f"load {load:.1f} on {cores} cores, all programs; niceness of the bench {niceness}"
