"""Asks a service at a steady pace, whatever it answers; a request is late from when it was due."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from socket import create_connection

CONNECTIONS = 400
"""Each from an address of its own (127.0.0.0/8), so that the limits stay as they are shipped."""
_SLOWEST = 30.0
_ACCEPTED = 1.0
"""Seconds after which connections are idle: accepting a thousand of them takes some tens of milliseconds."""


@dataclass(frozen=True)
class Load:
    """What came of some requests.

    Args:
        latencies: Seconds of those that were answered as they should be, from when each was due.
        refused: Requests that were answered otherwise, or not.
        seconds: From the first one due until the last one answered.
    """

    latencies: tuple[float, ...]
    refused: int
    seconds: float

    def percentile(self, share: float) -> float:
        """Seconds that so many (0 to 1) stayed within; a refused one counts as the longest wait."""
        ordered = sorted([*self.latencies, *[_SLOWEST] * self.refused])
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def rate(self) -> float:
        """Requests answered a second."""
        return len(self.latencies) / self.seconds


def asked(port: int, requests: Sequence[bytes], a_second: float, *, status: int = 201) -> Load:
    """Send requests at a steady pace, whether or not those before were answered."""
    due = [number / a_second for number in range(len(requests))]
    return asyncio.run(_run(port, requests, due, status))


def pressed(port: int, requests: Sequence[bytes], clients: int, *, status: int = 201) -> Load:
    """Send requests as fast as so many clients get answers."""
    return asyncio.run(_run(port, requests, [0.0] * len(requests), status, clients))


@contextmanager
def idle(port: int, count: int) -> Iterator[None]:
    """So many connections that say nothing, or half of a request and nothing more."""
    opened = []
    try:
        for number in range(count):
            connection = create_connection(("127.0.0.1", port), 10, (_address(number), 0))
            opened.append(connection)
            if number % 2:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHo")
        time.sleep(_ACCEPTED)
        yield
    finally:
        for connection in opened:
            connection.close()


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _run(
    port: int, requests: Sequence[bytes], due: Sequence[float], status: int, clients: int = CONNECTIONS
) -> Load:
    latencies: list[float] = []
    failed = 0
    start = time.perf_counter() + 0.2

    async def client(number: int) -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(_address(number), 0))
        for at in range(number, len(requests), clients):
            when = start + due[at]
            await asyncio.sleep(max(0.0, when - time.perf_counter()))
            sent = time.perf_counter() if not due[-1] else when
            try:
                writer.write(requests[at])
                async with asyncio.timeout(_SLOWEST):
                    good = await _status(reader) == status
            except (OSError, EOFError, TimeoutError):
                good = False
            if good:
                latencies.append(time.perf_counter() - sent)
            else:
                failed += 1
                writer.close()
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", port, local_addr=(_address(number), 0)
                )
        writer.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    return Load(tuple(latencies), failed, time.perf_counter() - start)


async def _status(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
    return int(head.split(b" ", 2)[1])


def _address(number: int) -> str:
    return f"127.1.{number // 250}.{number % 250 + 1}"


def pooled(loads: Sequence[Load]) -> Load:
    """Several runs as one."""
    return Load(
        tuple(latency for load in loads for latency in load.latencies),
        sum(load.refused for load in loads),
        sum(load.seconds for load in loads),
    )
