"""The operator's console over HTTP: a browser asks for the token, as the password of any name (RFC 7617).

Such a token goes along with whatever the browser asks of this service later, also where another site makes it
ask. So it is taken for reading the console alone, by GET; nothing can be changed with it.
"""

import base64
from importlib import resources
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from masquerade.service.accounts.overview import overview
from masquerade.service.masknets.diversity import diversity
from masquerade.service.provider import Provider
from masquerade.service.web.console_page import console_page

PATHS: Final = ("/console", "/console/style.css")
CHALLENGE: Final = 'Basic realm="operator", charset="UTF-8"'
POLICY: Final = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final = {"content-security-policy": POLICY, "cache-control": "no-store"}


def console(provider: Provider) -> APIRouter:
    """The console's endpoints."""
    router = APIRouter()
    page, style = PATHS

    @router.get(page, response_class=HTMLResponse, summary="The operator's console")
    def show(search: str = "") -> HTMLResponse:
        search = search.replace("\0", "")[:200]
        with provider.database.reading() as connection:
            seen, found = overview(connection, search=search), diversity(connection)
        return HTMLResponse(console_page(seen, found, provider.policy, search), headers=_HEADERS)

    @router.get(style, response_class=Response, summary="The console's looks")
    def look() -> Response:
        text = resources.files("masquerade.service.web").joinpath("console.css").read_text(encoding="utf-8")
        return Response(text, media_type="text/css", headers=_HEADERS)

    return router


def token_of(method: str, path: str, authorization: str) -> str:
    """The token in a request's header; that of a browser's password counts for the console alone."""
    kind, _, rest = authorization.partition(" ")
    if kind.lower() == "bearer":
        return rest
    if kind.lower() == "basic" and method == "GET" and path in PATHS:
        return _password(rest)
    return ""


def _password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
