"""What every request passes: limits of size, depth and time, and headers that every answer carries.

A plain ASGI layer, so that an answer of any part of the service has passed it.
"""

import asyncio
import json
import secrets
import time
from typing import Final, final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from masquerade.errors import BadRequest, MasqueradeError, OutOfOrder, ServiceError, TooMuch
from masquerade.service.web.logs import ID, REFUSED, log_request
from masquerade.service.web.metrics import PAGE, Metrics, usual

LARGEST_BODY: Final = 64 * 1024
DEEPEST: Final = 20
SLOWEST: Final = 10.0
"""Seconds in which a body must have arrived."""
CSP: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; worker-src 'self' blob:; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": CSP,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
HSTS: Final = b"max-age=31536000"
CROWDED: Final = "masquerade.crowded"
"""In the scope of a request that comes over one connection too many."""
LATER: Final = 5
"""Seconds after which to try again, then."""


@final
class Guard:
    """Wraps the service.

    Args:
        app: The service.
        metrics: Count its requests; None counts nothing.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics | None = None) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.monotonic(), 500
        scope[ID] = secrets.token_hex(8)

        async def counted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._handle(scope, receive, counted)
        finally:
            path, seconds = getattr(scope.get("route"), "path", None), time.monotonic() - begun
            if self._metrics is not None:
                self._metrics.count(scope["method"], path, status, seconds)
            method = usual(scope["method"])
            log_request(method, path or PAGE, status, seconds, scope[ID], scope.get(REFUSED))

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def refused(status: int, error: ServiceError) -> None:
            scope[REFUSED] = error.code
            await refuse(dressed, status, error)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                more = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in own]
                more.append((b"x-request-id", scope[ID].encode()))
                if scope["scheme"] == "https":
                    more.append((b"strict-transport-security", HSTS))
                if scope["path"].startswith("/v1"):
                    more.append((b"cache-control", b"no-store"))
                message["headers"] = [*message["headers"], *more]
            await send(message)

        if CROWDED in scope:
            full = OutOfOrder("too many connections", code="crowded", remedy="Try again later.", wait=LATER)
            await refused(full.status, full)
            return
        if "\0" in scope["path"]:  # which PostgreSQL does not take as a text
            await refused(400, BadRequest("a character that is in no address", code="malformed"))
            return
        try:
            async with asyncio.timeout(SLOWEST):
                body = await _body(receive)
        except ClientDisconnect:
            return  # half a request is none
        except TimeoutError:
            await refused(408, TooMuch("the request came too slowly", code="slow"))
            return
        except TooMuch as error:
            await refused(413, error)
            return
        await self._app(scope, _replayed(body, receive), dressed)


def crowded(app: ASGIApp) -> ASGIApp:
    """The guarded service, for one connection too many: it refuses."""

    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, CROWDED: True}, receive, send)

    return refusing


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise TooMuch("the request is too large", code="large", value=f"over {LARGEST_BODY} bytes")
        if not message.get("more_body"):
            break
    if depth(body) > DEEPEST:
        raise TooMuch("the request is nested too deeply", code="deep", value=f"over {DEEPEST}")
    return bytes(body)


def depth(body: bytes | bytearray) -> int:
    """How deep brackets nest, at most; those in texts count too, which only makes it stricter."""
    deepest = now = 0
    for byte in body:
        if byte in b"[{":
            now += 1
            deepest = max(deepest, now)
        elif byte in b"]}":
            now -= 1
    return deepest


def _replayed(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def refuse(send: Send, status: int, error: ServiceError) -> None:
    """Answer with an error, and end the connection."""
    body = told(error)
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(body)).encode()))
    if error.wait is not None:
        headers.append((b"retry-after", str(error.wait).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def told(error: ServiceError) -> bytes:
    """An error as JSON."""
    return json.dumps(shape(error, error.code)).encode()


def shape(error: MasqueradeError, code: str) -> dict[str, dict[str, str]]:
    """The one shape of errors."""
    fields = {"message": error.problem, "value": error.value, "place": error.place, "remedy": error.remedy}
    plain = {name: "" if value is None else str(value) for name, value in fields.items()}
    return {"error": {"code": code, **plain}}
