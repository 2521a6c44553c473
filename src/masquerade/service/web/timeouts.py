"""How many connections there may be, and how long one may take to begin a request, finish its head, take an answer.

uvicorn waits for all three without end, so that whoever opens connections and says little, or reads nothing, could
hold them all (Slowloris). The limit of the body's time is the guard's, as is the answer to one connection too many.
"""

import asyncio
import time
from collections import OrderedDict
from typing import Any, Final, final
from weakref import WeakKeyDictionary

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from masquerade.errors import BadRequest
from masquerade.service.web.guard import HEADERS, LATER, crowded, told
from masquerade.service.web.listening import CONNECTIONS

IDLE_TIMEOUT: Final = 60.0
"""Seconds until the first byte of the first request."""
HEADER_TIMEOUT: Final = 10.0
"""Seconds from the first byte of a request to the end of its head."""
WRITE_TIMEOUT: Final = 60.0
"""Seconds for which a client may take nothing of an answer."""
HANDSHAKE: Final = 60.0
"""Seconds after which asyncio gives up a TLS handshake."""
TOO_LARGE: Final = 431
LARGEST_HEAD: Final = 16 * 1024
"""Bytes of a request's head."""
SHUTDOWN_TIMEOUT: Final = 1.0
"""Seconds for the rest of a body, once the service is told to stop."""


@final
class Handshakes:
    """Connections that do TLS, and have not finished to agree on it; asyncio tells of no end but a good one."""

    def __init__(self) -> None:
        self._begun: OrderedDict[int, float] = OrderedDict()

    def begin(self, protocol: object, room: int) -> None:
        """One more.

        Args:
            protocol: Whose.
            room: How many there may be.

        Raises:
            ConnectionRefusedError: If there are as many already.
        """
        if self.count() >= room:
            raise ConnectionRefusedError
        self._begun[id(protocol)] = time.monotonic()

    def end(self, protocol: object) -> None:
        """One less: it is a connection like others now."""
        self._begun.pop(id(protocol), None)

    def count(self) -> int:
        """How many there are at most."""
        given_up = time.monotonic() - HANDSHAKE
        while self._begun and next(iter(self._begun.values())) < given_up:
            self._begun.popitem(last=False)
        return len(self._begun)


_HANDSHAKES: Final["WeakKeyDictionary[ServerState, Handshakes]"] = WeakKeyDictionary()


@final
class TimeoutProtocol(asyncio.Protocol):
    """uvicorn's protocol, and a clock that ends the connection.

    Args:
        config: As uvicorn gives it.
        server_state: As uvicorn gives it.
        app_state: As uvicorn gives it.
        _loop: As uvicorn gives it.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._inner = H11Protocol(config, server_state, app_state, _loop)
        self._inner.send_400_response = self._refuse  # type: ignore[method-assign]  # its own is plain text
        self._limit_heads()
        self._connections: set[Any] = server_state.connections
        self._handshakes = _HANDSHAKES.setdefault(server_state, Handshakes())
        if config.is_ssl:
            self._handshakes.begin(self, CONNECTIONS - len(self._connections))
        self._stopping = False
        self._transport: asyncio.BaseTransport | None = None
        self._clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        self._transport = transport
        self._inner.connection_made(transport)  # type: ignore[arg-type]
        self._connections.discard(self._inner)  # it is this one that is told to stop
        self._connections.add(self)
        self._handshakes.end(self)
        full = len(self._connections) + self._handshakes.count() > CONNECTIONS
        if full:
            self._inner.app = crowded(self._inner.app)
        self._wait(LATER if full else IDLE_TIMEOUT)

    def shutdown(self) -> None:
        """The server stops: finish what was begun, which a request is not whose body has not come."""
        self._stopping = True
        self._inner.shutdown()
        if self._within_body():
            self._wait(SHUTDOWN_TIMEOUT)

    def data_received(self, data: bytes) -> None:
        """Pass it on; a head that began must end in time, however many pieces it comes in."""
        before = self._within_head()
        self._inner.data_received(data)
        within = self._within_head()
        if within and not before:
            self._wait(HEADER_TIMEOUT)
        elif not within and not (self._stopping and self._within_body()):
            self._stop()

    def eof_received(self) -> None:
        """Pass it on."""
        self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on."""
        self._stop()
        self._connections.discard(self)
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """The client takes nothing for now."""
        self._inner.pause_writing()
        self._wait(WRITE_TIMEOUT)

    def resume_writing(self) -> None:
        """It takes something again."""
        self._inner.resume_writing()
        self._stop()

    def _refuse(self, msg: str) -> None:
        """A head that is none is answered as everything else is."""
        status, error = 400, BadRequest(msg.rstrip("."), code="malformed", place="head")
        if self._too_large:
            status, error = (
                TOO_LARGE,
                BadRequest("the head is too large", code="large", place="head"),
            )
        body = told(error)
        headers = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "connection": "close",
        }
        more = [(name.encode(), value.encode()) for name, value in {**headers, **HEADERS}.items()]
        for event in (
            h11.Response(status_code=status, headers=more),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self._inner.transport.write(self._inner.conn.send(event) or b"")
        self._inner.transport.close()

    def _limit_heads(self) -> None:
        """h11 limits what has not ended yet; a head that comes at once, or behind another request, is one too."""
        self._too_large, read = False, self._inner.conn.next_event

        def limited() -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
            try:
                event = read()
            except h11.RemoteProtocolError as error:
                self._too_large = error.error_status_hint == TOO_LARGE
                raise
            if isinstance(event, h11.Request) and _size(event) > LARGEST_HEAD:
                self._too_large = True
                raise h11.RemoteProtocolError("the head is too large", TOO_LARGE)
            return event

        self._inner.conn.next_event = limited  # type: ignore[method-assign]

    def _within_head(self) -> bool:
        return self._inner.conn.their_state is h11.IDLE and bool(self._inner.conn.trailing_data[0])

    def _within_body(self) -> bool:
        return self._inner.conn.their_state is h11.SEND_BODY

    def _wait(self, seconds: float) -> None:
        self._stop()
        self._clock = asyncio.get_running_loop().call_later(seconds, self._end)

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _end(self) -> None:
        if isinstance(self._transport, asyncio.Transport):
            self._transport.abort()


def _size(head: h11.Request) -> int:
    """Bytes of a request's head, line ends and what separates included."""
    lines = sum(len(name) + len(value) + 4 for name, value in head.headers)
    return len(head.method) + len(head.target) + 12 + lines + 2
