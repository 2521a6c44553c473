"""How many connections there may be, and how long one may take to begin a request, finish its head, take an answer.

uvicorn waits for all three without end, so that whoever opens connections and says little, or reads nothing, could
hold them all (Slowloris). The limit of the body's time is the guard's, as is the answer to one connection too many.
"""

import asyncio
from typing import Any, Final, final

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from masquerade.errors import BadRequest
from masquerade.service.web.guard import HEADERS, crowded, told
from masquerade.service.web.listening import CONNECTIONS

SILENT: Final = 60.0
"""Seconds until the first byte of the first request."""
HEAD: Final = 10.0
"""Seconds from the first byte of a request to the end of its head."""
TAKING: Final = 60.0
"""Seconds for which a client may take nothing of an answer."""
HURRY: Final = 1.0
"""Seconds for the rest of a body, once the service is told to stop."""


@final
class Patient(asyncio.Protocol):
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
        self._connections: set[Any] = server_state.connections
        self._stopping = False
        self._transport: asyncio.BaseTransport | None = None
        self._clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        self._transport = transport
        self._inner.connection_made(transport)  # type: ignore[arg-type]
        self._connections.discard(self._inner)  # it is this one that is told to stop
        self._connections.add(self)
        if len(self._connections) > CONNECTIONS:
            self._inner.app = crowded(self._inner.app)
        self._wait(SILENT)

    def shutdown(self) -> None:
        """The server stops: finish what was begun, which a request is not whose body has not come."""
        self._stopping = True
        self._inner.shutdown()
        if self._within_body():
            self._wait(HURRY)

    def data_received(self, data: bytes) -> None:
        """Pass it on; a head that began must end in time, however many pieces it comes in."""
        before = self._within_head()
        self._inner.data_received(data)
        within = self._within_head()
        if within and not before:
            self._wait(HEAD)
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
        self._wait(TAKING)

    def resume_writing(self) -> None:
        """It takes something again."""
        self._inner.resume_writing()
        self._stop()

    def _refuse(self, msg: str) -> None:
        """A head that is none is answered as everything else is."""
        body = told(BadRequest(msg.rstrip("."), code="malformed", place="head"))
        headers = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "connection": "close",
        }
        more = [(name.encode(), value.encode()) for name, value in {**headers, **HEADERS}.items()]
        for event in (h11.Response(status_code=400, headers=more), h11.Data(data=body), h11.EndOfMessage()):
            self._inner.transport.write(self._inner.conn.send(event) or b"")
        self._inner.transport.close()

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
